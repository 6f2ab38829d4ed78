"""A contract as a value.

Schemas are JSON Schema 2020-12 (OpenAPI 3.1's dialect) with one field per keyword; channels are
AsyncAPI 3's. Marks take no part in equality: a contract whose lines moved is the same contract.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import TypeAlias

from crucible_pipeline.contracts.sparse import sparse, stated
from crucible_pipeline.contracts.waiver import Waiver
from crucible_pipeline.errors import Mark

JsonValue: TypeAlias = "bool | int | float | str | list[JsonValue] | dict[str, JsonValue] | None"
Number: TypeAlias = int | float

NOWHERE = Mark("contract.json")
RENAMED = "x-renamed-from"
DEPRECATED = "x-deprecated"


@dataclass(frozen=True, slots=True)
class Value:
    """A JSON value given in a contract; tells a given null from nothing given.

    Args:
        json: the value.
        mark: where it was given.
    """

    json: JsonValue
    mark: Mark = field(default=NOWHERE, compare=False)


@sparse
@dataclass(frozen=True, kw_only=True)
class Schema:
    """One schema node; a field that is None or empty was not given.

    Fields carry the names of the keywords in snake_case; those that need a word:

    Args:
        always: the boolean schemas `true` and `false`.
        ref: name of a type of the same contract; the other keywords beside it apply too.
        types: names of JSON types, sorted; empty means any. `nullable` of OpenAPI 3.0 becomes `null` here.
        required: property names, sorted.
        discriminator: the property whose value chooses among `one_of` or `any_of`.
        extensible: an open enum (`x-extensible-enum`): readers keep a value they do not know.
        enum_names: member names of `enum`, in its order (`x-enum-varnames`).
        enum_descriptions: likewise (`x-enum-descriptions`).
        enum_renamed_from: value as text → its former values or member names (`x-enum-renamed-from`).
        enum_deprecated: values that are given up (`x-enum-deprecated`).
        direction: `input`, `output` or `both` (`x-direction`).
        renamed_from: former names of a property or type, the latest first (`x-renamed-from`).
        python_name: what a property is called in Python (`x-python-name`).
    """

    mark: Mark = field(default=NOWHERE, compare=False)
    always: bool | None = None
    ref: str | None = None
    types: tuple[str, ...] = ()
    enum: tuple[JsonValue, ...] | None = None
    const: Value | None = None
    # numbers
    minimum: Number | None = None
    maximum: Number | None = None
    exclusive_minimum: Number | None = None
    exclusive_maximum: Number | None = None
    multiple_of: Number | None = None
    # strings
    min_length: int | None = None
    max_length: int | None = None
    pattern: str | None = None
    format: str | None = None
    # arrays
    items: "Schema | None" = None
    prefix_items: tuple["Schema", ...] = ()
    contains: "Schema | None" = None
    min_contains: int | None = None
    max_contains: int | None = None
    min_items: int | None = None
    max_items: int | None = None
    unique_items: bool = False
    unevaluated_items: "Schema | None" = None
    # objects
    properties: Mapping[str, "Schema"] = field(default_factory=dict[str, "Schema"])
    required: tuple[str, ...] = ()
    additional_properties: "Schema | None" = None
    pattern_properties: Mapping[str, "Schema"] = field(default_factory=dict[str, "Schema"])
    property_names: "Schema | None" = None
    min_properties: int | None = None
    max_properties: int | None = None
    dependent_required: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    dependent_schemas: Mapping[str, "Schema"] = field(default_factory=dict[str, "Schema"])
    unevaluated_properties: "Schema | None" = None
    # combinations
    all_of: tuple["Schema", ...] = ()
    any_of: tuple["Schema", ...] = ()
    one_of: tuple["Schema", ...] = ()
    not_: "Schema | None" = None
    if_: "Schema | None" = None
    then: "Schema | None" = None
    else_: "Schema | None" = None
    discriminator: str | None = None
    # words and intentions
    title: str | None = None
    description: str | None = None
    default: Value | None = None
    examples: tuple[JsonValue, ...] = ()
    deprecated: bool = False
    read_only: bool = False
    write_only: bool = False
    extensible: bool = False
    enum_names: tuple[str, ...] = ()
    enum_descriptions: tuple[str, ...] = ()
    enum_renamed_from: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    enum_deprecated: tuple[JsonValue, ...] = ()
    direction: str = "both"
    renamed_from: tuple[str, ...] = ()
    python_name: str | None = None

    @property
    def only_refers(self) -> bool:
        """Whether this is a `$ref` with nothing beside it that decides about a payload."""
        if self.ref is None:
            return False
        return len(stated(self)) == 1 or stated(self).keys() <= _REFERRING

    def children(self) -> "Iterator[tuple[str, Schema]]":
        """The schemas directly inside, each with its JSON pointer from here (`properties/code`)."""
        said = stated(self)
        if said.keys().isdisjoint(_HOLDING):
            return
        for name in ONE:
            if name in said:
                yield KEYWORDS[name], said[name]
        for name in MANY:
            for index, child in enumerate(said.get(name, ())):
                yield f"{KEYWORDS[name]}/{index}", child
        for name in NAMED:
            for key, child in said.get(name, _NONE).items():
                yield f"{KEYWORDS[name]}/{key}", child

    def walk(self) -> "Iterator[Schema]":
        """This schema and every schema inside it, outermost first; references are not followed."""
        todo = [self]
        while todo:
            schema = todo.pop()
            yield schema
            if not stated(schema).keys().isdisjoint(_HOLDING):
                todo += [child for _, child in schema.children()][::-1]


# Field name → keyword, for the loader, the snapshot and every message that names a keyword.
_EXTENSIONS = {
    "enum_names": "x-enum-varnames",
    "enum_descriptions": "x-enum-descriptions",
    "enum_renamed_from": "x-enum-renamed-from",
    "enum_deprecated": "x-enum-deprecated",
    "extensible": "x-extensible-enum",
    "direction": "x-direction",
    "renamed_from": RENAMED,
    "python_name": "x-python-name",
    "ref": "$ref",
    "types": "type",
}


def _keyword(name: str) -> str:
    head, *rest = name.rstrip("_").split("_")
    return _EXTENSIONS.get(name, head + "".join(part.capitalize() for part in rest))


KEYWORDS: Mapping[str, str] = {
    item.name: _keyword(item.name) for item in fields(Schema) if item.name not in {"mark", "always"}
}
# They say something about a payload and decide nothing about it.
_ABOUT = ("title", "description", "default", "examples", "deprecated", "read_only", "write_only")
ANNOTATIONS = (*_ABOUT, "direction", "renamed_from", "python_name")
# The fields that hold one schema, several in order, and several by name.
_FOR_ITEMS = ("items", "contains", "unevaluated_items")
_FOR_PROPERTIES = ("additional_properties", "property_names", "unevaluated_properties")
ONE = (*_FOR_ITEMS, *_FOR_PROPERTIES, "not_", "if_", "then", "else_")
MANY = ("prefix_items", "all_of", "any_of", "one_of")
NAMED = ("properties", "pattern_properties", "dependent_schemas")
_HOLDING = frozenset({*ONE, *MANY, *NAMED})
_REFERRING = frozenset({"ref", "mark", *ANNOTATIONS})
_NONE: Mapping[str, Schema] = {}


@dataclass(frozen=True, slots=True)
class TypeDef:
    """A named schema.

    Args:
        name: PascalCase, one namespace for the whole contract.
        module: the contract file's stem in snake_case; the generated module.
        schema: what it accepts.
    """

    name: str
    module: str
    schema: Schema
    mark: Mark = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a channel (AsyncAPI 3, Message Object)."""

    name: str
    payload: Schema
    headers: Schema | None = None
    description: str | None = None
    mark: Mark = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel with what travels on it (AsyncAPI 3, Channel Object).

    Args:
        key: the key under `channels`, camelCase; generated code calls it in UPPER_SNAKE.
        module: the contract file's stem in snake_case.
        address: such as `evaluation:queued`, or with parameters `logs:{eval_id}:latest`.
        messages: at least one.
        parameters: names in the address → description.
        renamed_from: its former keys (`x-renamed-from`).
        deprecated: what to use instead, empty if nothing is said; None if it stays (`x-deprecated`).
    """

    key: str
    module: str
    address: str
    messages: tuple[Message, ...]
    parameters: Mapping[str, str] = field(default_factory=dict[str, str])
    description: str | None = None
    mark: Mark = field(default=NOWHERE, compare=False)
    renamed_from: tuple[str, ...] = ()
    deprecated: str | None = None


@dataclass(frozen=True, slots=True)
class StateMachine:
    """The allowed transitions between the values of one enum; a state may always stay as it is.

    Args:
        enum: name of the enum type.
        module: the contract file's stem in snake_case.
        transitions: state → the states it may become, in the order of the file; a terminal state has none.
        names: optional names under which code asks for it: `machine` and `update`.
    """

    enum: str
    module: str
    transitions: Mapping[str, tuple[str, ...]]
    names: Mapping[str, str] = field(default_factory=dict[str, str])
    description: str | None = None
    mark: Mark = field(default=NOWHERE, compare=False)
    marks: Mapping[str, Mark] = field(default_factory=dict[str, Mark], compare=False)


@dataclass(frozen=True, slots=True)
class Constant:
    """One constant.

    Args:
        group: its group in snake_case; empty at the top of the file.
        name: snake_case, with its unit (`max_timeout_seconds`).
        value: a scalar or a list of scalars.
        renamed_from: its former paths (`x-renamed-from`).
    """

    module: str
    group: str
    name: str
    value: JsonValue
    description: str | None = None
    mark: Mark = field(default=NOWHERE, compare=False)
    renamed_from: tuple[str, ...] = ()

    @property
    def path(self) -> str:
        """`limits.execution.max_timeout_seconds`."""
        return ".".join(part for part in (self.module, self.group, self.name) if part)


@dataclass(frozen=True, slots=True)
class Package:
    """What the contract is called on each registry.

    Args:
        distribution: PEP 503 normalized name (`crucible-shared`).
        import_name: `crucible_shared`.
        npm: `@crucible/shared`.
    """

    distribution: str
    import_name: str
    npm: str


@dataclass(frozen=True, slots=True)
class Contract:
    """Everything that a folder of contracts says.

    Args:
        types: name → type, over all files.
        channels: key → channel.
        machines: enum name → state machine.
        constants: `Constant.path` → constant.
        module_descriptions: module → the file's description.
        group_descriptions: `module.group` of constants → what is said about the group.
        sources: path below the contracts folder → the file's text; no part of equality or of the snapshot.
    """

    package: Package
    types: Mapping[str, TypeDef] = field(default_factory=dict[str, TypeDef])
    channels: Mapping[str, Channel] = field(default_factory=dict[str, Channel])
    machines: Mapping[str, StateMachine] = field(default_factory=dict[str, StateMachine])
    constants: Mapping[str, Constant] = field(default_factory=dict[str, Constant])
    waivers: tuple[Waiver, ...] = ()
    module_descriptions: Mapping[str, str] = field(default_factory=dict[str, str])
    group_descriptions: Mapping[str, str] = field(default_factory=dict[str, str])
    sources: Mapping[str, str] = field(default_factory=dict[str, str], compare=False)

    def resolve(self, schema: Schema) -> Schema:
        """Follow a chain of bare references to the schema that asserts something.

        A reference with assertions beside it is returned as it is, and so is a circle of references.
        """
        seen: set[str] = set()
        while schema.ref is not None and schema.only_refers and schema.ref not in seen:
            seen.add(schema.ref)
            schema = self.types[schema.ref].schema
        return schema

"""Type expressions of TypeScript for schemas, pure.

An expression accepts every payload that its schema accepts: where TypeScript cannot say a constraint, the
type is the next wider one and the validator decides.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache, lru_cache

from crucible_pipeline.contracts.model import Contract, JsonValue, Schema
from crucible_pipeline.contracts.sparse import stated
from crucible_pipeline.generate import typescript_text as text

# In the order in which a union names them.
KINDS = ("string", "number", "boolean", "array", "object", "null")
ANY = frozenset(KINDS)
OBJECT = frozenset({"object"})
_UNKNOWN = "unknown"
_SHAPE = frozenset(
    {"const", "enum", "items", "prefix_items"}
    | {"properties", "required", "additional_properties", "pattern_properties"}
)
# A schema without any of these is no more than its types.
_MORE = frozenset({"always", "ref", "all_of", "any_of", "one_of", *_SHAPE})


@dataclass(frozen=True, slots=True)
class Expression:
    """Alternatives of a union, each the terms of an intersection."""

    alternatives: tuple[tuple[str, ...], ...]

    def __str__(self) -> str:
        return " | ".join(" & ".join(terms) for terms in self.alternatives) or "never"

    @property
    def is_object(self) -> bool:
        """Whether it is one object type written out."""
        return len(self.alternatives) == 1 and [term[0] for term in self.alternatives[0]] == ["{"]

    @property
    def atom(self) -> str:
        """The expression so that `[]` or `&` may stand beside it."""
        simple = len(self.alternatives) <= 1 and all(len(terms) == 1 for terms in self.alternatives)
        return str(self) if simple else f"({self})"


def _single(*terms: str) -> Expression:
    return Expression((terms,))


def _union(expressions: Iterable[Expression]) -> Expression:
    found = dict.fromkeys(terms for one in expressions for terms in one.alternatives)
    return _single(_UNKNOWN) if (_UNKNOWN,) in found else Expression(tuple(found))


def _both(expressions: Iterable[Expression]) -> Expression:
    given = dict.fromkeys(expressions)
    parts = [one for one in given if one != _single(_UNKNOWN)] or list(given)
    if len(parts) == 1:
        return parts[0]
    terms = [one.alternatives[0] if len(one.alternatives) == 1 else (one.atom,) for one in parts]
    return _single(*dict.fromkeys(term for group in terms for term in group))


@cache
def _kinds(types: tuple[str, ...]) -> frozenset[str]:
    """The kinds of JSON of a schema's types."""
    return frozenset("number" if kind == "integer" else kind for kind in types) if types else ANY


@lru_cache(maxsize=1024)
def _of_types(types: tuple[str, ...], allowed: frozenset[str]) -> Expression:
    """The type of what a schema accepts that says no more than its types."""
    kinds = _kinds(types) & allowed
    if kinds == ANY:
        return _single(_UNKNOWN)
    bare = {"array": f"{_UNKNOWN}[]", "object": "{ [key: string]: unknown }"}
    return _union(_single(bare.get(kind, kind)) for kind in KINDS if kind in kinds)


def kind_of(value: JsonValue) -> str:
    """The kind of a JSON value."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, str):
        return "string"
    return "array" if isinstance(value, list) else "object"


def value_type(value: JsonValue) -> str:
    """The type of exactly this JSON value."""
    if isinstance(value, list):
        return f"[{', '.join(value_type(item) for item in value)}]"
    if isinstance(value, dict):
        members = [f"{text.name(key)}: {value_type(item)}" for key, item in value.items()]
        return f"{{ {'; '.join(members)} }}" if members else "{ [key: string]: never }"
    return text.literal(value)


@dataclass(frozen=True, slots=True)
class Types:
    """Renders the schemas of one contract.

    Args:
        contract: its types are what references name.
    """

    contract: Contract
    _known: dict[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])

    def __post_init__(self) -> None:
        # From above: a type that is only defined by itself may be anything.
        self._known.update(dict.fromkeys(self.contract.types, ANY))
        changed = True
        while changed:
            changed = False
            for name, item in self.contract.types.items():
                found = self.kinds(item.schema)
                changed = changed or found != self._known[name]
                self._known[name] = found

    def kinds(self, schema: Schema) -> frozenset[str]:
        """The kinds of JSON that a schema may accept, at most."""
        if schema.always is not None:
            return ANY if schema.always else frozenset()
        found = _kinds(schema.types)
        if stated(schema).keys().isdisjoint(_MORE):
            return found
        if schema.const is not None:
            found &= {kind_of(schema.const.json)}
        if schema.enum is not None and not schema.extensible:
            found &= {kind_of(value) for value in schema.enum}
        if schema.ref is not None:
            found &= self._known[schema.ref]
        for sub in schema.all_of:
            found &= self.kinds(sub)
        for subs in (schema.any_of, schema.one_of):
            if subs:
                found &= frozenset[str]().union(*(self.kinds(sub) for sub in subs))
        return found

    def expression(self, schema: Schema, allowed: frozenset[str] = ANY) -> Expression:
        """The type of what a schema accepts.

        Args:
            schema: what to render.
            allowed: kinds that the schemas around it leave over.
        """
        if stated(schema).keys().isdisjoint(_MORE):
            return _of_types(schema.types, allowed)
        kinds = self.kinds(schema) & allowed
        terms = [_single(schema.ref)] if schema.ref is not None else []
        covered = ANY if schema.ref is None else self._known[schema.ref]
        for group in [*((sub,) for sub in schema.all_of), schema.any_of, schema.one_of]:
            if any(shapes(sub) for sub in group):
                terms.append(_union(self.expression(sub, kinds) for sub in group))
                covered &= kinds
        if not terms or _own_shape(schema) or not covered <= kinds:
            terms.insert(0, self._own(schema, kinds))
        return _both(terms)

    def _own(self, schema: Schema, kinds: frozenset[str]) -> Expression:
        values = [schema.const.json] if schema.const is not None else schema.enum
        if values is not None:
            literals = [_single(value_type(value)) for value in values if kind_of(value) in kinds]
            if schema.extensible and schema.const is None:
                # An intersection keeps the known values in an editor's list; `string` would absorb them.
                literals += [_single(self._open(kind, schema)) for kind in KINDS if kind in kinds]
            return _union(literals)
        if kinds == ANY and not _own_shape(schema):
            return _single(_UNKNOWN)
        return _union(_single(self._of_kind(kind, schema)) for kind in KINDS if kind in kinds)

    def _open(self, kind: str, schema: Schema) -> str:
        return f"({kind} & {{}})" if kind in {"string", "number"} else self._of_kind(kind, schema)

    def _of_kind(self, kind: str, schema: Schema) -> str:
        if kind == "array":
            return self._array(schema)
        return self._object(schema) if kind == "object" else kind

    def _array(self, schema: Schema) -> str:
        rest = self.expression(schema.items) if schema.items is not None else _single(_UNKNOWN)
        if not schema.prefix_items:
            return f"{rest.atom}[]"
        required = schema.min_items or 0
        items = [
            self.expression(sub).atom + ("" if place < required else "?")
            for place, sub in enumerate(schema.prefix_items)
        ]
        closed = schema.max_items is not None and schema.max_items <= len(items)
        if not closed and rest.alternatives:
            items.append(f"...{rest.atom}[]")
        return f"[{', '.join(items)}]"

    def _object(self, schema: Schema) -> str:
        lines = self.members(schema)
        return text.block("{", lines, "}") if len(lines) > 1 else f"{{ {''.join(lines).rstrip(';')} }}"

    def members(self, schema: Schema) -> list[str]:
        """The members of an object type, one a line or with their comments several."""
        extra = schema.additional_properties
        lines: list[str] = []
        for key, sub in schema.properties.items():
            mark = "" if key in schema.required else "?"
            lines += [*about(sub), f"{text.name(key)}{mark}: {self.expression(sub)};"]
        alone = not schema.properties and not schema.pattern_properties
        other = str(self.expression(extra)) if alone and extra is not None else _UNKNOWN
        lines += [f"{text.name(key)}: {other};" for key in schema.required if key not in schema.properties]
        if not lines or schema.pattern_properties or (extra is not None and extra.always is not False):
            lines.append(f"[key: string]: {other};")
        return lines


def shapes(schema: Schema) -> bool:
    """Whether a schema says more about a type than which kinds of JSON it accepts."""
    if schema.ref is not None or _own_shape(schema):
        return True
    return any(shapes(sub) for sub in (*schema.all_of, *schema.any_of, *schema.one_of))


def _own_shape(schema: Schema) -> bool:
    return not stated(schema).keys().isdisjoint(_SHAPE)


def about(schema: Schema) -> list[str]:
    """The comment of a property or type: its description and the constraints that no type can say."""
    said = stated(schema)
    words = schema.description or schema.title
    if said.keys().isdisjoint(_TAGGED):
        return text.doc(words)
    tags: dict[str, str] = {}
    if schema.deprecated:
        tags["deprecated"] = ""
    if schema.default is not None:
        tags["default"] = text.literal(schema.default.json)
    for field_name, tag in _TAGS:
        value = said.get(field_name)
        if value is not None:
            tags[tag] = value if isinstance(value, str) else text.literal(value)
    return text.doc(words, {tag: " ".join(told.split()) for tag, told in tags.items()})


_TAGS = (
    ("format", "format"),
    ("pattern", "pattern"),
    ("minimum", "minimum"),
    ("maximum", "maximum"),
    ("exclusive_minimum", "exclusiveMinimum"),
    ("exclusive_maximum", "exclusiveMaximum"),
    ("multiple_of", "multipleOf"),
    ("min_length", "minLength"),
    ("max_length", "maxLength"),
    ("min_items", "minItems"),
    ("max_items", "maxItems"),
)
_TAGGED = frozenset({"deprecated", "default", *(field_name for field_name, _ in _TAGS)})

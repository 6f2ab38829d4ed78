"""What becomes of each schema in Python, pure: enums, models and the expressions of types.

Three ways, in this order: a keyword that pydantic enforces exactly becomes a type; what cannot be said so
becomes a check of the JSON value in front of the nearest wider type; what neither can say is refused.
"""

from dataclasses import dataclass, field
from functools import lru_cache

from crucible_pipeline.contracts import names
from crucible_pipeline.contracts.model import Contract, Schema, TypeDef
from crucible_pipeline.contracts.sparse import changed, stated
from crucible_pipeline.errors import Mark, Problem
from crucible_pipeline.generate import python_names
from crucible_pipeline.generate.python_kinds import AliasShape, EnumShape, ModelShape, Property, Shape
from crucible_pipeline.generate.python_merge import (
    disjoint,
    is_enum,
    is_literal,
    is_model,
    said,
    simplified,
    without,
)
from crucible_pipeline.generate.python_scalars import ANNOTATED, ANY, MOMENTS, either, scalar, sized, whole
from crucible_pipeline.generate.runtime._patterns import regex
from crucible_pipeline.generate.text import Expression, Name, call, literal, subscript

# What only the check of the JSON value can say.
_CHECKED = frozenset(
    {"not_", "if_", "dependent_required", "dependent_schemas", "unevaluated_items", "unevaluated_properties"}
    | {"contains", "prefix_items", "pattern_properties", "property_names", "unique_items", "all_of"}
)
_IDLE = frozenset(
    {"then", "else_", "min_contains", "max_contains", "enum_names", "enum_descriptions", "extensible"}
    | {"enum_renamed_from", "enum_deprecated"}
)
_COMMON = frozenset({"types", "format"})
_SIMPLE = frozenset({"mark", "title", "description", "default", "examples", "deprecated", *_COMMON})
_STRING = frozenset({"min_length", "max_length", "pattern", "format"})
_NUMBER = frozenset({"minimum", "maximum", "exclusive_minimum", "exclusive_maximum", "multiple_of"})
_ARRAY = frozenset({"items", "min_items", "max_items"})
_OBJECT = frozenset({"properties", "required", "additional_properties", "min_properties", "max_properties"})


@dataclass(slots=True)
class Shapes:
    """The shapes of a contract's types and of the enums and objects inside them.

    Args:
        shapes: name → shape, in the order in which they were found.
        checks: key → the schema that the JSON value is checked against.
        owners: name → the declared type inside which it was found.
        former: former name of a type, and of what stands inside it without a name of its own → its name.
        problems: what cannot be generated.
    """

    contract: Contract
    shapes: dict[str, Shape] = field(default_factory=dict[str, Shape])
    checks: dict[str, Schema] = field(default_factory=dict[str, Schema])
    owners: dict[str, str] = field(default_factory=dict[str, str])
    former: dict[str, str] = field(default_factory=dict[str, str])
    problems: list[Problem] = field(default_factory=list[Problem])
    _module: str = ""
    _inside: str = ""
    _known: dict[tuple[tuple[str, ...], str | None], Expression] = field(
        default_factory=dict[tuple[tuple[str, ...], str | None], Expression]
    )

    def add(self, definition: TypeDef) -> None:
        """Shape a named type and everything inside it."""
        before = len(self.shapes)
        self._add(definition)
        if definition.schema.renamed_from:
            self._note_former(definition.name, definition.schema.renamed_from, before)

    def _note_former(self, name: str, former: tuple[str, ...], before: int) -> None:
        """Note what the latest shapes were called when the name that they begin with was another one."""
        latest = {shape: shape for shape in list(self.shapes)[before:]}
        latest |= {called: now for called, now in self.former.items() if now in latest}
        for old in former:
            for called, now in latest.items():
                if called.startswith(name):
                    self.former.setdefault(old + called[len(name) :], now)

    def _add(self, definition: TypeDef) -> None:
        self._module = definition.module
        name = definition.name
        if not python_names.is_free(name):
            self.refuse(definition.mark, f"the type {name!r} hides a name of Python", "rename it")
        self._inside = name
        before = len(self.shapes), len(self.checks)
        annotation = self._express(definition.schema, name)
        if annotation == Name("", name) or self._is_whole_enum(definition.schema):
            return
        if name in self.shapes:
            # An object or an enum, or null: the name is for all of it.
            for shape in list(self.shapes)[before[0] :]:
                del self.shapes[shape]
            for check in list(self.checks)[before[1] :]:
                del self.checks[check]
            annotation = self.express(definition.schema, f"{name}Value")
        self._define(AliasShape(name, definition.module, definition.schema, annotation))

    def refuse(self, mark: Mark, what: str, todo: str) -> None:
        """Note what cannot be generated."""
        self.problems.append(Problem(mark, what, todo))

    def express(self, schema: Schema, name: str) -> Expression:
        """The type of a value.

        Args:
            schema: what is accepted.
            name: what an enum or an object is called that stands here without a name of its own.
        """
        if stated(schema).keys() <= _SIMPLE and schema.types:
            return self._common(schema, name)
        return self._express(schema, names.inline(name, self.contract.types))

    def _express(self, schema: Schema, name: str) -> Expression:
        given = said(schema)
        if schema.always is not None or given <= _IDLE:
            return self._checked(schema, ANY, name) if schema.always is False else ANY
        if given <= _COMMON and schema.types:
            return self._common(schema, name)
        simple, exact = simplified(self.contract, schema)
        if simple is not schema:
            given = said(simple)
        beyond = self._beyond(simple, given)
        wide = without(simple, beyond)
        check = not exact or bool(beyond) or not self._is_exact(wide)
        if is_model(wide):
            self._model(changed(wide, mark=schema.mark), name, schema if check else None)
            return Name("", name)
        annotation = ANY if given - beyond <= _IDLE else self._union(wide, name)
        return self._checked(schema, annotation, name) if check else annotation

    def _common(self, schema: Schema, name: str) -> Expression:
        """The type of a schema that says its types and a format at most; nine of ten do."""
        key = schema.types, schema.format
        if key not in self._known:
            self._known[key] = self._union(schema, name)
        return self._known[key]

    def _checked(self, schema: Schema, annotation: Expression, name: str) -> Expression:
        self._keep_check(name, schema)
        checked = call(Name("._model", "Checked"), literal(name))
        return subscript(ANNOTATED, annotation, checked)

    def _keep_check(self, key: str, schema: Schema) -> None:
        if self.checks.setdefault(key, schema) != schema:
            self.refuse(schema.mark, f"two schemas would both be called {key}", "rename one of their types")
        for inner in schema.walk():
            for pattern in (inner.pattern, *inner.pattern_properties):
                self._pattern(pattern, inner)

    def _beyond(self, schema: Schema, every: set[str]) -> set[str]:
        """The keywords, of every one that is given, that no type can say exactly here."""
        given = every - _IDLE
        beyond = given & _CHECKED
        if schema.ref is not None:
            return beyond | given - {"ref"}
        if schema.enum is not None and not is_enum(schema):
            beyond |= {"enum"}
        if schema.enum is not None or schema.const is not None:
            beyond |= given - {"enum", "const", "types"}
        if schema.const is not None and (schema.enum is not None or not is_literal(schema)):
            beyond |= {"const"}
        choices = given & {"any_of", "one_of"}
        if choices and given - {"types"} == choices and len(choices) == 1:
            # A union of the choices is the nearest wider type.
            beyond |= {"types"} & given
        else:
            beyond |= choices
        if not schema.types and not choices - beyond:
            beyond |= given & (_STRING | _NUMBER | _ARRAY | _OBJECT)
        if schema.prefix_items:
            beyond |= given & {"items"}  # it is for the rest only
        if schema.format in MOMENTS and given & (_STRING - {"format"}):
            beyond |= given & (_STRING - {"format"})
        if is_model(schema):
            beyond |= given & {"min_properties", "max_properties"}
            extra = schema.additional_properties
            if extra is not None and extra.always is None and said(extra):
                beyond |= {"additional_properties"}
        return beyond

    def _is_exact(self, schema: Schema) -> bool:
        """Whether a union of the choices is exactly what `oneOf` means."""
        return not schema.one_of or disjoint(self.contract, schema.one_of)

    def _union(self, schema: Schema, name: str) -> Expression:
        if schema.ref is not None:
            return self._reference(schema.ref)
        if schema.enum is not None:
            return self._enum(schema, name)
        if schema.const is not None:
            kind = subscript(Name("typing", "Literal"), literal(schema.const.json))
            return kind if isinstance(schema.const.json, str) else whole(kind)
        choices = schema.any_of or schema.one_of
        if choices:
            found = [
                self.express(choice, f"{name}Choice{number}") for number, choice in enumerate(choices, 1)
            ]
            return either(found)
        types = [kind for kind in schema.types if not (kind == "integer" and "number" in schema.types)]
        return either(
            [self._single(kind, schema, name) for kind in sorted(types, key=lambda kind: kind == "null")]
        )

    def _reference(self, target: str) -> Expression:
        """The name of a type; where that is an enum, what takes JSON exactly."""
        schema = self.contract.resolve(Schema(ref=target))
        if self._is_whole_enum(schema):
            return self._enum_use(Name("", self._owner(target)), simplified(self.contract, schema)[0])
        return Name("", target)

    def _is_whole_enum(self, schema: Schema) -> bool:
        """Whether a named type is just an enum, so that its name is the enum's."""
        simple, exact = simplified(self.contract, schema)
        nullable = "null" in simple.types if simple.extensible else None in (simple.enum or ())
        return (
            exact
            and simple.enum is not None
            and is_enum(simple)
            and not self._beyond(simple, said(simple))
            and not nullable
        )

    def _owner(self, target: str) -> str:
        """The type at the end of a chain of references."""
        seen = {target}
        schema = self.contract.types[target].schema
        while schema.ref is not None and schema.only_refers and schema.ref not in seen:
            target = schema.ref
            seen.add(target)
            schema = self.contract.types[target].schema
        return target

    def _enum(self, schema: Schema, name: str) -> Expression:
        values = tuple(dict.fromkeys(value for value in schema.enum or () if value is not None))
        members = python_names.members(values, schema.enum_names)
        wrong = [member for member in members if not python_names.is_member(member)]
        twice = len(set(members)) != len(members) or len(members) != len(values)
        if wrong or twice:
            what = (
                f"the members of {name} are {', '.join(wrong)}"
                if wrong
                else f"two members of {name} share a name"
            )
            self.refuse(schema.mark, what, "name every member with x-enum-varnames, in UPPER_SNAKE_CASE")
        self._define(EnumShape(name, self._module, schema, values, members))
        return self._enum_use(Name("", name), schema)

    def _enum_use(self, name: Name, schema: Schema) -> Expression:
        values = [value for value in schema.enum or () if value is not None]
        texts = isinstance(values[0], str)
        kind: Expression = name if texts else whole(name)
        found = [kind]
        if schema.extensible:
            found.append("str" if texts else Name("._values", "Int"))
        if "null" in schema.types if schema.extensible else None in (schema.enum or ()):
            found.append("None")
        return either(found)

    def _single(self, kind: str, schema: Schema, name: str) -> Expression:
        match kind:
            case "array":
                item = self.express(schema.items, f"{name}Item") if schema.items else ANY
                return sized(subscript("list", item), schema.min_items, schema.max_items)
            case "object":
                return self._mapping(schema, name)
            case _:
                self._pattern(schema.pattern, schema)
                return scalar(kind, schema)

    def _pattern(self, pattern: str | None, schema: Schema) -> None:
        if pattern is not None:
            try:
                regex(pattern)
            except ValueError as error:
                self.refuse(schema.mark, str(error), "write it with what ECMAScript and Python share")

    def _mapping(self, schema: Schema, name: str) -> Expression:
        if is_model(changed(schema, types=("object",))):
            self._model(changed(schema, types=("object",)), name, None)
            return Name("", name)
        extra = schema.additional_properties
        value = (
            self.express(extra, f"{name}Value") if extra is not None and extra.always is not False else ANY
        )
        most = 0 if extra is not None and extra.always is False else schema.max_properties
        return sized(subscript("dict", "str", value), schema.min_properties, most)

    def _model(self, schema: Schema, name: str, checked: Schema | None) -> None:
        if checked is not None:
            self._keep_check(name, checked)
        extra = schema.additional_properties
        undeclared = {wire: extra or Schema() for wire in schema.required if wire not in schema.properties}
        found = tuple(
            Property(wire, self._inner(inner, name, wire), inner, wire not in schema.required)
            for wire, inner in {**schema.properties, **undeclared}.items()
        )
        closed = extra is not None and extra.always is False
        check = name if checked is not None else None
        self._define(ModelShape(name, self._module, schema, found, check, closed))

    def _inner(self, schema: Schema, model: str, wire: str) -> Expression:
        """The type of a model's property."""
        name, before = model + _pascal(wire), len(self.shapes)
        found = self.express(schema, name)
        if schema.renamed_from:
            self._note_former(name, tuple(model + _pascal(one) for one in schema.renamed_from), before)
        return found

    def _define(self, shape: Shape) -> None:
        declared = self.contract.types.get(shape.name)
        if shape.name in self.shapes or (declared is not None and declared.module != shape.module):
            self.refuse(
                shape.schema.mark, f"two types would both be called {shape.name}", "rename one of them"
            )
        self.shapes[shape.name] = shape
        self.owners[shape.name] = self._inside


@lru_cache(maxsize=10_000)
def _pascal(wire: str) -> str:
    return "".join(word[0].upper() + word[1:] for word in names.words(wire)) or "Field"

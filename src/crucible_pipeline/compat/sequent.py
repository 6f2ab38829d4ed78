"""The words of the search for a payload that one schema accepts and another rejects; pure.

A question is a sequent: is there a payload that every claim on the left accepts and every claim on the right
rejects? The answer is the payload, `EMPTY` where there is none, or `UNDECIDED`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, NamedTuple, Protocol, TypeAlias

from crucible_pipeline.compat.merge import said
from crucible_pipeline.compat.normal import NUMERIC, Side, closed
from crucible_pipeline.compat.values import NUMBERS, atoms_of
from crucible_pipeline.contracts.formats import FORMATS
from crucible_pipeline.contracts.model import JsonValue, Schema
from crucible_pipeline.contracts.sparse import changed

KINDS: Final = ("null", "boolean", "number", "string", "array", "object")


@dataclass(frozen=True, slots=True)
class Found:
    """There is such a payload.

    Args:
        payload: one of them, a small one.
    """

    payload: JsonValue


class Nothing:
    """There is no payload."""


class Undecided:
    """Nobody knows: the bound was reached, or a keyword is beyond the search."""


EMPTY: Final = Nothing()
UNDECIDED: Final = Undecided()
Answer: TypeAlias = Found | Nothing | Undecided


class Claim(NamedTuple):
    """One schema of one side.

    Args:
        side: the contract of the schema.
        schema: any schema of it, or a part of one.
        plain: whether it says what a whole payload may be; a part under a negation does not, so that no
            policy about payloads applies to it.
    """

    side: Side
    schema: Schema
    plain: bool = True

    def of(self, schema: Schema, *, plain: bool = True) -> "Claim":
        """Another schema of the same side."""
        return Claim(self.side, schema, self.plain and plain)


class Asks(Protocol):
    """Whoever answers questions about the parts of a payload."""

    @property
    def strict(self) -> bool:
        """Whether an object also holds what nobody names."""
        ...

    def ask(self, left: tuple[Claim, ...], right: tuple[Claim, ...]) -> Answer:
        """A payload that all on the left accept and all on the right reject; not yet confirmed."""
        ...


def either(answers: Iterable[Answer]) -> Answer:
    """The answer where any of several ways gives a payload; the first payload ends the search."""
    undecided = False
    for answer in answers:
        if isinstance(answer, Found):
            return answer
        undecided = undecided or answer is UNDECIDED
    return UNDECIDED if undecided else EMPTY


def allows(schema: Schema, kind: str) -> bool:
    """Whether a schema's own `type` lets values of a kind pass."""
    if not schema.types or kind in schema.types:
        return True
    return kind == "number" and "integer" in schema.types


def whole_only(schema: Schema) -> bool:
    """Whether of numbers only integers pass."""
    return bool(schema.types) and atoms_of(schema.types) & NUMBERS == frozenset({"integer"})


_MEMBERS = ("properties", "additional_properties", "pattern_properties")
_BY_KIND: dict[str, tuple[tuple[str, ...], ...]] = {
    "null": (),
    "boolean": (),
    "number": tuple((name,) for name in NUMERIC),
    "string": (("min_length",), ("max_length",), ("pattern",)),
    "array": (("items", "prefix_items"), ("min_items",), ("max_items",), ("unique_items",)),
    "object": (_MEMBERS, ("property_names",), ("min_properties",), ("max_properties",)),
}


def parts(schema: Schema, kind: str) -> tuple[Schema, ...]:
    """What a schema says about values of a kind, as schemas that say one thing each.

    Args:
        schema: whose type lets the kind pass.
        kind: one of `KINDS`.

    Returns:
        None of them where it accepts every value of the kind.
    """
    found: list[Schema] = []
    if schema.ref is not None:
        found.append(Schema(ref=schema.ref))
    found += (Schema(all_of=(inner,)) for inner in schema.all_of)
    if closed(schema):
        found.append(Schema(enum=schema.enum))
    if schema.const is not None:
        found.append(Schema(const=schema.const))
    if kind == "number" and whole_only(schema):
        found.append(Schema(types=("integer",)))
    if schema.format in FORMATS and kind == "string":
        found.append(Schema(format=schema.format))
    for names in _BY_KIND[kind]:
        given = {name: getattr(schema, name) for name in names if said(schema, name)}
        if given:
            found.append(Schema(**given))
    if kind == "array":
        found += _counted(schema)
    if kind == "object":
        found += (Schema(required=(name,)) for name in schema.required)
    if schema.any_of:
        found.append(Schema(any_of=schema.any_of))
    if schema.one_of:
        found.append(Schema(one_of=schema.one_of))
    return (*found, *conditions(schema, kind), *_unevaluated(schema, kind))


def conditions(schema: Schema, kind: str) -> tuple[Schema, ...]:
    """What a schema says by negations and conditions, written as `not` and `anyOf`; see `parts`."""
    found = _dependent(schema) if kind == "object" else []
    if schema.not_ is not None:
        found.append(Schema(not_=schema.not_))
    if schema.if_ is not None:
        unless = Schema(not_=schema.if_)
        if schema.then is not None:
            found.append(Schema(any_of=(unless, schema.then)))
        if schema.else_ is not None:
            found.append(Schema(any_of=(schema.if_, schema.else_)))
    return tuple(found)


def _counted(schema: Schema) -> list[Schema]:
    if schema.contains is None:
        return []
    least = 1 if schema.min_contains is None else schema.min_contains
    found = [Schema(contains=schema.contains, min_contains=least)] if least else []
    if schema.max_contains is not None:
        found.append(Schema(contains=schema.contains, min_contains=0, max_contains=schema.max_contains))
    return found


def _dependent(schema: Schema) -> list[Schema]:
    found: list[Schema] = []
    for name, needed in schema.dependent_required.items():
        absent = Schema(not_=Schema(required=(name,)))
        found += [Schema(any_of=(absent, Schema(required=(other,)))) for other in needed]
    for name, inner in schema.dependent_schemas.items():
        found.append(Schema(any_of=(Schema(not_=Schema(required=(name,))), inner)))
    return found


def _unevaluated(schema: Schema, kind: str) -> list[Schema]:
    if kind == "object" and schema.unevaluated_properties is not None:
        return [Schema(unevaluated_properties=schema.unevaluated_properties)]
    if kind == "array" and schema.unevaluated_items is not None:
        return [Schema(unevaluated_items=schema.unevaluated_items)]
    return []


_LOOKED_INTO = ("ref", "all_of", "any_of", "one_of", "not_", "if_", "dependent_schemas", "contains")


def evaluated(schema: Schema) -> Schema:
    """The same without `unevaluated…`, where no neighbour evaluates anything by itself."""
    for name, other in (("unevaluated_properties", "additional_properties"), ("unevaluated_items", "items")):
        if said(schema, name) and not any(said(schema, inner) for inner in _LOOKED_INTO):
            taken = getattr(schema, other)
            kept = getattr(schema, name) if taken is None else taken
            schema = changed(schema, **{name: None, other: kept})
    return schema

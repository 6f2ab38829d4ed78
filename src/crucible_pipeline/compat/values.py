"""JSON values as JSON Schema sees them: 1 and 1.0 are equal, 1 and true are not."""

import json
from collections.abc import Iterable
from fractions import Fraction

from crucible_pipeline.contracts.model import JsonValue, Number

# A number is an integer or has a fraction: with these atoms the JSON types become disjoint.
ATOMS = frozenset({"array", "boolean", "fraction", "integer", "null", "object", "string"})
NUMBERS = frozenset({"integer", "fraction"})


def exact(number: Number) -> Fraction:
    """A number as it was written: 0.1 is one tenth."""
    return Fraction(number if type(number) is int else str(number))


def _plain(value: JsonValue) -> JsonValue:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    return value


def key(value: JsonValue) -> str:
    """A text that two values share if and only if JSON Schema calls them equal (core, section 4.2.2)."""
    if type(value) is int:
        return str(value)
    return json.dumps(_plain(value), sort_keys=True, ensure_ascii=False)


def shown(value: JsonValue) -> str:
    """A value as a message shows it, shortened."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:57]}..."


def atom(value: JsonValue) -> str:
    """The one atom that a value belongs to."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "integer" if isinstance(value, int) or value.is_integer() else "fraction"
    return {str: "string", list: "array", dict: "object"}[type(value)]


def atoms_of(types: Iterable[str]) -> frozenset[str]:
    """The atoms of JSON type names; all of them for no name."""
    found: set[str] = set()
    for name in types:
        found |= NUMBERS if name == "number" else {name}
    return frozenset(found) or ATOMS


def types_of(atoms: frozenset[str]) -> tuple[str, ...]:
    """The shortest sorted JSON type names for atoms; empty for all of them."""
    if atoms == ATOMS:
        return ()
    if atoms >= NUMBERS:
        return tuple(sorted((atoms - NUMBERS) | {"number"}))
    return tuple(sorted(atoms))


def named(atoms: Iterable[str]) -> str:
    """Atoms as words of a message: `integer or null`."""
    return " or ".join(types_of(frozenset(atoms))) or "any type"

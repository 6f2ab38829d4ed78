"""Types of single values, pure: numbers and texts with their constraints, unions, sizes."""

import math
from fractions import Fraction

from crucible_pipeline.contracts.model import JsonValue, Number, Schema
from crucible_pipeline.generate.runtime._formats import FORMATS
from crucible_pipeline.generate.text import Either, Expression, Keyed, Name, call, literal, subscript

ANY = Name("typing", "Any")
ANNOTATED = Name("typing", "Annotated")
FIELD = Name("pydantic", "Field")
MOMENTS = {"date-time": "DateTime", "date": "Date"}
Arguments = list[tuple[str, JsonValue]]


def _integer_bounds(schema: Schema) -> Arguments:
    """Bounds of an integer: a fractional bound becomes the next integer inside it."""
    found: Arguments = []
    if schema.minimum is not None:
        found.append(("ge", math.ceil(schema.minimum)))
    if schema.exclusive_minimum is not None:
        found.append(("gt", math.floor(schema.exclusive_minimum)))
    if schema.maximum is not None:
        found.append(("le", math.floor(schema.maximum)))
    if schema.exclusive_maximum is not None:
        found.append(("lt", math.ceil(schema.exclusive_maximum)))
    if schema.multiple_of is not None:
        found.append(("multiple_of", _integer_factor(schema.multiple_of)))
    return found


def _integer_factor(factor: Number) -> int:
    """An integer is a multiple of p/q in lowest terms if and only if it is one of p."""
    return Fraction(repr(factor)).numerator


def _number_bounds(schema: Schema) -> Arguments:
    """Bounds of a number, as they are written."""
    pairs = (
        ("ge", schema.minimum),
        ("gt", schema.exclusive_minimum),
        ("le", schema.maximum),
        ("lt", schema.exclusive_maximum),
        ("multiple_of", schema.multiple_of),
    )
    return [(name, bound) for name, bound in pairs if bound is not None]


def scalar(kind: str, schema: Schema) -> Expression:
    """The type of a value that is no array and no object.

    Args:
        kind: name of the JSON type.
        schema: has the constraints.
    """
    match kind:
        case "null":
            return "None"
        case "boolean":
            return Name("pydantic", "StrictBool")
        case "integer":
            bounds = _integer_bounds(schema)
            return _constrained(bounds, "int", "Integer") if bounds else Name("._values", "Int")
        case "number":
            bounds = _number_bounds(schema)
            return _constrained(bounds, "float", "Number") if bounds else Name("._values", "Float")
        case _:
            return _text(schema)


def _text(schema: Schema) -> Expression:
    if schema.format in MOMENTS:
        return Name("._values", MOMENTS[schema.format])
    given: Arguments = [
        ("min_length", schema.min_length),
        ("max_length", schema.max_length),
        ("pattern", schema.pattern),
        ("format", schema.format if schema.format in FORMATS else None),
    ]
    arguments: Arguments = [(key, value) for key, value in given if value is not None]
    return _constrained(arguments, "str", "Text") if arguments else "str"


def either(found: list[Expression]) -> Expression:
    """A union that takes the first fitting member; None goes last."""
    members = list(dict.fromkeys(found))
    if len(members) == 1:
        return members[0]
    if ANY in members:
        return ANY
    rest = [member for member in members if member != "None"]
    union = Either(tuple(rest)) if len(rest) > 1 else rest[0]
    if len(rest) > 1:
        union = subscript(ANNOTATED, union, call(FIELD, Keyed("union_mode=", literal("left_to_right"))))
    return Either((union, "None")) if len(rest) < len(members) else union


def whole(kind: Expression) -> Expression:
    """An enum or a literal of integers, of which true is none."""
    return subscript(ANNOTATED, kind, call(Name("._values", "WholeNumber")))


def _constrained(arguments: Arguments, kind: str, constraint: str) -> Expression:
    given = (Keyed(f"{key}=", literal(value)) for key, value in arguments)
    return subscript(ANNOTATED, kind, call(Name("._values", constraint), *given))


def sized(kind: Expression, least: int | None, most: int | None) -> Expression:
    """A list or a mapping with bounds of its length."""
    given = [(key, size) for key, size in (("min_length", least), ("max_length", most)) if size is not None]
    if not given:
        return kind
    return subscript(ANNOTATED, kind, call(FIELD, *(Keyed(f"{key}=", literal(size)) for key, size in given)))

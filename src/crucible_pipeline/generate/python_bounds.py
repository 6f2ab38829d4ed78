"""Bounds of numbers, pure: what a contract writes, as a type's arguments."""

import math

from crucible_pipeline.contracts.model import JsonValue, Number, Schema

Arguments = list[tuple[str, JsonValue]]


def integer_bounds(schema: Schema) -> Arguments:
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
    from fractions import Fraction  # noqa: PLC0415  rarely needed, and not cheap

    return Fraction(repr(factor)).numerator


def number_bounds(schema: Schema) -> Arguments:
    """Bounds of a number, as they are written."""
    pairs = (
        ("ge", schema.minimum),
        ("gt", schema.exclusive_minimum),
        ("le", schema.maximum),
        ("lt", schema.exclusive_maximum),
        ("multiple_of", schema.multiple_of),
    )
    return [(name, bound) for name, bound in pairs if bound is not None]

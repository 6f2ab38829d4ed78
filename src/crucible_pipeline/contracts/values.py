"""JSON values, pure: when two are the same (JSON Schema 2020-12 core, section 4.2.2)."""

from collections.abc import Hashable

from crucible_pipeline.contracts.model import JsonValue


def same(one: JsonValue, other: JsonValue) -> bool:
    """Whether two JSON values are equal: 1 and 1.0 are, 1 and true are not."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(value, other[name]) for name, value in one.items())
    return one == other


def key(value: JsonValue) -> Hashable:
    """A value to look up: two have an equal one exactly if they are the same."""
    if isinstance(value, bool):
        return "boolean", value
    if isinstance(value, list):
        return "array", *map(key, value)
    if isinstance(value, dict):
        return "object", frozenset((name, key(inner)) for name, inner in value.items())
    return value

"""The short way, pure: whether a scalar or an empty container plainly fits a simple schema.

Nearly every default is such a case. Whatever is not plain is left to the full validator, so an answer of
False means nothing; a test holds every True against it.
"""

from crucible_pipeline.contracts.model import ANNOTATIONS, JsonValue, Schema
from crucible_pipeline.contracts.sparse import stated
from crucible_pipeline.contracts.values import same

_WORDS = frozenset({*ANNOTATIONS, "enum_names", "enum_descriptions"})
_JUDGED = frozenset({"types", "enum", "extensible", "minimum", "maximum", "min_length", "max_length"})
# An empty object or list has no part that these could reject.
_ABOUT_PARTS = frozenset({"properties", "additional_properties", "pattern_properties", "items"})
_PASSED = frozenset({*_WORDS, *_JUDGED, "mark"})
_PASSED_BY_EMPTY = _PASSED | _ABOUT_PARTS


def fits_plainly(schema: Schema, value: JsonValue) -> bool:
    """Whether a value surely fits.

    Returns:
        True if it fits; False if it does not, or if that takes more than a look.
    """
    container = isinstance(value, list | dict)
    if schema.always is not None or (container and value):
        return False
    if not stated(schema).keys() <= (_PASSED_BY_EMPTY if container else _PASSED):
        return False
    if schema.types and not types_of(value).intersection(schema.types):
        return False
    if schema.enum is not None and not schema.extensible and not any(same(value, one) for one in schema.enum):
        return False
    if isinstance(value, str):
        return _within(len(value), schema.min_length, schema.max_length)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _within(value, schema.minimum, schema.maximum)
    return True


def types_of(value: JsonValue) -> set[str]:
    """The JSON types of a value: 1.0 is an integer and a number, true is neither."""
    if value is None:
        return {"null"}
    if isinstance(value, bool):
        return {"boolean"}
    if isinstance(value, int):
        return {"integer", "number"}
    if isinstance(value, float):
        return {"number", "integer"} if value.is_integer() else {"number"}
    if isinstance(value, str):
        return {"string"}
    return {"array"} if isinstance(value, list) else {"object"}


def _within(size: float, low: float | None, high: float | None) -> bool:
    return (low is None or size >= low) and (high is None or size <= high)

"""Payloads that a schema of the platform's contracts accepts, and such that are nearly accepted."""

import datetime as dt
from typing import Any

from hypothesis import strategies as st

from crucible_pipeline.contracts.model import Contract, Schema

TEXT = st.text("ab1-_é\U0001f600", max_size=4)
# Every number is one that JavaScript can hold.
NUMBERS = st.integers(-3, 4) | st.sampled_from([0.5, 1.5, 2.0, -0.0, 300, 301, 1e300, 2**53])
WORDS = st.sampled_from(["completed", "docker", "__proto__", "2024-01-01T00:00:00Z", "2024-01-01"])
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXT | WORDS,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(TEXT | st.sampled_from("abcd"), inner, max_size=4)
    ),
    max_leaves=8,
)
_OFFSETS = st.integers(-1439, 1439).map(lambda minutes: dt.timezone(dt.timedelta(minutes=minutes)))
_MOMENTS = st.datetimes(timezones=_OFFSETS).map(lambda moment: moment.isoformat())


def accepted(contract: Contract, schema: Schema) -> st.SearchStrategy[Any]:
    """Payloads that are valid, for the keywords that the platform's contracts use."""
    if schema.ref is not None:
        return accepted(contract, contract.types[schema.ref].schema)
    if schema.any_of:
        return st.one_of([accepted(contract, sub) for sub in schema.any_of])
    if schema.enum is not None:
        return st.sampled_from(schema.enum)
    if not schema.types:
        return JSON
    return st.one_of([_of_type(contract, schema, name) for name in schema.types])


def _of_type(contract: Contract, schema: Schema, name: str) -> st.SearchStrategy[Any]:
    match name:
        case "null":
            return st.none()
        case "boolean":
            return st.booleans()
        case "integer" | "number":
            low = schema.minimum if schema.minimum is not None else -(2**53)
            high = schema.maximum if schema.maximum is not None else 2**53
            whole = st.integers(int(low), int(high))
            return whole | whole.map(float)
        case "string":
            length = st.text(min_size=schema.min_length or 0, max_size=schema.max_length)
            assert schema.pattern is None
            assert schema.format in {None, "date-time"}
            return _MOMENTS if schema.format == "date-time" else length
        case "array":
            item = accepted(contract, schema.items) if schema.items is not None else JSON
            return st.lists(item, min_size=schema.min_items or 0, max_size=schema.max_items or 4)
        case _:
            known = {key: accepted(contract, sub) for key, sub in schema.properties.items()}
            required = {key: known[key] for key in schema.required}
            optional = {key: one for key, one in known.items() if key not in required}
            closed = schema.additional_properties is not None and schema.additional_properties.always is False
            extra = st.just({}) if closed else st.dictionaries(TEXT, JSON, max_size=2)
            object_ = st.fixed_dictionaries(required, optional=optional)
            return st.builds(lambda more, given: {**more, **given}, extra, object_)


def mutated(value: Any) -> st.SearchStrategy[Any]:
    """The payload with one member replaced, removed or added."""
    if not isinstance(value, dict) or not value:
        return JSON
    key = st.sampled_from(sorted(value))
    return (
        st.builds(lambda name, other: {**value, name: other}, key, JSON)
        | st.builds(lambda name: {other: value[other] for other in value if other != name}, key)
        | st.builds(lambda name, other: {**value, name: other}, TEXT, JSON)
    )

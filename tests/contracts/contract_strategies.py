"""Contracts made up by hypothesis: every field of the model, references only to types that exist."""

import json
from typing import Any, TypeVar

from hypothesis import strategies as st

from crucible_pipeline.contracts.model import (
    Channel,
    Constant,
    Contract,
    JsonValue,
    Message,
    Package,
    Schema,
    StateMachine,
    TypeDef,
    Value,
)
from crucible_pipeline.contracts.waiver import Waiver

Item = TypeVar("Item")
TYPE_NAMES = ("Alpha", "Beta", "Gamma")
words = st.text(max_size=6)
names = st.from_regex(r"[a-z][a-z0-9_]{0,5}", fullmatch=True)
numbers = st.integers(-(10**9), 10**9) | st.floats(allow_nan=False, allow_infinity=False)
counts = st.integers(0, 1000)
scalars: st.SearchStrategy[JsonValue] = st.none() | st.booleans() | numbers | words
values: st.SearchStrategy[JsonValue] = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=4,
)
wrapped = values.map(Value)


def tuples_of(inner: st.SearchStrategy[Item]) -> st.SearchStrategy[tuple[Item, ...]]:
    return st.lists(inner, max_size=3).map(tuple)


def _schema(given: dict[str, Any]) -> Schema:
    return Schema(**given)


def _bigger(inner: st.SearchStrategy[Schema]) -> st.SearchStrategy[Schema]:
    mapping = st.dictionaries(words, inner, max_size=2)
    some: dict[str, st.SearchStrategy[Any]] = {
        **dict.fromkeys(("properties", "pattern_properties", "dependent_schemas"), mapping),
        **dict.fromkeys(("prefix_items", "all_of", "any_of", "one_of"), tuples_of(inner)),
        **dict.fromkeys(("items", "contains", "unevaluated_items", "additional_properties"), inner),
        **dict.fromkeys(("property_names", "unevaluated_properties", "not_", "if_", "then", "else_"), inner),
    }
    return st.fixed_dictionaries({}, optional=some).map(_schema)


small: dict[str, st.SearchStrategy[Any]] = {
    "ref": st.sampled_from(TYPE_NAMES),
    "types": st.sets(st.sampled_from(("array", "integer", "null", "object", "string"))).map(
        lambda found: tuple(sorted(found))
    ),
    "enum": st.lists(values, max_size=3, unique_by=json.dumps).map(tuple),
    **dict.fromkeys(("const", "default"), wrapped),
    **dict.fromkeys(("minimum", "maximum", "exclusive_minimum", "exclusive_maximum", "multiple_of"), numbers),
    **dict.fromkeys(("min_length", "max_length", "min_contains", "max_contains", "min_items"), counts),
    **dict.fromkeys(("max_items", "min_properties", "max_properties"), counts),
    **dict.fromkeys(("pattern", "format", "title", "description", "discriminator"), words),
    **dict.fromkeys(("unique_items", "deprecated", "read_only", "write_only", "extensible"), st.booleans()),
    **dict.fromkeys(("required", "enum_names", "enum_descriptions", "renamed_from"), tuples_of(words)),
    **dict.fromkeys(
        ("dependent_required", "enum_renamed_from"), st.dictionaries(words, tuples_of(words), max_size=2)
    ),
    "enum_deprecated": tuples_of(values),
    "examples": tuples_of(values),
    "direction": st.sampled_from(("both", "input", "output")),
}
leaves = st.booleans().map(lambda given: Schema(always=given)) | st.fixed_dictionaries(
    {}, optional=small
).map(_schema)
schemas = st.recursive(leaves, _bigger, max_leaves=4)


@st.composite
def contracts(draw: st.DrawFn) -> Contract:
    """Any contract."""
    maybe = st.none() | words
    types = {name: TypeDef(name, draw(names), draw(schemas)) for name in TYPE_NAMES}
    messages = st.builds(Message, words, schemas, st.none() | schemas, maybe)
    channels = {
        key: Channel(
            key,
            draw(names),
            draw(words),
            (draw(messages),),
            {draw(names): draw(words)},
            draw(maybe),
            renamed_from=draw(tuples_of(words)),
            deprecated=draw(maybe),
        )
        for key in draw(st.sets(names, max_size=2))
    }
    states = draw(st.dictionaries(words, tuples_of(words), max_size=3))
    constants = [
        Constant(draw(names), draw(names), draw(names), draw(scalars.filter(lambda found: found is not None)))
        for _ in range(draw(st.integers(0, 2)))
    ]
    return Contract(
        Package(draw(names), draw(names), draw(words)),
        types,
        channels,
        {"Alpha": StateMachine("Alpha", draw(names), states, {"machine": draw(names)}, draw(maybe))},
        {constant.path: constant for constant in constants},
        tuple(draw(st.lists(st.builds(Waiver, words, words, words, words), max_size=2))),
        draw(st.dictionaries(names, words, max_size=2)),
        draw(st.dictionaries(names, words, max_size=2)),
    )

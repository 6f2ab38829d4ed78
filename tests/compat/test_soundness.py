"""Where a comparison reports no break in a direction, no payload breaks in it: the promise of the whole."""

from dataclasses import replace
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from compat.pairs_of import package
from crucible_pipeline.compat.diff import diff
from crucible_pipeline.contracts.circles import endless
from crucible_pipeline.contracts.model import Contract, JsonValue, Schema, TypeDef, Value
from crucible_pipeline.contracts.payload import json_schema

NAMES = ("a", "b", "c")
TEXTS: tuple[JsonValue, ...] = ("", "a", "b", "ab", "abc", "z")
NUMBERS: tuple[JsonValue, ...] = (-2, -1, 0, 1, 2, 3, 4, 5, 6, 0.5, 1.5, 2.5, -0.5, 10)
SCALARS: tuple[JsonValue, ...] = (*TEXTS, *NUMBERS, None, True, False)


def some(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


def rarely(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.sampled_from([True, False, False, False]).flatmap(lambda yes: strategy if yes else st.none())


text = st.builds(
    Schema,
    types=st.just(("string",)),
    min_length=some(st.integers(0, 2)),
    max_length=some(st.integers(1, 3)),
    pattern=some(st.sampled_from(["^a", "b$", "^[a-b]+$"])),
)
number = st.builds(
    Schema,
    types=st.sampled_from([("integer",), ("number",), ("integer", "string"), ("null", "number")]),
    minimum=some(st.sampled_from([0, 1, 2, 0.5])),
    maximum=some(st.sampled_from([2, 3, 5, 2.5])),
    exclusive_minimum=some(st.sampled_from([-1, 0, 1])),
    exclusive_maximum=some(st.sampled_from([3, 4, 6])),
    multiple_of=some(st.sampled_from([1, 2, 3, 0.5])),
)
listed = st.builds(
    Schema,
    enum=st.lists(st.sampled_from(SCALARS), min_size=1, max_size=4, unique_by=repr).map(tuple),
    extensible=st.booleans(),
    types=st.sampled_from([(), ("string",), ("integer",), ("null", "string")]),
)
single = st.builds(Schema, const=st.sampled_from(SCALARS).map(Value))
plain = st.sampled_from(
    [
        *(Schema(), Schema(types=("boolean",)), Schema(types=("null",)), Schema(always=False)),
        *(Schema(ref="Other"), Schema(ref="Main")),
    ]
)
leaf = text | number | listed | single | plain


def composed(inner: st.SearchStrategy[Schema]) -> st.SearchStrategy[Schema]:
    several = st.lists(inner, min_size=1, max_size=3).map(tuple)
    array = st.builds(
        Schema,
        types=st.sampled_from([("array",), (), ("array", "null")]),
        items=some(inner),
        prefix_items=st.lists(inner, max_size=1).map(tuple),
        min_items=some(st.integers(0, 2)),
        max_items=some(st.integers(1, 2)),
        unique_items=st.booleans(),
        contains=some(inner),
        min_contains=some(st.integers(0, 2)),
        max_contains=some(st.integers(1, 2)),
        unevaluated_items=rarely(inner),
    )
    # Every object names all of a, b and c: what the lenient policy lets pass is a test of its own.
    record = st.builds(
        Schema,
        types=st.sampled_from([("object",), ("object", "string")]),
        properties=st.fixed_dictionaries(dict.fromkeys(NAMES, inner)),
        required=st.lists(st.sampled_from(NAMES), unique=True, max_size=2).map(lambda x: tuple(sorted(x))),
        additional_properties=some(inner),
        min_properties=some(st.integers(0, 2)),
        max_properties=some(st.integers(1, 3)),
        property_names=some(st.just(Schema(max_length=1))),
        dependent_required=st.sampled_from([{}, {"a": ("b",)}, {"a": ("c",), "b": ("c",)}]),
        pattern_properties=st.sampled_from([{}, {"^z": Schema(types=("integer",))}]),
        dependent_schemas=st.just({}) | st.fixed_dictionaries({"a": inner}),
    )
    # The names stand in the parts, so that what is unevaluated depends on which part holds.
    part = st.builds(
        Schema,
        properties=st.dictionaries(st.sampled_from(NAMES), inner, max_size=2),
        required=st.sampled_from([(), ("a",), ("b",)]),
    )
    parts = st.lists(part, min_size=1, max_size=2).map(tuple)
    looking = st.builds(
        Schema,
        types=st.just(("object",)),
        properties=st.fixed_dictionaries(dict.fromkeys(NAMES[:1], inner)),
        all_of=st.just(()) | parts,
        any_of=st.just(()) | parts,
        if_=some(part),
        then=some(part),
        unevaluated_properties=st.just(Schema(always=False)) | inner,
    )
    combined = st.one_of(
        st.builds(Schema, any_of=several),
        st.builds(Schema, one_of=several),
        st.builds(Schema, all_of=several),
        st.builds(Schema, not_=inner),
        st.builds(Schema, if_=inner, then=some(inner), else_=some(inner)),
        st.builds(lambda one, other: replace(one, any_of=other), text | number, several),
        st.builds(lambda one, other: replace(one, all_of=other), text | number, several),
    )
    return array | record | combined | looking


schemas = st.recursive(leaf, composed, max_leaves=6)


@st.composite
def edited(draw: st.DrawFn, old: Schema) -> Schema:
    """A schema that differs from another one in a keyword or two, so that most of it is equal."""
    other = draw(schemas)
    names = ["types", "minimum", "maximum", "min_length", "enum", "extensible", "items"]
    names += ["required", "any_of", "one_of", "all_of", "additional_properties", "multiple_of", "properties"]
    taken = draw(st.lists(st.sampled_from(names), max_size=2))
    if bool(old.properties) is not bool(other.properties):
        # Naming properties of an open object falls under the lenient policy, see the last test.
        taken = [name for name in taken if name not in {"properties", "types"}]
    return replace(old, **{name: getattr(other, name) for name in taken if getattr(other, name) != ()})


@st.composite
def pairs(draw: st.DrawFn) -> tuple[Contract, Contract]:
    main, other = draw(schemas), draw(leaf.filter(lambda schema: schema.ref is None))
    after = draw(st.one_of(st.just(main), edited(main), schemas))
    other_after = draw(st.one_of(st.just(other), leaf.filter(lambda schema: schema.ref is None)))
    for one in (main, after):
        assume(not endless({"Main": one, "Other": other}))
    return holding(main, other), holding(after, other_after)


def holding(main: Schema, other: Schema) -> Contract:
    return Contract(
        package("shop"), {"Main": TypeDef("Main", "shop", main), "Other": TypeDef("Other", "shop", other)}
    )


def payloads() -> list[JsonValue]:
    few: list[JsonValue] = ["", "a", "ab", 0, 1, 2, 0.5, None, True]
    arrays: list[JsonValue] = [[], *([one] for one in few), ["a", "a"], ["a", 1], [1, 1], [1, 2], [0, 0.5, 1]]
    records: list[JsonValue] = [{}]
    for name in (*NAMES, "z", "long"):
        records += [{name: one} for one in few]
    records += [{"a": one, "b": other} for one in few[1:6] for other in few[1:6]]
    records += [{"a": one, "b": "a", "c": other} for one in few[:6] for other in few[:6]]
    records += [{"a": [1], "b": {}, "c": {"a": 1}}, {"a": {"a": "a"}}, {"b": ["a"]}, {"c": [[]]}]
    return [*SCALARS, *arrays, *records, [[]], [{}], [{"a": 1}], [["a"]]]


PAYLOADS = payloads()


def accepted(contract: Contract) -> list[bool]:
    validator = jsonschema.Draft202012Validator(json_schema(contract, contract.types["Main"].schema))
    return [validator.is_valid(payload) for payload in PAYLOADS]


def check(old: Contract, new: Contract) -> None:
    broken = {way for change in diff(old, new) for way in change.breaks}
    before, after = accepted(old), accepted(new)
    if "backward" not in broken:
        refused = [p for p, was, now in zip(PAYLOADS, before, after, strict=True) if was and not now]
        assert not refused
    if "forward" not in broken:
        refused = [p for p, was, now in zip(PAYLOADS, before, after, strict=True) if now and not was]
        assert not refused


@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(pairs())
def test_without_a_break_no_payload_is_accepted_on_one_side_only(pair: tuple[Contract, Contract]) -> None:
    check(*pair)


@pytest.mark.slow
@settings(max_examples=2000, deadline=None, suppress_health_check=list(HealthCheck))
@given(pairs())
def test_the_same_holds_for_thousands_of_pairs(pair: tuple[Contract, Contract]) -> None:
    check(*pair)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(pairs())
def test_the_way_back_is_broken_in_the_opposite_directions(pair: tuple[Contract, Contract]) -> None:
    there, back = (
        {way for change in diff(*ordered) for way in change.breaks} for ordered in (pair, pair[::-1])
    )
    assert ("backward" in there) is ("forward" in back)
    assert ("forward" in there) is ("backward" in back)


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(pairs())
def test_equal_contracts_yield_nothing_however_they_came_about(pair: tuple[Contract, Contract]) -> None:
    for contract in pair:
        again = replace(contract, types=dict(reversed(contract.types.items())))
        assert diff(contract, again) == []


fields_of = st.dictionaries(st.sampled_from(NAMES), text | number | listed, max_size=3)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(fields_of, fields_of, st.tuples(st.booleans(), st.booleans()), st.data())
def test_what_a_writer_may_send_within_its_names_is_read(
    old_fields: dict[str, Schema],
    new_fields: dict[str, Schema],
    closed_sides: tuple[bool, bool],
    data: st.DataObject,
) -> None:
    old, new = (
        holding(
            Schema(
                types=("object",),
                properties=named,
                required=tuple(sorted(data.draw(st.sets(st.sampled_from(sorted(named)))) if named else ())),
                additional_properties=Schema(always=False) if closed else None,
            ),
            Schema(),
        )
        for named, closed in zip((old_fields, new_fields), closed_sides, strict=True)
    )
    broken = {way for change in diff(old, new) for way in change.breaks}
    before, after = accepted(old), accepted(new)
    for payload, was, now in zip(PAYLOADS, before, after, strict=True):
        if isinstance(payload, dict):
            if was and not now and set(payload) <= set(old_fields):
                assert "backward" in broken
            if now and not was and set(payload) <= set(new_fields):
                assert "forward" in broken

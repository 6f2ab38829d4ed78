"""The generated types and the jsonschema library say the same about every payload."""

import json
import math
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

import crucible_shared
from crucible_pipeline.contracts import payload as second_opinion
from crucible_pipeline.contracts.model import Schema
from crucible_pipeline.errors import InvalidInput
from crucible_pipeline.generate.python import python
from crucible_pipeline.generate.runtime._patterns import regex
from generate.python_package import REAL, accepts, contract_of, imported, models_of
from generate.typescript_cases import CASES, FORMATS, FREE
from generate.typescript_payloads import JSON, accepted, mutated

FEW = settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
MORE_CASES: dict[str, tuple[Any, list[Any]]] = {
    "Ranged": ({"type": "integer", "minimum": 0.5, "exclusiveMaximum": 10}, [0, 1, 10, 9, 9.0, 9.5, 10**30]),
    "Tenths": (
        {"type": "number", "minimum": 0, "maximum": 0.5, "multipleOf": 0.25},
        [0.25, 0.3, 0.75, -0.25],
    ),
    "Evens": ({"type": "integer", "multipleOf": 2}, [2, 3, 4.0]),
    "Colour": ({"type": "string", "enum": ["red", "green"]}, ["red", "RED", ["red"]]),
    "Weight": (
        {"type": "integer", "enum": [0, 1, 5], "x-enum-varnames": ["NONE", "ONE", "FIVE"]},
        [5, 5.0, "5"],
    ),
    "Mixed": ({"enum": ["a", 1, None, True]}, [1.0, 0]),
    "Kind": ({"type": "string", "const": "a"}, ["a", "b"]),
    "Five": ({"type": "integer", "const": 5}, [5, 5.0, "5"]),
    "One1": ({"const": 1}, [1, 1.0, True]),
    "Person": (
        {
            "type": "object",
            "required": ["name", "extra"],
            "properties": {
                "name": {"type": "string"},
                "age": {"type": "integer", "nullable": True},
                "nick": {"type": "string"},
                "colour": {"$ref": "#/components/schemas/Colour", "default": "red"},
                "weight": {"$ref": "#/components/schemas/Weight"},
                "level": {"$ref": "#/components/schemas/Level"},
                "tags": {"type": "array", "items": {"type": "string"}, "maxItems": 2, "default": []},
                "copy": {"type": "boolean"},
                "inner": {"type": "object", "properties": {"x": {"type": "number"}}},
                "seen": {"type": "string", "format": "date-time"},
            },
        },
        [
            {"name": "a", "extra": 1},
            {"name": "a"},
            {"name": "a", "extra": 1, "age": None},
            {"name": "a", "extra": 1, "nick": None},
            {"name": "a", "extra": 1, "copy": True, "copy_": 3, "more": [1]},
            {"name": "a", "extra": 1, "copy": "yes"},
            {"name": "a", "extra": 1, "colour": "blue"},
            {"name": "a", "extra": 1, "weight": True},
            {"name": "a", "extra": 1, "weight": 1.0, "level": "new", "tags": ["a"]},
            {"name": "a", "extra": 1, "tags": ["a", "b", "c"]},
            {"name": "a", "extra": 1, "inner": {"x": 1}},
            {"name": "a", "extra": 1, "inner": {"x": "1"}},
            {"name": "a", "extra": 1, "seen": "2026-01-31T12:00:00Z"},
            {"name": "a", "extra": 1, "seen": "2026-01-31T12:00:00"},
            {"name": "a", "extra": 1, "seen": 1},
        ],
    ),
    "Closed": (
        {"type": "object", "properties": {"a": {"type": "integer"}}, "additionalProperties": False},
        [{}, {"a": 1}, {"a": None}, {"a": 1, "b": 1}],
    ),
    "Typed": (
        {
            "type": "object",
            "properties": {"a": {"type": "integer"}},
            "additionalProperties": {"type": "string"},
        },
        [{"a": 1, "b": "x"}, {"a": 1, "b": 1}],
    ),
    "Counts": (
        {"type": "object", "additionalProperties": {"type": "integer"}, "minProperties": 1},
        [{"a": 1.5}],
    ),
    "Empty": ({"type": "object", "additionalProperties": False}, [{"a": 1}]),
    "Big": (
        {"type": "object", "properties": {"a": {"type": "integer"}}, "minProperties": 1, "maxProperties": 2},
        [{}, {"a": 1}, {"b": 1, "c": 2}, {"a": 1, "b": 1, "c": 2}],
    ),
    "Merged": (
        {
            "allOf": [{"$ref": "#/components/schemas/Person"}, {"type": "object", "required": ["nick"]}],
            "description": "A person with a nick.",
        },
        [{"name": "a", "extra": 1, "nick": "b"}, {"name": "a", "extra": 1}, {"nick": "b"}],
    ),
    "Narrowed": (
        {
            "allOf": [
                {"type": "object", "properties": {"a": {"type": "integer"}}},
                {"properties": {"a": {"minimum": 3}}},
            ]
        },
        [{"a": 3}, {"a": 2}, {"a": "x"}],
    ),
    "Sealed": (
        {
            "allOf": [
                {"type": "object", "properties": {"a": True}, "additionalProperties": False},
                {"required": ["a"]},
            ]
        },
        [{"a": 1}, {"a": 1, "b": 1}, {}],
    ),
    "Shape": (
        {
            "oneOf": [
                {
                    "type": "object",
                    "required": ["kind"],
                    "properties": {"kind": {"const": "circle"}, "r": {"type": "number"}},
                },
                {
                    "type": "object",
                    "required": ["kind"],
                    "properties": {"kind": {"enum": ["square"]}, "r": {"type": "string"}},
                },
            ],
            "discriminator": {"propertyName": "kind"},
        },
        [{"kind": "circle", "r": 1}, {"kind": "square", "r": 1}, {"kind": "square", "r": "1"}, {"kind": "x"}],
    ),
    "Overlap": (
        {
            "oneOf": [
                {"type": "object", "required": ["a"], "properties": {"a": {"type": "integer"}}},
                {"type": "object", "required": ["b"], "properties": {"b": {"type": "integer"}}},
            ]
        },
        [{"a": 1}, {"b": 1}, {"a": 1, "b": 1}, {"a": 1, "b": "x"}],
    ),
    "Either": (
        {
            "type": "object",
            "properties": {"a": True, "b": True},
            "anyOf": [{"required": ["a"]}, {"required": ["b"]}],
        },
        [{"a": 1}, {"b": 1}, {}],
    ),
    "Maybe1": ({"anyOf": [{"$ref": "#/components/schemas/Closed"}, {"type": "null"}]}, [{"a": 1}, {"b": 1}]),
    "NullableObject": (
        {"type": ["object", "null"], "properties": {"a": {"type": "integer"}}},
        [{"a": 1}, {"a": "1"}],
    ),
    "Nested": (
        {"anyOf": [{"type": "string"}, {"type": "array", "items": {"$ref": "#/components/schemas/Nested"}}]},
        [["a", ["b"]], ["a", [1]]],
    ),
    "Alias": ({"$ref": "#/components/schemas/Colour"}, ["red", "blue"]),
    "Day": ({"type": "string", "format": "date"}, ["2026-01-31", "2026-02-30", "2026-01-31T00:00:00Z"]),
    "Strange": (
        {
            "type": "object",
            "properties": {
                "int": {"type": "integer"},
                "dict": {"type": "object"},
                "Field": {"type": "string"},
            },
        },
        [{"int": 1, "dict": {}, "Field": "a"}, {"int": "1"}, {"dict": 1}, {"Field": 1}, {"int_": "x"}],
    ),
}
TABLE_CASES = {**CASES, **MORE_CASES}
TABLE = contract_of({name: schema for name, (schema, _) in TABLE_CASES.items()}, "table_of_cases")


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    with imported(TABLE, tmp_path_factory.mktemp("table")) as package:
        yield package


def same_answer(package: ModuleType, contract: Any, name: str, value: Any) -> None:
    rejected = second_opinion.rejections(contract, Schema(ref=name), value)
    assert accepts(package, name, value) is not bool(rejected), (name, value, rejected)
    kind = getattr(package, name)
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        try:
            read = kind.model_validate_json(json.dumps(value))
        except ValueError:
            assert rejected, (name, value)
        else:
            assert not rejected, (name, value)
            comes_back(read, value)


def comes_back(read: BaseModel, value: Any) -> None:
    """What was given is dumped again, and nothing that was not; a moment may be written otherwise."""
    assert equal(read.model_dump(mode="json", exclude_unset=True), value), (read, value)
    assert equal(json.loads(read.model_dump_json(exclude_unset=True)), value)
    assert equal(type(read).model_validate(read.model_dump(mode="json")).model_dump(), read.model_dump())


def equal(one: Any, other: Any) -> bool:
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(equal(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(equal, one, other))
    if isinstance(one, str) and isinstance(other, str) and one != other:
        return moment(one) == moment(other)
    return one == other


def moment(text: str) -> Any:
    import datetime as dt

    return dt.datetime.fromisoformat(text.upper())


@pytest.mark.parametrize("name", TABLE_CASES)
def test_each_keyword_decides_as_json_schema_says(table: ModuleType, name: str) -> None:
    for value in [*FREE, *TABLE_CASES[name][1]]:
        same_answer(table, TABLE, name, value)


@FEW
@given(name=st.sampled_from(sorted(TABLE_CASES)), value=JSON)
def test_any_json_value_is_judged_alike(table: ModuleType, name: str, value: Any) -> None:
    same_answer(table, TABLE, name, value)


@pytest.mark.parametrize("name", sorted(REAL.types))
def test_the_types_of_the_platform_judge_as_json_schema_says(name: str) -> None:
    @settings(FEW, max_examples=25)
    @given(st.data())
    def holds(data: st.DataObject) -> None:
        value = data.draw(accepted(REAL, Schema(ref=name)))
        same_answer(crucible_shared, REAL, name, value)
        same_answer(crucible_shared, REAL, name, data.draw(mutated(value)))

    holds()


@pytest.mark.parametrize("form", FORMATS)
def test_a_format_is_asserted(form: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    contract = contract_of({"Text": {"type": "string", "format": form}}, f"format_{form.replace('-', '_')}")
    good, bad = FORMATS[form]
    with imported(contract, tmp_path_factory.mktemp("format")) as package:
        for text in [*good, *bad]:
            same_answer(package, contract, "Text", text)
        assert all(accepts(package, "Text", text) for text in good)


def test_numbers_that_json_does_not_have_are_refused(table: ModuleType) -> None:
    for value in (math.nan, math.inf, -math.inf):
        assert not accepts(table, "Number", value)
        assert not accepts(table, "Integer", value)


# What ECMAScript says where Python's `re` would say something else.
PATTERNS = [
    ("^[a-z]{2}$", ["ab"], ["ab\n", "abc", "é"]),
    (r"^\d+$", ["12"], ["١٢", "1\n", ""]),
    (r"^(?!x)\w+\s?$", ["a", "a\ufeff", "a\u2003"], ["x", "é"]),
    (r"^[\s\S]$", ["a", "\n"], ["", "ab"]),
    (r"^.$", ["\x85", "\U0001f600"], ["\n", "\u2028", "\r"]),
    (r"^\u{1F600}\x41\cA\/[\]\-a&&]$", ["\U0001f600A\x01/&", "\U0001f600A\x01/]"], ["\U0001f600A\x01/b"]),
    (r"(?<year>\d{4})-[^]", ["in 2026-\n"], ["2026"]),
    (r"a[]b|^z$", ["z"], ["ab"]),
]


@pytest.mark.parametrize(("pattern", "good", "bad"), PATTERNS)
def test_a_pattern_means_what_ecmascript_says(pattern: str, good: list[str], bad: list[str]) -> None:
    search = regex(pattern).search
    assert [text for text in good if not search(text)] == []
    assert [text for text in bad if search(text)] == []


def test_a_model_reads_patterns_as_ecmascript_does(tmp_path: Path) -> None:
    with models_of({"Text": {"type": "string", "pattern": r"^\d+$"}}, tmp_path) as package:
        assert accepts(package, "Text", "12")
        assert not accepts(package, "Text", "١٢")
        assert not accepts(package, "Text", "12\n")


@pytest.mark.parametrize("pattern", [r"\p{L}", r"(a)\1", "a++", "[a", "(?i)a", r"a{,2}", r"[^\Sa]", "*"])
def test_a_pattern_that_cannot_be_translated_is_refused_with_its_place(pattern: str) -> None:
    schema = {"type": "string", "pattern": pattern}
    with pytest.raises(InvalidInput, match=r"cases\.json:1:"):
        python(contract_of({"Text": schema}))

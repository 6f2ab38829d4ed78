"""A hostile contract ends in an error or in code, soon, and in little memory."""

import json
import os
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.contract_texts import problems
from crucible_pipeline.contracts.ambiguity import is_exponential
from crucible_pipeline.contracts.load import load
from crucible_pipeline.contracts.model import Contract, Package, Schema, TypeDef
from crucible_pipeline.contracts.nodes import MAX_CHARACTERS
from crucible_pipeline.contracts.patterns import regex
from crucible_pipeline.contracts.payload import rejections
from crucible_pipeline.contracts.read import read_folder
from crucible_pipeline.errors import Refused
from crucible_pipeline.generate.generate import generate

PACKAGE = Package("hostile", "hostile", "hostile")
SECONDS = 8  # a hang takes for ever, a slow machine does not


def doubled(keyword: str, **more: Any) -> dict[str, Any]:
    """Types that hold the one before them twice: a thousand million ways through thirty of them."""
    types: dict[str, Any] = {"T0": {"type": "integer"}}
    for number in range(1, 30):
        types[f"T{number}"] = {keyword: [{"$ref": f"#/$defs/T{number - 1}"}] * 2}
    return {"$ref": "#/$defs/T29", "$defs": types, **more}


def in_a_row(length: int) -> dict[str, Any]:
    types: dict[str, Any] = {f"T{number}": {"$ref": f"#/$defs/T{number - 1}"} for number in range(1, length)}
    return {"$defs": {"T0": {"type": "string"}, **types}}


@pytest.mark.parametrize("keyword", ["allOf", "anyOf", "oneOf"])
def test_types_that_double_thirty_times_are_generated_at_once(keyword: str) -> None:
    start = time.monotonic()
    generate(load({"a.json": json.dumps(doubled(keyword))}, PACKAGE))
    assert time.monotonic() - start < SECONDS


@pytest.mark.parametrize(
    ("schema", "problem"),
    [
        (
            doubled("anyOf", default="x"),
            "the default does not fit its schema: to check it takes too many steps",
        ),
        (
            doubled("allOf", default=1),
            "the default does not fit its schema: to check it takes too many steps",
        ),
        (in_a_row(3000), "the type T91 judges a value by more than 90 schemas in a row"),
        ({"$ref": "#"}, "the type A is defined by itself"),
        ({"properties": {"a": {"$ref": "#/properties/a"}}}, "the type APropertiesA is defined by itself"),
        ({"$ref": "#" + "/properties/a" * 3000}, "names no type"),
        ({"$ref": "../../secret#/x"}, "leaves the contracts folder"),
        ({"$ref": "file:///secret"}, "leaves the contracts folder"),
        ({"$ref": "%2e%2e/secret"}, "leaves the contracts folder"),
        (
            {"type": "string", "pattern": "^(a+)+$", "default": "a" * 60 + "!"},
            "the pattern '^(a+)+$' takes exponential time on some text",
        ),
        ({"properties": {f"p{n}": {"$ref": f"#/$defs/x{n}"} for n in range(2000)}}, "names no type"),
    ],
)
def test_a_hostile_schema_is_a_problem_soon(schema: dict[str, Any], problem: str) -> None:
    start = time.monotonic()
    found = problems({"a.json": json.dumps(schema)})
    assert time.monotonic() - start < SECONDS
    assert any(problem in line for line in found), found[:3]


def test_an_enum_of_twenty_thousand_values_is_read_at_once() -> None:
    start = time.monotonic()
    load({"a.json": json.dumps({"enum": [f"v{number}" for number in range(20_000)]})}, PACKAGE)
    assert time.monotonic() - start < SECONDS


def test_an_enormous_file_is_refused_by_its_size(tmp_path: Path) -> None:
    with (tmp_path / "big.yaml").open("wb") as file:
        file.truncate(100 * 1024 * 1024)
    with pytest.raises(Refused, match=r"big\.yaml is larger than 32 MiB"):
        read_folder(tmp_path)


def test_many_large_files_are_refused_by_their_sum(tmp_path: Path) -> None:
    for number in range(3):
        with (tmp_path / f"{number}.yaml").open("wb") as file:
            file.truncate(MAX_CHARACTERS)
    with pytest.raises(Refused, match="larger than 64 MiB together"):
        read_folder(tmp_path)


def test_a_pipe_among_the_contracts_is_none_of_them(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    (tmp_path / "a.yaml").write_text("type: string\n")
    assert list(read_folder(tmp_path)) == ["a.yaml"]


EXPONENTIAL = [
    *(
        "(a+)+$",
        "^(a*)*$",
        "(a|a)*$",
        "^(a|aa)+$",
        "(a?b?)*c",
        "([a-zA-Z]+)*$",
        r"(\w+\s?)+$",
        r"^(\d+|\w)*$",
    ),
    *("(a{1,10}){1,10}$", "((ab)*|(abab)*)*c", "([a-z]|[m-p])*!", "(?=(a+)+$)a", "(?:a*b?)*c", "(.*a){20}$"),
]
HARMLESS = [
    *("^[a-z0-9]+(-[a-z0-9]+)*$", r"^(\w+\.)+\w+$", "^([0-9a-f]{2}:){5}[0-9a-f]{2}$", "^(a|b)*$", "x*x*$"),
    *("^(ab|ac)*$", "^(/[^/~]*)*$", "^(foo|bar|baz)(,(foo|bar|baz))*$", "^((a+b)+c)+$", r"(\s*,\s*\w+)*"),
    r"^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$",
]


@pytest.mark.parametrize("pattern", EXPONENTIAL)
def test_a_pattern_of_exponential_time_is_told(pattern: str) -> None:
    assert is_exponential(regex(pattern).pattern)


@pytest.mark.parametrize("pattern", HARMLESS)
def test_a_pattern_of_little_time_is_no_such(pattern: str) -> None:
    assert not is_exponential(regex(pattern).pattern)


SHAPES = st.recursive(
    st.sampled_from(["a", "b", "[ab]", "."]),
    lambda inner: (
        st.tuples(inner, inner).map("".join)
        | st.tuples(inner, inner).map(lambda two: f"(?:{two[0]}|{two[1]})")
        | st.tuples(inner, st.sampled_from(["*", "+", "?", "{2}", "{0,2}"])).map(
            lambda two: f"(?:{two[0]}){two[1]}"
        )
    ),
    max_leaves=5,
)


@settings(max_examples=300, deadline=None)
@given(SHAPES, st.text("ab", min_size=1, max_size=3))
def test_what_is_taken_ends_soon_on_a_text_that_nearly_fits(shape: str, word: str) -> None:
    pattern = f"^{shape}!$"
    if is_exponential(regex(pattern).pattern):
        return
    start = time.monotonic()
    regex(pattern).search(word * 12)
    assert time.monotonic() - start < 1, pattern


def test_a_long_default_beside_a_pattern_that_repeats_much_is_refused_soon() -> None:
    schema = Schema(types=("string",), pattern="^a*a*a*a*b$")
    contract = Contract(Package("shop", "shop", "shop"), {"Long": TypeDef("Long", "shop", schema)})
    began = time.process_time()
    assert "too many steps" in rejections(contract, schema, "a" * 4000)[0]
    assert rejections(contract, schema, "a" * 20 + "b") == []
    assert time.process_time() - began < 10

"""JSON read from its bytes is JSON read from its text: the same value, the same places, the same problems."""

import json
from collections.abc import Mapping

from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.contract_texts import PACKAGE
from contracts.test_texts import WORDS, json_values
from crucible_pipeline.contracts.compose import compose, read_text
from crucible_pipeline.contracts.load import load
from crucible_pipeline.contracts.model import JsonValue
from crucible_pipeline.contracts.nodes import Findings, Node
from crucible_pipeline.contracts.texts import Texts
from crucible_pipeline.errors import InvalidInput

# What stands between the tokens of a broken document, and what escapes and surrogates do to its strings.
PIECES = st.sampled_from(
    [
        '"',
        "\\",
        '"a"',
        ":",
        ",",
        "{",
        "}",
        "[",
        "]",
        "1",
        "é",
        "\U0001f600",
        "\\u00e9",
        "\\ud83d",
        "\\ude00",
        " ",
    ]
)


def both(content: bytes) -> tuple[Node | None, Node | None]:
    """What is read either way, after a look at whether the problems are the same."""
    first, second = Findings(), Findings()
    whole = compose("x.json", content.decode("utf-8", "surrogateescape"), "x.json", first)
    quick = read_text("x.json", Texts({"x.json": content}), "x.json", second)
    assert first.problems == second.problems
    return whole, quick


@settings(max_examples=150, deadline=None)
@given(json_values(WORDS | st.text(st.characters(), max_size=4)), st.booleans())
def test_a_document_has_one_value_and_one_place_for_each_part(
    value: JsonValue,
    ascii_only: bool,  # noqa: FBT001  hypothesis hands it over
) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only, indent=1)
    whole, quick = both(text.encode("utf-8", "surrogatepass"))
    assert (whole is None) == (quick is None)
    if whole is not None and quick is not None:
        assert json.dumps(whole.json()) == json.dumps(quick.json())
        todo = [(whole, quick)]
        while todo:
            one, other = todo.pop()
            assert (one.mark, one.key) == (other.mark, other.key)
            todo += zip(one.items, other.items, strict=True)
            todo += ((child, other.entries[name]) for name, child in one.entries.items())


@settings(max_examples=300, deadline=None)
@given(st.lists(PIECES, max_size=12), st.binary(max_size=2))
def test_a_broken_document_has_the_same_problem(pieces: list[str], odd: bytes) -> None:
    whole, quick = both("".join(pieces).encode("utf-8", "surrogatepass") + odd)
    assert (whole and whole.json()) == (quick and quick.json())


FLAT = st.sampled_from(
    [
        {"type": "string"},
        {"type": "string", "format": "uuid"},
        {"type": "string", "default": "a"},
        {"type": "integer", "minimum": 0},
        {"type": "integer", "minimum": False},
        {"type": "number", "minimum": 0.0},
        {"type": "number", "minimum": -0.0},
        {"type": "number", "minimum": 1, "maximum": 0},
        {"type": "string", "nullable": True},
        {"$ref": "#/components/schemas/T0", "nullable": True},
        {"$ref": "#/components/schemas/Nobody"},
        {"$ref": "#/components/schemas/T0"},
        {"type": "strnig"},
        {"const": 1},
        {"const": True},
        {"uniqueItems": True},
        {"uniqueItems": 1},
        {},
    ]
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.dictionaries(st.sampled_from("abc"), FLAT, min_size=1), min_size=1, max_size=4))
def test_schemas_that_come_again_are_read_as_the_first_time(owners: list[dict[str, JsonValue]]) -> None:
    schemas = {f"T{at}": {"type": "object", "properties": said} for at, said in enumerate(owners)}
    document = {"openapi": "3.0.3", "x-note": "\U0001f600", "components": {"schemas": schemas}}
    # An escaped pair of surrogates takes the exact reader, which reads each schema anew.
    whole, quick = (
        told({"x.json": json.dumps(document, ensure_ascii=exact, indent=1)}) for exact in (True, False)
    )
    assert whole == quick


def told(files: Mapping[str, str]) -> list[str]:
    """Every problem, or every schema with its place."""
    try:
        contract = load(files, PACKAGE)
    except InvalidInput as error:
        return [str(problem) for problem in error.problems]
    types = contract.types.values()
    said = [f"{part.mark} {part!r}" for item in types for part in item.schema.walk()]
    return [one.replace("_LaterMark", "Mark") for one in said]

"""JSON read from its bytes is JSON read from its text: the same value, the same places, the same problems."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.test_texts import WORDS, json_values
from crucible_pipeline.contracts.compose import compose, read_text
from crucible_pipeline.contracts.model import JsonValue
from crucible_pipeline.contracts.nodes import Findings, Node
from crucible_pipeline.contracts.texts import Texts

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

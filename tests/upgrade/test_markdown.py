"""Foreign words in a proposal call nobody, refer to nothing and hold no HTML."""

import re

from hypothesis import given
from hypothesis import strategies as st

from crucible_pipeline.upgrade.markdown import harmless, harmless_lines
from crucible_pipeline.upgrade.marks import (
    change_in,
    change_key,
    closed,
    cut,
    is_closed,
    is_edited,
    is_note,
    marked,
    note,
    same,
)

CALLS = re.compile(r"(?<![\w`])[@][A-Za-z]|(?<!\w)[#!]\d|<")
WORDS = st.lists(st.sampled_from(["@octo", "a@b.example", "#12", "o/r#3", "!4", "<b>", "x", "é", " "])).map(
    " ".join
)


@given(WORDS)
def test_no_word_outside_of_code_calls_or_refers_or_is_html(text: str) -> None:
    assert not CALLS.search(harmless(text))


@given(WORDS)
def test_code_stays_as_it_is(text: str) -> None:
    assert f"`{text}`" in harmless(f"@a `{text}` #1") or not text


@given(st.lists(WORDS | st.sampled_from(["```", "```py", "~~~", "- item"])).map("\n".join))
def test_a_text_ends_outside_of_a_block_of_code(text: str) -> None:
    found = harmless_lines(text)
    assert harmless_lines(f"{found}\n@octo").endswith("@\u2060octo")


def test_code_blocks_of_a_changelog_stay_as_they_are() -> None:
    text = "By @octo\n```py\n@decorator  # 12\n```\nCloses #12"
    assert harmless_lines(text) == "By @\u2060octo\n```py\n@decorator  # 12\n```\nCloses #\u206012"


TITLES = st.text(alphabet="ab é-", max_size=8)
BODIES = st.lists(
    st.sampled_from(["# head", "text", "", "```", "x" * 300, "<!-- crucible change=00 text=00 -->"])
)


@given(TITLES, BODIES.map("\n".join), st.sampled_from(["\n", "\r\n"]), st.sampled_from(["", "\n", "  \n"]))
def test_what_a_forge_does_to_a_text_is_no_edit_of_a_person(
    title: str, body: str, end: str, tail: str
) -> None:
    text = marked(title, body, change_key("p", ["==0.4.*"]), 2000)
    stored = text.replace("\n", end) + tail
    assert not is_edited(title, stored)
    assert same(text, stored)
    assert change_in(stored) == change_key("p", ["==0.4.*"])
    assert is_edited(title, f"{stored}\nmore")
    assert is_edited(f"{title}!", stored)
    assert len(text) <= 2000


@given(TITLES, BODIES.map("\n".join))
def test_a_body_tells_who_closed_it(title: str, body: str) -> None:
    text = marked(title, body, "ab", 2000)
    assert not is_closed(text)
    assert is_closed(closed(text))
    assert closed(closed(text)) == closed(text)
    assert change_in(closed(text)) == "ab"


def test_a_body_of_a_person_is_none_of_ours() -> None:
    assert change_in("By hand") is None
    assert is_edited("By hand", "By hand")
    assert closed("By hand") == "By hand"


@given(st.text(alphabet="ab`\n", max_size=400), st.integers(50, 200))
def test_a_cut_text_leaves_no_fence_open(text: str, limit: int) -> None:
    found = cut(text, limit)
    assert found == text or f"\n{found}".count("\n```") % 2 == 0


def test_a_note_is_found_by_its_kind_alone() -> None:
    assert is_note("left", note("left", "text").replace("\n", "\r\n"))
    assert not is_note("lef", note("left", "text"))
    assert not is_note("left", f"> {note('left', 'text')}")

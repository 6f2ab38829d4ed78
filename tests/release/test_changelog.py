"""The changelog as text."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.version import Version

from crucible_pipeline.errors import Refused
from crucible_pipeline.release.changelog import entry, roll, says_something

V = Version("0.3.0")
HEAD = "# Changelog\n\nWords.\n\n## [Unreleased]\n"
WORDS = st.lists(
    st.sampled_from(["### Added", "- Something.", "", "- Más, with `code`.", "text"]), max_size=6
)
OLD = "\n## [0.2.0] - 2026-01-01\n\n### Fixed\n- It.\n"


@settings(max_examples=80, deadline=None)
@given(WORDS, st.sampled_from(["", OLD]), st.sampled_from(["\n", "\r\n"]), st.sampled_from(["", "\r\n"]))
def test_rolling_adds_lines_and_takes_none_away(
    words: list[str], older: str, newline: str, open_end: str
) -> None:
    text = (HEAD + "\n".join(words) + "\n" + older).replace("\n", newline)
    text = text.rstrip(open_end) if open_end else text
    rolled = roll(text, V, "2026-11-24")
    left = rolled.replace(f"{newline}## [0.3.0] - 2026-11-24{newline}", "", 1)
    assert left in {text, text + newline}
    assert entry(rolled, "Unreleased") == ""
    assert entry(rolled, "0.3.0") == entry(text, "Unreleased")
    assert entry(rolled, "0.2.0") == entry(text, "0.2.0")


def test_the_whole_form_of_a_rolled_changelog() -> None:
    text = HEAD + "\n### Added\n- The status `paused`.\n" + OLD
    assert roll(text, V, "2026-11-24", ["A change."]) == (
        "# Changelog\n\nWords.\n\n## [Unreleased]\n\n## [0.3.0] - 2026-11-24\n\n### Added\n"
        "- The status `paused`.\n\n### Contract\n\n- A change.\n" + OLD
    )


def test_a_rolled_changelog_can_be_rolled_again() -> None:
    first = roll(HEAD + "- One.\n", V, "2026-11-24", ["c"])
    second = roll(
        first.replace("## [Unreleased]\n", "## [Unreleased]\n- Two.\n"), Version("0.3.1"), "2026-11-25"
    )
    assert entry(second, "0.3.1") == "- Two."
    assert entry(second, "0.3.0") == "- One.\n\n### Contract\n\n- c"


def test_the_compare_links_at_the_end_follow_the_release() -> None:
    links = (
        "\n[unreleased]: https://git.packages.example/compare/v0.2.0...HEAD\n"
        "[0.2.0]: https://git.packages.example/releases/v0.2.0\n"
    )
    rolled = roll(HEAD + "- One.\n" + OLD + links, V, "2026-11-24")
    assert rolled.endswith(
        "\n[unreleased]: https://git.packages.example/compare/v0.3.0...HEAD\n"
        "[0.3.0]: https://git.packages.example/compare/v0.2.0...v0.3.0\n"
        "[0.2.0]: https://git.packages.example/releases/v0.2.0\n"
    )
    assert entry(rolled, "0.2.0") == "### Fixed\n- It."


def test_a_heading_inside_a_block_of_code_is_no_release() -> None:
    text = HEAD + "- See\n```\n## [0.1.0]\n```\n- More.\n" + OLD
    assert entry(text, "0.1.0") is None
    assert "- More." in (entry(text, "Unreleased") or "")


@pytest.mark.parametrize(
    "body",
    ["", "\n\n", "### Added\n\n### Fixed\n", "<!-- write\nhere -->\n", "### Contract\n- By machine.\n"],
)
def test_headings_comments_and_the_machines_part_say_nothing(body: str) -> None:
    assert not says_something(body)
    assert says_something("- A word.\n" + body)


def test_a_changelog_without_unreleased_is_refused() -> None:
    with pytest.raises(Refused, match="no Unreleased section"):
        roll("# Changelog\n", V, "2026-11-24")


def test_a_version_is_entered_once() -> None:
    with pytest.raises(Refused, match=r"entry for 0\.2\.0 already"):
        roll(HEAD + OLD, Version("0.2.0"), "2026-11-24")

"""Markdown: a verdict for a changelog or a proposal, and how any text is written in Markdown. Pure."""

import json
import re
from collections.abc import Iterable, Sequence

from crucible_pipeline.compat.change import Change
from crucible_pipeline.compat.report_words import sides
from crucible_pipeline.compat.verdict import Verdict
from crucible_pipeline.version import Severity

_HEADINGS = {
    Severity.BREAKING: "Breaking",
    Severity.ADDITIVE: "Added and changed without a break",
    Severity.NEUTRAL: "Words only",
}
_TICKS = re.compile(r"`+")
_BAR = re.compile(r"(?<!\\)\|")
# An underscore inside a word means nothing (CommonMark, section 6.2).
_MEANING = re.compile(r"[\\`*\[\]<>&|#~]|(?<!\w)_|_(?!\w)")


def as_markdown(verdict: Verdict) -> str:
    """The changes for a changelog or a proposal: a list for each severity; empty if nothing changed."""
    sections: list[str] = []
    for severity, heading in _HEADINGS.items():
        rows = [_row(change, verdict) for change in verdict.changes if change.severity is severity]
        if rows:
            sections.append(f"#### {heading}\n\n" + "\n".join(rows) + "\n")
    return "\n".join(sections)


def _row(change: Change, verdict: Verdict) -> str:
    ways = f"; breaks {', '.join(change.breaks)}" if change.breaks else ""
    row = f"- {code(change.element)}: {plain(change.message)} ({change.rule}{ways})"
    if change.witness is None:
        return row
    one, other = sides(change, verdict)
    payload = json.dumps(change.witness.payload, ensure_ascii=False)
    return f"{row}\n  {code(payload)} is accepted by {one} and rejected by {other}"


def code(text: str) -> str:
    """A code span that no backtick of the text ends (CommonMark, section 6.1).

    A backslash before a bar stays no code: within a table nothing could tell it from an escaped bar.
    """
    words = " ".join(text.split())
    if "\\|" in words:
        return plain(words)
    fence = "`" * (1 + max((len(run) for run in _TICKS.findall(words)), default=0))
    space = " " if "`" in words else ""
    return f"{fence}{space}{words}{space}{fence}"


def plain(text: str) -> str:
    """Text that Markdown and HTML leave as it is."""
    return _MEANING.sub(r"\\\g<0>", " ".join(text.split()))


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table (GitHub Flavored Markdown, section 4.10); no newline at the end.

    Args:
        head: the names of the columns.
        rows: cells, already Markdown; a bar in a code span is escaped here, as the extension asks.
    """
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(_BAR.sub(r"\\|", cell) for cell in line) + " |" for line in lines)

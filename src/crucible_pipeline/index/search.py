"""Finds projects by words: the name itself, its beginning, its parts, then words of the summary. Pure."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from packaging.version import Version

MAX_QUERY = 100
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Row:
    """A project in a list.

    Args:
        name: normalized.
        summary: one line; may be empty.
        version: the release that an installer would take.
        date: of its publication, as YYYY-MM-DD.
        marker: how the project stands (PEP 792).
    """

    name: str
    summary: str
    version: Version
    date: str
    marker: str


def words_of(query: str) -> tuple[str, ...]:
    """The words of a query, in lower case; of a very long one those at its beginning."""
    return tuple(_WORD.findall(query[:MAX_QUERY].casefold()))


def ranked(rows: Iterable[Row], query: str) -> Sequence[Row]:
    """Those that hold every word of a query, the likeliest first; equal ones by name.

    Args:
        rows: what is searched.
        query: as somebody typed it; without a word, everything fits.
    """
    words = words_of(query)
    found = [(rank, row.name, row) for row in rows if (rank := _rank(row, words)) is not None]
    return [row for _, _, row in sorted(found, key=lambda each: each[:2])]


def _rank(row: Row, words: tuple[str, ...]) -> int | None:
    """0 for the name itself, then its beginning, words of it, parts of it, and words of the summary."""
    name, wanted = row.name.casefold(), "-".join(words)
    if name == wanted or not words:
        return 0
    if name.startswith(wanted):
        return 1
    parts = name.split("-")
    if all(word in parts for word in words):
        return 2
    if all(word in name for word in words):
        return 3
    summary = _WORD.findall(row.summary.casefold())
    fits = all(word in name or any(each.startswith(word) for each in summary) for word in words)
    return 4 if fits else None

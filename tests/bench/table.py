"""The figures as rows: what was measured on both sides, the ratio, and whether it is what was promised."""

import os
import platform
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """One figure.

    Args:
        what: the question.
        ours: our side, with its unit.
        theirs: the other side, with its name.
        ratio: the number that the promise is about.
        promise: such as `≤ 1.3`.
        kept: whether it holds.
    """

    what: str
    ours: str
    theirs: str
    ratio: str
    promise: str
    kept: bool


HEAD = ("figure", "ours", "beside it", "ratio", "promised", "")


def shown(rows: list[Row]) -> str:
    """The rows as a Markdown table under a line about the machine."""
    cells = [HEAD, *((row.what, row.ours, row.theirs, row.ratio, row.promise, verdict(row)) for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(HEAD))]
    lines = [
        "| " + " | ".join(cell.ljust(w) for cell, w in zip(line, widths, strict=True)) + " |"
        for line in cells
    ]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join([machine(), "", *lines])


def verdict(row: Row) -> str:
    """Yes or no; nothing where nothing was promised."""
    return "" if row.promise == "-" else "kept" if row.kept else "MISSED"


def machine() -> str:
    """Where it was measured."""
    load = os.getloadavg()[0]
    return (
        f"Python {platform.python_version()}, {platform.system()} {platform.machine()}, "
        f"{os.cpu_count()} cores, load {load:.1f}; medians, the sides in turn."
    )

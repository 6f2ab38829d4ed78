"""Where a value stands in a document, found by the reader of the format itself. Pure.

Readers of TOML, JSON and INI tell no places. So each place in the text that looks like the value is written
over and read again: where the reader then sees the other text at the value's path, the value stands there.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import cast

from crucible_pipeline.upgrade.lines import Line

Steps = tuple[str | int, ...]
_PROBE = "probe"
_MAX_PROBES = 200
_MAX_DEPTH = 60


def located(text: str, load: Callable[[str], object], path: Steps, value: str) -> Line | None:
    """The value of a path with its offsets; None where it is not written plainly, with escapes for example.

    Args:
        text: the document.
        load: its reader, raises ValueError for what is no document.
        path: keys and positions.
        value: the text there.
    """
    position = -1
    for _ in range(_MAX_PROBES):
        position = text.find(value, position + 1)
        if position < 0 or not value:
            return None
        end = position + len(value)
        try:
            seen = at(load(f"{text[:position]}{_PROBE}{text[end:]}"), path)
        except (ValueError, RecursionError):
            continue
        if seen == _PROBE:
            return Line(value, range(position, end))
    return None


def at(document: object, path: Steps) -> object:
    """What a document holds at a path; None if it holds nothing there."""
    for step in path:
        if isinstance(step, str) and isinstance(document, Mapping):
            document = cast("Mapping[str, object]", document).get(step)
        elif isinstance(step, int) and isinstance(document, Sequence) and not isinstance(document, str):
            items = cast("Sequence[object]", document)
            document = items[step] if step < len(items) else None
        else:
            return None
    return document


def leaves(document: object) -> list[tuple[Steps, object]]:
    """Every path of a document that leads to no table and no list; nothing below sixty levels."""
    found: list[tuple[Steps, object]] = []
    pending: list[tuple[Steps, object]] = [((), document)]
    while pending:
        path, held = pending.pop()
        if len(path) > _MAX_DEPTH:
            continue
        if isinstance(held, Mapping):
            table = cast("Mapping[str, object]", held)
            pending += [((*path, key), one) for key, one in reversed(list(table.items()))]
        elif isinstance(held, list):
            items = cast("list[object]", held)
            pending += [((*path, index), one) for index, one in reversed(list(enumerate(items)))]
        elif path:
            found.append((path, held))
    return found

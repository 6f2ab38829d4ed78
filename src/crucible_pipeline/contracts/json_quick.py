"""JSON text to nodes at the speed of the standard library's decoder, pure.

That decoder knows no places. They are found when somebody asks for one, by the exact reader of
`json_text`, once for a whole file: a good file of ten megabytes is read in a tenth of the time.
"""

import json
import math
import re
from collections.abc import Callable, Hashable
from typing import Any

from crucible_pipeline.contracts.model import JsonValue
from crucible_pipeline.contracts.nodes import MAX_DEPTH, Node
from crucible_pipeline.errors import Mark

# The way to a value: that of what holds it, and the key or the index in there.
_Way = tuple[Any, "str | int"] | None
# How a class that keeps back what its frozen parent promises fills that in.
_put = object.__setattr__
# Only an escape can make half of a surrogate pair, which is no character.
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_SURROGATE_BYTES = re.compile(rb"\\u[dD][89a-fA-F]")
_BEYOND_ASCII = re.compile(rb"[\x80-\xff]+")


_HOLDING = (dict, list)
_UNLIKE = frozenset({dict, list, float})


class _OddError(ValueError):
    """Something that only the exact reader can judge."""


def has_half_pair(text: str) -> bool:
    """Whether a document may write half of a surrogate pair, which only the exact reader can judge."""
    return "\\u" in text and _SURROGATE.search(text) is not None


def in_ascii(content: bytes) -> str | None:
    """A JSON document with escapes for all characters beyond ASCII; None if it takes the exact reader.

    Args:
        content: the document in UTF-8.
    """
    if b"\\u" in content and _SURROGATE_BYTES.search(content):
        return None
    try:
        return (content if content.isascii() else _BEYOND_ASCII.sub(_escaped, content)).decode("ascii")
    except UnicodeDecodeError:
        return None


def _escaped(found: re.Match[bytes]) -> bytes:
    if found.string[found.start() - 1 : found.start()] == b"\\":
        return found[0]  # behind a backslash an escape would mean something else; the decoder refuses this
    return json.dumps(found[0].decode()).encode("ascii")[1:-1]


def parse(text: str, file: str, exactly: Callable[[], Node | None]) -> Node | None:
    """Read one JSON document; None if it is broken, or odd enough to need the exact reader.

    Args:
        text: the document, which writes no half of a surrogate pair.
        file: the name for marks.
        exactly: reads the same text with all places, which are asked for when there is a mark to show.
    """
    try:
        value = json.loads(text, object_pairs_hook=_distinct, parse_float=_finite, parse_constant=_refused)
    except (ValueError, RecursionError):
        return None
    return None if _is_deep(value) else _QuickNode(value, None, _Places(file, exactly))


def _distinct(pairs: list[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _OddError("a key stands twice")
    return found


def _finite(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise _OddError("the number is too large")
    return value


def _refused(word: str) -> float:
    raise _OddError(f"{word} is no JSON")


def _is_deep(value: JsonValue) -> bool:
    level: list[Any] = [value] if value.__class__ in _HOLDING else []
    for _ in range(MAX_DEPTH + 1):
        if not level:
            return False
        level = [
            inner
            for outer in level
            for inner in (outer.values() if outer.__class__ is dict else outer)
            if inner.__class__ in _HOLDING
        ]
    return bool(level)


class _Places:
    """The places of one file, read when the first one is asked for."""

    __slots__ = ("_exactly", "_root", "file")

    def __init__(self, file: str, exactly: Callable[[], Node | None]) -> None:
        self.file = file
        self._exactly = exactly
        self._root: Node | None = None

    def node(self, way: _Way) -> Node:
        if self._root is None:
            self._root = self._exactly() or Node(None, Mark(self.file), Mark(self.file))
        if way is None:
            return self._root
        parent = self.node(way[0])
        step = way[1]
        return parent.items[step] if isinstance(step, int) else parent.entries[step]


class _LaterMark(Mark):
    """A mark whose line and column are found when they are asked for.

    It compares as the mark that it stands for, on either side of the operator: Python asks the class that is
    further down first.
    """

    __slots__ = ("_places", "_way", "_which")
    _places: _Places
    _way: _Way
    _which: str

    def __init__(self, places: _Places, way: _Way, which: str) -> None:
        _put(self, "file", places.file)
        _put(self, "_places", places)
        _put(self, "_way", way)
        _put(self, "_which", which)

    def __getattr__(self, name: str) -> int:
        if name not in {"line", "column"}:
            raise AttributeError(name)
        found: Mark = getattr(self._places.node(self._way), self._which)
        _put(self, "line", found.line)
        _put(self, "column", found.column)
        return found.line if name == "line" else found.column

    def _plain(self) -> tuple[str, int, int]:
        return self.file, self.line, self.column

    def __hash__(self) -> int:
        return hash(self._plain())

    def __eq__(self, other: object) -> bool:
        return self is other or (
            isinstance(other, Mark) and self._plain() == (other.file, other.line, other.column)
        )

    def __lt__(self, other: Mark) -> bool:
        return self._plain() < (other.file, other.line, other.column)

    def __le__(self, other: Mark) -> bool:
        return self._plain() <= (other.file, other.line, other.column)

    def __gt__(self, other: Mark) -> bool:
        return self._plain() > (other.file, other.line, other.column)

    def __ge__(self, other: Mark) -> bool:
        return self._plain() >= (other.file, other.line, other.column)


class _QuickNode(Node):
    """A node over a decoded value; what is inside becomes nodes, and its places marks, when looked at."""

    __slots__ = ("_places", "_raw", "_way")
    _places: _Places
    _raw: JsonValue
    _way: _Way

    def __init__(self, raw: JsonValue, way: _Way, places: _Places) -> None:
        _set_raw(self, raw)
        _set_way(self, way)
        _set_places(self, places)
        if raw.__class__ not in _HOLDING:
            _set_value(self, raw)

    def __getattr__(self, name: str) -> Any:
        places, way, raw = self._places, self._way, self._raw
        if name in {"mark", "key"}:
            return _LaterMark(places, way, name)
        if name != "value":
            raise AttributeError(name)
        value: dict[str, Node] | tuple[Node, ...] = ()
        if isinstance(raw, dict):
            value = {key: _QuickNode(inner, (way, key), places) for key, inner in raw.items()}
        elif isinstance(raw, list):
            value = tuple([_QuickNode(inner, (way, index), places) for index, inner in enumerate(raw)])
        _set_value(self, value)
        return value

    def plain(self) -> Hashable | None:
        """Keys, values and their classes, without which true is 1; a float may be -0.0, which is 0.0."""
        if not isinstance(self._raw, dict):
            return None
        values = tuple(self._raw.values())
        classes = tuple(map(type, values))
        return (tuple(self._raw), values, classes) if _UNLIKE.isdisjoint(classes) else None

    def json(self) -> JsonValue:
        """The value without places."""
        return _copied(self._raw)


# A hundred thousand nodes are made of a large file; the setter of a slot is the shortest way to fill one.
_set_raw, _set_way, _set_places, _set_value = (
    getattr(_QuickNode, name).__set__ for name in ("_raw", "_way", "_places", "value")
)


def _copied(value: JsonValue) -> JsonValue:
    if isinstance(value, dict):
        return {name: _copied(inner) for name, inner in value.items()}
    return [_copied(inner) for inner in value] if isinstance(value, list) else value

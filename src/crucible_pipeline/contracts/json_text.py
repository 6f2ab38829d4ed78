"""JSON text (RFC 8259) to nodes with places, pure; what `json.loads` would read, or a problem.

The scanner of strings is the standard library's; the rest is the grammar in three functions.
"""

import math
import re
from bisect import bisect_right
from json import JSONDecodeError, decoder
from typing import TYPE_CHECKING, Any, cast

from crucible_pipeline.contracts.nodes import MAX_DEPTH, Findings, Node, Scalar
from crucible_pipeline.errors import Mark

if TYPE_CHECKING:
    from collections.abc import Callable

# The C scanner that `json.loads` itself uses; the stubs leave it out.
_SCAN = cast("Callable[[str, int, bool], tuple[str, int]]", cast("Any", decoder).scanstring)
_SPACE = re.compile(r"[ \t\n\r]*")
_NUMBER = re.compile(r"(-?(?:0|[1-9][0-9]*))(\.[0-9]+)?([eE][-+]?[0-9]+)?")
_HALF = re.compile("[\ud800-\udfff]")
_WORD = re.compile(r"true|false|null")
_WORDS: dict[str, Scalar] = {"true": True, "false": False, "null": None}


class _BrokenError(Exception):
    def __init__(self, offset: int, what: str) -> None:
        super().__init__(what)
        self.offset = offset


def parse(text: str, file: str, findings: Findings) -> Node | None:
    """Read one JSON document; None, and a problem, if it is none."""
    reader = _Reader(text, file, findings)
    try:
        root, end = reader.value(reader.skip(0), None, 0)
        end = reader.skip(end)
        if end < len(text):
            raise _BrokenError(end, "something follows the document")
    except _BrokenError as error:
        findings.add(
            reader.mark(error.offset), f"broken JSON: {error}", "correct the syntax here or just before"
        )
        return None
    return root


class _Reader:
    def __init__(self, text: str, file: str, findings: Findings) -> None:
        self.text = text
        self.file = file
        self.findings = findings
        self.escapes = "\\u" in text  # only an escape can make half of a surrogate pair
        self.lines = [0, *(match.end() for match in re.finditer("\n", text))]

    def mark(self, offset: int) -> Mark:
        line = bisect_right(self.lines, offset)
        return Mark(self.file, line, offset - self.lines[line - 1] + 1)

    def skip(self, offset: int) -> int:
        match = _SPACE.match(self.text, offset)
        return match.end() if match else offset

    def value(self, offset: int, key: Mark | None, depth: int) -> tuple[Node, int]:
        if depth > MAX_DEPTH:
            raise _BrokenError(offset, f"nested deeper than {MAX_DEPTH} levels")
        mark = self.mark(offset)
        first = self.text[offset : offset + 1]
        if first == "{":
            entries, end = self.entries(offset + 1, depth)
            return Node(entries, mark, key or mark), end
        if first == "[":
            items, end = self.items(offset + 1, depth)
            return Node(items, mark, key or mark), end
        if first == '"':
            word, end = self.string(offset)
            return Node(word, mark, key or mark), end
        match = _WORD.match(self.text, offset)
        if match:
            return Node(_WORDS[match[0]], mark, key or mark), match.end()
        number, end = self.number(offset)
        return Node(number, mark, key or mark), end

    def string(self, offset: int) -> tuple[str, int]:
        try:
            word, end = _SCAN(self.text, offset + 1, True)
        except JSONDecodeError as error:
            raise _BrokenError(error.pos, error.msg) from None
        if self.escapes and _HALF.search(word):
            raise _BrokenError(offset, "half of a surrogate pair is no character")
        return word, end

    def number(self, offset: int) -> tuple[int | float, int]:
        match = _NUMBER.match(self.text, offset)
        if match is None:
            raise _BrokenError(offset, "a value was expected")
        whole, fraction, exponent = match.groups()
        try:
            value = int(whole) if fraction is None and exponent is None else float(match[0])
        except ValueError:
            value = math.inf
        if not math.isfinite(value):
            raise _BrokenError(offset, "the number is too large")
        return value, match.end()

    def entries(self, offset: int, depth: int) -> tuple[dict[str, Node], int]:
        entries: dict[str, Node] = {}
        offset = self.skip(offset)
        if self.text[offset : offset + 1] == "}":
            return entries, offset + 1
        while True:
            if self.text[offset : offset + 1] != '"':
                raise _BrokenError(offset, "a key in double quotes was expected")
            mark = self.mark(offset)
            name, end = self.string(offset)
            offset = self.skip(end)
            if self.text[offset : offset + 1] != ":":
                raise _BrokenError(offset, "a colon was expected")
            node, end = self.value(self.skip(offset + 1), mark, depth + 1)
            if name in entries:
                first = entries[name].key
                self.findings.add(
                    mark, f"the key {name!r} stands twice, first in line {first.line}", "remove one of them"
                )
            entries.setdefault(name, node)
            offset, closed = self.more(end, "}")
            if closed:
                return entries, offset

    def items(self, offset: int, depth: int) -> tuple[tuple[Node, ...], int]:
        items: list[Node] = []
        offset = self.skip(offset)
        if self.text[offset : offset + 1] == "]":
            return (), offset + 1
        while True:
            node, end = self.value(offset, None, depth + 1)
            items.append(node)
            offset, closed = self.more(end, "]")
            if closed:
                return tuple(items), offset

    def more(self, offset: int, closing: str) -> tuple[int, bool]:
        """The offset after a comma (False) or after the closing bracket (True)."""
        offset = self.skip(offset)
        found = self.text[offset : offset + 1]
        if found == closing:
            return offset + 1, True
        if found != ",":
            raise _BrokenError(offset, f"a comma or {closing} was expected")
        return self.skip(offset + 1), False

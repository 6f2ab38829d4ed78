"""A file of a service as a value: its path, its bytes, its lines."""

import tokenize
from dataclasses import dataclass
from functools import cached_property
from io import BytesIO


@dataclass(frozen=True)
class File:
    """A Python file.

    Args:
        path: as seen from the service's folder.
        content: its bytes, as Python would read them.
    """

    path: str
    content: bytes

    @cached_property
    def _lines(self) -> list[bytes]:
        # bytes are split where Python's own tokenizer counts a line, and nowhere else
        return self.content.splitlines(keepends=True)

    def between(self, first: int, last: int) -> bytes:
        """The lines from the first to the last, both 1-based and included."""
        return b"".join(self._lines[first - 1 : last])

    def line(self, number: int) -> str:
        """One line, without its end; empty where the file has no such line."""
        found = b"".join(self._in_utf8[number - 1 : number])
        return found.decode("utf-8", "replace").rstrip("\r\n")

    @cached_property
    def _in_utf8(self) -> list[bytes]:
        # a syntax tree counts the bytes of the text in UTF-8, whatever encoding the file declares
        if self.content.isascii():
            return self._lines
        encoding, _ = tokenize.detect_encoding(BytesIO(self.content).readline)
        return self.content.decode(encoding).encode().splitlines(keepends=True)

    def until(self, line: int, offset: int) -> bytes:
        """The beginning of a line in UTF-8; `offset` as `ast` gives it."""
        return self._in_utf8[line - 1][:offset]

    def column(self, line: int, offset: int) -> int:
        """A column in code points.

        Args:
            line: 1-based.
            offset: as `ast` gives it, in bytes of UTF-8.
        """
        return len(self.until(line, offset).decode("utf-8", "replace"))

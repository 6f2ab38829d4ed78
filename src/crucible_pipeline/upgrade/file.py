"""A file of a service as a value: its path, its bytes, its lines."""

from dataclasses import dataclass
from functools import cached_property


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
        """One line, without its end."""
        return self.between(number, number).decode("utf-8", "replace").rstrip("\r\n")

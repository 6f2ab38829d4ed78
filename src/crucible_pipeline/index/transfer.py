"""Large content on its way from and to a bucket, in constant memory."""

import contextlib
import io
import mmap
import os
import shutil
import tempfile
from collections.abc import Callable, Generator
from typing import BinaryIO

READ_AHEAD_BYTES = 4 << 20
IN_MEMORY_BYTES = 4 << 20


class Ranges(io.RawIOBase):
    """A remote blob as a seekable stream.

    Args:
        fetch: gives its bytes from the first number up to, and not including, the second.
        size: all of it, in bytes.
    """

    def __init__(self, fetch: Callable[[int, int], bytes], size: int) -> None:
        self._fetch, self._size, self._at = fetch, size, 0

    def readable(self) -> bool:
        """It can be read."""
        return True

    def seekable(self) -> bool:
        """From any place."""
        return True

    def tell(self) -> int:
        """Where the next byte comes from."""
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go on from another place."""
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Fill the buffer with one request, as far as there is something."""
        end = min(self._at + len(buffer), self._size)
        if end <= self._at:
            return 0
        data = self._fetch(self._at, end)
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)


@contextlib.contextmanager
def in_one_piece(data: bytes | BinaryIO) -> Generator[bytes | memoryview]:
    """All of the content for one request: mapped from a file where it is large, so that memory stays free."""
    if isinstance(data, bytes):
        yield data
        return
    head = data.read(IN_MEMORY_BYTES)
    if len(head) < IN_MEMORY_BYTES:
        yield head
        return
    with tempfile.TemporaryFile() as file:
        file.write(head)
        shutil.copyfileobj(data, file, READ_AHEAD_BYTES)
        file.flush()
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as pages, memoryview(pages) as content:
            yield content

"""Parts of an archive, read at their places and never outside of it. Touches the stream it is given."""

from typing import BinaryIO


class Broken(Exception):
    """An archive cannot be read on; the text ends a sentence that begins with the file's name."""


class Window:
    """A file as bytes at places.

    Args:
        content: seekable.
        size: of the content, in bytes.
    """

    def __init__(self, content: BinaryIO, size: int) -> None:
        self._content, self.size = content, size

    def read(self, at: int, size: int) -> bytes:
        """Exactly so many bytes from a place.

        Raises:
            Broken: they are not all there.
        """
        if at < 0 or at + size > self.size:
            raise Broken("names places outside of itself")
        self._content.seek(at)
        data = self._content.read(size)
        if len(data) != size:
            raise Broken("ends early")
        return data

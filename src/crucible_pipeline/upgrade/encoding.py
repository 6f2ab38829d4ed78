"""Bytes of a requirements file to text and back, without loss: what pip would decode, else byte by byte."""

import codecs
import re
from dataclasses import dataclass

# The order matters: the UTF-32 mark begins with the UTF-16 one.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# PEP 263: a comment in one of the first two lines may name the encoding; pip honours it.
_DECLARED = re.compile(rb"coding[:=]\s*([-\w.]+)")


@dataclass(frozen=True, slots=True)
class Decoded:
    """The text of a file.

    Args:
        text: without the byte order mark.
        mark: the byte order mark, empty if there is none.
        encoding: what `text` was decoded with; undecodable bytes stand as lone surrogates.
    """

    text: str
    mark: bytes
    encoding: str

    def encode(self, text: str) -> bytes:
        """The bytes of a changed text; `encode(text)` of the unchanged one is the file as it was."""
        return self.mark + text.encode(self.encoding, _errors(self.encoding))


def _errors(encoding: str) -> str:
    return "surrogateescape" if encoding == "utf-8" else "strict"


def decode(data: bytes) -> Decoded:
    """Decode a requirements file as pip does: byte order mark, declared encoding, UTF-8.

    A byte that is no UTF-8 is kept, as is the whole file where its declared encoding is unknown or loses
    something on the way back.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _lossless(data[len(mark) :], mark, encoding)
    for line in data.split(b"\n", 2)[:2]:
        declared = _DECLARED.search(line) if line.startswith(b"#") else None
        if declared is not None:
            return _lossless(data, b"", declared[1].decode("ascii", "replace"))
    return _lossless(data, b"", "utf-8")


def _lossless(data: bytes, mark: bytes, encoding: str) -> Decoded:
    try:
        text = data.decode(encoding, _errors(encoding))
        if text.encode(encoding, _errors(encoding)) == data:
            return Decoded(text, mark, encoding)
    except (LookupError, UnicodeError):
        pass
    return Decoded((mark + data).decode("utf-8", "surrogateescape"), b"", "utf-8")


def printable(text: str) -> str:
    """The text with every byte that was no UTF-8 replaced, so that any terminal and JSON can hold it."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")

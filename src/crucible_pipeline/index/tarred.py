"""A .tar.gz that every reader reads alike: read here strictly, from the specifications, without tarfile.

Readers differ where a header is told twice (in pax records, in GNU blocks, in the header itself), where a
number is written in an unusual way, and behind the end. What they could take differently is refused. Source:
pax of POSIX.1-2017, GNU tar's manual on its format, gzip (RFC 1952).
"""

import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from crucible_pipeline.index.fault import quoted
from crucible_pipeline.index.window import Broken
from crucible_pipeline.index.zip_headers import MAX_MEMBERS
from crucible_pipeline.index.zipped import PIECE

BLOCK = 512
MAX_HEADER_BYTES = 1 << 20
_OCTAL = re.compile(rb" *([0-7]+)[ \0]*|[ \0]*")
# The number fields of a header: start, length; those with True may be written in base 256 by GNU tar.
_NUMBERS = {
    "mode": (100, 8, False),
    "uid": (108, 8, True),
    "gid": (116, 8, True),
    "size": (124, 12, False),
    "mtime": (136, 12, False),
    "checksum": (148, 8, False),
    "major": (329, 8, True),
    "minor": (337, 8, True),
}
_USTAR, _GNU = b"ustar\x0000", b"ustar  \0"
# What a reader of the content does not need; vendors' own keys hold a dot.
_TEXTS = frozenset({"uname", "gname", "comment"})
_AMOUNTS = frozenset({"mtime", "atime", "ctime", "uid", "gid"})
# A time that no system can set makes installers give up in the middle.
_AMOUNT = re.compile(r"-?[0-9]{1,10}(?:\.[0-9]{0,20})?")


@dataclass(frozen=True, slots=True)
class TarMember:
    """A file or a folder.

    Args:
        name: without a slash at the end.
        size: in bytes.
        is_folder: whether it is one.
    """

    name: str
    size: int
    is_folder: bool


class Tarred:
    """The members of a `.tar.gz`, one after the other.

    Args:
        content: seekable, from where it stands.
        allow: told how many bytes are unpacked so far; it raises where that is too much.
    """

    def __init__(self, content: BinaryIO, allow: Callable[[int], None]) -> None:
        self._content, self._allow = content, allow
        self._engine = zlib.decompressobj(zlib.MAX_WBITS | 16)
        self._buffer = bytearray()
        self._unpacked = 0

    def members(self) -> Iterator[tuple[TarMember, Iterator[bytes]]]:
        """Each member and its content, which is passed over where nobody reads it.

        Raises:
            Broken: readers could disagree about the archive.
        """
        count = 0
        while (header := self._take(BLOCK)) != bytes(BLOCK):
            count += 1
            if count > MAX_MEMBERS:
                raise Broken(f"holds more than {MAX_MEMBERS} members")
            name: str | None = None
            size: int | None = None
            told: set[bytes] = set()
            while (kind := header[156:157]) in {b"x", b"g", b"L"}:
                data, header = self._extension(header)
                if kind in told or (kind == b"g" and told):
                    raise Broken("describes a member twice, and readers take different ones")
                told.add(kind)
                found, size = _described(kind, data, size)
                if found is not None and name is not None:
                    raise Broken("gives a member two names")
                name = name if found is None else found
                if kind == b"g" and header == bytes(BLOCK):
                    raise Broken("ends with a header that describes nothing")
            member = _member(header, name)
            if size is not None and size != member.size:
                raise Broken(f"gives {quoted(member.name)} two different sizes")
            content = self._pieces(member.size)
            yield member, content
            for _ in content:
                pass
            if self._take(-member.size % BLOCK).strip(b"\0"):
                raise Broken(f"holds data behind {quoted(member.name)} that no member accounts for")
        self._finish()

    def _extension(self, header: bytes) -> tuple[bytes, bytes]:
        """The content of an extended header, and the header behind it."""
        size = _checked(header)["size"]
        if size > MAX_HEADER_BYTES:
            raise Broken("has an extended header of unreasonable size")
        data = self._take(size)
        if self._take(-size % BLOCK).strip(b"\0"):
            raise Broken("holds data behind an extended header")
        return data, self._take(BLOCK)

    def _pieces(self, size: int) -> Iterator[bytes]:
        while size:
            piece = self._take(min(size, PIECE))
            size -= len(piece)
            yield piece

    def _take(self, size: int) -> bytes:
        while len(self._buffer) < size:
            if not self._unpack():
                raise Broken("ends in the middle of a member or without the two empty blocks of its end")
        data = bytes(self._buffer[:size])
        del self._buffer[:size]
        return data

    def _unpack(self) -> bool:
        """Unpack the next piece; False at the end of the stream."""
        if self._engine.eof:
            return False
        packed = self._engine.unconsumed_tail or self._content.read(PIECE)
        try:
            piece = self._engine.decompress(packed, PIECE)
        except zlib.error:
            raise Broken("is not a gzip stream, or a damaged one") from None
        if not packed and not piece:
            raise Broken("is a gzip stream that ends early")
        self._unpacked += len(piece)
        self._allow(self._unpacked)
        self._buffer += piece
        return True

    def _finish(self) -> None:
        """Behind the members come empty blocks alone, and behind the gzip stream nothing."""
        if self._take(BLOCK) != bytes(BLOCK):
            raise Broken("has one empty block between its members, where some readers stop")
        while True:
            if self._buffer.strip(b"\0"):
                raise Broken("holds data behind its end")
            if len(self._buffer) % BLOCK and self._engine.eof:
                raise Broken("does not end on a block")
            del self._buffer[: len(self._buffer) // BLOCK * BLOCK]
            if not self._unpack():
                break
        if self._engine.unused_data or self._content.read(1):
            raise Broken("holds data behind its gzip stream")


def _checked(header: bytes) -> dict[str, int]:
    """The numbers of a header, whose checksum is right."""
    numbers = {name: _number(header[at : at + length], wide) for name, (at, length, wide) in _NUMBERS.items()}
    blank = header[:148] + b" " * 8 + header[156:]
    if sum(blank) != numbers["checksum"]:
        raise Broken("has a header whose checksum is wrong")
    if header[257:265] not in {_USTAR, _GNU}:
        raise Broken("has a header of an old or unknown form of tar")
    return numbers


def _number(text: bytes, wide: bool) -> int:  # noqa: FBT001  the second column of a table
    if wide and text[:4] == b"\x80\0\0\0":
        return int.from_bytes(text[1:], "big")
    match = _OCTAL.fullmatch(text)
    if match is None:
        raise Broken("has a header with a number that readers take differently")
    return int(match.group(1) or b"0", 8)


def _text(field: bytes) -> str:
    """A text field: nothing comes behind its end."""
    text, _, rest = field.partition(b"\0")
    if rest.strip(b"\0"):
        raise Broken("has a header with data behind the end of a name")
    try:
        return text.decode("utf-8")
    except UnicodeDecodeError:
        raise Broken("has a name that is not UTF-8") from None


def _member(header: bytes, name: str | None) -> TarMember:
    """The file or folder of a header; a longer name for it may have been told before."""
    numbers, kind = _checked(header), header[156:157]
    short, prefix = _text(header[:100]), header[345:500]
    if header[257:265] == _GNU:
        if prefix.strip(b"\0"):
            raise Broken("has a header that GNU tar and POSIX read differently")
    elif start := _text(prefix):
        short = f"{start}/{short}"
    told = short if name is None else name
    if kind not in {b"0", b"\0", b"5"}:
        raise Broken(f"holds {quoted(told)}, a link, a device, a sparse file or the like")
    is_folder = kind == b"5"
    if header[157:257].strip(b"\0"):
        raise Broken(f"holds {quoted(told)}, which names a link and is none")
    if told.endswith("/") and not is_folder:
        raise Broken(f"holds {quoted(told)}, which is a file and is named like a folder")
    if is_folder and numbers["size"]:
        raise Broken(f"holds {quoted(told)}, a folder with content of its own")
    return TarMember(told.rstrip("/"), numbers["size"], is_folder)


def _described(kind: bytes, data: bytes, size: int | None) -> tuple[str | None, int | None]:
    """The name and the size that an extended header gives, if it does."""
    if kind == b"L":
        if not data.endswith(b"\0"):
            raise Broken("has a long name without an end")
        return _text(data), size
    records = _records(data)
    known = _TEXTS | _AMOUNTS | {"path", "size"}
    strange = sorted(key for key in records if key not in known and not _foreign(key))
    strange += [key for key in _AMOUNTS & records.keys() if not _AMOUNT.fullmatch(records[key])]
    if strange or (kind == b"g" and records.keys() & {"path", "size"}):
        raise Broken(f"has an extended header with {quoted(', '.join(strange) or 'one name for all')}")
    path = records.get("path")
    told = records.get("size")
    if told is not None and not re.fullmatch(r"0|[1-9][0-9]{0,18}", told):
        raise Broken("has an extended header with a size that is none")
    if path is not None and "\0" in path:
        raise Broken("has a name with a NUL in it")
    return path, size if told is None else int(told)


def _foreign(key: str) -> bool:
    """Whether a key is a vendor's own and changes nothing about names and contents."""
    return "." in key and not key.startswith("GNU.")


def _records(data: bytes) -> dict[str, str]:
    """The records of a pax header: length, space, key, =, value, newline."""
    records: dict[str, str] = {}
    at = 0
    while at < len(data):
        match = re.compile(rb"([1-9][0-9]{0,7}) ").match(data, at)
        end = at + int(match.group(1)) if match else 0
        if match is None or end > len(data) or data[end - 1 : end] != b"\n":
            raise Broken("has an extended header that cannot be read")
        key, equals, value = data[match.end() : end - 1].partition(b"=")
        try:
            name = key.decode("utf-8")
            # A vendor's value, as an attribute of a file, may be binary.
            text = value.decode("utf-8", "replace" if _foreign(name) else "strict")
        except UnicodeDecodeError:
            raise Broken("has an extended header that is not UTF-8") from None
        if not equals or not name or name in records:
            raise Broken("has an extended header that tells one thing twice")
        records[name] = text
        at = end
    return records

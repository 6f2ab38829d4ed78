"""Archives written byte by byte, so that each field can lie."""

import gzip
import struct
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any


@dataclass(frozen=True)
class ZipPart:
    """A member; `local_*` and `descriptor` tell otherwise in its own header than in the directory."""

    name: bytes
    data: bytes = b""
    method: int = 8
    flags: int = 0
    mode: int = 0o100644
    needed: int = 20
    crc: int | None = None
    size: int | None = None
    packed: bytes | None = None
    packed_size: int | None = None
    comment: bytes = b""
    extra: bytes = b""
    local_name: bytes | None = None
    local_extra: bytes | None = None
    local_crc: int | None = None
    local_size: int | None = None
    local_packed_size: int | None = None
    descriptor: bytes | None = None
    after: bytes = b""
    offset: int | None = None
    listed: bool = True

    def body(self) -> bytes:
        if self.packed is not None:
            return self.packed
        if self.method != 8:
            return self.data
        engine = zlib.compressobj(1, zlib.DEFLATED, -15)
        return engine.compress(self.data) + engine.flush()


def told(given: int | None, right: int) -> int:
    return right if given is None else given


def zip_of(
    parts: Sequence[ZipPart],
    *,
    before: bytes = b"",
    gap: bytes = b"",
    after: bytes = b"",
    comment: bytes = b"",
    count: int | None = None,
    wide: Callable[[int, int, int], bytes] | None = None,
    full: bool = False,
) -> bytes:
    """A zip archive.

    Args:
        parts: its members.
        before: what stands in front of the first.
        gap: what stands in front of the directory.
        after: what stands behind the end record.
        comment: of the archive.
        count: of entries, as the end record tells.
        wide: makes zip64 end records of count, length and start of the directory.
        full: whether the end record refers to the zip64 one.
    """
    out, directory = bytearray(before), bytearray()
    total = 0
    for part in parts:
        body = part.body()
        crc = told(part.crc, zlib.crc32(part.data))
        size, packed = told(part.size, len(part.data)), told(part.packed_size, len(body))
        offset = told(part.offset, len(out))
        name = part.name if part.local_name is None else part.local_name
        extra = part.extra if part.local_extra is None else part.local_extra
        described = part.descriptor is not None
        flags = part.flags | (8 if described else 0)
        out += struct.pack(
            "<4s5H3L2H", b"PK\3\4", part.needed, flags, part.method, 0, 33,
            told(part.local_crc, 0 if described else crc),
            told(part.local_packed_size, 0 if described else packed),
            told(part.local_size, 0 if described else size),
            len(name), len(extra),
        )  # fmt: skip
        out += name + extra + body + (part.descriptor or b"") + part.after
        if not part.listed:
            continue
        total += 1
        directory += struct.pack(
            "<4s6H3L5H2L", b"PK\1\2", 3 << 8 | 20, part.needed, flags, part.method, 0, 33, crc, packed, size,
            len(part.name), len(part.extra), len(part.comment), 0, 0, part.mode << 16, offset,
        )  # fmt: skip
        directory += part.name + part.extra + part.comment
    out += gap
    start = len(out)
    out += directory
    numbers = (told(count, total), len(directory), start)
    if wide is not None:
        out += wide(*numbers)
    ends = (0xFFFF, 0xFFFF_FFFF, 0xFFFF_FFFF) if full else numbers
    out += struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, ends[0], *ends, len(comment)) + comment
    return bytes(out) + after


def zip64_end(count: int, length: int, start: int, /, **over: int) -> bytes:
    """The zip64 end record and its locator."""
    at = over.get("at", start + length)
    record = struct.pack(
        "<4sQ2H2L4Q",
        b"PK\6\6",
        over.get("size", 44),
        45,
        45,
        0,
        0,
        count,
        over.get("count", count),
        length,
        start,
    )
    return record + struct.pack("<4sLQL", b"PK\6\7", 0, at, 1)


@dataclass(frozen=True)
class TarPart:
    """A member of a tar archive; `kind` is its type flag."""

    name: bytes
    data: bytes = b""
    kind: bytes = b"0"
    size: bytes | None = None
    link: bytes = b""
    magic: bytes = b"ustar\x0000"
    prefix: bytes = b""
    mtime: bytes = b"00000000000\0"
    checksum: int | None = None

    def block(self) -> bytes:
        size = b"%011o\0" % len(self.data) if self.size is None else self.size
        head = b"".join(
            (
                self.name.ljust(100, b"\0"), b"0000644\0", b"0000000\0" * 2, size, self.mtime, b" " * 8,
                self.kind, self.link.ljust(100, b"\0"), self.magic, bytes(64), b"0000000\0" * 2,
                self.prefix.ljust(155, b"\0"), bytes(12),
            )
        )  # fmt: skip
        right = sum(head) if self.checksum is None else self.checksum
        head = head[:148] + b"%06o\0 " % right + head[156:]
        return head + self.data + bytes(-len(self.data) % 512)


def pax(**records: str) -> TarPart:
    """An extended header for the next member."""
    data = b"".join(pax_record(key.replace("__", "."), value) for key, value in records.items())
    return TarPart(b"PaxHeader", data, b"x")


def pax_record(key: str, value: str) -> bytes:
    body = f" {key}={value}\n".encode()
    length = len(body)
    while length != len(str(length)) + len(body):
        length = len(str(length)) + len(body)
    return str(length).encode() + body


def tar_of(parts: Sequence[TarPart], end: bytes = bytes(1024)) -> bytes:
    return b"".join(part.block() for part in parts) + end


def gzipped(data: bytes) -> bytes:
    return gzip.compress(data, 1, mtime=0)


def changed(part: Any, **over: Any) -> Any:
    return replace(part, **over)

"""The headers of a zip archive's members: what the directory and a member's own header tell of it. Computes.

Source: APPNOTE.TXT 6.3, sections 4.3.7 to 4.3.12, 4.4 and 4.5.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from crucible_pipeline.index.fault import Fault, quoted
from crucible_pipeline.index.window import Broken, Window
from crucible_pipeline.index.zip_end import FULL, MAX_VERSION_NEEDED, Directory

STORED, DEFLATED = 0, 8
UTF8 = 0x0800
MAX_MEMBERS = 100_000
MAX_DIRECTORY_BYTES = 64 << 20
AGAIN = "build it again with a current build backend and upload it unchanged"

_CENTRAL = struct.Struct("<4s6H3L5H2L")
_LOCAL = struct.Struct("<4s5H3L2H")
_DESCRIPTORS = {False: struct.Struct("<4s3L"), True: struct.Struct("<4sL2Q")}
_DESCRIBED = 0x0008
_KNOWN_FLAGS = 0x0006 | _DESCRIBED | UTF8
_ENCRYPTED = 0x0001 | 0x0040 | 0x2000
_ZIP64, _SECOND_NAME, _COMMENT = 0x0001, 0x7075, 0x6375


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the central directory.

    Args:
        name: as it is encoded.
        needed: the version of zip that it asks for.
        flags: general purpose ones.
        method: of compression.
        crc: of the content.
        packed: in bytes.
        size: unpacked, in bytes.
        mode: the Unix mode; 0 where none is told.
        offset: of its own header in the file.
        commented: whether a comment follows.
    """

    name: bytes
    needed: int
    flags: int
    method: int
    crc: int
    packed: int
    size: int
    mode: int
    offset: int
    commented: bool

    @property
    def shown(self) -> str:
        """The name, for a sentence."""
        return quoted(self.name.decode("utf-8", "backslashreplace"))


def entries_of(window: Window, directory: Directory) -> list[Entry]:
    """Read the central directory.

    Raises:
        Broken: it is not exactly as long as it says, or a line cannot be read.
    """
    if directory.count > MAX_MEMBERS or directory.length > MAX_DIRECTORY_BYTES:
        raise Broken(f"holds more than {MAX_MEMBERS} members")
    data, at = window.read(directory.start, directory.length), 0
    entries: list[Entry] = []
    for _ in range(directory.count):
        if at + _CENTRAL.size > len(data):
            raise Broken("has a central directory that is shorter than its end record says")
        fields = _CENTRAL.unpack_from(data, at)
        names, extras = at + _CENTRAL.size, at + _CENTRAL.size + fields[10]
        ends = extras + fields[11]
        at = ends + fields[12]
        if fields[0] != b"PK\1\2" or at > len(data):
            raise Broken("has a central directory that cannot be read")
        entries.append(_entry(fields, data[names:extras], data[extras:ends]))
    if at != len(data):
        raise Broken("has a central directory that is longer than its end record says")
    return entries


def entry_faults(entry: Entry) -> Iterator[Fault]:
    """What readers take differently in a line of the directory."""
    if entry.commented:
        yield Fault("zip-comment", f"holds {entry.shown} with a comment, which may hide data", AGAIN)
    if entry.flags & _ENCRYPTED:
        yield Fault("zip-encrypted", f"holds {entry.shown}, which is encrypted", "pack it without a password")
    elif entry.flags & ~_KNOWN_FLAGS or entry.needed > MAX_VERSION_NEEDED:
        yield Fault("zip-flags", f"holds {entry.shown}, which asks for an unusual feature of zip", AGAIN)
    if entry.method not in {STORED, DEFLATED}:
        what = f"holds {entry.shown}, which is compressed by method {entry.method}"
        yield Fault("zip-compression", what, "use deflate, which every installer reads")


def start_of(window: Window, entry: Entry, end: int) -> int:
    """Compare a member's own header with the directory, and return where its content starts.

    Args:
        window: of the archive.
        entry: of the directory.
        end: where the next part of the archive begins.

    Raises:
        Broken: they do not agree, or something lies in between that no member accounts for.
    """
    mark, needed, flags, method, _, _, crc, packed, size, names, extras = _LOCAL.unpack(
        window.read(entry.offset, _LOCAL.size)
    )
    start: int = entry.offset + _LOCAL.size + names + extras
    if mark != b"PK\3\4" or start + entry.packed > end:
        raise Broken(f"holds {entry.shown}, which overlaps another part of the archive")
    told = window.read(entry.offset + _LOCAL.size, names + extras)
    if told[:names] != entry.name or (flags, method) != (entry.flags, entry.method):
        raise Broken(f"holds {entry.shown}, which its own header calls or packs otherwise than the directory")
    if needed > MAX_VERSION_NEEDED:
        raise Broken(f"holds {entry.shown}, which asks for an unusual feature of zip")
    wide = _extras(entry.shown, told[names:]).get(_ZIP64)
    if wide is not None:
        if len(wide) != 16 or (size, packed) not in {(FULL, FULL), struct.unpack("<2Q", wide)}:
            raise Broken(f"holds {entry.shown} with a zip64 field that does not fit its header")
        size, packed = struct.unpack("<2Q", wide)
    right = (entry.crc, entry.packed, entry.size)
    if flags & _DESCRIBED:
        if (crc, packed, size) not in {(0, 0, 0), right} or method == STORED:
            raise Broken(f"holds {entry.shown}, whose end a reader of the stream cannot know")
        form = _DESCRIPTORS[wide is not None]
        if end - start - entry.packed != form.size:
            raise Broken(f"holds data behind {entry.shown} that no member accounts for")
        if form.unpack(window.read(end - form.size, form.size)) != (b"PK\7\10", *right):
            raise Broken(f"holds {entry.shown}, whose data descriptor tells otherwise than the directory")
    elif (crc, packed, size) != right:
        raise Broken(f"holds {entry.shown}, of which its own header tells other sizes than the directory")
    elif start + entry.packed != end:
        raise Broken(f"holds data behind {entry.shown} that no member accounts for")
    return start


def _entry(fields: tuple[int, ...], name: bytes, extra: bytes) -> Entry:
    _, _, needed, flags, method, _, _, crc, packed, size, _, _, comment, disk, _, attributes, at = fields
    shown = quoted(name.decode("utf-8", "backslashreplace"))
    if disk:
        raise Broken("is one part of an archive in several parts")
    told = (size, packed, at)
    wide = _extras(shown, extra).get(_ZIP64)
    if wide is None and FULL in told:
        raise Broken(f"holds {shown} with sizes that are told nowhere")
    # Readers take different ones of numbers that are told twice, so only what is missing may come.
    if wide is not None:
        if len(wide) != 8 * told.count(FULL):
            raise Broken(f"holds {shown} with a zip64 field that does not fit its header")
        numbers = iter(struct.unpack(f"<{len(wide) // 8}Q", wide))
        size, packed, at = (next(numbers) if number == FULL else number for number in told)
    return Entry(name, needed, flags, method, crc, packed, size, attributes >> 16, at, bool(comment))


def _extras(shown: str, extra: bytes) -> dict[int, bytes]:
    """The extra fields by their kind."""
    fields: dict[int, bytes] = {}
    at = 0
    while at < len(extra):
        if at + 4 > len(extra):
            raise Broken(f"holds {shown} with extra fields that cannot be read")
        kind, length = struct.unpack_from("<2H", extra, at)
        at += 4 + length
        if at > len(extra) or kind in fields:
            raise Broken(f"holds {shown} with extra fields that cannot be read, or one twice")
        if kind in {_SECOND_NAME, _COMMENT}:
            raise Broken(f"holds {shown} with a second name or a comment in its extra fields")
        fields[kind] = extra[at - length : at]
    return fields

"""A zip archive that every reader reads alike: read here strictly, from the specification, without zipfile.

Readers differ where an archive tells one thing twice: in the central directory and in front of each member,
in the classic and the zip64 end record, in gaps and comments that one skips and another takes for members.
So all that is told twice has to agree, and every byte has to belong to exactly one structure. Nothing is
written; content is unpacked in pieces of bounded size.
"""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from stat import S_IFMT, S_ISDIR, S_ISREG
from typing import BinaryIO

from crucible_pipeline.index.fault import Fault, quoted
from crucible_pipeline.index.window import Broken, Window
from crucible_pipeline.index.zip_end import directory_of
from crucible_pipeline.index.zip_headers import (
    AGAIN,
    STORED,
    UTF8,
    Entry,
    entries_of,
    entry_faults,
    start_of,
)

PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class ZipMember:
    """A member as the directory and its own header agree on it.

    Args:
        name: with `/` at the end for a folder.
        size: unpacked, in bytes.
        entry: what the directory tells.
        start: of the packed content in the file.
    """

    name: str
    size: int
    entry: Entry = field(repr=False)
    start: int = field(repr=False)

    @property
    def is_folder(self) -> bool:
        """Whether it is one."""
        return self.name.endswith("/")


class Zipped:
    """The members of a zip archive.

    Args:
        content: seekable.
        size: of the content, in bytes.

    Attributes:
        members: in the order of the central directory.
        faults: what makes readers disagree; with any, `members` may be incomplete.
    """

    def __init__(self, content: BinaryIO, size: int) -> None:
        self._window = Window(content, size)
        self.faults: list[Fault] = []
        self.members: list[ZipMember] = []
        try:
            directory = directory_of(self._window)
            entries = entries_of(self._window, directory)
            self.faults += (fault for entry in entries for fault in entry_faults(entry))
            self._layout(entries, directory.start)
        except Broken as error:
            self.faults.append(Fault("zip-structure", str(error), AGAIN))

    def _layout(self, entries: list[Entry], directory: int) -> None:
        """The members lie one behind the other, from the first byte to the directory."""
        ordered = sorted(entries, key=lambda entry: entry.offset)
        ends = [entry.offset for entry in ordered[1:]] + [directory]
        if (ordered[0].offset if ordered else directory) != 0:
            raise Broken("holds data in front of its first member")
        starts = {
            entry.offset: start_of(self._window, entry, end) for entry, end in zip(ordered, ends, strict=True)
        }
        if len(starts) != len(entries):
            raise Broken("holds two members in one place")
        for entry in entries:
            try:
                name = entry.name.decode("utf-8" if entry.flags & UTF8 else "ascii")
            except UnicodeDecodeError:
                what = f"holds {entry.shown}, a name in an encoding that is not told"
                self.faults.append(Fault("zip-name", what, AGAIN))
                continue
            member = ZipMember(name, entry.size, entry, starts[entry.offset])
            self.faults += _kind_faults(member)
            self.members.append(member)

    def pieces(self, member: ZipMember) -> Iterator[bytes]:
        """The content of a member, unpacked.

        Raises:
            Broken: it does not unpack to exactly what is told of it.
        """
        crc = size = 0
        for piece in self._unpacked(member):
            crc, size = zlib.crc32(piece, crc), size + len(piece)
            if size > member.size:
                break
            yield piece
        if size != member.size:
            raise Broken(f"holds {quoted(member.name)}, which does not unpack to the size that is told of it")
        if crc != member.entry.crc:
            raise Broken(
                f"holds {quoted(member.name)}, whose content does not have the checksum that is told"
            )

    def _unpacked(self, member: ZipMember) -> Iterator[bytes]:
        if member.entry.method == STORED:
            for at in range(0, member.entry.packed, PIECE):
                yield self._window.read(member.start + at, min(PIECE, member.entry.packed - at))
            return
        engine, at = zlib.decompressobj(-zlib.MAX_WBITS), 0
        waiting = b""
        while not engine.eof:
            if not waiting:
                if at == member.entry.packed:
                    raise Broken(f"holds {quoted(member.name)}, whose packed content ends early")
                waiting = self._window.read(member.start + at, min(PIECE, member.entry.packed - at))
                at += len(waiting)
            try:
                piece = engine.decompress(waiting, PIECE)
            except zlib.error:
                raise Broken(f"holds {quoted(member.name)}, whose packed content is damaged") from None
            waiting = engine.unconsumed_tail
            if piece:
                yield piece
        if engine.unused_data or at != member.entry.packed:
            raise Broken(f"holds {quoted(member.name)}, behind whose packed content lies something else")


def _kind_faults(member: ZipMember) -> Iterator[Fault]:
    mode = member.entry.mode
    fits = S_ISDIR(mode) if member.is_folder else S_ISREG(mode)
    if S_IFMT(mode) and not fits:
        yield Fault(
            "zip-kind",
            f"holds {quoted(member.name)}, a link, a device or the like",
            "leave all but files and folders out of it",
        )
    if member.is_folder and member.size:
        yield Fault(
            "zip-kind",
            f"holds {quoted(member.name)}, a folder with content of its own",
            "leave the content out of it",
        )

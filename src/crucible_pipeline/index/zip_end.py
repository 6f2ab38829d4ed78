"""Where the central directory of a zip archive is: its end records have to agree. Computes over a window.

Source: APPNOTE.TXT 6.3, sections 4.3.14 to 4.3.16.
"""

import struct
from dataclasses import dataclass

from crucible_pipeline.index.window import Broken, Window

# Strong encryption, patches and the like begin above; zip64 is 4.5.
MAX_VERSION_NEEDED = 45
FULL, FULL_SHORT = 0xFFFF_FFFF, 0xFFFF
_END = struct.Struct("<4s4H2LH")
_PLACE = struct.Struct("<4sLQL")
_WIDE = struct.Struct("<4sQ2H2L4Q")
_PARTS = "is one part of an archive in several parts"


@dataclass(frozen=True, slots=True)
class Directory:
    """The central directory.

    Args:
        start: of it in the file.
        count: of its entries.
        length: in bytes.
    """

    start: int
    count: int
    length: int


def directory_of(window: Window) -> Directory:
    """Find the directory.

    Raises:
        Broken: readers could find different ones.
    """
    if window.size < _END.size:
        raise Broken("is too short for a zip archive")
    at = window.size - _END.size
    mark, disk, first, here, count, length, start, comment = _END.unpack(window.read(at, _END.size))
    if mark != b"PK\5\6" or comment:
        raise Broken("does not end with the end record of a zip archive: a comment or other data follows")
    if disk or first or here != count:
        raise Broken(_PARTS)
    found = Directory(start, count, length)
    if at >= _PLACE.size and window.read(at - _PLACE.size, 4) == b"PK\6\7":
        wide, at = _wide(window, at - _PLACE.size)
        short = ((count, FULL_SHORT, wide.count), (length, FULL, wide.length), (start, FULL, wide.start))
        if any(told not in {full, true} for told, full, true in short):
            raise Broken("has two end records that do not agree")
        found = wide
    if found.start + found.length != at:
        raise Broken("has a central directory that is not directly before its end record")
    return found


def _wide(window: Window, place: int) -> tuple[Directory, int]:
    """What the zip64 end record tells, and where it is."""
    _, disk, at, disks = _PLACE.unpack(window.read(place, _PLACE.size))
    if disk or disks != 1 or at + _WIDE.size != place:
        raise Broken("has a zip64 end record that is not directly before its locator")
    mark, size, _, needed, disk, first, here, count, length, start = _WIDE.unpack(window.read(at, _WIDE.size))
    if mark != b"PK\6\6" or size != _WIDE.size - 12 or needed > MAX_VERSION_NEEDED:
        raise Broken("has a zip64 end record of a form that no reader has to know")
    if disk or first or here != count:
        raise Broken(_PARTS)
    return Directory(start, count, length), at

"""Reads what a wheel or a source distribution says of itself, and refuses one that contradicts itself.

The archive is untrusted: nothing is extracted, every member is read in pieces, and what it unpacks to is
bounded. Touches only the stream it is given. Sources: the binary distribution format (PEP 427, with RECORD
of PEP 376) and the source distribution format (PEP 517, 625, 643) of the packaging specifications.
"""

import base64
import binascii
import csv
import gzip
import hashlib
import io
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import IO, BinaryIO

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from crucible_pipeline.errors import Refused
from crucible_pipeline.index.names import Filename

MEBIBYTE = 1 << 20
MAX_MEMBERS = 100_000
MAX_METADATA_BYTES = 8 * MEBIBYTE
MAX_RECORD_BYTES = 64 * MEBIBYTE
MAX_UNPACKED_BYTES = 8 << 30
# Real packages unpack to some ten times their size; small ones may be odd.
MAX_RATIO = 50
RATIO_FROM_BYTES = 64 * MEBIBYTE
CHUNK = MEBIBYTE
UNSAFE_CHARACTERS = frozenset("\\\0\r\n")
# What the standard library raises on damaged archives: a negative seek, for one, is a ValueError.
UNREADABLE = (
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    struct.error,
    EOFError,
    OSError,
    RuntimeError,
    ValueError,
    ArithmeticError,
    LookupError,
)
COMPRESSIONS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
RECORD_ALGORITHMS = frozenset({"sha256", "sha384", "sha512"})


def metadata_of(filename: Filename, content: BinaryIO, size: int) -> bytes:
    """The core metadata of a distribution, after its archive was checked from end to end.

    Args:
        filename: what the name says; the archive has to agree.
        content: seekable.
        size: of the content, in bytes.

    Raises:
        Refused: it is broken, dangerous or contradicts itself; the sentence says how.
    """
    content.seek(0)
    try:
        if filename.kind == "sdist":
            return _read_sdist(filename, content, size)
        with zipfile.ZipFile(content) as archive:
            return _read_wheel(filename, archive, size)
    except UNREADABLE as error:
        raise Refused(f"{filename.text} is not a readable archive: {type(error).__name__} {error}") from None


def _read_wheel(filename: Filename, archive: zipfile.ZipFile, size: int) -> bytes:
    members = {info.filename: info for info in archive.infolist()}
    _check_members(filename, [info.filename for info in archive.infolist()])
    _check_unpacked(filename, sum(info.file_size for info in archive.infolist()), size)
    if any(info.flag_bits & 0x1 for info in archive.infolist()):
        raise Refused(f"{filename.text} has an encrypted member")
    if any(info.compress_type not in COMPRESSIONS for info in archive.infolist()):
        raise Refused(f"{filename.text} has a member that is neither stored nor deflated")
    folder = _dist_info(filename, members)
    metadata = _read(filename, archive, f"{folder}/METADATA", MAX_METADATA_BYTES)
    if b"Wheel-Version:" not in _read(filename, archive, f"{folder}/WHEEL", MAX_METADATA_BYTES):
        raise Refused(f"{filename.text} has a WHEEL file without a Wheel-Version")
    _check_record(filename, archive, folder)
    return metadata


def _dist_info(filename: Filename, members: dict[str, zipfile.ZipInfo]) -> str:
    """The one `.dist-info` folder, whose name has to agree with the file's."""
    top = {name.split("/", 1)[0] for name in members}
    folders = sorted(name for name in top if name.endswith(".dist-info"))
    if len(folders) != 1:
        found = ", ".join(folders[:3]) or "none"
        raise Refused(f"{filename.text} needs exactly one .dist-info folder and has {found}")
    name, _, version = folders[0].removesuffix(".dist-info").rpartition("-")
    try:
        agrees = canonicalize_name(name) == filename.project and Version(version) == filename.version
    except InvalidVersion:
        agrees = False
    if not agrees:
        raise Refused(f"{filename.text} holds {folders[0]}, which is another name or version")
    return folders[0]


def _check_record(filename: Filename, archive: zipfile.ZipFile, folder: str) -> None:
    """Every file is listed in RECORD with its hash and size, and nothing else is."""
    text = _read(filename, archive, f"{folder}/RECORD", MAX_RECORD_BYTES)
    try:
        rows = list(csv.reader(io.StringIO(text.decode("utf-8"), newline="")))
    except (UnicodeDecodeError, csv.Error) as error:
        raise Refused(f"{filename.text} has a RECORD that cannot be read: {error}") from None
    listed: dict[str, tuple[str, str]] = {}
    for row in rows:
        if len(row) != 3:
            raise Refused(f"{filename.text} has a RECORD line without exactly three fields")
        if row[0] in listed:
            raise Refused(f"{filename.text} lists {row[0]} twice in its RECORD")
        listed[row[0]] = (row[1], row[2])
    unlisted = {f"{folder}/RECORD", f"{folder}/RECORD.jws", f"{folder}/RECORD.p7s"}
    present = {info.filename for info in archive.infolist() if not info.is_dir()}
    for name in sorted(listed.keys() - present):
        raise Refused(f"{filename.text} lists {name} in its RECORD and does not hold it")
    for name in sorted(present - unlisted):
        if name not in listed:
            raise Refused(f"{filename.text} holds {name}, which its RECORD does not list")
        with archive.open(name) as member:
            _check_hash(filename, name, member, *listed[name])


def _check_hash(filename: Filename, name: str, member: IO[bytes], spec: str, size: str) -> None:
    algorithm, _, expected = spec.partition("=")
    if algorithm not in RECORD_ALGORITHMS:
        raise Refused(f"{filename.text} lists {name} in its RECORD without a sha256 hash")
    digest, length = hashlib.new(algorithm), 0
    for chunk in _chunks(member):
        digest.update(chunk)
        length += len(chunk)
    try:
        matches = base64.urlsafe_b64decode(expected + "=" * (-len(expected) % 4)) == digest.digest()
    except (binascii.Error, ValueError):
        matches = False
    if not matches:
        raise Refused(f"{filename.text} holds {name} with another hash than its RECORD says")
    if size and size != str(length):
        raise Refused(f"{filename.text} holds {name} with another size than its RECORD says")


def _read_sdist(filename: Filename, content: BinaryIO, size: int) -> bytes:
    metadata: bytes | None = None
    names: list[str] = []
    bounded = _Bounded(filename, content, size)
    with tarfile.open(fileobj=bounded, mode="r|") as archive:
        for member in archive:
            names.append(member.name)
            if len(names) > MAX_MEMBERS:
                raise Refused(f"{filename.text} holds more than {MAX_MEMBERS} members")
            path = PurePosixPath(member.name)
            if len(path.parts) == 2 and path.name == "PKG-INFO":
                if not member.isfile() or member.size > MAX_METADATA_BYTES:
                    raise Refused(f"{filename.text} has a PKG-INFO that is no plain file of reasonable size")
                file = archive.extractfile(member)
                metadata = file.read() if file else None
    # What follows the last member counts as well, and the checksum comes at the end of all.
    while bounded.read(CHUNK):
        pass
    _check_members(filename, names)
    top = {PurePosixPath(name).parts[0] for name in names if PurePosixPath(name).parts}
    if top != {filename.text.removesuffix(".tar.gz")}:
        raise Refused(f"{filename.text} has to unpack to exactly one folder of its own name")
    if metadata is None:
        raise Refused(f"{filename.text} holds no PKG-INFO")
    return metadata


class _Bounded(io.RawIOBase):
    """What a gzip stream unpacks to, as far as its size warrants; headers of members count as well."""

    def __init__(self, filename: Filename, content: BinaryIO, size: int) -> None:
        self._filename, self._size, self._unpacked = filename, size, 0
        self._stream = gzip.GzipFile(fileobj=content, mode="rb")

    def read(self, size: int = -1) -> bytes:
        """The next piece; tarfile always says how much it wants."""
        data = self._stream.read(size)
        self._unpacked += len(data)
        _check_unpacked(self._filename, self._unpacked, self._size)
        return data


def _check_members(filename: Filename, names: list[str]) -> None:
    """No member may be written outside the folder it is unpacked to, or written twice."""
    if len(names) > MAX_MEMBERS:
        raise Refused(f"{filename.text} holds more than {MAX_MEMBERS} members")
    seen: set[str] = set()
    for name in names:
        parts = name.rstrip("/").split("/")
        if UNSAFE_CHARACTERS & set(name) or ".." in parts or "" in parts or ":" in parts[0]:
            raise Refused(f"{filename.text} holds {name[:80]!r}, a path that leads outside of it")
        if name.rstrip("/") in seen:
            raise Refused(f"{filename.text} holds {name[:80]!r} twice")
        seen.add(name.rstrip("/"))


def _check_unpacked(filename: Filename, unpacked: int, size: int) -> None:
    limit = min(MAX_UNPACKED_BYTES, max(RATIO_FROM_BYTES, MAX_RATIO * size))
    if unpacked > limit:
        raise Refused(
            f"{filename.text} would unpack to more than the {limit // MEBIBYTE} MiB its size warrants"
        )


def _read(filename: Filename, archive: zipfile.ZipFile, name: str, limit: int) -> bytes:
    try:
        info = archive.getinfo(name)
    except KeyError:
        raise Refused(f"{filename.text} holds no {name}") from None
    if info.file_size > limit:
        raise Refused(f"{filename.text} has a {name} of more than {limit // MEBIBYTE} MiB")
    return archive.read(info)


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    while chunk := file.read(CHUNK):
        yield chunk

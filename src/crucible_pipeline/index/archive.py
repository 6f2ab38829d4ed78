"""Judges a wheel or a source distribution: it is what it says, and every reader of it sees the same.

The archive is untrusted: nothing is extracted or run, content is read in pieces, and what it unpacks to is
bounded. Touches only the stream it is given. This is the one judgement, for the index and for what is
published to any.
"""

import struct
import tarfile
import zipfile
import zlib
from dataclasses import dataclass
from typing import BinaryIO

from crucible_pipeline.errors import Refused
from crucible_pipeline.index.declared import fields_of
from crucible_pipeline.index.fault import Fault, Faulty
from crucible_pipeline.index.names import Filename
from crucible_pipeline.index.policy import DEFAULT, Policy
from crucible_pipeline.index.sdist import Sdist
from crucible_pipeline.index.wheel import Wheel
from crucible_pipeline.index.window import Broken
from crucible_pipeline.index.zip_headers import AGAIN
from crucible_pipeline.index.zipped import PIECE

CHUNK = PIECE
# What the standard library's readers raise on damaged archives: a negative seek, for one, is a ValueError.
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


@dataclass(frozen=True, slots=True)
class Judged:
    """What an archive that may enter says of itself.

    Args:
        metadata: the core metadata, as it holds them.
        requires_python: the specifier in them, or None.
    """

    metadata: bytes
    requires_python: str | None


def judged(filename: Filename, content: BinaryIO, size: int, policy: Policy = DEFAULT) -> Judged:
    """Read a distribution from end to end.

    Args:
        filename: what the name says; the archive has to agree.
        content: seekable.
        size: of the content, in bytes.
        policy: what its project has to keep to.

    Raises:
        Faulty: everything that is wrong with it; where its structure is, nothing else is looked for.
    """
    content.seek(0)
    wheel = filename.kind == "bdist_wheel"
    reading = Wheel(filename, content, size, policy) if wheel else Sdist(filename, content, size)
    faults: list[Fault] = []
    if filename.version.local:
        faults.append(
            Fault("local-version", "is of a local version, which is never published", "build from a tag")
        )
    try:
        # One by one: what was found before a reader has to give up counts.
        for fault in reading.faults():
            faults.append(fault)  # noqa: PERF402
    except Broken as error:
        faults.append(Fault("structure", str(error), AGAIN))
    if faults:
        raise Faulty(filename.text, faults)
    raw, _ = fields_of(reading.metadata)
    return Judged(reading.metadata, raw.get("requires_python"))


def metadata_of(filename: Filename, content: BinaryIO, size: int) -> bytes:
    """The core metadata of a file that was judged before, perhaps by other rules.

    Args:
        filename: what the name says.
        content: seekable.
        size: of the content, in bytes.

    Raises:
        Refused: it cannot be had.
    """
    content.seek(0)
    wheel = filename.kind == "bdist_wheel"
    reading = Wheel(filename, content, size, DEFAULT) if wheel else Sdist(filename, content, size)
    try:
        return reading.extracted()
    except Broken as error:
        raise Refused(f"{filename.text} {error}") from None

"""A large wheel, and how much memory a process has."""

import base64
import hashlib
import os
import zipfile
from pathlib import Path

from index.distributions import metadata

MEBIBYTE = 1 << 20


def large_wheel(folder: Path, mebibytes: int) -> Path:
    """A wheel of so many MiB that does not compress."""
    path, info = folder / "large-1.0-py3-none-any.whl", "large-1.0.dist-info"
    small = [
        (f"{info}/METADATA", metadata("large", "1.0")),
        (
            f"{info}/WHEEL",
            b"Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        ),
    ]
    rows: list[str] = []
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        digest = hashlib.sha256()
        member = zipfile.ZipInfo("large/data.bin")
        # Known before, so that the archive needs no longer form that only some readers know.
        member.file_size = mebibytes * MEBIBYTE
        with archive.open(member, "w") as data:
            for _ in range(mebibytes):
                piece = os.urandom(MEBIBYTE)
                digest.update(piece)
                data.write(piece)
        hashed = [("large/data.bin", digest.digest(), mebibytes * MEBIBYTE)]
        for name, content in small:
            archive.writestr(name, content)
            hashed.append((name, hashlib.sha256(content).digest(), len(content)))
        for name, value, size in hashed:
            rows.append(f"{name},sha256={base64.urlsafe_b64encode(value).rstrip(b'=').decode()},{size}\n")
        archive.writestr(f"{info}/RECORD", "".join(rows) + f"{info}/RECORD,,\n")
    return path


def resident_peak(process: int) -> int:
    """The most memory a process ever had, in KiB."""
    return _status(process, "VmHWM:")


def resident(process: int) -> int:
    """The memory that a process has, in KiB."""
    return _status(process, "VmRSS:")


def _status(process: int, name: str) -> int:
    return int(Path(f"/proc/{process}/status").read_text().partition(name)[2].split()[0])

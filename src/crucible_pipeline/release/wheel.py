"""A wheel with one more file, as bytes: RECORD names it, and the same input gives the same bytes. Pure."""

import base64
import csv
import hashlib
import io
import time
import zipfile

from crucible_pipeline.errors import Refused


def with_file(wheel: bytes, name: str, content: bytes, epoch: int) -> bytes:
    """Put a file into the `.dist-info` of a wheel.

    Args:
        wheel: as a build made it.
        name: below the `.dist-info` folder.
        content: of the file.
        epoch: seconds since 1970 that its time becomes; a zip archive knows none before 1980.

    Raises:
        Refused: the wheel has no RECORD, or the file already.
    """
    packed = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(wheel)) as old,
        zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        records = [entry for entry in old.namelist() if entry.endswith(".dist-info/RECORD")]
        if len(records) != 1:
            raise Refused("the wheel has not exactly one RECORD", "build it with crucible publish")
        path = f"{records[0].removesuffix('RECORD')}{name}"
        if path in old.namelist():
            raise Refused(f"the wheel holds {path} already", "leave it to crucible publish")
        for info in old.infolist():
            if info.filename != records[0]:
                new.writestr(info, old.read(info))
        when = time.gmtime(max(epoch, 315532800))[:6]
        new.writestr(_entry(path, when), content)
        # RECORD comes last (binary distribution format, "Recommended archiver features").
        new.writestr(
            old.getinfo(records[0]), _recorded(old.read(records[0]).decode(), records[0], path, content)
        )
    return packed.getvalue()


def _entry(path: str, when: tuple[int, ...]) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(path, (when[0], when[1], when[2], when[3], when[4], when[5]))
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = 0o100644 << 16
    return info


def _recorded(record: str, own: str, path: str, content: bytes) -> str:
    """RECORD with a line for the file before its own (binary distribution format, section on RECORD)."""
    digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
    rows = [row for row in csv.reader(io.StringIO(record)) if row and row[0] != own]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([*rows, [path, f"sha256={digest}", str(len(content))], [own, "", ""]])
    return text.getvalue()

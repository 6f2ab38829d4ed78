"""Archives as bytes: what they hold, and an sdist that is the same whoever built it. Pure."""

import gzip
import io
import tarfile
import zipfile
from collections.abc import Container, Mapping

from crucible_pipeline.errors import Refused


def unzipped(wheel: bytes) -> dict[str, bytes]:
    """The files of a wheel: name → content.

    Args:
        wheel: one that `index.upload` accepted, so its sizes and names are sound.
    """
    with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
        return {info.filename: archive.read(info) for info in archive.infolist() if not info.is_dir()}


def untarred(sdist: bytes) -> dict[str, bytes]:
    """The files of an sdist: name → content.

    Raises:
        Refused: it holds something else than files and folders.
    """
    files: dict[str, bytes] = {}
    with tarfile.open(fileobj=io.BytesIO(sdist), mode="r:gz") as archive:
        for member in archive:
            content = archive.extractfile(member) if member.isreg() else None
            if content is not None:
                files[member.name] = content.read()
            elif not member.isdir():
                raise Refused(
                    f"the sdist holds {member.name}, which is neither file nor folder",
                    "leave links out of it",
                )
    return files


def repacked(sdist: bytes, epoch: int) -> bytes:
    """The same files in an archive that tells nothing of who packed it, when and where.

    Members in the order of their names, owned by 0, readable by all, made at `epoch`; no name in the gzip
    header. Two builds of one commit become the same bytes.

    Args:
        sdist: a `.tar.gz` of files and folders.
        epoch: seconds since 1970.

    Raises:
        Refused: it holds something else.
    """
    with tarfile.open(fileobj=io.BytesIO(sdist), mode="r:gz") as archive:
        executable = {member.name for member in archive if member.mode & 0o100}
    return tarred(untarred(sdist), epoch, executable)


def tarred(files: Mapping[str, bytes], epoch: int, executable: Container[str] = ()) -> bytes:
    """A `.tar.gz` that tells nothing of who packed it, when and where.

    Args:
        files: name → content; packed in the order of their names.
        epoch: seconds since 1970 that their times become.
        executable: names of those that may be run.
    """
    packed = io.BytesIO()
    with (
        gzip.GzipFile(filename="", mode="wb", fileobj=packed, mtime=epoch) as stream,
        tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        for name, content in sorted(files.items()):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            member.mtime = epoch
            member.mode = 0o755 if name in executable else 0o644
            archive.addfile(member, io.BytesIO(content))
    return packed.getvalue()

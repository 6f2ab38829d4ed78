"""Archives as bytes."""

import io
import tarfile
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crucible_pipeline.errors import Refused
from crucible_pipeline.release.archive import repacked, untarred, unzipped

NAMES = st.text("abcé_-.", min_size=1, max_size=8).filter(lambda name: name.strip("."))
FILES = st.dictionaries(NAMES.map(lambda name: f"top/{name}"), st.binary(max_size=50), max_size=6)


def tarball(
    files: dict[str, bytes], *, mode: int, mtime: float, owner: int, backwards: bool = False
) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, content in sorted(files.items(), reverse=backwards):
            member = tarfile.TarInfo(name)
            member.size, member.mode, member.mtime, member.uid = len(content), mode, mtime, owner
            archive.addfile(member, io.BytesIO(content))
    return packed.getvalue()


@settings(max_examples=50, deadline=None)
@given(FILES)
def test_who_packed_when_and_in_which_order_does_not_show(files: dict[str, bytes]) -> None:
    one = tarball(files, mode=0o600, mtime=1.5, owner=7)
    two = tarball(files, mode=0o664, mtime=99.25, owner=0, backwards=True)
    assert repacked(one, 1000) == repacked(two, 1000)
    assert untarred(repacked(one, 1000)) == files
    assert repacked(repacked(one, 1000), 1000) == repacked(one, 1000)


def test_a_program_stays_executable_and_nothing_else_becomes_so() -> None:
    packed = repacked(tarball({"top/a": b""}, mode=0o700, mtime=0, owner=0), 5)
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        member = archive.getmember("top/a")
    assert (member.mode, member.mtime, member.uid, member.uname) == (0o755, 5, 0, "")


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE])
def test_a_link_or_device_in_an_sdist_is_refused(kind: bytes) -> None:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        member = tarfile.TarInfo("top/link")
        member.type, member.linkname = kind, "/etc/passwd"
        archive.addfile(member)
    with pytest.raises(Refused, match="neither file nor folder"):
        repacked(packed.getvalue(), 0)


@settings(max_examples=30, deadline=None)
@given(FILES)
def test_a_wheels_files_come_back(files: dict[str, bytes]) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    assert unzipped(packed.getvalue()) == files

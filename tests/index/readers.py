"""Other readers of archives, to compare with: each gives what it would install, or how it gave up."""

import io
import struct
import subprocess
import tarfile
import tempfile
import warnings
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

from pip._internal.utils.unpacking import untar_file, unzip_file

from crucible_pipeline.index.archive import UNREADABLE
from crucible_pipeline.index.tarred import Tarred
from crucible_pipeline.index.zipped import Zipped

Files = dict[str, bytes]


def by_zipfile(content: bytes) -> Files:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {info.filename: archive.read(info) for info in archive.infolist() if not info.is_dir()}


def by_us(content: bytes) -> Files:
    archive = Zipped(io.BytesIO(content), len(content))
    return {each.name: b"".join(archive.pieces(each)) for each in archive.members if not each.is_folder}


def by_stream(content: bytes) -> Files:
    """As one reads who sees the file only once, from its beginning: the central directory comes too late."""
    found: Files = {}
    at = 0
    while content[at : at + 4] == b"PK\3\4":
        _, _, flags, method, _, _, _, packed, size, name, extra = struct.unpack_from("<4s5H3L2H", content, at)
        fields = content[at + 30 + name : at + 30 + name + extra]
        start = at + 30 + name + extra
        wide = fields[:2] == b"\1\0" and (size, packed) == (0xFFFFFFFF, 0xFFFFFFFF)
        if wide:
            packed = struct.unpack_from("<Q", fields, 12)[0]
        if method == 8:
            engine = zlib.decompressobj(-15)
            data = engine.decompress(content[start:])
            ended = len(content) - len(engine.unused_data)
        else:
            data, ended = content[start : start + packed], start + packed
        at = ended
        if flags & 8:
            at += 24 if fields[:2] == b"\1\0" else 16
        text = content[start - extra - name : start - extra].decode("utf-8" if flags & 0x800 else "ascii")
        if not text.endswith("/"):
            assert text not in found
            found[text] = data
    return found


def unpacked(content: bytes, unpack: Callable[[str, str], None], name: str) -> Files:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        target = Path(folder) / "out"
        unpack(str(path), str(target))
        return {
            each.relative_to(target).as_posix(): each.read_bytes()
            for each in target.rglob("*")
            if each.is_file()
        }


def by_pip_wheel(content: bytes) -> Files:
    return unpacked(content, lambda path, target: unzip_file(path, target, flatten=False), "a.zip")


def by_pip_sdist(content: bytes) -> Files:
    """pip drops the one folder at the top."""
    return unpacked(content, untar_file, "a.tar.gz")


def by_tarfile(content: bytes) -> Files:
    found: Files = {}
    with tarfile.open(fileobj=io.BytesIO(content), mode="r:gz") as archive:
        for member in archive:
            file = archive.extractfile(member)
            if file is not None:
                found[member.name.partition("/")[2]] = file.read()
    return found


def by_us_sdist(content: bytes) -> Files:
    found: Files = {}
    for member, pieces in Tarred(io.BytesIO(content), lambda _: None).members():
        if not member.is_folder:
            found[member.name.partition("/")[2]] = b"".join(pieces)
    return found


def by_tar_program(content: bytes) -> Files:
    """GNU tar, or what else is called so."""

    def unpack(path: str, target: str) -> None:
        Path(target).mkdir()
        command = ["tar", "-xzf", path, "-C", target, "--strip-components=1"]
        subprocess.run(command, check=True, capture_output=True)

    return unpacked(content, unpack, "a.tar.gz")


def quietly(read: Callable[[bytes], Files], content: bytes) -> Files | str:
    """What a reader gives, or how it failed."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return read(content)
        except (*UNREADABLE, subprocess.CalledProcessError, AssertionError, UnicodeError) as error:
            return f"{type(error).__name__}: {error}"
        except Exception as error:  # noqa: BLE001  pip's own errors have no common root
            return f"{type(error).__name__}: {error}"

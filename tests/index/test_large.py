"""A large wheel goes up and down in constant memory."""

import base64
import hashlib
import os
import zipfile
from pathlib import Path

import httpx
import pytest

from crucible_pipeline.index.access import Access
from crucible_pipeline.index.directory import DirectoryStore
from index.distributions import metadata
from index.test_server import served

MEBIBYTE = 1 << 20
PIECES = 300
ALLOWED_KIB = 64 * 1024


def large_wheel(folder: Path) -> Path:
    """A wheel of 300 MiB that does not compress."""
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
        with archive.open("large/data.bin", "w") as member:
            for _ in range(PIECES):
                piece = os.urandom(MEBIBYTE)
                digest.update(piece)
                member.write(piece)
        hashed = [("large/data.bin", digest.digest(), PIECES * MEBIBYTE)]
        for name, data in small:
            archive.writestr(name, data)
            hashed.append((name, hashlib.sha256(data).digest(), len(data)))
        for name, value, size in hashed:
            rows.append(f"{name},sha256={base64.urlsafe_b64encode(value).rstrip(b'=').decode()},{size}\n")
        archive.writestr(f"{info}/RECORD", "".join(rows) + f"{info}/RECORD,,\n")
    return path


def resident_peak(process: int) -> int:
    """The most memory a process ever had, in KiB."""
    status = Path(f"/proc/{process}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0])


@pytest.mark.slow
def test_a_wheel_of_300_megabytes_goes_up_and_down_in_constant_memory(tmp_path: Path) -> None:
    data, path = tmp_path / "index", large_wheel(tmp_path)
    _, token = Access(DirectoryStore(data)).create(("*",))
    with served(data, token) as (process, index):
        before = resident_peak(process.pid)
        form = {":action": "file_upload", "protocol_version": "1", "name": "large", "version": "1.0"}
        with path.open("rb") as content, httpx.Client(trust_env=False, timeout=120) as client:
            answer = client.post(
                index.upload_url,
                data=form,
                files={"content": (path.name, content)},
                auth=("__token__", token),
            )
            assert answer.status_code == 200, answer.text
            (file,) = index.catalog.project("large").files
            digest = hashlib.sha256()
            with client.stream("GET", f"{index.url}{file.key}") as response:
                for piece in response.iter_raw(MEBIBYTE):
                    digest.update(piece)
        assert digest.hexdigest() == file.sha256
        assert resident_peak(process.pid) - before < ALLOWED_KIB

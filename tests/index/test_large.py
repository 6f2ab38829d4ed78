"""A large wheel goes up and down in constant memory."""

import hashlib
from pathlib import Path

import httpx
import pytest

from crucible_pipeline.index.access import Access
from crucible_pipeline.index.directory import DirectoryStore
from index.large import MEBIBYTE, large_wheel, resident_peak
from index.test_server import served

MEBIBYTES = 300
ALLOWED_KIB = 64 * 1024


@pytest.mark.slow
def test_a_wheel_of_300_megabytes_goes_up_and_down_in_constant_memory(tmp_path: Path) -> None:
    data, path = tmp_path / "index", large_wheel(tmp_path, MEBIBYTES)
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

"""The program itself: `crucible serve` as a process, killed at any moment, and the care commands."""

import contextlib
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from crucible_pipeline.cli.app import main
from crucible_pipeline.errors import CannotDo, Refused
from crucible_pipeline.index.access import Access
from crucible_pipeline.index.catalog import Catalog
from crucible_pipeline.index.directory import DirectoryStore
from crucible_pipeline.index.server import Running, running, serve
from crucible_pipeline.index.verify import survey
from index.distributions import fetch, noise, post, wheel

PROGRAM = (sys.executable, "-c", "from crucible_pipeline.cli import run; run()", "serve")
# The server without the program around it: it starts in a third of the time.
SERVE = (
    "import sys, pathlib; from crucible_pipeline.index.server import serve; "
    "serve(pathlib.Path(sys.argv[2]), port=int(sys.argv[4]))"
)
SERVER = (sys.executable, "-c", SERVE)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def served(
    data: Path, token: str = "", program: tuple[str, ...] = SERVER
) -> Iterator[tuple[subprocess.Popen[str], Running]]:
    """An index as a process of its own, which is gone afterwards."""
    port = free_port()
    command = [*program, "--data", str(data), "--port", str(port)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    index = Running(f"http://127.0.0.1:{port}/", token, Catalog(DirectoryStore(data)))
    try:
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            assert process.poll() is None, process.communicate()[1]
            with contextlib.suppress(httpx.TransportError):
                if fetch(index, "health").is_success:
                    break
            time.sleep(0.02)
        yield process, index
    finally:
        process.kill()
        process.communicate()


def test_serve_says_where_it_is_and_stops_cleanly_when_asked(tmp_path: Path) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        with served(tmp_path / "index", program=PROGRAM) as (process, index):
            process.send_signal(number)
            out, err = process.communicate(timeout=10)
            assert process.returncode == 0
            assert index.simple_url in err
            assert "crucible index token create --project NAME" in err
            assert out == ""


@pytest.mark.parametrize("seed", range(2))
def test_after_a_kill_in_the_middle_of_uploads_nothing_is_lost_or_torn(seed: int, tmp_path: Path) -> None:
    data = tmp_path / "index"
    _, token = Access(DirectoryStore(data)).create(("*",))
    body = noise(random.Random(seed), 130_000)  # noqa: S311  content, no secret
    dists = [wheel(f"pkg-{number % 3}", f"1.{number}", body=body) for number in range(30)]
    acknowledged: list[str] = []

    def upload(index: Running, start: int) -> None:
        with contextlib.suppress(httpx.TransportError):
            acknowledged.extend(
                dist.filename for dist in dists[start::3] if post(index, dist).status_code == 200
            )

    with served(data, token) as (process, index):
        threads = [threading.Thread(target=upload, args=(index, start)) for start in range(3)]
        for thread in threads:
            thread.start()
        time.sleep(0.1 + 0.15 * seed)
        os.kill(process.pid, signal.SIGKILL)
        for thread in threads:
            thread.join()
    found = survey(Catalog(DirectoryStore(data)))
    assert {finding.kind for finding in found.findings} <= {"orphan", "stale"}
    with served(data, token) as (_, index):
        names = index.catalog.projects()
        listed = {file.name for name in names for file in index.catalog.project(name).files}
        assert set(acknowledged) <= listed
        assert {post(index, dist).status_code for dist in dists} == {200}
    found = survey(Catalog(DirectoryStore(data)))
    assert (found.files, [finding for finding in found.findings if finding.is_fault]) == (30, [])


def test_an_address_that_others_reach_needs_tokens_or_the_word(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="--open"):
        serve(tmp_path, host="0.0.0.0", port=free_port())  # noqa: S104  what is refused here
    assert main(["serve", "--data", str(tmp_path), "--host", "0.0.0.0"]) == 1  # noqa: S104


def test_a_taken_port_is_named(tmp_path: Path) -> None:
    with running() as index:
        port = httpx.URL(index.url).port
        with pytest.raises(CannotDo, match=f"port {port}"):
            serve(tmp_path, port=port or 0)


def test_an_address_of_no_known_storage_is_refused_by_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["serve", "--data", "ftp://bucket/index"]) == 1
    assert "s3://" in capsys.readouterr().err


def test_running_leaves_no_thread_and_no_valid_token(tmp_path: Path) -> None:
    before = threading.active_count()
    with running(tmp_path) as index:
        post(index, wheel())
        token = index.token
    assert threading.active_count() == before
    with running(tmp_path) as index:
        assert post(index, wheel(version="1.1"), token).status_code == 401


def test_several_indexes_run_side_by_side() -> None:
    with running() as one, running() as other:
        post(one, wheel())
        assert fetch(one, "simple/demo-pkg/").status_code == 200
        assert fetch(other, "simple/demo-pkg/").status_code == 404


@pytest.fixture
def data(tmp_path: Path) -> str:
    with running(tmp_path / "index") as index:
        post(index, wheel())
        post(index, wheel(version="1.1"))
    return str(tmp_path / "index")


def test_a_token_is_printed_once_and_alone(data: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["index", "token", "create", "--project", "demo-pkg", "--days", "2", "--data", data]) == 0
    printed = capsys.readouterr()
    secret = printed.out.strip()
    assert printed.out == f"{secret}\n"
    assert secret not in printed.err
    assert main(["index", "token", "list", "--format", "json", "--data", data]) == 0
    listed = capsys.readouterr().out
    (row,) = json.loads(listed)
    assert (row["projects"], secret in listed) == (["demo-pkg"], False)
    assert main(["index", "token", "list", "--data", data]) == 0
    assert row["id"] in capsys.readouterr().out
    Access(DirectoryStore(Path(data))).check(f"Bearer {secret}", "upload", "demo-pkg")
    assert main(["index", "token", "revoke", row["id"], "--data", data]) == 0
    assert main(["index", "token", "revoke", row["id"], "--data", data]) == 1
    assert (
        main(["index", "token", "create", "--project", "demo-pkg", "--allow", "everything", "--data", data])
        == 1
    )


def test_yanking_from_the_command_line_shows_on_the_page(
    data: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["index", "yank", "Demo_Pkg", "1.1", "--reason", "wrong limit", "--data", data]) == 0
    files = Catalog(DirectoryStore(Path(data))).project("demo-pkg").files
    assert [file.yanked for file in files] == [None, "wrong limit"]
    assert main(["index", "unyank", "demo-pkg", "1.1", "--data", data]) == 0
    assert main(["index", "yank", "demo-pkg", "7", "--data", data]) == 1
    assert main(["index", "yank", "demo-pkg", "x", "--data", data]) == 1
    assert main(["index", "yank", "demo-pkg", "1.1", "--data", f"{data}/none"]) == 1


def test_verify_names_each_damage_and_mends_what_can_be_rendered(
    data: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["index", "verify", "--data", data]) == 0
    folder = Path(data)
    files = sorted(path for path in folder.glob("files/*/*/*") if path.suffix == ".whl")
    (folder / "simple/demo-pkg/index.html").write_text("stale")
    (folder / "simple/index.html").unlink()
    assert main(["index", "verify", "--data", data]) == 1
    capsys.readouterr()
    assert main(["index", "verify", "--repair", "--data", data]) == 0
    capsys.readouterr()
    files[0].write_bytes(b"damaged")
    files[1].unlink()
    (files[1].parent / "orphan.whl").write_bytes(b"")
    assert main(["index", "verify", "--format", "json", "--data", data]) == 1
    document = json.loads(capsys.readouterr().out)
    assert document["sound"] is False
    assert [finding["kind"] for finding in document["findings"]] == ["damaged", "missing", "orphan"]

"""The clients as they are: each test runs the real program."""

import functools
import hashlib
import http.server
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.version import Version

from crucible_pipeline.index.server import Running, running
from index.distributions import Dist, Members, metadata, post, sdist, wheel

BIN = Path(sys.executable).parent


def run(environment: dict[str, str], *command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(part) for part in command],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def twine(
    environment: dict[str, str], index: Running, folder: Path, dist: Dist, *options: str
) -> subprocess.CompletedProcess[str]:
    folder.mkdir(exist_ok=True)
    path = folder / dist.filename
    path.write_bytes(dist.content)
    secret = {**environment, "TWINE_USERNAME": "__token__", "TWINE_PASSWORD": index.token}
    command = [
        sys.executable,
        "-m",
        "twine",
        "upload",
        "--non-interactive",
        "--disable-progress-bar",
        *options,
    ]
    return run(secret, *command, "--repository-url", index.upload_url, path)


def test_twine_uploads_and_pip_and_uv_install(
    folder_index: Running, clean_environment: dict[str, str], tmp_path: Path
) -> None:
    for dist in (
        wheel(body=b"VALUE = 7\n", more="Requires-Dist: base-pkg\n"),
        wheel("base-pkg"),
        sdist("base-pkg"),
    ):
        done = twine(clean_environment, folder_index, tmp_path / "dist", dist)
        assert done.returncode == 0, done.stdout + done.stderr
    again = twine(clean_environment, folder_index, tmp_path / "dist", wheel("base-pkg"))
    assert again.returncode == 0, again.stdout + again.stderr
    at = ("--index-url", folder_index.simple_url, "demo-pkg==1.*")
    pip = run(
        clean_environment,
        sys.executable,
        "-m",
        "pip",
        "install",
        "--no-cache-dir",
        "--target",
        tmp_path / "pip",
        *at,
    )
    assert pip.returncode == 0, pip.stderr
    uv = run(clean_environment, BIN / "uv", "pip", "install", "--no-cache", "--target", tmp_path / "uv", *at)
    assert uv.returncode == 0, uv.stderr
    for target in ("pip", "uv"):
        assert (tmp_path / target / "demo_pkg/__init__.py").read_bytes() == b"VALUE = 7\n"
        assert (tmp_path / target / "base_pkg/__init__.py").exists()


def test_uv_publishes_and_pip_downloads_with_hashes(
    index: Running, clean_environment: dict[str, str], tmp_path: Path
) -> None:
    path = tmp_path / wheel().filename
    path.write_bytes(wheel().content)
    secret = {**clean_environment, "UV_PUBLISH_TOKEN": index.token}
    done = run(
        secret,
        BIN / "uv",
        "publish",
        "--trusted-publishing",
        "never",
        "--publish-url",
        index.upload_url,
        path,
    )
    assert done.returncode == 0, done.stderr
    digest = hashlib.sha256(wheel().content).hexdigest()
    (tmp_path / "requirements.txt").write_text(f"demo-pkg==1.0 --hash=sha256:{digest}\n")
    pip = (
        sys.executable,
        "-m",
        "pip",
        "download",
        "--no-cache-dir",
        "--dest",
        tmp_path / "got",
        "--require-hashes",
    )
    got = run(clean_environment, *pip, "--index-url", index.simple_url, "-r", tmp_path / "requirements.txt")
    assert got.returncode == 0, got.stderr
    assert (tmp_path / "got" / wheel().filename).read_bytes() == wheel().content


def test_installers_avoid_a_yanked_release_and_tell_the_reason_to_those_who_pin_it(
    index: Running, clean_environment: dict[str, str], tmp_path: Path
) -> None:
    post(index, wheel(version="1.0"))
    post(index, wheel(version="1.1"))
    index.catalog.yank("demo-pkg", Version("1.1"), "the limit is wrong")
    pip = (
        sys.executable,
        "-m",
        "pip",
        "download",
        "--no-cache-dir",
        "--index-url",
        index.simple_url,
        "--dest",
        tmp_path,
    )
    assert "demo_pkg-1.0-" in run(clean_environment, *pip, "demo-pkg").stdout
    pinned = run(clean_environment, *pip, "demo-pkg==1.1")
    assert "demo_pkg-1.1-" in pinned.stdout
    assert "the limit is wrong" in pinned.stdout + pinned.stderr


def test_a_client_reads_with_a_token_where_strangers_may_not(
    clean_environment: dict[str, str], tmp_path: Path
) -> None:
    with running(anonymous_read=False) as index:
        post(index, wheel())
        pip = (
            sys.executable,
            "-m",
            "pip",
            "download",
            "--no-cache-dir",
            "--no-input",
            "--dest",
            tmp_path,
            "--index-url",
        )
        assert run(clean_environment, *pip, index.simple_url, "demo-pkg").returncode != 0
        with_token = index.simple_url.replace("://", f"://__token__:{index.token}@")
        done = run(clean_environment, *pip, with_token, "demo-pkg")
        assert done.returncode == 0, done.stderr
        assert index.token not in done.stdout + done.stderr


def change(members: Members) -> None:
    members[0] = (members[0][0], b"VALUE = 666\n")


TAMPERED: dict[str, tuple[Dist, str]] = {
    "name": (
        wheel(inside=metadata("evil", "1.0")),
        "the form names the project evil and the file is demo_pkg-1.0-",
    ),
    "version": (
        wheel(inside=metadata("demo-pkg", "6.6")),
        "the form names the version 6.6 and the file is demo_pkg-1.0-",
    ),
    "RECORD": (wheel(after=change), "holds demo_pkg/__init__.py with another hash than its RECORD says"),
    "extra file": (
        wheel(after=lambda each: each.append(("x.pth", b"import x"))),
        "holds x.pth, which its RECORD does not list",
    ),
    "traversal": (
        wheel(before=lambda each: each.append(("../x.py", b""))),
        "x.py, a path that leads outside of it",
    ),
    "bomb": (
        wheel(before=lambda each: each.append(("bomb", bytes(70 << 20)))),
        "would unpack to more than the 64 MiB",
    ),
}


@pytest.fixture(scope="module")
def shared_index() -> Iterator[Running]:
    with running() as server:
        yield server


@pytest.mark.parametrize("case", TAMPERED)
def test_twine_shows_why_a_tampered_wheel_is_refused(
    case: str, shared_index: Running, clean_environment: dict[str, str], tmp_path: Path
) -> None:
    dist, sentence = TAMPERED[case]
    done = twine(clean_environment, shared_index, tmp_path / "dist", dist, "--verbose")
    assert done.returncode == 1
    assert sentence in " ".join((done.stdout + done.stderr).split())
    assert shared_index.catalog.projects() == ()


def test_uv_shows_why_a_tampered_wheel_is_refused(
    shared_index: Running, clean_environment: dict[str, str], tmp_path: Path
) -> None:
    dist, sentence = TAMPERED["RECORD"]
    path = tmp_path / dist.filename
    path.write_bytes(dist.content)
    secret = {**clean_environment, "UV_PUBLISH_TOKEN": shared_index.token}
    done = run(
        secret,
        BIN / "uv",
        "publish",
        "--trusted-publishing",
        "never",
        "--publish-url",
        shared_index.upload_url,
        path,
    )
    assert done.returncode != 0
    assert sentence in done.stderr


def test_pip_installs_from_the_folder_served_as_plain_files(
    folder_index: Running, clean_environment: dict[str, str], tmp_path: Path
) -> None:
    post(folder_index, wheel(more="Requires-Dist: base-pkg\n"))
    post(folder_index, wheel("base-pkg"))

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    handler = functools.partial(Quiet, directory=tmp_path / "index")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as plain:
        threading.Thread(target=plain.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{plain.server_port}/simple/"
        pip = (
            sys.executable,
            "-m",
            "pip",
            "install",
            "--no-cache-dir",
            "--target",
            tmp_path / "got",
            "--index-url",
            url,
        )
        done = run(clean_environment, *pip, "demo-pkg")
        plain.shutdown()
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "got/base_pkg/__init__.py").exists()

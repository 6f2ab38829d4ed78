"""Killed after each step and run again: one release, the right bytes, nothing lost."""

import os
import signal
import subprocess
from pathlib import Path

import pytest

from crucible_pipeline.index.server import running
from crucible_pipeline.release.gate import gate
from release.one_release import CRUCIBLE, PYTHON, SDIST, TARBALL, WHEEL, Published, environment

STEPS = ("preconditions", "build", "reproduced", "SBOM", "contents", "smoke", "attestation", "registries")
# With --dist the second attempt takes up what the first left there; without, it makes everything anew.
KILLS = [*((step, "") for step in (*STEPS, "upload")), ("smoke", "dist"), ("registries", "dist")]


def command(url: str, key: Path, *more: str) -> list[str]:
    argv = [str(CRUCIBLE), "publish", "--repository", url, "--signing-key", str(key), "--python", PYTHON]
    return [*argv, *more]


def killed_after(step: str, argv: list[str], root: Path, environ: dict[str, str]) -> str:
    """Run a publication and kill it with all below it as soon as it has told of a step."""
    with subprocess.Popen(
        argv, cwd=root, env=environ, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        assert process.stderr is not None
        told = ""
        for line in process.stderr:
            told += line
            if line.startswith(step):
                os.killpg(process.pid, signal.SIGKILL)
                break
        process.stderr.read()
    assert process.returncode == -signal.SIGKILL, told
    return told


@pytest.mark.slow
@pytest.mark.parametrize(("step", "kept"), KILLS)
def test_killed_after_a_step_and_run_again_there_is_one_release_with_the_right_bytes(
    step: str, kept: str, published: Published, tmp_path: Path
) -> None:
    shop = published.shop
    (tmp_path / "scratch").mkdir()
    more = ["--dist", str(tmp_path / "dist")] if kept else []
    with running(gate=gate) as index:
        environ = environment(CRUCIBLE_TOKEN=index.token, TMPDIR=str(tmp_path / "scratch"))
        argv = command(index.upload_url, published.key, *more)
        told = killed_after(step, argv, shop.root, environ)
        assert "confirmation" not in told
        done = subprocess.run(argv, cwd=shop.root, env=environ, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        listed = {file.name: file.sha256 for file in index.catalog.project("crucible-shared").files}
    # Built by another process at another time, and yet the bytes of the release that the fixture made.
    assert listed == {one["name"]: one["sha256"] for one in published.document["files"]}
    if kept:
        for name in (WHEEL, SDIST, TARBALL):
            assert (tmp_path / "dist" / name).read_bytes() == (published.dist / name).read_bytes()


@pytest.mark.slow
def test_a_tag_moved_after_publishing_is_refused_with_what_to_do(
    published: Published, tmp_path: Path
) -> None:
    copy = published.shop.copy(tmp_path / "repository")
    copy.repository.run("commit", "--quiet", "--allow-empty", "--message", "After the release")
    copy.repository.run("tag", "--force", "--annotate", "--message", "moved", "v0.1.0")
    done = subprocess.run(
        command(published.index.upload_url, published.key),
        cwd=copy.root,
        env=environment(CRUCIBLE_TOKEN=published.index.token),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    assert "with other content" in done.stderr
    assert "put a moved tag back" in done.stderr
    listed = {file.name: file.sha256 for file in published.index.catalog.project("crucible-shared").files}
    assert listed == {one["name"]: one["sha256"] for one in published.document["files"]}

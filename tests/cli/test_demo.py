"""The whole road, walked by the program on a clone of this checkout."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def processes_of(folder: Path) -> list[str]:
    """Command lines of running processes that name a folder or work in it."""
    found: list[str] = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            if str(folder) in words or (process / "cwd").resolve().is_relative_to(folder):
                found.append(words)
        except OSError:
            continue
    return found


@pytest.mark.slow
def test_the_demo_walks_the_whole_road_and_leaves_nothing_behind(tmp_path: Path) -> None:
    checkout, scratch = tmp_path / "checkout", tmp_path / "scratch"
    scratch.mkdir()
    subprocess.run(["git", "clone", "--quiet", ROOT, checkout], check=True)
    done = subprocess.run(
        [sys.executable, "-m", "crucible_pipeline.cli", "demo"],
        cwd=checkout,
        env=os.environ | {"TMPDIR": str(scratch), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    told = done.stdout
    for line in (
        "running True 300",
        "0.3.1 is too small",
        "crucible-shared 0.4.0 is published",
        "`EvaluationOutcome.TIMEOUT`",
        "-crucible-shared==0.3.*",
        "+crucible-shared==0.4.*",
    ):
        assert line in told
    assert list(scratch.iterdir()) == []
    status = subprocess.run(["git", "status", "--porcelain"], cwd=checkout, capture_output=True, check=True)
    assert status.stdout == b""
    tags = subprocess.run(["git", "tag"], cwd=checkout, capture_output=True, text=True, check=True)
    assert "v0.4.0" not in tags.stdout
    assert processes_of(tmp_path) == []


def test_outside_a_checkout_the_demo_says_what_it_needs(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "crucible_pipeline.cli", "demo"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert done.stderr.strip()

"""The whole road, walked by the program on a clone of this checkout."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from crucible_pipeline.cli.demo_story import NAME, story_of
from crucible_pipeline.contracts.project import find_project
from crucible_pipeline.errors import CannotDo, Refused

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


def test_the_story_of_this_checkout_still_fits_its_contracts_and_services() -> None:
    story = story_of(ROOT)
    assert (str(story.first), str(story.too_small), str(story.second)) == ("0.3.0", "0.3.1", "0.4.0")
    assert "==0.3.*" in (ROOT / "examples" / story.service / "requirements.txt").read_text()
    folder = find_project(ROOT / "contracts").contracts
    for edit in story.edits:
        assert (folder / edit.file).read_text().count(edit.old) == 1


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (("first = ", "# "), "first"),
        (("[[edit]]", "[edit]"), "edit"),
        (('service = "', 'service = "../'), "no folder below examples"),
        (("first", "first = "), "broken"),
    ],
)
def test_a_story_that_is_none_is_refused_with_what_is_missing(
    change: tuple[str, str], why: str, tmp_path: Path
) -> None:
    with pytest.raises(CannotDo, match="crucible init"):
        story_of(tmp_path)
    text = (ROOT / NAME).read_text()
    end = text.index("[[edit]]", text.index("[[edit]]") + 1)
    (tmp_path / NAME).parent.mkdir()
    (tmp_path / NAME).write_text(text[:end].replace(*change, 1))
    with pytest.raises(Refused, match=why):
        story_of(tmp_path)

"""What judging the real package's wheel and sdist costs, beside the program that others check theirs with."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench import measure
from bench.table import Row
from crucible_pipeline.index.archive import judged
from crucible_pipeline.index.names import parse_filename

ROOT = Path(__file__).parents[2]
PROMISED_SECONDS = 0.150


def rows() -> Iterator[Row]:
    """The whole judgement within one process, and both programs as processes."""
    with tempfile.TemporaryDirectory() as folder:
        files = _built(Path(folder))
        calls = measure.calls({"ours": lambda: _judge(files)}, 5, 5)
        spent = calls["ours"].wall
        size = sum(path.stat().st_size for path in files)
        yield Row(
            f"all archive checks of {len(files)} files ({size / 1000:.0f} kB)",
            f"{spent * 1000:.0f} ms",
            f"of processor time {calls['ours'].cpu * 1000:.0f} ms",
            f"{spent * 1000:.0f}",
            f"≤ {PROMISED_SECONDS * 1000:.0f} ms",
            spent <= PROMISED_SECONDS,
        )
        programs = {
            "ours": [_program("crucible"), "index", "check", *map(str, files)],
            "twine": [_program("twine"), "check", "--strict", *map(str, files)],
        }
        costs = measure.processes(programs, 5)
        ours, theirs = costs["ours"].wall, costs["twine"].wall
        yield Row(
            "the same as a program",
            f"{ours:.2f} s",
            f"twine check --strict {theirs:.2f} s",
            f"{ours / theirs:.2f}",
            "-",
            kept=True,
        )


def _judge(files: list[Path]) -> None:
    for path in files:
        with path.open("rb") as content:
            judged(parse_filename(path.name), content, path.stat().st_size)


def _program(name: str) -> str:
    return str(Path(sys.executable).with_name(name))


def _built(folder: Path) -> list[Path]:
    """The sdist and the wheel of the commit that is checked out."""
    tree = folder / "tree"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(tree)], check=True)
    command = [sys.executable, "-P", "-m", "build", "--outdir", str(folder / "dist"), str(tree)]
    # From the folder of the clone, `build` could be a folder of that name.
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=dict(os.environ), cwd=folder)
    return sorted((folder / "dist").iterdir())

"""From a tag to a working clean install: by hand with pip, by hand with uv, and by `crucible publish`.

All three in turn, on one repository, each time against an empty index on loopback. What a side leaves out
is no less to its credit: pip's and uv's chains build once and check little.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from pathlib import Path

from bench.measure import Cost
from bench.table import Row
from crucible_pipeline.index.server import Running, running
from crucible_pipeline.release.cut import carry_out, plan
from crucible_pipeline.release.gate import gate
from release.contracts_repository import Workshop, workshop

ROUNDS = 3
SIZES = (40, 320)
BIN = Path(sys.executable).parent
DAY = date(2026, 11, 24)
SCHEMA = """\
openapi: 3.1.0
info: {{title: Part {number}, version: from-git-tag}}
components:
  schemas:
    Part{number}:
      type: object
      required: [code]
      properties:
        code: {{type: string, maxLength: 80}}
        count: {{type: integer, minimum: 0, default: {number}}}
"""
IMPORT = "from crucible_shared import JobRequest; JobRequest(code='x')"


def rows() -> Iterator[Row]:
    """The chain beside its two peers, and its growth with the number of contracts."""
    with tempfile.TemporaryDirectory(prefix="crucible-bench-") as folder:
        place = Path(folder)
        os.environ.update(_identity(place))
        shop = _released(place / "one", 0)
        sides: dict[str, Callable[[Path], Cost]] = {
            "pip": lambda out: _by_hand(_pip(shop, out), out),
            "uv": lambda out: _by_hand(_uv(shop, out), out),
            "crucible": lambda out: _published(shop, out),
        }
        found: dict[str, list[Cost]] = {side: [] for side in sides}
        for number in range(ROUNDS):
            for side, run in sides.items():
                out = place / f"{side}{number}"
                out.mkdir()
                found[side].append(run(out))
        median = {side: _median(costs) for side, costs in found.items()}
        for side, most, name in (
            ("pip", 0.4, "build, twine check, twine upload, venv, pip install"),
            ("uv", 1.0, "uv build, twine check, uv publish, uv venv, uv pip install"),
        ):
            ratio = median["crucible"].wall / median[side].wall
            ours, theirs = _told(median["crucible"]), f"{name}: {_told(median[side])}"
            yield Row("tag to clean install", ours, theirs, f"{ratio:.2f}", f"≤ {most}", ratio <= most)
        yield _growth(place)


def _median(costs: Sequence[Cost]) -> Cost:
    return Cost(statistics.median(one.wall for one in costs), statistics.median(one.cpu for one in costs))


def _told(cost: Cost) -> str:
    """Wall time, and that of the processors, which a busy machine changes less."""
    return f"{cost.wall:.1f} s, {cost.cpu:.1f} s of processors"


def _growth(place: Path) -> Row:
    few, many = SIZES
    times: list[float] = []
    for size in SIZES:
        shop = _released(place / f"size{size}", size)
        (place / f"out{size}").mkdir()
        times.append(_published(shop, place / f"out{size}").wall)
    ratio = times[1] / times[0]
    most = many / few
    return Row(
        f"publish {many} contracts beside {few}",
        f"{times[1]:.1f} s",
        f"{few} contracts: {times[0]:.1f} s",
        f"{ratio:.2f}",
        f"≤ {most:g}",
        ratio <= most,
    )


def _released(root: Path, more: int) -> Workshop:
    """A contracts repository with its first release, and so many contracts more."""
    shop = workshop(root)
    if more:
        for number in range(more):
            (root / "contracts" / f"part-{number}.yaml").write_text(SCHEMA.format(number=number))
        shop.generate()
        shop.commit("More")
    carry_out(plan(shop.package_released, None, DAY, None, {}), shop.repository, push=False)
    return shop


def _identity(place: Path) -> dict[str, str]:
    config = place / "gitconfig"
    config.write_text("[user]\nname = A\nemail = a@packages.example\n")
    return {"GIT_CONFIG_GLOBAL": os.fspath(config), "GIT_CONFIG_NOSYSTEM": "1"}


def _pip(shop: Workshop, out: Path) -> Callable[[Running], list[Sequence[str]]]:
    def commands(index: Running) -> list[Sequence[str]]:
        python, dist, venv = sys.executable, os.fspath(out / "dist"), out / "venv"
        files = _files(out)
        inside = os.fspath(venv / "bin" / "python")
        simple = index.upload_url.replace("/legacy/", "/simple/")
        install = ["install", "--quiet", "--extra-index-url", simple, "crucible-shared==0.1.*"]
        return [
            [python, "-P", "-m", "build", "--outdir", dist, os.fspath(shop.root)],
            [python, "-P", "-m", "twine", "check", "--strict", *files],
            [python, "-P", "-m", "twine", "upload", "--repository-url", index.upload_url, *files],
            [python, "-m", "venv", os.fspath(venv)],
            [inside, "-m", "pip", *install],
            [inside, "-c", IMPORT],
        ]

    return commands


def _files(out: Path) -> list[str]:
    return [
        os.fspath(out / "dist" / f"crucible_shared-0.1.0{end}") for end in (".tar.gz", "-py3-none-any.whl")
    ]


def _uv(shop: Workshop, out: Path) -> Callable[[Running], list[Sequence[str]]]:
    def commands(index: Running) -> list[Sequence[str]]:
        uv, dist, venv = os.fspath(BIN / "uv"), os.fspath(out / "dist"), out / "venv"
        inside = os.fspath(venv / "bin" / "python")
        simple = index.upload_url.replace("/legacy/", "/simple/")
        return [
            [uv, "build", "--quiet", "--out-dir", dist, os.fspath(shop.root)],
            [sys.executable, "-P", "-m", "twine", "check", "--strict", *_files(out)],
            [uv, "publish", "--quiet", "--publish-url", index.upload_url, f"{dist}/*"],
            [uv, "venv", "--quiet", "--python", sys.executable, os.fspath(venv)],
            [
                uv,
                "pip",
                "install",
                "--quiet",
                "--python",
                inside,
                "--index",
                simple,
                "crucible-shared==0.1.*",
            ],
            [inside, "-c", IMPORT],
        ]

    return commands


def _by_hand(commands: Callable[[Running], list[Sequence[str]]], out: Path) -> Cost:
    with running(gate=gate) as index:
        given = {
            "TWINE_USERNAME": "__token__",
            "TWINE_PASSWORD": index.token,
            "UV_PUBLISH_USERNAME": "__token__",
            "UV_PUBLISH_PASSWORD": index.token,
        }
        return _timed(commands(index), out, given)


def _published(shop: Workshop, out: Path) -> Cost:
    with running(gate=gate) as index:
        argv = [os.fspath(BIN / "crucible"), "publish", "--repository", index.upload_url]
        return _timed([argv], shop.root, {"CRUCIBLE_TOKEN": index.token, "TMPDIR": os.fspath(out)})


def _timed(commands: list[Sequence[str]], folder: Path, given: dict[str, str]) -> Cost:
    # An interpreter that may not keep what it compiled would cost every side the same again and again.
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    began, used = time.perf_counter(), os.times()
    for command in commands:
        done = subprocess.run(
            command, cwd=folder, env={**environ, **given}, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise RuntimeError(f"exit {done.returncode}: {' '.join(command)}\n{done.stdout}{done.stderr}")
    ended = os.times()
    cpu = ended.children_user + ended.children_system - used.children_user - used.children_system
    return Cost(time.perf_counter() - began, cpu)

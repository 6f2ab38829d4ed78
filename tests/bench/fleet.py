"""Many services at once beside Renovate: time, memory, requests, and ten times as many services."""

import contextlib
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx

from bench import measure
from bench.measure import Cost
from bench.peers import PLACE
from bench.table import Row

FEW, MANY = 50, 500
ROUNDS = 3
RENOVATE = {"renovate": "44.121.2", "node": "24.21.0"}
HOME = PLACE / "renovate"
TWENTIETH, QUARTER, TENFOLD = 1 / 20, 1 / 4, 10.5
_ANSWERED = re.compile(r"^crucible_requests_total\{[^}]*\} ([0-9.]+)$", re.MULTILINE)
# Renovate looks at every file of a repository for some hundred managers; here for the one that counts.
SETTINGS = {
    "onboarding": False,
    "requireConfig": "optional",
    "enabledManagers": ["pip_requirements"],
    "packageRules": [{"matchPackageNames": ["!crucible-shared"], "enabled": False}],
}


@dataclass(frozen=True)
class Place:
    """Where everything is.

    Args:
        folder: with the repositories, the lists and the caches.
        index: its simple API.
        token: that may read its counters.
    """

    folder: Path
    index: str
    token: str

    def upgrade(self, count: int) -> list[str]:
        """The command for so many services."""
        options = ["--services", str(self.folder / f"services-{count}.toml"), "--index-url", self.index]
        cache = ["--cache", str(self.folder / "cache")]
        return [sys.executable, "-m", "crucible_pipeline.cli", "upgrade", *options, *cache, "--push"]

    def afresh(self) -> None:
        """No clone, no answer of the index, and no branch of ours at a remote."""
        shutil.rmtree(self.folder / "cache", ignore_errors=True)
        for refs in self.folder.glob("remotes/*/refs/heads/crucible"):
            shutil.rmtree(refs)

    def requests(self) -> int:
        """How many requests the index answered, this one not counted."""
        address = self.index.removesuffix("simple/") + "metrics"
        text = httpx.get(address, auth=("__token__", self.token)).raise_for_status().text
        return sum(int(float(number)) for number in _ANSWERED.findall(text))


@contextlib.contextmanager
def place() -> Generator[Place]:
    """Repositories and an index, as long as the block runs."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "bench.fleet_place", folder, str(FEW), str(MANY)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as world:
            assert world.stdin is not None and world.stdout is not None  # noqa: PT018  both are pipes
            index, _, token = world.stdout.readline().strip().partition(" ")
            yield Place(Path(folder), index, token)
            world.stdin.close()


def rows() -> Iterator[Row]:
    """A first run, a run with nothing to do, ten times as many, and Renovate on the same repositories."""
    with place() as where:
        first, again, asked = _few(where)
        yield Row(
            f"requests to the index for {FEW} services with nothing to do",
            str(asked),
            f"{FEW} services",
            f"{asked}",
            "= 1",
            asked == 1,
        )
        where.afresh()
        many = measure.process(where.upgrade(MANY))
        yield Row(
            f"{MANY} services beside {FEW}, processor time",
            f"{many.cpu:.1f} s, {many.megabytes:.0f} MB",
            f"{first.cpu:.1f} s, {first.megabytes:.0f} MB",
            f"{many.cpu / first.cpu:.2f}",
            f"≤ {TENFOLD}",
            many.cpu <= TENFOLD * first.cpu,
        )
        where.afresh()
        theirs = _renovate(where)
    for what, ours in (("cloned, committed and pushed", first), ("nothing to do", again)):
        yield from _beside(f"{FEW} services, {what}", ours, theirs)


def _few(where: Place) -> tuple[Cost, Cost, int]:
    """Medians of the first run and of one with nothing to do, and the requests of the latter."""
    first: list[Cost] = []
    again: list[Cost] = []
    asked = 0
    for _ in range(ROUNDS):
        where.afresh()
        first.append(measure.process(where.upgrade(FEW)))
        before = where.requests()
        again.append(measure.process(where.upgrade(FEW)))
        # the count itself is one of them
        asked = where.requests() - before - 1
    return _median(first), _median(again), asked


def _median(costs: list[Cost]) -> Cost:
    return Cost(
        statistics.median(cost.wall for cost in costs),
        statistics.median(cost.cpu for cost in costs),
        max(cost.megabytes for cost in costs),
    )


def _beside(what: str, ours: Cost, theirs: Cost | None) -> Iterator[Row]:
    if theirs is None:
        yield Row(
            what,
            f"{ours.wall:.1f} s, {ours.megabytes:.0f} MB",
            "Renovate cannot be installed",
            "-",
            "-",
            kept=True,
        )
        return
    time, room = ours.wall / theirs.wall, ours.megabytes / theirs.megabytes
    name = f"Renovate {RENOVATE['renovate']}, look-up only"
    yield Row(
        what,
        f"{ours.wall:.2f} s",
        f"{theirs.wall:.1f} s ({name})",
        f"1/{1 / time:.0f}",
        "≤ 1/20",
        time <= TWENTIETH,
    )
    yield Row(
        f"{what}, processor time",
        f"{ours.cpu:.2f} s",
        f"{theirs.cpu:.1f} s",
        f"1/{theirs.cpu / ours.cpu:.0f}",
        "-",
        kept=True,
    )
    yield Row(
        f"{what}, memory",
        f"{ours.megabytes:.0f} MB",
        f"{theirs.megabytes:.0f} MB",
        f"1/{1 / room:.1f}",
        "≤ 1/4",
        room <= QUARTER,
    )


def _renovate(where: Place) -> Cost | None:
    """Renovate on the same repositories, one after the other as it does; None where it cannot be installed.

    Its platform `local` only looks up what it would change: it neither commits nor pushes.
    """
    node = _installed()
    if node is None:
        return None
    settings = where.folder / "renovate.json"
    settings.write_text(
        json.dumps({**SETTINGS, "registryUrls": [where.index], "baseDir": str(where.folder / "r")})
    )
    os.environ.update({"RENOVATE_CONFIG_FILE": str(settings), "LOG_LEVEL": "warn"})
    program = str(HOME / "node_modules" / "renovate" / "dist" / "renovate.js")
    costs: list[Cost] = []
    for number in range(FEW):
        clone = where.folder / "clones" / f"service-{number}"
        bare = where.folder / "remotes" / f"service-{number}.git"
        subprocess.run(["git", "clone", "--quiet", str(bare), str(clone)], check=True)
        costs.append(measure.process([str(node), program, "--platform=local"], clone))
    return Cost(
        sum(cost.wall for cost in costs),
        sum(cost.cpu for cost in costs),
        statistics.median(cost.megabytes for cost in costs),
    )


def _installed() -> Path | None:
    """The node that Renovate needs, installed with it once; None where the registry does not give them."""
    node = HOME / "node_modules" / "node" / "bin" / "node"
    if not (node.exists() and (HOME / "node_modules" / "renovate" / "dist" / "renovate.js").exists()):
        HOME.mkdir(parents=True, exist_ok=True)
        wanted = [f"{name}@{version}" for name, version in RENOVATE.items()]
        npm = ["npm", "install", "--no-audit", "--no-fund", "--silent", "--no-save", *wanted]
        if subprocess.run(npm, check=False, cwd=HOME).returncode:
            return None
    return node if node.exists() else None

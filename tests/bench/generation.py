"""Figures of generation: this repository, and GitHub's description beside the other generators."""

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench import peers
from bench.measure import Cost, process, processes
from bench.table import Row

CRUCIBLE = str(Path(sys.executable).parent / "crucible")
_ROUNDS = 3


def rows() -> Iterator[Row]:
    """Every figure of generation."""
    yield _repository()
    peers.install()
    with tempfile.TemporaryDirectory() as place:
        yield from _github(Path(place))


def _repository() -> Row:
    cost = processes({"ours": [CRUCIBLE, "generate"]}, 9, peers.ROOT)["ours"]
    said = f"{cost.wall:.2f} s ({cost.cpu:.2f} s CPU)"
    return Row("`crucible generate` on this repository", said, "-", "-", "< 0.3 s", cost.wall < 0.3)


def _github(place: Path) -> Iterator[Row]:
    refused = peers.prepared(place)
    source = place / "contracts" / "github.json"
    for problem in refused:
        sys.stderr.write(f"left out of GitHub's description: the default at {problem}\n")
    what = f"GitHub's 969 schemas ({len(refused)} wrong defaults left out)"
    ours = [CRUCIBLE, "generate", "--contracts", str(source.parent), "--out"]
    theirs = [str(peers.DATAMODEL), "--input", str(source), "--input-file-type", "openapi"]
    theirs += ["--output-model-type", "pydantic_v2.BaseModel", "--formatters", "builtin", "--output"]
    (place / "theirs").mkdir()
    cost = {"ours": [], "theirs": [], "types": []}  # type: dict[str, list[Cost]]
    for number in range(_ROUNDS):
        # Into a new place each time, as a first generation is.
        cost["ours"].append(process([*ours, str(place / f"ours{number}")]))
        cost["theirs"].append(process([*theirs, str(place / "theirs" / "models.py")]))
        cost["types"].append(
            process([str(peers.TYPESCRIPT), str(source), "-o", str(place / "theirs" / "types.ts")])
        )
    one, other, types = (sorted(costs, key=lambda cost: cost.wall)[_ROUNDS // 2] for costs in cost.values())
    yield _times(f"{what}, Python and TypeScript", one, other, "datamodel-code-generator")
    share = one.megabytes / other.megabytes
    yield Row(
        f"{what}, memory",
        f"{one.megabytes:.0f} MB",
        f"datamodel-code-generator {other.megabytes:.0f} MB",
        f"{share:.2f}",
        "< 0.25",
        share < 0.25,
    )
    yield Row(
        f"{what}, beside TypeScript types alone",
        f"{one.wall:.1f} s",
        f"openapi-typescript {types.wall:.1f} s, {types.megabytes:.0f} MB",
        f"{one.wall / types.wall:.1f} times its time",
        "-",
        kept=True,
    )
    yield _growth(place)
    yield from _first_use(place)


def _times(what: str, ours: Cost, theirs: Cost, name: str) -> Row:
    faster = theirs.wall / ours.wall
    said, beside = (
        f"{ours.wall:.1f} s ({ours.cpu:.1f} CPU)",
        f"{name} {theirs.wall:.1f} s ({theirs.cpu:.1f} CPU)",
    )
    return Row(what, said, beside, f"{faster:.1f} times faster", "≥ 10", faster >= 10)


def _growth(place: Path) -> Row:
    costs: dict[int, Cost] = {}
    for count in (1, 10):
        command = [CRUCIBLE, "generate", "--contracts", str(place / f"copies{count}")]
        costs[count] = process([*command, "--out", str(place / f"grown{count}")])
    ratio = costs[10].cpu / costs[1].cpu
    said = f"9,690 schemas {costs[10].cpu:.1f} s CPU, {costs[10].megabytes:.0f} MB"
    beside = f"969 schemas {costs[1].cpu:.1f} s CPU, {costs[1].megabytes:.0f} MB"
    return Row("ten times the schemas", said, beside, f"{ratio:.1f}", "≤ 11", ratio <= 11)


def _first_use(place: Path) -> Iterator[Row]:
    use = "SimpleUser.model_json_schema()"
    sides = {
        "ours": [sys.executable, "-c", f"from contracts import SimpleUser; {use}"],
        "theirs": [str(peers.DATAMODEL.parent / "python"), "-c", f"from models import SimpleUser; {use}"],
    }
    folders = {"ours": place / "ours0" / "python", "theirs": place / "theirs"}
    costs = {side: processes({side: command}, 5, folders[side])[side] for side, command in sides.items()}
    one, other = costs["ours"], costs["theirs"]
    yield Row(
        "the result imports and one model of it is usable",
        f"{one.wall:.2f} s, {one.megabytes:.0f} MB",
        f"datamodel-code-generator {other.wall:.2f} s, {other.megabytes:.0f} MB",
        f"{other.wall / one.wall:.1f} times faster",
        "< 0.3 s",
        one.wall < 0.3,
    )

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
# The modules that the other generator makes too: no reference page, no contract as data, no TypeScript.
_MODULES = """
import gc, sys
from pathlib import Path
from crucible_pipeline.contracts.project import find_project, load_project
from crucible_pipeline.generate.python import code
from crucible_pipeline.generate.write import write
gc.disable()
files = code(load_project(find_project(Path(sys.argv[1]))))
write({f"python/{path}": text for path, text in files.items()}, {"python": Path(sys.argv[2])})
"""


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
    (place / "theirs").mkdir()
    theirs = [str(peers.DATAMODEL), "--input", str(source), "--input-file-type", "openapi"]
    theirs += ["--output-model-type", "pydantic_v2.BaseModel", "--formatters", "builtin", "--output"]
    theirs += [str(place / "theirs" / "models.py")]
    types = [str(peers.TYPESCRIPT), str(source), "-o", str(place / "theirs" / "types.ts")]
    costs: dict[str, list[Cost]] = {}
    for number in range(_ROUNDS):
        # Into a new place each time, as a first generation is.
        whole = [CRUCIBLE, "generate", "--contracts", str(source.parent)]
        costs.setdefault("whole", []).append(process([*whole, "--out", str(place / f"ours{number}")]))
        for target in ("python", "typescript"):
            folder = _project(place / f"{target}{number}", target)
            costs.setdefault(target, []).append(process([CRUCIBLE, "generate"], folder))
        modules = [sys.executable, "-c", _MODULES, str(source.parent), str(place / f"modules{number}")]
        costs.setdefault("modules", []).append(process(modules))
        costs.setdefault("models", []).append(process(theirs))
        costs.setdefault("types", []).append(process(types))
    cost = {side: sorted(found, key=lambda one: one.wall)[_ROUNDS // 2] for side, found in costs.items()}
    alike = f"{what}: Python modules alone, in one process"
    yield _faster(alike, cost["modules"], cost["models"], "datamodel-code-generator", 10)
    package = f"{what}: Python package with reference page"
    yield _faster(package, cost["python"], cost["models"], "datamodel-code-generator", 10)
    yield _smaller(f"{package}, memory", cost["python"], cost["models"], "datamodel-code-generator")
    yield _faster(f"{what}: TypeScript", cost["typescript"], cost["types"], "openapi-typescript", None)
    every = f"{what}: Python, TypeScript, reference page"
    yield _faster(every, cost["whole"], cost["models"], "datamodel-code-generator's Python", None)
    yield _smaller(f"{every}, memory", cost["whole"], cost["models"], "datamodel-code-generator")
    yield _growth(place)
    yield from _first_use(place)


def _project(folder: Path, target: str) -> Path:
    """A project of GitHub's description that has one target."""
    folder.mkdir()
    settings = f'[tool.crucible]\ncontracts = "../contracts"\npackage = "contracts"\n{target} = "out"\n'
    (folder / "pyproject.toml").write_text(settings, encoding="utf-8")
    return folder


def _faster(what: str, ours: Cost, theirs: Cost, name: str, promised: int | None) -> Row:
    faster = theirs.wall / ours.wall
    said = f"{ours.wall:.1f} s ({ours.cpu:.1f} CPU)"
    beside = f"{name} {theirs.wall:.1f} s ({theirs.cpu:.1f} CPU)"
    ratio = f"{faster:.1f} times faster, {theirs.cpu / ours.cpu:.1f} in CPU"
    if promised is None:
        return Row(what, said, beside, ratio, "-", kept=True)
    return Row(what, said, beside, ratio, f"≥ {promised}", faster >= promised)


def _smaller(what: str, ours: Cost, theirs: Cost, name: str) -> Row:
    share = ours.megabytes / theirs.megabytes
    said = f"{ours.megabytes:.0f} MB in its largest process"
    beside = f"{name} {theirs.megabytes:.0f} MB"
    return Row(what, said, beside, f"{share:.2f}", "< 0.25", share < 0.25)


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

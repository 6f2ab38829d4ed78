"""Figures of the compatibility verdict: against public pairs and the peers that judge such pairs too, its
soundness on random pairs, and its time. The disagreements are listed in `.crucible/bench/disagreements.md`.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bench import peers
from bench.compat_corpora import ROOT, Case, confluent, jsonsubschema, karapace, obtain, repository
from bench.compat_judges import PEERS, checked, compatible, peer, who_is_right
from bench.measure import Cost, processes
from bench.table import Row
from crucible_pipeline.compat.diff import diff
from crucible_pipeline.contracts.model import Contract, Package, Schema, TypeDef
from crucible_pipeline.contracts.payload import json_schema

CRUCIBLE = str(Path(sys.executable).parent / "crucible")
LISTED = peers.PLACE / "disagreements.md"
PACKAGE = Package("pair", "pair", "pair")
# Some of one direction is called compatible for each pair.
PAIRS = 12_000
SEED = 20_260_101
_ROUNDS = 3


def rows() -> Iterator[Row]:
    """Every figure of the verdict."""
    yield from _repository()
    yield from _thousand()
    yield from _agreement()
    yield _soundness()


@dataclass(frozen=True, slots=True)
class _Agreement:
    """How often each judge says what the publishers of a corpus say.

    Args:
        pairs: how many there are.
        right: judge → how many it says the same of.
        refuted: disagreements of ours in which no payload supports the publishers.
    """

    pairs: int
    right: dict[str, int]
    refuted: int

    def share(self, judge: str) -> float:
        return 100 * self.right[judge] / self.pairs

    def and_(self, other: "_Agreement") -> "_Agreement":
        right = {judge: self.right[judge] + other.right[judge] for judge in self.right}
        return _Agreement(self.pairs + other.pairs, right, self.refuted + other.refuted)


def _corpora() -> Iterator[tuple[str, list[Case]]]:
    if repository("confluentinc/schema-registry"):
        yield "Confluent, strict", list(confluent(lenient=False))
        yield "Confluent, lenient", list(confluent(lenient=True))
    if repository("Aiven-Open/karapace"):
        yield "Karapace", list(karapace())
    if repository("IBM/jsonsubschema"):
        yield "jsonsubschema", list(jsonsubschema())


def _agreement() -> Iterator[Row]:
    peers.install()
    for name in obtain():
        yield Row(f"public pairs of {name}", "not here: it could not be fetched", "-", "-", "-", kept=False)
    together: _Agreement | None = None
    lines = ["# Pairs of which crucible says another thing than their publisher", ""]
    for name, cases in _corpora():
        found = _judged(name, cases, lines)
        yield _row(f"{name}: {found.pairs} public pairs", found, 0)
        if not name.endswith("lenient"):  # the same pairs as the strict ones
            together = found if together is None else together.and_(found)
    if together is not None:
        yield _row(f"all {together.pairs} public pairs", together, 97)
    LISTED.parent.mkdir(parents=True, exist_ok=True)
    LISTED.write_text("\n".join(lines) + "\n", encoding="utf-8")
    sys.stderr.write(f"each disagreement, with who is right: {LISTED}\n")


def _judged(name: str, cases: list[Case], lines: list[str]) -> _Agreement:
    from compat.test_soundness import PAYLOADS

    documents = list(checked(cases))
    right = {
        judge: sum(said == case.compatible for said, case in zip(peer(judge, cases), cases, strict=True))
        for judge in PEERS
    }
    right["crucible"] = 0
    refuted = 0
    for case, document in zip(cases, documents, strict=True):
        if compatible(document) == case.compatible:
            right["crucible"] += 1
            continue
        decided = who_is_right(case, document, PAYLOADS)
        refuted += decided.startswith("crucible")
        lines.append(f"- {name}, {case.name}: they say {case.compatible}. Right is {decided}.")
    return _Agreement(len(cases), right, refuted)


def _row(what: str, found: _Agreement, least: int) -> Row:
    # A peer's own tests say what that peer says.
    others = [judge for judge in PEERS if not what.startswith(judge)]
    ours, best = found.share("crucible"), max(found.share(judge) for judge in others)
    rest = 100 * found.right["crucible"] / (found.pairs - found.refuted)
    said = f"{ours:.1f} % ({rest:.1f} % without the {found.refuted} that payloads contradict)"
    beside = ", ".join(f"{judge} {found.share(judge):.1f} %" for judge in PEERS)
    promise = f"≥ {least} %, above each peer" if least else f"above {' and '.join(others)}"
    return Row(what, said, beside, f"{ours:.1f} %", promise, ours >= least and ours > best)


def _soundness() -> Row:
    """Random pairs in which a direction is called compatible, each searched for a counterexample."""
    from bench.compat_search import searched

    found = searched(PAIRS, SEED)
    said = f"{found.wrong} wrong of {found.compatible:,} directions called compatible"
    beside = (
        f"{found.pairs:,} pairs, seed {SEED}, {found.payloads:,} payloads tried; "
        f"{found.breaking:,} called breaking, {found.undecided} of them without a payload"
    )
    return Row("random pairs called compatible", said, beside, str(found.wrong), "0", found.wrong == 0)


def _repository() -> Iterator[Row]:
    """The whole process in a clone of this repository with one release."""
    with tempfile.TemporaryDirectory() as place:
        clone = Path(place) / "clone"
        git = ["git", "-c", "user.name=Bench", "-c", "user.email=bench@packages.example"]
        subprocess.run([*git, "clone", "--quiet", str(ROOT), str(clone)], check=True)
        newest = subprocess.run(
            [*git, "-C", str(clone), "tag", "--list", "v[0-9]*"], check=True, capture_output=True, text=True
        ).stdout.split()
        if not newest:
            subprocess.run([*git, "-C", str(clone), "tag", "v0.1.0"], check=True)
        what = "`crucible check` against one release on this repository"
        yield _timed(what, [CRUCIBLE, "check"], clone, 0.5)


def _timed(what: str, command: list[str], folder: Path, most: float) -> Row:
    """Beside it a Python that imports what the command line itself stands on."""
    floor = [sys.executable, "-c", "import typer, pydantic, yaml"]
    both = processes({"ours": command, "floor": floor}, _ROUNDS, folder)
    ours, beside = both["ours"], both["floor"]
    imports = f"importing typer, pydantic and yaml {_said(beside)}"
    return Row(what, _said(ours), imports, f"{ours.wall:.2f} s", f"< {most} s", ours.wall < most)


def _said(cost: Cost) -> str:
    return f"{cost.wall:.2f} s ({cost.cpu:.2f} s CPU)"


def many(size: int, *, changed: int) -> Contract:
    """So many types that refer to each other, of which some have one property more and one bound less."""
    types: dict[str, TypeDef] = {}
    for number in range(size):
        inner = {f"f{at}": Schema(types=("string",), max_length=50) for at in range(8)}
        inner["size"] = Schema(types=("integer",), minimum=0, maximum=100)
        inner["next"] = Schema(ref=f"T{number * 7 % size}")
        if number < changed:
            inner["note"] = Schema(types=("string",))
            inner["size"] = replace(inner["size"], maximum=90)
        schema = Schema(types=("object",), properties=inner, required=("f0", "f1"))
        types[f"T{number}"] = TypeDef(f"T{number}", "many", schema)
    return Contract(PACKAGE, types)


def _thousand() -> Iterator[Row]:
    for share in (0.0, 0.1, 1.0):
        spent: dict[int, float] = {}
        for size in (250, 500, 1000, 2000):
            old, new = many(size, changed=0), many(size, changed=int(size * share))
            began = time.process_time()
            diff(old, new)
            spent[size] = time.process_time() - began
        growth = spent[2000] / spent[1000]
        what = f"1,000 schemas against 1,000, {share:.0%} changed"
        yield Row(what, f"{spent[1000]:.2f} s CPU", "-", f"{spent[1000]:.2f} s", "< 3 s", spent[1000] < 3)
        times = ", ".join(f"{size}: {cost:.2f} s" for size, cost in spent.items())
        yield Row(f"{what}: growth", times, "twice as many", f"{growth:.2f}", "≤ 2.5", growth <= 2.5)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        for side, changed in (("old", 0), ("new", 10)):
            (folder / side).mkdir()
            contract = many(1000, changed=changed)
            every = Schema(any_of=tuple(Schema(ref=name) for name in contract.types))
            document = json_schema(contract, every)
            schemas = json.loads(json.dumps(document["$defs"]).replace("#/$defs/", "#/components/schemas/"))
            whole: dict[str, Any] = {"openapi": "3.1.0", "info": {"title": "Many", "version": "1"}}
            text = json.dumps(whole | {"components": {"schemas": schemas}}, indent=1)
            (folder / side / "many.json").write_text(text)
        command = [CRUCIBLE, "check", "--contracts", "new", "--against", "old"]
        yield _timed("the whole process on two folders of 1,000 schemas, 10 changed", command, folder, 3)

"""Figures of the compatibility verdict, against public pairs and the peers that judge such pairs too.

Run with `PYTHONPATH=tests python -m bench.bench_compat [--pairs N]`; it prints Markdown. A peer is measured
where it is installed: jsonsubschema in `.crucible/bench/peers-venv` and json-schema-diff in
`.crucible/bench/npm`.
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

from bench.compat_corpora import ROOT, Case, confluent, jsonsubschema, karapace, repository
from crucible_pipeline.compat.diff import diff
from crucible_pipeline.contracts.load import load
from crucible_pipeline.contracts.model import Contract, Package, Schema, TypeDef
from crucible_pipeline.errors import Refused

JUDGES = ("crucible", "jsonsubschema", "json-schema-diff")
PACKAGE = Package("pair", "pair", "pair")
PEERS = ROOT / ".crucible" / "bench"
PYTHON_PEER = """
import json, sys, warnings
from jsonsubschema import isSubschema
warnings.simplefilter("ignore")
import signal
def late(*_): raise TimeoutError
signal.signal(signal.SIGALRM, late)
for line in sys.stdin:
    old, new = json.loads(line)
    signal.alarm(10)
    try:
        said = bool(isSubschema(old, new))
    except BaseException as error:
        said = type(error).__name__
    signal.alarm(0)
    print(json.dumps(said), flush=True)
"""
NODE_PEER = """
const { diffSchemas } = require('json-schema-diff');
const lines = require('fs').readFileSync(0, 'utf8').trim().split('\\n');
(async () => { for (const line of lines) {
  const [sourceSchema, destinationSchema] = JSON.parse(line);
  let said;
  try { said = !(await diffSchemas({ sourceSchema, destinationSchema })).removalsFound; }
  catch (error) { said = error.constructor.name; }
  console.log(JSON.stringify(said));
} })();
"""


def ours(case: Case) -> bool | str:
    """Whether a reader of the new schema reads all that writers of the old one send."""
    try:
        old, new = (load({"payload.json": json.dumps(schema)}, PACKAGE, compared=True) for schema in (case.old, case.new))
    except Refused as error:
        return str(error).splitlines()[0]
    strict = not case.corpus.endswith("-lenient")
    return not any("backward" in change.breaks for change in diff(old, new, strict=strict))


def asked(command: list[str], cases: list[Case], folder: Path) -> list[Any]:
    lines = "\n".join(json.dumps([case.old, case.new]) for case in cases) + "\n"
    done = subprocess.run(
        command, input=lines, cwd=folder, capture_output=True, text=True, check=False, timeout=1800
    )
    said = [json.loads(line) for line in done.stdout.splitlines()]
    return said + ["no answer"] * (len(cases) - len(said))


def verdicts(cases: list[Case]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {"crucible": [ours(case) for case in cases]}
    python = PEERS / "peers-venv" / "bin" / "python"
    if python.exists():
        found["jsonsubschema"] = asked([str(python), "-c", PYTHON_PEER], cases, PEERS)
    node = PEERS / "npm" / "node_modules" / "json-schema-diff"
    if node.exists():
        found["json-schema-diff"] = asked(["node", "-e", NODE_PEER], cases, PEERS / "npm")
    return found


def corpora() -> Iterator[tuple[str, list[Case]]]:
    if repository("confluentinc/schema-registry"):
        yield "Confluent, strict", list(confluent(lenient=False))
        yield "Confluent, lenient", list(confluent(lenient=True))
    if repository("Aiven-Open/karapace"):
        yield "Karapace", list(karapace())
    if repository("IBM/jsonsubschema"):
        yield "jsonsubschema", list(jsonsubschema())


def agreement() -> Iterator[str]:
    yield f"| corpus | pairs | {' | '.join(JUDGES)} |"
    yield "|---|---|---|---|---|"
    against: list[str] = []
    for name, cases in corpora():
        cells = []
        said = verdicts(cases)
        for judge in JUDGES:
            right = [one == case.compatible for one, case in zip(said.get(judge, []), cases, strict=False)]
            cells.append(f"{100 * sum(right) / len(cases):.1f} %" if right else "not here")
        yield f"| {name} | {len(cases)} | {' | '.join(cells)} |"
        against += [
            f"- {name}, {case.name}: they say {case.compatible}, crucible says {one}"
            for one, case in zip(said["crucible"], cases, strict=True)
            if one != case.compatible
        ]
    yield ""
    yield from against


def unsound(pairs: int) -> str:
    """Random pairs in which a direction is called compatible, each searched for a counterexample."""
    from hypothesis import HealthCheck, Phase, given, settings

    from compat.test_soundness import PAYLOADS, accepted
    from compat.test_soundness import pairs as drawn

    counted = {"compatible": 0, "wrong": 0}

    @settings(
        max_examples=pairs,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(drawn())
    def judged(pair: tuple[Contract, Contract]) -> None:
        broken = {way for change in diff(*pair) for way in change.breaks}
        before, after = (accepted(contract) for contract in pair)
        for way, sent, read in (("backward", before, after), ("forward", after, before)):
            if way not in broken:
                counted["compatible"] += 1
                counted["wrong"] += any(yes and not no for yes, no in zip(sent, read, strict=True))

    judged()
    return (
        f"{pairs} random pairs, {counted['compatible']} directions called compatible, each searched with "
        f"{len(PAYLOADS)} payloads: {counted['wrong']} unsound"
    )


def many(size: int, *, changed: int) -> Contract:
    types: dict[str, TypeDef] = {}
    for number in range(size):
        inner = {f"f{at}": Schema(types=("string",), max_length=50) for at in range(8)}
        inner["size"] = Schema(types=("integer",), minimum=0, maximum=100)
        inner["next"] = Schema(ref=f"T{number * 7 % size}")
        if number < changed:
            inner["note"] = Schema(types=("string",))
        schema = Schema(types=("object",), properties=inner, required=("f0", "f1"))
        types[f"T{number}"] = TypeDef(f"T{number}", "many", schema)
    return Contract(PACKAGE, types)


def growth() -> Iterator[str]:
    for size in (250, 500, 1000):
        for share in (0.0, 0.1, 1.0):
            old, new = many(size, changed=0), many(size, changed=int(size * share))
            began = time.process_time()
            diff(old, new)
            yield f"- {size} against {size} schemas, {share:.0%} changed: {time.process_time() - began:.2f} s"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=10_000)
    wanted = parser.parse_args()
    for line in chain(agreement(), growth(), [unsound(wanted.pairs)]):
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()

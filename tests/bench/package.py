"""Figures of the generated package: what it costs to import, to use first, to validate with."""

import compileall
import json
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench.measure import Cost, calls, processes
from bench.table import Row
from crucible_pipeline.contracts.load import load
from crucible_pipeline.contracts.model import Package
from crucible_pipeline.generate.python import python

ROOT = Path(__file__).parents[2]
HAND = Path(__file__).parent / "hand"
_ROUNDS = 25
_SITE = sysconfig.get_path("purelib")
_PAYLOAD = {
    "eval_id": "a1b2",
    "status": "completed",
    "code": "print(1)",
    "language": "python",
    "created_at": "2026-01-31T12:00:00Z",
    "completed_at": None,
    "output": "1\n",
    "exit_code": 0,
    "runtime_ms": 120,
    "output_truncated": False,
    "metadata": {"a": 1},
}


def rows() -> Iterator[Row]:
    """Every figure of the package."""
    for folder in (HAND, ROOT / "src" / "crucible_shared"):
        compileall.compile_dir(folder, quiet=1)
    yield _enum()
    yield _first_model()
    with tempfile.TemporaryDirectory() as place:
        yield _thousand(Path(place))
    yield from _validation()


def _fresh(folder: Path, statement: str) -> list[str]:
    """A fresh interpreter without site, so that only what is measured is imported."""
    return [
        sys.executable,
        "-S",
        "-c",
        f"import sys; sys.path[:0] = [{str(folder)!r}, {_SITE!r}]; {statement}",
    ]


def _beside(what: str, costs: dict[str, Cost], promise: float) -> Row:
    ours, theirs = costs["ours"], costs["theirs"]
    ratio = ours.cpu / theirs.cpu
    said, beside = f"{ours.cpu * 1e3:.1f} ms CPU", f"by hand {theirs.cpu * 1e3:.1f} ms CPU"
    return Row(what, said, beside, f"{ratio:.2f}", f"≤ {promise}", ratio <= promise)


def _enum() -> Row:
    sides = {
        "ours": _fresh(ROOT / "src", "from crucible_shared import EvaluationStatus"),
        "theirs": _fresh(HAND, "from hand_status import EvaluationStatus"),
    }
    what = "`from crucible_shared import EvaluationStatus`, a fresh process"
    return _beside(what, processes(sides, _ROUNDS), 1.3)


def _first_model() -> Row:
    use = f"EvaluationResponse.model_validate_json({json.dumps(_PAYLOAD)!r})"
    sides = {
        "ours": _fresh(ROOT / "src", f"from crucible_shared import EvaluationResponse; {use}"),
        "theirs": _fresh(HAND, f"from hand_models import EvaluationResponse; {use}"),
    }
    return _beside("first use of one model, a fresh process", processes(sides, _ROUNDS), 1.15)


def _thousand(place: Path) -> Row:
    for count in (10, 1000):
        text = json.dumps({"openapi": "3.1.0", "components": {"schemas": _schemas(count)}})
        name = f"models_{count}"
        for path, written in python(load({f"{name}.json": text}, Package(name, name, name))).items():
            target = place / name / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(written, encoding="utf-8")
    compileall.compile_dir(place, quiet=1)
    sides = {
        "bare": _fresh(place, "pass"),
        **{n: _fresh(place, f"import models_{n}") for n in ("10", "1000")},
    }
    costs = processes(sides, _ROUNDS)
    bare, few, many = (costs[side].cpu * 1e3 for side in ("bare", "10", "1000"))
    ratio = many / few
    said, beside = f"1,000 models {many:.1f} ms CPU", f"10 models {few:.1f} ms, bare Python {bare:.1f} ms"
    return Row("import of a large package", said, beside, f"{ratio:.2f}", "≤ 1.1", ratio <= 1.1)


def _schemas(count: int) -> dict[str, object]:
    kinds = ({"type": "string"}, {"type": "integer"}, {"type": "array", "items": {"type": "string"}})
    return {
        f"Model{number}": {
            "type": "object",
            "required": ["field0"],
            "properties": {f"field{place}": kinds[place % 3] for place in range(8)},
        }
        for number in range(count)
    }


def _validation() -> Iterator[Row]:
    sys.path[:0] = [str(HAND), str(ROOT / "src")]
    import hand_models  # type: ignore[import-not-found]  # its folder joins the path a line above

    import crucible_shared

    text = json.dumps(_PAYLOAD)
    ours, theirs = crucible_shared.EvaluationResponse, hand_models.EvaluationResponse
    for what, sides in {
        "validation from JSON": (
            lambda: ours.model_validate_json(text),
            lambda: theirs.model_validate_json(text),
        ),
        "validation from Python": (
            lambda: ours.model_validate(_PAYLOAD),
            lambda: theirs.model_validate(_PAYLOAD),
        ),
    }.items():
        costs = calls(dict(zip(("ours", "theirs"), sides, strict=True)), 5_000, 15)
        ratio = costs["ours"].cpu / costs["theirs"].cpu
        said, beside = (f"{costs[side].cpu * 1e6:.2f} µs" for side in ("ours", "theirs"))
        yield Row(what, said, f"by hand {beside}", f"{ratio:.2f}", "≤ 1.1", ratio <= 1.1)

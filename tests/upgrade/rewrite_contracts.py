"""Two contracts between which nearly everything is called otherwise, and the packages made of them."""

from collections.abc import Mapping
from pathlib import Path

from crucible_pipeline.compat.diff import diff
from crucible_pipeline.contracts.load import load
from crucible_pipeline.contracts.model import Contract
from crucible_pipeline.generate.generate import generate
from crucible_pipeline.upgrade.impact import Hit, Impact, impact
from crucible_pipeline.upgrade.rewrite import rewrite
from crucible_pipeline.upgrade.rewriting import Contracts, Rewriting
from upgrade.renamed_states import PACKAGE

EVALUATION = """\
openapi: 3.1.0
info: {title: Evaluations, version: from-git-tag}
components:
  schemas:
    Status:
      type: string
      enum: [queued, running]
    Request:
      type: object
      required: [code]
      properties:
        code: {type: string}
        timeout: {type: integer, default: 30}
        status: {$ref: '#/components/schemas/Status'}
    Response:
      type: object
      required: [request]
      properties:
        request: {$ref: '#/components/schemas/Request'}
"""
EVENTS = """\
asyncapi: 3.0.0
info: {title: Events, version: from-git-tag}
channels:
  evaluationQueued:
    address: evaluation:queued
    messages: {queued: {payload: {$ref: 'evaluation.yaml#/components/schemas/REQUEST'}}}
"""
OLD_FILES = {
    "evaluation.yaml": EVALUATION,
    "events.yaml": EVENTS.replace("REQUEST", "Request"),
    "constants/limits.yaml": "execution: {max_mb: 5, max_seconds: 7}\napi: {per_minute: 60}\n",
    "constants/quotas.yaml": "user: {most: 3}\n",
}
NEW_FILES = {
    "evaluation.yaml": EVALUATION.replace(
        "enum: [queued, running]", "enum: [waiting, running]\n      x-enum-renamed-from: {waiting: queued}"
    )
    .replace("        timeout: {", "        time_limit: {x-renamed-from: timeout, ")
    .replace("    Request:\n", "    EvaluationRequest:\n      x-renamed-from: Request\n")
    .replace("schemas/Request", "schemas/EvaluationRequest"),
    "events.yaml": EVENTS.replace("REQUEST", "EvaluationRequest").replace(
        "evaluationQueued:\n", "evaluationWaiting:\n    x-renamed-from: evaluationQueued\n"
    ),
    "constants/limits.yaml": "execution: {max_memory_mb: {value: 5, x-renamed-from: max_mb}}\n"
    "sandbox: {max_seconds: {value: 7, x-renamed-from: limits.execution.max_seconds}}\n",
    "constants/quotas.yaml": "user: {most: 3}\n"
    "client: {rate: {value: 60, x-renamed-from: limits.api.per_minute}}\n",
}


def contract(files: Mapping[str, str]) -> Contract:
    return load(files, PACKAGE)


OLD, NEW = contract(OLD_FILES), contract(NEW_FILES)
BETWEEN = Contracts(OLD, NEW)
CHANGES = diff(OLD, NEW)


def uses(sources: Mapping[str, bytes]) -> Impact:
    return impact(CHANGES, OLD, NEW, sources)


def rewritten(sources: Mapping[str, bytes]) -> tuple[dict[str, bytes], Rewriting, tuple[Hit, ...]]:
    """Every file afterwards, what was done, and the uses there were before."""
    hits = uses(sources).hits
    made = rewrite(sources, hits, BETWEEN)
    return {**sources, **made.files}, made, hits


def write_package(made_of: Contract, folder: Path) -> None:
    """Write the Python package of a contract below a folder."""
    for path, text in generate(made_of).items():
        if path.startswith("python/") and path.endswith(".py"):
            target = folder / PACKAGE.import_name / path.removeprefix("python/")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text)

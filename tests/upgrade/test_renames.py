"""Declared renames: a line that breaks is told what to write instead."""

import pytest

from crucible_pipeline.compat.diff import diff
from crucible_pipeline.contracts.load import load
from crucible_pipeline.contracts.model import Contract, Package
from crucible_pipeline.contracts.snapshot import dump, restore
from crucible_pipeline.errors import InvalidInput
from crucible_pipeline.upgrade.impact import impact

PACKAGE = Package("crucible-shared", "crucible_shared", "@crucible/shared")
CHANNELS = """\
asyncapi: 3.0.0
info: {title: Events, version: from-git-tag}
channels:
  KEY:
    address: evaluation:queued
    MORE
    messages: {queued: {payload: {type: object}}}
"""
STATES = """\
openapi: 3.1.0
info: {title: Evaluations, version: from-git-tag}
components:
  schemas:
    NAME:
      type: object
      MORE
      properties: {id: {type: string}}
"""


SIDE = """\
openapi: 3.1.0
info: {title: Evaluations, version: from-git-tag}
components:
  schemas:
    Request: {type: object, properties: {x-y: {type: KIND, x-python-name: why}}}
"""


def contract(limits: str, key: str, name: str, more: tuple[str, str] = ("", "")) -> Contract:
    files = {
        "constants/limits.yaml": limits,
        "events.yaml": CHANNELS.replace("KEY", key).replace("    MORE\n", f"    {more[0]}\n"),
        "evaluation.yaml": STATES.replace("NAME", name).replace("      MORE\n", f"      {more[1]}\n"),
    }
    return load(files, PACKAGE)


OLD = contract("execution: {max_mb: 5}", "evaluationQueued", "Request")
NEW = contract(
    "execution: {max_memory_mb: {value: 5, x-renamed-from: max_mb}}",
    "evaluationWaiting",
    "EvaluationRequest",
    ("x-renamed-from: evaluationQueued", "x-renamed-from: Request"),
)


@pytest.mark.parametrize(
    ("line", "instead"),
    [
        ("limits.EXECUTION.MAX_MB", "limits.EXECUTION.MAX_MEMORY_MB"),
        ("channels.EVALUATION_QUEUED", "channels.EVALUATION_WAITING"),
        ("Request", "EvaluationRequest"),
    ],
)
def test_a_line_that_breaks_is_told_the_new_name(line: str, instead: str) -> None:
    source = f"from crucible_shared import Request, channels, limits\n\nprint({line})\n".encode()
    hits = impact(diff(OLD, NEW), OLD, NEW, {"app.py": source}).hits
    assert {hit.cause.instead for hit in hits if hit.line == 3} == {instead}


def test_a_field_with_a_name_of_its_own_in_python_is_found_by_both_names() -> None:
    old = load({"evaluation.yaml": SIDE.replace("KIND", "string")}, PACKAGE)
    new = load({"evaluation.yaml": SIDE.replace("KIND", "integer")}, PACKAGE)
    source = b"""from crucible_shared import Request

def read(request: Request):
    return request.why

Request.model_validate({"x-y": 1})
Request(why=1)
"""
    hits = impact(diff(old, new), old, new, {"app.py": source}).hits
    assert {hit.line for hit in hits if hit.rule == "type-changed"} == {4, 6, 7}


def test_a_snapshot_keeps_the_declared_renames() -> None:
    again = restore(dump(NEW), "contract.json")
    assert again == NEW
    assert again.constants["limits.execution.max_memory_mb"].renamed_from == ("limits.execution.max_mb",)
    assert again.channels["evaluationWaiting"].renamed_from == ("evaluationQueued",)


@pytest.mark.parametrize(("said", "path"), [("old", "limits.a.old"), ("other.b.old", "other.b.old")])
def test_a_constant_may_come_from_another_group(said: str, path: str) -> None:
    found = contract(f"a: {{new: {{value: 1, x-renamed-from: {said}}}}}", "k", "T")
    assert found.constants["limits.a.new"].renamed_from == (path,)


def test_what_cannot_have_been_a_name_is_a_problem() -> None:
    with pytest.raises(InvalidInput, match=r"limits\.yaml:1:37: '!' cannot have named a constant"):
        contract("a: {new: {value: 1, x-renamed-from: '!'}}", "k", "T")

"""Declared renames: a line that breaks is told what to write instead."""

import pytest

from crucible_pipeline.compat.diff import diff
from crucible_pipeline.contracts.load import load
from crucible_pipeline.contracts.model import Contract
from crucible_pipeline.contracts.snapshot import dump, restore
from crucible_pipeline.errors import InvalidInput
from crucible_pipeline.upgrade.impact import impact
from crucible_pipeline.upgrade.impact_report import Report, Service, as_github, as_text, summary
from crucible_pipeline.upgrade.literal import Literal, Name, Place
from crucible_pipeline.upgrade.vocabulary import vocabulary
from upgrade.renamed_states import BEFORE, PACKAGE, RENAMED, states

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


THIRD = states("State", "waiting", "limit")
CODE = b"""from crucible_shared import Status, Request
from crucible_shared.evaluation import Status as Again

def read(request: Request, state: Status):
    if state is Status.QUEUED or state == "queued":
        return request.timeout
    return Request(timeout=Again["QUEUED"])
"""


def found(old: Contract, new: Contract, code: bytes = CODE) -> set[tuple[int, str, str, bool]]:
    hits = impact(diff(old, new), old, new, {"app.py": code}).hits
    return {(hit.line, hit.rule, hit.cause.instead, hit.breaks) for hit in hits}


def test_each_use_of_a_renamed_type_member_or_field_is_told_the_new_name() -> None:
    hits = found(BEFORE, RENAMED)
    assert hits >= {(line, "type-renamed", "State", False) for line in (1, 2, 4, 5)}
    assert hits >= {(line, "enum-value-renamed", "State.WAITING", True) for line in (5, 7)}
    assert hits >= {(line, "property-renamed", "Request.limit", True) for line in (6, 7)}


def test_code_that_was_warned_is_found_when_the_former_names_go() -> None:
    hits = found(RENAMED, THIRD)
    gone = "former-name-removed"
    assert hits >= {(line, gone, "State", True) for line in (1, 2, 4, 5)}
    assert hits >= {(line, gone, "State.WAITING", True) for line in (5, 7)}
    assert hits >= {(line, gone, "Request.limit", True) for line in (6, 7)}
    new = CODE.replace(b"Status", b"State").replace(b"QUEUED", b"WAITING").replace(b"timeout", b"limit")
    assert found(RENAMED, THIRD, new) == set()


def test_what_breaks_under_a_former_name_breaks_too() -> None:
    more = "      x-renamed-from: Status\n      x-enum-renamed-from: {waiting: queued}\n"
    hits = found(RENAMED, states("State", "waiting", "other", more))
    assert hits == {(line, "property-removed-optional", "", True) for line in (6, 7)}


def test_lines_that_are_only_warned_do_not_fail_the_check() -> None:
    source = b"from crucible_shared import Request, channels\n\nprint(Request, channels.EVALUATION_QUEUED)\n"
    hits = impact(diff(OLD, NEW), OLD, NEW, {"app.py": source}).hits
    report = Report("crucible-shared", "0.3.0", [Service("api", hits=hits)])
    assert {hit.line for hit in hits} == {1, 3}
    assert report.exit_code == 0
    assert summary(report) == "api: fixable: no line breaks; 2 lines are warned in 1 file"
    assert as_text(report).count("warning[type-renamed]: Request (likely)") == 2
    assert "error[" not in as_text(report)
    assert "::warning " in as_github(report)
    assert "::error " not in as_github(report)


def test_constants_and_channels_under_dropped_names_are_told_the_new_one() -> None:
    kept = contract("execution: {max_memory_mb: 5}", "evaluationWaiting", "EvaluationRequest")
    source = b"""from crucible_shared import channels, limits
print(limits.EXECUTION.MAX_MB)
print(channels.EVALUATION_QUEUED)
"""
    assert found(NEW, kept, source) == {
        (2, "former-name-removed", "limits.EXECUTION.MAX_MEMORY_MB", True),
        (3, "former-name-removed", "channels.EVALUATION_WAITING", True),
    }


def test_a_former_value_in_a_service_is_told_the_member_to_use() -> None:
    literal = Literal("queued", 1, 1, Place.GIVEN, Name("state"))
    verdict = vocabulary(RENAMED).judge(literal)
    assert verdict is not None
    assert (verdict.rule, verdict.todo) == ("value-unknown", "use State.WAITING")

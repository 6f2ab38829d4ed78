"""What a proposal says of a change that the contract's authors agreed to, and of a name that has an heir."""

from dataclasses import replace

from packaging.version import Version

from crucible_pipeline.compat.diff import diff
from crucible_pipeline.contracts.waiver import Waiver
from crucible_pipeline.upgrade.impact import impact
from crucible_pipeline.upgrade.proposal import Facts, proposal, summary
from upgrade.upgrade_services import contract

OLD = contract("old")
WAIVER = Waiver("enum-value-removed", "EvaluationStatus.queued", "nobody waits any more", "2099-01-01")
NEW = replace(contract("new"), waivers=(WAIVER,))
CHANGES = diff(OLD, NEW)
SERVICE = b"""\
from crucible_shared import EvaluationRequest, EvaluationStatus

def seconds(request: EvaluationRequest) -> int:
    return request.timeout if EvaluationStatus.QUEUED else 0
"""
FACTS = Facts(
    package="crucible-shared",
    service="storage",
    moves=(),
    installed=Version("0.3.0"),
    target=Version("0.3.1"),
    changes=CHANGES,
    hits=impact(CHANGES, OLD, NEW, {"app.py": SERVICE}).hits,
    waivers=NEW.waivers,
)


def test_a_waived_change_says_why_and_until_when() -> None:
    said = "[backward, source]; waived until 2099-01-01: nobody waits any more"
    for text in (proposal(FACTS), summary(FACTS)):
        lines = [line for line in text.splitlines() if "waived" in line]
        assert [line for line in lines if line.startswith("- EvaluationStatus.queued: ")] == lines
        assert said in lines[0]


def test_a_line_that_a_waived_change_breaks_is_listed_all_the_same() -> None:
    assert "| app.py:4 | `EvaluationStatus.QUEUED` | enum-value-removed | likely |  |" in proposal(FACTS)


def test_the_name_to_write_instead_is_given() -> None:
    said = "`EvaluationRequest.timeout` | property-renamed | likely | `EvaluationRequest.time_limit`"
    assert f"| app.py:4 | {said} |" in proposal(FACTS)

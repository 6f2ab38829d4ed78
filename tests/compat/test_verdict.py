"""The verdict over a line of releases, waivers, and what the reports make of it."""

import json
import subprocess
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from packaging.version import Version

from compat.pairs_of import NAMES, contract_of, one_side
from crucible_pipeline.compat.report import as_github, as_json, as_markdown, as_sarif, as_text
from crucible_pipeline.compat.verdict import Verdict, judge
from crucible_pipeline.contracts.model import Contract
from crucible_pipeline.contracts.waiver import Waiver
from crucible_pipeline.errors import Mark
from crucible_pipeline.version import Bump

TODAY = date(2026, 6, 1)


def order(**value: object) -> Contract:
    document = {
        "openapi": "3.1.0",
        "info": {"title": "Orders", "version": "1"},
        "components": {"schemas": {"Order": {"type": "object", "properties": {"value": value}}}},
    }
    return contract_of({"orders.json": json.dumps(document, indent=2)})


def verdict(new: Contract, bases: dict[str, Contract], *, newest: str | None, mode: str = "full") -> Verdict:
    version = Version(newest) if newest else None
    return judge(new, bases, package="shop-contracts", newest=version, mode=mode, today=TODAY)


LOW, HIGH = order(type="integer", maximum=5), order(type="integer", maximum=9)
ADDED = order(type="integer", maximum=5, default=3)


@pytest.mark.parametrize(
    ("new", "newest", "bump", "following"),
    [
        (LOW, "0.3.1", Bump.NONE, "0.3.1"),
        (ADDED, "0.3.1", Bump.PATCH, "0.3.2"),
        (HIGH, "0.3.1", Bump.MINOR, "0.4.0"),
        (ADDED, "1.3.1", Bump.MINOR, "1.4.0"),
        (HIGH, "1.3.1", Bump.MAJOR, "2.0.0"),
    ],
)
def test_the_gravest_change_decides_the_bump(new: Contract, newest: str, bump: Bump, following: str) -> None:
    found = verdict(new, {newest: LOW}, newest=newest)
    assert (found.required_bump, str(found.next_version)) == (bump, following)
    assert found.compatible is (new is not HIGH)


def test_without_a_base_nothing_is_required_and_the_first_version_is_named() -> None:
    found = verdict(LOW, {}, newest=None)
    assert as_json(found) == {
        "package": "shop-contracts",
        "base": None,
        "compared": [],
        "required_bump": "none",
        "next_version": "0.1.0",
        "compatible": True,
        "changes": [],
    }


def test_a_base_without_a_version_counts_as_one_of_0x() -> None:
    assert verdict(HIGH, {"../old": LOW}, newest=None).required_bump is Bump.MINOR
    assert str(verdict(ADDED, {"../old": LOW}, newest=None).next_version) == "0.0.1"


def test_a_service_on_an_older_release_of_the_line_counts_too() -> None:
    nothing = contract_of(
        {"orders.json": json.dumps({"openapi": "3.1.0", "components": {"schemas": {"Order": {}}}})}
    )
    found = verdict(order(type="string"), {"0.3.0": LOW, "0.3.1": nothing}, newest="0.3.1")
    assert found.base == "0.3.1"
    assert found.compared == ("0.3.0", "0.3.1")
    assert any(
        change.rule == "type-changed" and "0.3.0" in change.message and change.breaks
        for change in found.changes
    )


def test_what_a_release_of_the_line_broke_before_is_no_news() -> None:
    assert verdict(HIGH, {"0.3.0": LOW, "0.3.1": HIGH}, newest="0.3.1").required_bump is Bump.NONE


def test_what_an_older_release_lacked_is_no_news() -> None:
    assert verdict(ADDED, {"0.3.0": LOW, "0.3.1": ADDED}, newest="0.3.1").changes == ()


def test_the_order_of_the_bases_does_not_matter() -> None:
    one = verdict(HIGH, {"0.3.9": LOW, "0.3.10": ADDED}, newest="0.3.10")
    other = verdict(HIGH, {"0.3.10": ADDED, "0.3.9": LOW}, newest="0.3.10")
    assert one.compared == ("0.3.9", "0.3.10")
    assert as_json(one) == as_json(other)


@pytest.mark.parametrize(
    ("mode", "raised", "lowered"),
    [("full", False, False), ("backward", True, False), ("forward", False, True)],
)
def test_a_mode_decides_which_directions_count(mode: str, raised: bool, lowered: bool) -> None:  # noqa: FBT001
    assert verdict(HIGH, {"0.3.0": LOW}, newest="0.3.0", mode=mode).compatible is raised
    assert verdict(LOW, {"0.3.0": HIGH}, newest="0.3.0", mode=mode).compatible is lowered


def waiving(rule: str, element: str, expires: str = "2026-12-31") -> Contract:
    waiver = Waiver(rule, element, "nobody sends it", expires, Mark("contracts/waivers.yaml", 2, 3))
    return replace(HIGH, waivers=(waiver,))


def test_a_waived_break_is_shown_and_does_not_count() -> None:
    found = verdict(waiving("maximum-raised", "Order.value"), {"0.3.0": LOW}, newest="0.3.0")
    assert found.compatible
    assert found.required_bump is Bump.PATCH
    assert found.problems == ()
    assert "waived until 2026-12-31: nobody sends it" in as_text(found)
    assert found.waived[0].change.breaks == ("forward",)


def test_a_waiver_that_matches_nothing_is_a_problem() -> None:
    found = verdict(waiving("maximum-raised", "Order.other"), {"0.3.0": LOW}, newest="0.3.0")
    assert not found.compatible
    assert [problem.rule for problem in found.problems] == ["waiver-stale"]


def test_a_waiver_without_anything_to_compare_with_matches_nothing() -> None:
    found = verdict(waiving("maximum-raised", "Order.value"), {}, newest=None)
    assert [problem.rule for problem in found.problems] == ["waiver-stale"]
    expired = verdict(waiving("maximum-raised", "Order.value", "2026-05-31"), {}, newest=None)
    assert [problem.rule for problem in expired.problems] == ["waiver-expired"]


def test_an_expired_waiver_no_longer_counts_and_is_a_problem() -> None:
    found = verdict(waiving("maximum-raised", "Order.value", "2026-05-31"), {"0.3.0": LOW}, newest="0.3.0")
    assert not found.compatible
    assert [problem.rule for problem in found.problems] == ["waiver-expired"]


def all_changes() -> list[Verdict]:
    return [
        verdict(one_side(name, "new"), {"0.3.0": one_side(name, "old")}, newest="0.3.0") for name in NAMES
    ]


def test_the_json_document_has_exactly_the_keys_of_the_design() -> None:
    for found in all_changes():
        document = json.loads(json.dumps(as_json(found)))
        assert set(document) == {
            "package", "base", "compared", "required_bump", "next_version", "compatible", "changes",
        }  # fmt: skip
        for change in document["changes"]:
            assert set(change) == {
                "rule", "severity", "breaks", "element", "file", "line", "message", "witness",
            }  # fmt: skip
            assert change["witness"] is None or set(change["witness"]) == {"direction", "payload"}


def test_the_text_shows_the_line_the_reason_and_the_payload() -> None:
    text = as_text(verdict(HIGH, {"0.3.0": LOW}, newest="0.3.0"))
    assert text == (
        "breaking[maximum-raised]: Order.value: maximum changed from 5 to 9\n"
        "  --> contracts/orders.json:12:11\n"
        "   |\n"
        '12 |           "value": {\n'
        "   |           ^^^^^^^\n"
        "   = breaks: forward\n"
        "   = why: A service of the newer release may send what was not allowed before; the older one "
        "refuses it.\n"
        '   = payload: {"value": 6}\n'
        "     this contract accepts it, 0.3.0 rejects it\n"
        "   = help: let readers upgrade first: keep the old bound within this line, or release the next "
        "line\n"
        "\n"
        "Changes since 0.3.0 (compared with 0.3.0): 1 breaking, 0 additive, 0 neutral.\n"
        "Required bump: minor; next version: 0.4.0.\n"
    )


def test_annotations_stay_on_their_line_whatever_a_message_holds() -> None:
    found = verdict(HIGH, {"0.3.0": LOW}, newest="0.3.0")
    (change,) = found.changes
    odd = replace(
        change, message="100%\n::error::owned", mark=Mark("contracts/a,b:c.yaml", 3, 4), rule="maximum-raised"
    )
    first, *rest = as_github(replace(found, changes=(odd,))).splitlines()
    assert first.startswith(
        "::error file=contracts/a%2Cb%3Ac.yaml,line=3,col=4,title=maximum-raised::Order.value: "
    )
    assert "100%25%0A::error::owned" in first
    assert not any(line.startswith("::") for line in rest)


def test_markdown_of_a_hostile_name_stays_text() -> None:
    found = verdict(HIGH, {"0.3.0": LOW}, newest="0.3.0")
    (change,) = found.changes
    odd = replace(change, element="a`b", message="<img src=x> [link](javascript:0)")
    text = as_markdown(replace(found, changes=(odd,)))
    assert "`` a`b ``" in text
    assert "\\<img" in text
    assert "[link]" not in text


def test_sarif_names_a_rule_and_a_place_for_each_result() -> None:
    for found in all_changes():
        document = as_sarif(found)
        (run,) = document["runs"]
        assert document["version"] == "2.1.0"
        rules = run["tool"]["driver"]["rules"]
        assert len(run["results"]) == len(found.changes)
        for result in run["results"]:
            assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
            assert rules[result["ruleIndex"]]["help"]["text"]
            region = result["locations"][0]["physicalLocation"]["region"]
            assert region["startLine"] >= 1
            assert result["partialFingerprints"]
        assert len({json.dumps(r["partialFingerprints"]) for r in run["results"]}) == len(run["results"])


def test_the_verdict_does_not_depend_on_the_seed_of_hashes() -> None:
    script = Path(__file__).with_name("print_verdicts.py")
    said = [
        subprocess.run(
            [sys.executable, str(script)], env={"PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in ("1", "2")
    ]
    assert said[0] == said[1] != b""

"""Every lint rule has its fixture, finds what is bad there, and is silent about everything that is good."""

from dataclasses import replace
from pathlib import Path

import pytest

from contracts.contract_texts import PACKAGE, components, loaded
from crucible_pipeline.contracts.check import lint, pages
from crucible_pipeline.contracts.load import load
from crucible_pipeline.contracts.project import find_project, load_project
from crucible_pipeline.contracts.read import read_folder
from crucible_pipeline.contracts.snapshot import dump, restore
from crucible_pipeline.errors import InvalidInput, Problem

FIXTURES = Path(__file__).parent / "lint"
NAMES = sorted(path.name for path in FIXTURES.iterdir())
ROOT = Path(__file__).parents[2]


def files(rule: str, side: str) -> dict[str, str]:
    folder = FIXTURES / rule / side
    if folder.is_dir():
        return read_folder(folder)
    return {"shop.yaml": (FIXTURES / rule / f"{side}.yaml").read_text()}


def findings(texts: dict[str, str]) -> list[Problem]:
    try:
        return lint(load(texts, PACKAGE))
    except InvalidInput as error:
        return list(error.problems)


def test_every_rule_has_its_fixture_and_every_fixture_its_rule() -> None:
    assert sorted(pages()) == NAMES


@pytest.mark.parametrize("rule", NAMES)
def test_a_bad_contract_shows_its_rule_and_no_other(rule: str) -> None:
    found = findings(files(rule, "bad"))
    assert {problem.rule for problem in found} == {rule}
    assert {problem.severity for problem in found} == {pages()[rule].severity}


@pytest.mark.parametrize("rule", NAMES)
def test_no_rule_finds_anything_in_a_good_contract(rule: str) -> None:
    assert findings(files(rule, "good")) == []


@pytest.mark.parametrize("rule", NAMES)
def test_a_finding_stands_at_a_place_that_is_in_the_file(rule: str) -> None:
    texts = files(rule, "bad")
    for problem in findings(texts):
        lines = texts[problem.mark.file.removeprefix("contracts/")].splitlines()
        assert 1 <= problem.mark.column <= len(lines[problem.mark.line - 1]) + 1


@pytest.mark.parametrize("rule", NAMES)
def test_a_contract_without_its_texts_is_judged_without_an_error(rule: str) -> None:
    contract = load(files(rule, "good"), PACKAGE)
    errors = [
        problem for problem in lint(restore(dump(contract), "contract.json")) if problem.severity == "error"
    ]
    assert errors == []


def test_a_page_says_why_and_how_to_mend_it() -> None:
    for row in pages().values():
        assert row.severity in {"error", "warning"}
        assert row.why.endswith(".")
        assert row.todo
        assert not row.todo.endswith(".")


def test_the_three_truths_of_the_platform_about_one_number_are_found() -> None:
    contract = loaded(
        {
            "constants/limits.yaml": "execution: {max_timeout_seconds: 300}\n",
            "constants/evaluation-defaults.yaml": "default: {timeout_seconds: 600}\n",
            "evaluation-request.yaml": components(
                "EvaluationRequest:\n  properties:\n"
                "    timeout: {type: integer, minimum: 1, maximum: 3600, default: 30}"
            ),
        }
    )
    numbers = [problem for problem in lint(contract) if "constant" in problem.rule]
    assert [(str(problem.mark), problem.rule) for problem in numbers if problem.severity == "error"] == [
        ("contracts/constants/evaluation-defaults.yaml:1:11", "constant-beyond-limit"),
        ("contracts/evaluation-request.yaml:6:9", "number-contradicts-constant"),
        ("contracts/evaluation-request.yaml:6:9", "number-contradicts-constant"),
    ]
    said = " ".join(problem.what for problem in numbers)
    assert all(number in said for number in ("3600", "300", "600", "default 30"))


def test_a_machine_that_goes_round_on_purpose_is_no_finding() -> None:
    found = loaded({"lamp.yaml": "enum: [on, off]\n", "m.yaml": "transitions: {on: [off], off: [on]}\n"})
    assert [problem for problem in lint(found) if problem.rule.startswith("state-")] == []


def test_our_own_contracts_are_clean() -> None:
    contract = load_project(find_project(ROOT / "contracts"))
    assert lint(contract) == []
    assert lint(replace(contract, sources={})) == []

"""Generated models, generated validators and the loader's own check against the official cases."""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest

from crucible_pipeline.contracts import payload
from crucible_pipeline.contracts.model import Contract, Schema
from crucible_pipeline.errors import InvalidInput
from crucible_pipeline.generate.python import python
from crucible_pipeline.generate.typescript import typescript
from generate.official_suite import Group, groups, loaded, refused_by, together
from generate.python_package import accepts, imported
from generate.typescript_node import install, running

# All three judge like this where the suite says otherwise; each with the reason.
_MOMENTS = ("optional/format/date-time.json", "validation of date-time strings")
_LEAP = "a date-time of Python has no 61st second, and all judges agree"
_REGEX = "the format regex is an annotation here: no two engines take the same patterns"
DISAGREEMENTS: dict[tuple[str, str, str], str] = {
    (*_MOMENTS, "a valid date-time with a leap second, UTC"): _LEAP,
    (*_MOMENTS, "a valid date-time with a leap second, with minus offset"): _LEAP,
    (
        "optional/format/ecmascript-regex.json",
        "\\a is not an ECMA 262 control escape",
        "when used as a pattern",
    ): _REGEX,
    (
        "optional/format/regex.json",
        "validation of regular expressions",
        "a regular expression with unclosed parens is invalid",
    ): _REGEX,
}


@dataclass(slots=True)
class Score:
    """What came of all cases.

    Args:
        refused: name of the group → why.
        wrong: judge → file, group and case of each wrong judgement → what it said.
    """

    groups: list[Group]
    refused: dict[str, str] = field(default_factory=dict[str, str])
    wrong: dict[str, dict[tuple[str, str, str], str]] = field(
        default_factory=dict[str, dict[tuple[str, str, str], str]]
    )

    @property
    def cases(self) -> int:
        return sum(len(group.cases) for group in self.groups)

    @property
    def cases_refused(self) -> int:
        return sum(len(group.cases) for group in self.groups if group.name in self.refused)

    def table(self) -> str:
        judged = self.cases - self.cases_refused
        lines = [f"{self.cases} cases, {self.cases_refused} refused ({self.cases_refused / self.cases:.2%})"]
        for judge, wrong in self.wrong.items():
            said = Counter(wrong.values())
            lines.append(
                f"{judge:<10} agrees {judged - len(wrong)} of {judged} ({1 - len(wrong) / judged:.2%})"
                f"  false accept {said['accepted']} ({said['accepted'] / judged:.2%})"
                f"  false reject {said['rejected']} ({said['rejected'] / judged:.2%})"
            )
        return "\n".join(lines)


def contract_of(score: Score) -> Contract:
    """All groups that the loader and the generator take, in one contract."""
    kept: dict[str, Contract] = {}
    for group in score.groups:
        try:
            kept[group.name] = loaded(group)
        except InvalidInput as error:
            score.refused.update(refused_by(error))
    try:
        python(together(kept))
    except InvalidInput as error:
        score.refused.update(refused_by(error))
    return together({name: contract for name, contract in kept.items() if name not in score.refused})


def judge(score: Score, name: str, accepted: Callable[[str, Any], bool]) -> None:
    wrong = score.wrong.setdefault(name, {})
    for group in score.groups:
        for case in group.cases if group.name not in score.refused else ():
            if accepted(group.name, case.payload) is not case.valid:
                said = "rejected" if case.valid else "accepted"
                wrong[group.file, group.description, case.description] = said


@pytest.fixture(scope="module")
def score(tmp_path_factory: pytest.TempPathFactory) -> Score:
    score = Score(groups())
    contract = contract_of(score)
    with imported(contract, tmp_path_factory.mktemp("python")) as package:
        judge(score, "Python", partial(accepts, package))
    with running(install(typescript(contract), tmp_path_factory.mktemp("node"), "cases")) as library:
        judge(score, "TypeScript", lambda name, value: bool(library.call(f"is{name}", value)))
    judge(score, "loader", lambda name, value: not payload.rejections(contract, Schema(ref=name), value))
    return score


def test_the_official_cases_are_judged_as_the_suite_says(
    score: Score, capsys: pytest.CaptureFixture[str]
) -> None:
    with capsys.disabled():
        print("\n" + score.table())  # noqa: T201  the figures are for whoever runs the suite
    assert score.cases_refused < 0.08 * score.cases
    judged = score.cases - score.cases_refused
    for wrong in score.wrong.values():
        assert len(wrong) <= 0.02 * judged
        assert Counter(wrong.values())["accepted"] < 0.005 * judged


@pytest.mark.parametrize("name", ["Python", "TypeScript", "loader"])
def test_each_disagreement_is_known_by_name(score: Score, name: str) -> None:
    assert score.wrong[name].keys() == DISAGREEMENTS.keys(), json.dumps(
        [[*case, said] for case, said in score.wrong[name].items() if case not in DISAGREEMENTS], indent=1
    )

"""A breaking change that was agreed to passes `check`, `release`, `publish` and the gate alike, or none."""

import io
from datetime import date
from hashlib import sha256
from pathlib import Path

import pytest
from packaging.version import Version

from crucible_pipeline.cli.app import main
from crucible_pipeline.contracts.load import load
from crucible_pipeline.contracts.model import Package
from crucible_pipeline.contracts.snapshot import dump
from crucible_pipeline.errors import InvalidInput
from crucible_pipeline.index.catalog import Candidate, Published
from crucible_pipeline.release.cut import carry_out, plan
from crucible_pipeline.release.gate import gate
from crucible_pipeline.release.tagged import Wanted, tagged
from index.distributions import Dist, Members, sdist, wheel
from release.contracts_repository import STATUS, Workshop

TODAY = date(2026, 11, 25)
OPEN_STATUS = STATUS.replace("[queued, running, done]", "[queued, running, done, paused]")
FILE = "contracts/waivers.yaml"
WAIVER = """\
# What was agreed to.
- rule: enum-value-added
  element: JobStatus.paused
  reason: no service reads the status yet
  expires: 2026-12-31
"""
EXPIRED = WAIVER.replace("2026-12-31", "2026-01-31")
IDLE = WAIVER.replace("JobStatus.paused", "JobStatus.lost")


def change(shop: Workshop, waivers: str) -> Workshop:
    (shop.root / FILE).write_text(waivers)
    shop.change("Paused jobs.", status=OPEN_STATUS)
    return shop


def test_a_waived_change_is_a_patch_and_the_changelog_says_what_it_breaks_and_why(released: Workshop) -> None:
    made = plan(change(released, WAIVER).package_released, None, TODAY, None, {})
    assert str(made.version) == "0.1.1"
    assert (
        '- **Waived**: `JobStatus.paused`: the value "paused" was added (breaks forward; waived until '
        "2026-12-31: no service reads the status yet)\n"
    ) in made.text
    carry_out(made, released.repository, push=False)
    # its reason is history with that release: what follows it compares with it
    with pytest.raises(InvalidInput) as caught:
        plan(released.package_released, None, TODAY, None, {})
    assert [problem.rule for problem in caught.value.problems] == ["waiver-stale"]


@pytest.mark.parametrize(("waivers", "rule"), [(EXPIRED, "waiver-expired"), (IDLE, "waiver-stale")])
def test_release_and_check_refuse_a_stale_waiver_at_its_place(
    released: Workshop,
    waivers: str,
    rule: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    change(released, waivers)
    with pytest.raises(InvalidInput) as caught:
        plan(released.package_released, None, TODAY, None, {})
    (problem,) = caught.value.problems
    assert problem.rule == rule
    assert str(problem.mark).endswith(f"{FILE}:2:3")
    monkeypatch.chdir(released.root)
    assert main(["check"]) == 1
    assert f"{FILE}:2:3: " in capsys.readouterr().err


def test_publish_judges_a_waiver_by_the_day_of_the_tag(released: Workshop, tmp_path: Path) -> None:
    change(released, WAIVER.replace("2026-12-31", date.today().isoformat()))  # noqa: DTZ011  as an author's desk
    carry_out(plan(released.package_released, None, date.today(), None, {}), released.repository, push=False)  # noqa: DTZ011
    assert tagged(Wanted(released.project, {}), tmp_path / "clone").version == Version("0.1.1")


def test_publish_refuses_a_stale_waiver(released: Workshop, tmp_path: Path) -> None:
    change(released, IDLE)
    released.repository.tag("v0.1.1", "by hand")
    with pytest.raises(InvalidInput, match="matches no change"):
        tagged(Wanted(released.project, {}), tmp_path / "clone")


def dist(version: str, status: str, waivers: str | None, *, source: bool = False) -> Dist:
    files = {"job-status.yaml": status} | ({"waivers.yaml": waivers} if waivers else {})
    snapshot = dump(load(files, Package("job-shared", "job_shared", "job-shared"))).encode()
    inside = [("contract.json", snapshot)]
    inside += [("contracts/waivers.yaml", waivers.encode())] if waivers else []
    if source:
        top = f"job_shared-{version}/src/job_shared"
        return sdist("job-shared", version, more=tuple((f"{top}/{name}", text) for name, text in inside))

    def before(members: Members) -> None:
        members.extend((f"job_shared/{name}", text) for name, text in inside)

    return wheel("job-shared", version, before=before)


@pytest.mark.parametrize("source", [False, True])
@pytest.mark.parametrize(
    ("waivers", "said"),
    [
        (WAIVER, None),
        (EXPIRED, "contracts/waivers.yaml:2:3: the waiver of enum-value-added for JobStatus.paused expired"),
        (IDLE, "contracts/waivers.yaml:2:3: the waiver of enum-value-added for JobStatus.lost matches no"),
        (None, "needs a minor release; release it as 0.2.0"),
    ],
)
def test_the_gate_counts_waivers_as_check_does(source: bool, waivers: str | None, said: str | None) -> None:  # noqa: FBT001
    old = dist("0.1.0", STATUS, None)
    before = Published(
        Version("0.1.0"),
        old.filename,
        sha256(old.content).hexdigest(),
        False,
        lambda: io.BytesIO(old.content),
    )
    new = dist("0.1.1", OPEN_STATUS, waivers, source=source)
    candidate = Candidate(
        "job-shared", Version("0.1.1"), new.filename, lambda: io.BytesIO(new.content), lambda: (before,)
    )
    answer = gate(candidate, today=lambda: TODAY)
    assert answer == said if said is None else said in (answer or "")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (WAIVER.replace("2026-12-31", "'20261231'"), "waivers.yaml:5:12: '20261231' is no date"),
        (WAIVER.replace("2026-12-31", "soon"), "waivers.yaml:5:12: 'soon' is no date"),
        (WAIVER.replace("no service reads the status yet", '" "'), "waivers.yaml:4:11: the reason is empty"),
        (
            WAIVER.replace("  reason: no service reads the status yet\n", ""),
            "waivers.yaml:2:3: the waiver has no",
        ),
        (WAIVER + WAIVER, "waivers.yaml:7:3: enum-value-added is waived twice for JobStatus.paused"),
    ],
)
def test_a_waiver_without_a_reason_or_a_date_is_a_problem_with_its_place(text: str, words: str) -> None:
    with pytest.raises(InvalidInput, match=r"waivers\.yaml") as caught:
        dist("0.1.1", OPEN_STATUS, text)
    assert words in str(caught.value)


@pytest.mark.parametrize("source", [False, True])
@pytest.mark.parametrize(
    ("waivers", "said"),
    [(None, None), (WAIVER, "matches no change, remove it"), (EXPIRED, "expired on 2026")],
)
def test_the_gate_finds_the_waivers_of_a_first_release_stale(
    source: bool,  # noqa: FBT001
    waivers: str | None,
    said: str | None,
) -> None:
    new = dist("0.1.0", OPEN_STATUS, waivers, source=source)
    first = Candidate(
        "job-shared", Version("0.1.0"), new.filename, lambda: io.BytesIO(new.content), lambda: ()
    )
    answer = gate(first, today=lambda: TODAY)
    assert (answer is None) if said is None else (answer is not None and said in answer)

"""What a page tells of two releases' contracts is what the verdict says, within bounds."""

import json
from collections.abc import Sequence

import pytest
from packaging.version import Version

from crucible_pipeline.compat.report import as_json
from crucible_pipeline.compat.table import explained
from crucible_pipeline.compat.verdict import judge
from crucible_pipeline.contracts.snapshot import restore
from crucible_pipeline.index import difference as told
from crucible_pipeline.index.difference import Contracts, Difference, Side
from crucible_pipeline.index.server import Running, running
from crucible_pipeline.index.shown import published_by
from crucible_pipeline.release import difference as judged
from crucible_pipeline.release.difference import difference, rules
from index.distributions import fetch
from index.furnished import GROWN, OLD, TIGHTER, contract, release

SNAPSHOTS = (OLD, GROWN, TIGHTER, contract(maximum=400))


@pytest.mark.parametrize("old", range(4))
@pytest.mark.parametrize("new", range(4))
def test_a_difference_holds_the_changes_of_the_verdict(old: int, new: int) -> None:
    before, after = Side("0.3.0", SNAPSHOTS[old]), Side("0.4.0", SNAPSHOTS[new])
    found = difference(before, after)
    bases = {"0.3.0": restore(before.contract.decode(), "old")}
    verdict = judge(
        restore(after.contract.decode(), "new"), bases, package="", newest=Version("0.3.0"), mode="full"
    )
    document = as_json(verdict)
    assert (found.bump, found.total, found.problem) == (
        document["required_bump"],
        len(document["changes"]),
        "",
    )
    for change, row in zip(found.changes, document["changes"], strict=True):
        assert (change.rule, change.severity, change.element) == (
            row["rule"],
            row["severity"],
            row["element"],
        )
        assert (change.message, list(change.breaks)) == (row["message"], row["breaks"])
        if row["witness"] is None:
            assert change.payload == change.accepts == change.rejects == ""
        else:
            assert json.loads(change.payload) == row["witness"]["payload"]
            backward = row["witness"]["direction"] == "backward"
            assert (change.accepts, change.rejects) == (
                ("0.3.0", "0.4.0") if backward else ("0.4.0", "0.3.0")
            )


def test_question_and_answer_travel_between_processes_unchanged() -> None:
    sides = (Side("0.3.0", OLD), Side("0.4.0", TIGHTER))
    assert told.sides_in(told.asked(*sides)) == sides
    found = difference(*sides)
    assert found.total == 2
    assert told.told(told.dump(found)) == found


def test_only_the_gravest_of_very_many_changes_are_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = difference(Side("0.3.0", OLD), Side("0.4.0", TIGHTER))
    monkeypatch.setattr(judged, "MAX_CHANGES", 1)
    monkeypatch.setattr(judged, "MAX_PAYLOAD", 4)
    cut = difference(Side("0.3.0", OLD), Side("0.4.0", TIGHTER))
    assert (cut.total, len(cut.changes)) == (whole.total, 1)
    assert cut.changes[0].element == whole.changes[0].element
    assert len(cut.changes[0].payload) <= len("1234 …")


def test_every_rule_that_a_change_can_name_is_explained() -> None:
    assert {rule.id for rule in rules()} == set(explained())
    assert all(rule.why and rule.todo and rule.tells for rule in rules())


def test_contracts_that_take_too_long_are_told_and_the_index_goes_on() -> None:
    with running(contracts=Contracts("crucible_pipeline.no_such_module", rules)) as index:
        release(index, "0.3.0", OLD)
        release(index, "0.4.0", GROWN)
        page = fetch(index, "project/demo-contracts/compare?from=0.3.0&to=0.4.0")
        assert (page.status_code, "cannot be compared here" in page.text) == (200, True)
        assert fetch(index, "health").status_code == 200


def test_a_difference_that_is_none_is_no_answer() -> None:
    for answer in (b"", b"[]", b'{"bump": "none"}', b'{"changes": [{"rule": 1}]}'):
        with pytest.raises(Exception, match="gave no answer"):
            told.told(answer)
    assert told.told(told.dump(Difference(problem="x"))).problem == "x"


def test_an_attested_file_names_its_publisher(index: Running) -> None:
    release(index, "0.3.0", OLD)
    assert "attested" not in fetch(index, "project/demo-contracts/").text
    release(index, "0.4.0", OLD, attested=True)
    page = fetch(index, "project/demo-contracts/").text
    assert "uploaded by a token of this index" in page
    address = "integrity/demo-contracts/0.4.0/demo_contracts-0.4.0-py3-none-any.whl/provenance"
    assert f'href="/{address}"' in page
    assert fetch(index, address).status_code == 200


@pytest.mark.parametrize(
    ("publisher", "words"),
    [
        (
            {"kind": "GitHub", "repository": "team/shared", "workflow": "release.yml", "environment": "pypi"},
            ["GitHub team/shared, release.yml, pypi"],
        ),
        (
            {"kind": "GitLab", "repository": "team/shared", "workflow_filepath": ".ci.yml"},
            ["GitLab team/shared, .ci.yml"],
        ),
        ({"kind": "token", "claims": None}, ["a token of this index"]),
        ({}, []),
        (None, []),
    ],
)
def test_a_publisher_is_told_in_words(publisher: object, words: Sequence[str]) -> None:
    document = json.dumps({"version": 1, "attestation_bundles": [{"publisher": publisher}]}).encode()
    assert list(published_by(document)) == words
    assert published_by(b"no JSON") == ()

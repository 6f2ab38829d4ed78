"""The life of a proposal, on the small forge over real repositories; and its decisions, in all cases."""

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crucible_pipeline.errors import CannotDo
from crucible_pipeline.upgrade.branch import (
    Branch,
    Step,
    Tip,
    branch_name,
    delete_branch,
    line_in,
    push_branch,
)
from crucible_pipeline.upgrade.forge import Draft, Forge, Proposal
from crucible_pipeline.upgrade.forge_place import Kind
from crucible_pipeline.upgrade.lifecycle import LABELS, Decision, Seen, decide
from crucible_pipeline.upgrade.marks import closed, marked
from crucible_pipeline.upgrade.publish import Published, Wanted, connected, propose, push, withdraw
from crucible_pipeline.upgrade.service import open_service
from upgrade.forge_repository import FILES, PACKAGE, place, project, wanted
from upgrade.forge_server import serving
from upgrade.forge_world import Fault, World
from upgrade.upgrade_services import ServiceRepository

OTHER_KINDS = [pytest.param(kind, marks=pytest.mark.slow) for kind in (Kind.GITLAB, Kind.GITEA)]
QUIET = Decision()


@dataclass
class Stage:
    """A service, its project on the forge, and what a run does with them."""

    world: World
    service: ServiceRepository
    forge: Forge
    kind: Kind

    def run(self, want: Wanted | None = None, root: Path | None = None) -> Published:
        return propose(open_service(root or self.service.root), want or wanted(), self.forge)

    def writes_of(self, want: Wanted | None = None, root: Path | None = None) -> list[object]:
        """What one more run writes: requests, and branches that moved."""
        before, count = self.world.git("for-each-ref"), len(self.world.writes())
        self.run(want, root)
        after = self.world.git("for-each-ref")
        return [*self.world.writes()[count:], *({*before.splitlines()} ^ {*after.splitlines()})]

    def tip(self, line: str = "0.4") -> str:
        return self.world.tip(branch_name(PACKAGE, line, ""))

    def clone(self, root: Path, *options: str) -> Path:
        source = self.world.bare.as_uri()
        subprocess.run(["git", "clone", "--quiet", *options, source, str(root)], check=True)
        return root

    def move_base(self, files: dict[str, str]) -> None:
        self.service.commit(files)
        self.service.git("push", "--quiet", "origin", "main")


@pytest.fixture(params=[Kind.GITHUB, *OTHER_KINDS])
def stage(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Stage]:
    world = World(tmp_path / "repositories")
    with serving(world) as url:
        service = project(world, tmp_path / "storage-service")
        with connected(place(request.param, url)) as forge:
            yield Stage(world, service, forge, request.param)


def test_a_proposal_is_opened_once_and_a_second_run_writes_nothing_anywhere(
    stage: Stage, tmp_path: Path
) -> None:
    done = stage.run()
    (pull,) = stage.world.pulls
    assert (pull.branch, pull.base, pull.title) == (wanted().name, "main", wanted().title)
    assert pull.labels == ["crucible: safe"]
    assert (done.commit, done.address) == (stage.tip(), stage.forge.open_proposals()[0].address)
    assert stage.writes_of() == []
    assert stage.writes_of(root=stage.clone(tmp_path / "elsewhere")) == []


@pytest.mark.slow
def test_a_base_that_moves_without_a_conflict_changes_nothing_even_seen_from_a_shallow_clone(
    stage: Stage, tmp_path: Path
) -> None:
    stage.run()
    stage.move_base({"more.py": "1\n", "requirements.txt": f"{FILES['requirements.txt']}\n\n\n# the end\n"})
    content = b"crucible-shared==0.4.*\nredis\n\n\n\n# the end\n"
    want = wanted()
    want = replace(want, steps=(replace(want.steps[0], changed={"requirements.txt": content}),))
    assert stage.writes_of(want) == []
    assert stage.writes_of(want, stage.clone(tmp_path / "shallow", "--depth=1")) == []


def test_a_base_that_moves_with_a_conflict_rebases_the_same_proposal(stage: Stage) -> None:
    stage.run()
    stage.move_base({"requirements.txt": "crucible-shared[cli]==0.3.*\nredis\n"})
    content = b"crucible-shared[cli]==0.4.*\nredis\n"
    want = replace(wanted(), steps=(Step({"requirements.txt": content}, "Upgrade", ""),))
    stage.run(want)
    assert stage.world.git("rev-parse", f"{stage.tip()}^") == stage.world.tip("main")
    assert len(stage.world.pulls) == 1
    assert stage.writes_of(want) == []


def test_a_branch_that_a_person_pushed_to_is_left_and_told_about_once(stage: Stage) -> None:
    stage.run()
    theirs = stage.world.commit_as_a_person(wanted().name, "app.py", "mended = 1\n")
    done = stage.run()
    assert (stage.tip(), done.commit) == (theirs, theirs)
    assert "not crucible's" in done.reason
    assert not done.refused
    (said,) = stage.world.comments
    assert "Somebody else committed" in said.body
    assert stage.writes_of() == []
    stage.run(wanted(title="Upgrade crucible-shared to 0.4.1"))
    (said,) = stage.world.comments
    assert "0.4.1" in said.body
    assert stage.world.pulls[0].title == wanted().title


@pytest.mark.slow
def test_a_branch_of_that_name_that_was_never_crucibles_is_refused(stage: Stage) -> None:
    stage.world.git("update-ref", f"refs/heads/{wanted().name}", stage.world.tip("main"))
    theirs = stage.world.commit_as_a_person(wanted().name, "app.py", "mine = 1\n")
    done = stage.run()
    assert done.refused
    assert (stage.tip(), stage.world.pulls) == (theirs, [])


def test_what_a_person_closed_is_not_opened_again_but_another_change_is(stage: Stage) -> None:
    stage.run()
    stage.world.pulls[0].state = "closed"
    stage.world.git("update-ref", "-d", f"refs/heads/{wanted().name}")
    assert stage.writes_of() == []
    assert "a person closed" in stage.run().reason
    assert stage.tip() == ""
    stage.run(wanted(specifier="==0.4.1"))
    assert [one.state for one in stage.world.pulls] == ["closed", "open"]


def test_a_newer_line_replaces_the_open_proposal_and_the_older_one_may_come_back(stage: Stage) -> None:
    stage.run()
    done = stage.run(wanted("0.5"))
    old, new = stage.world.pulls
    assert [(old.state, stage.tip("0.4")), (new.state, new.branch)] == [
        ("closed", ""),
        ("open", "crucible/crucible-shared-0.5"),
    ]
    assert done.address in stage.world.comments[0].body if done.address else pytest.fail("no address")
    assert stage.writes_of(wanted("0.5")) == []
    # 0.5 was yanked: what crucible itself closed may be opened again
    stage.run()
    assert [(one.branch[-3:], one.state) for one in stage.world.pulls] == [
        ("0.4", "closed"),
        ("0.5", "closed"),
        ("0.4", "open"),
    ]


@pytest.mark.slow
def test_a_replaced_proposal_on_which_a_person_works_stays_open_and_is_told(stage: Stage) -> None:
    stage.run()
    theirs = stage.world.commit_as_a_person(wanted().name, "app.py", "mended = 1\n")
    stage.run(wanted("0.5"))
    assert (stage.tip("0.4"), [one.state for one in stage.world.pulls]) == (theirs, ["open", "open"])
    assert stage.world.comments[0].pull == 1
    assert stage.writes_of(wanted("0.5")) == []


@pytest.mark.slow
def test_a_branch_that_is_wanted_beside_it_is_not_replaced(stage: Stage) -> None:
    stage.run()
    beside = replace(wanted("0.5"), siblings=frozenset({wanted().name}))
    stage.run(beside)
    assert [one.state for one in stage.world.pulls] == ["open", "open"]


@pytest.mark.slow
def test_what_a_person_wrote_into_a_proposal_stays(stage: Stage) -> None:
    stage.run()
    pull = stage.world.pulls[0]
    pull.body += "\n\nPlease wait until Monday."
    stage.world.set_labels(pull, [*pull.labels, "urgent"])
    body = pull.body
    stage.run(replace(wanted(), body="new", label="crucible: fixable"))
    assert pull.body == body
    assert sorted(pull.labels) == ["crucible: fixable", "urgent"]


@pytest.mark.slow
def test_a_proposal_follows_a_newer_patch_of_its_line(stage: Stage) -> None:
    stage.run()
    newer = wanted(title="Upgrade crucible-shared to 0.4.1")
    stage.run(newer)
    (pull,) = stage.world.pulls
    assert pull.title == newer.title
    assert newer.title in pull.body
    assert stage.writes_of(newer) == []


def test_only_what_is_allowed_and_green_and_as_it_was_pushed_is_merged(stage: Stage) -> None:
    allowed = replace(wanted(), may_merge=True)
    stage.run(allowed)
    stage.run(allowed)
    stage.world.checks[stage.tip()] = ["success", "failure"]
    assert any("waits" in note for note in stage.run(allowed).notes)
    stage.world.checks[stage.tip()] = ["success"]
    assert stage.writes_of() == []
    assert any("was merged" in note for note in stage.run(allowed).notes)
    assert stage.world.pulls[0].state == "merged"
    assert stage.world.git("show", "main:requirements.txt") == "crucible-shared==0.4.*\nredis"


@pytest.mark.slow
def test_a_merge_that_the_forge_refuses_is_a_note(stage: Stage) -> None:
    allowed = replace(wanted(), may_merge=True)
    stage.run(allowed)
    stage.world.checks[stage.tip()] = ["success"]
    stage.world.faults = [Fault("POST" if stage.kind is Kind.GITEA else "PUT", 405)]
    assert any("was not merged" in note for note in stage.run(allowed).notes)


@pytest.mark.slow
def test_a_service_with_nothing_left_to_upgrade_has_its_proposal_closed(stage: Stage) -> None:
    stage.run()
    service = open_service(stage.service.root)
    assert withdraw(service, PACKAGE, stage.forge)
    assert (stage.world.pulls[0].state, stage.tip()) == ("closed", "")
    count = len(stage.world.writes())
    assert withdraw(service, PACKAGE, stage.forge) == ()
    assert len(stage.world.writes()) == count


def test_a_branch_that_moves_between_the_look_and_the_push_is_not_overwritten(stage: Stage) -> None:
    stage.run()
    theirs = stage.world.commit_as_a_person(wanted().name, "app.py", "mended = 1\n")
    service, name = open_service(stage.service.root), wanted().name
    looked_at = stage.world.git("rev-parse", f"{theirs}^")
    for there in (looked_at, ""):
        with pytest.raises(CannotDo, match="stale info"):
            push_branch(service, Branch(name, service.commit), "origin", there)
    with pytest.raises(CannotDo, match="stale info"):
        delete_branch(service, Branch(name, looked_at), "origin")
    assert stage.tip() == theirs


@pytest.mark.slow
def test_a_forge_that_fails_after_the_push_is_not_pushed_to_again(stage: Stage) -> None:
    stage.world.faults = [Fault("POST", 500)]
    with pytest.raises(CannotDo, match="500"):
        stage.run()
    pushed = stage.tip()
    assert pushed
    stage.run()
    assert (stage.tip(), len(stage.world.pulls)) == (pushed, 1)


def test_a_remote_without_a_forge_is_pushed_to_once(stage: Stage, tmp_path: Path) -> None:
    service = open_service(stage.service.root)
    commit = push(service, wanted()).commit
    assert commit == stage.tip()
    before = stage.world.git("for-each-ref")
    assert push(open_service(stage.clone(tmp_path / "elsewhere")), wanted()).commit == commit
    assert (stage.world.git("for-each-ref"), stage.world.asked) == (before, [])


# names


FOLDERS = st.lists(st.sampled_from(["services", "api", "0.4", "4", "a-b", "ü"]), max_size=3).map("/".join)
LINES = st.sampled_from(["0.3", "0.4", "0.40", "1", "12"])


@given(LINES, FOLDERS, FOLDERS)
def test_a_branch_name_is_known_again_by_its_own_service_alone(line: str, folder: str, other: str) -> None:
    name = branch_name(PACKAGE, line, folder)
    assert line_in(name, PACKAGE, folder) == line
    assert line_in(name, f"{PACKAGE}-0.4", folder) is None
    if branch_name(PACKAGE, line, other) != name:
        assert line_in(name, PACKAGE, other) is None


def test_the_branch_is_called_as_agreed() -> None:
    assert branch_name("crucible-shared", "0.4", "") == "crucible/crucible-shared-0.4"


# decisions


def draft_of(change: str, title: str) -> Draft:
    body = marked(title, f"# {title}", change, 60_000)
    return Draft(branch="crucible/p-0.4", base="main", title=title, body=body, label="crucible: safe")


def proposal_of(draft: Draft, number: int, commit: str, *labels: str) -> Proposal:
    return Proposal(
        number=number,
        branch=draft.branch,
        base=draft.base,
        commit=commit,
        title=draft.title,
        body=draft.body,
        labels=tuple(sorted(labels)),
        address=f"https://git.example/{number}",
    )


DRAFTS = st.builds(draft_of, st.sampled_from(["aa", "bb"]), st.sampled_from(["one", "two"]))
TIPS = st.builds(Tip, st.sampled_from(["c1", "c2"]), st.booleans(), st.booleans())
PROPOSALS = st.builds(
    proposal_of,
    DRAFTS,
    st.integers(1, 9),
    st.sampled_from(["c1", "c2"]),
    st.sampled_from([*sorted(LABELS), "bug"]),
)
SEEN = st.builds(
    Seen,
    tip=st.none() | TIPS,
    own=st.none() | PROPOSALS,
    refused=st.lists(PROPOSALS | PROPOSALS.map(lambda one: replace(one, body=closed(one.body))), max_size=2),
    others=st.lists(st.tuples(PROPOSALS, st.none() | TIPS), max_size=2),
)


def after(draft: Draft, seen: Seen, decision: Decision) -> Seen:
    """What there is once a decision was carried out."""
    tip = Tip("pushed", ours=True, stands=True) if decision.push else seen.tip
    own = proposal_of(draft, 99, "pushed", draft.label) if decision.draft is not None else seen.own
    if own is not None and decision.edit is not None:
        own = replace(own, title=decision.edit[0], body=decision.edit[1])
    if own is not None and decision.labels is not None:
        own = replace(own, labels=decision.labels)
    gone = {one.number for one, _ in decision.close}
    others = [(one, there) for one, there in seen.others if one.number not in gone]
    return replace(seen, tip=tip, own=own, others=others)


@given(DRAFTS, SEEN)
def test_what_was_done_is_not_done_again(draft: Draft, seen: Seen) -> None:
    first = decide(draft, seen)
    second = decide(draft, after(draft, seen, first))
    assert replace(second, hand_over=(), tell=False, reason="") == QUIET
    assert (second.tell, second.reason) == (first.tell, first.reason)


@given(DRAFTS, SEEN, st.booleans())
def test_a_persons_work_is_neither_pushed_over_nor_merged_nor_closed(
    draft: Draft, seen: Seen, may: object
) -> None:
    decision = decide(draft, seen, may_merge=bool(may))
    theirs = seen.tip is not None and not seen.tip.ours
    assert not (decision.push and theirs)
    assert not (decision.merge and (theirs or not may or decision.push))
    assert all(tip is None or tip.ours for _, tip in decision.close)
    assert not (decision.draft is not None and seen.own is not None)


@given(DRAFTS, SEEN)
def test_labels_of_others_stay_and_one_verdict_stands(draft: Draft, seen: Seen) -> None:
    labels = decide(draft, seen).labels
    if labels is not None and seen.own is not None:
        assert {*labels} - LABELS == {*seen.own.labels} - LABELS
        assert {*labels} & LABELS == {draft.label}

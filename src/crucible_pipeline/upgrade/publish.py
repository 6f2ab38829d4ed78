"""Brings an upgrade to the service's remote, and its proposal to the forge there: looks, decides, does."""

import posixpath
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from crucible_pipeline.errors import CannotDo, Refused
from crucible_pipeline.upgrade import forge_gitea, forge_github, forge_gitlab
from crucible_pipeline.upgrade.branch import (
    Branch,
    Step,
    Tip,
    branches_at,
    commit_upgrade,
    delete_branch,
    line_in,
    push_branch,
    remote_of,
    tip_at,
)
from crucible_pipeline.upgrade.forge import Draft, Forge, Proposal
from crucible_pipeline.upgrade.forge_place import Access, Kind, Place, place_of
from crucible_pipeline.upgrade.forge_rest import Api
from crucible_pipeline.upgrade.lifecycle import Decision, Seen, decide, family, withdrawn
from crucible_pipeline.upgrade.marks import closed, cut, is_note, marked, note, same
from crucible_pipeline.upgrade.service import Service


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A branch that is to be at the remote, and its proposal.

    Args:
        package: that is upgraded.
        name: of the branch.
        steps: its commits.
        title: of the proposal.
        body: of the proposal, Markdown.
        label: that says the verdict.
        change: what the proposal changes, from `marks.change_key`.
        siblings: branches of the same service that are wanted beside this one.
        may_merge: merge the proposal once its checks passed.
    """

    package: str
    name: str
    steps: Sequence[Step]
    title: str = ""
    body: str = field(default="", repr=False)
    label: str = ""
    change: str = ""
    siblings: frozenset[str] = frozenset()
    may_merge: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """What came of it.

    Args:
        commit: the tip of the branch; empty where there is none.
        address: of the proposal; None where there is none.
        reason: why the branch was left as it is; empty where it is as wanted.
        refused: nothing can be proposed until a person did something.
        notes: what else was done or failed, one sentence each.
    """

    commit: str = ""
    address: str | None = None
    reason: str = ""
    refused: bool = False
    notes: tuple[str, ...] = ()


def place_at(service: Service, access: Access) -> Place:
    """The forge that the service's remote is on.

    Raises:
        CannotDo: it is on none, or there is no token for it.
        Refused: the token would travel unencrypted.
    """
    address = service.repository.run("remote", "get-url", remote_of(service.repository))
    return place_of(access, address)


def line_addresses(service: Service, place: Place) -> Callable[[str, int], str]:
    """The pages that show the lines of a service's files, which are named as seen from its folder."""

    def address(file: str, line: int) -> str:
        path = posixpath.normpath(posixpath.join(service.folder, file))
        return place.line_address(service.commit, path, line)

    return address


@contextmanager
def connected(place: Place, pause: Callable[[float], None] = time.sleep) -> Generator[Forge]:
    """The forge of a repository, as long as the block lasts.

    Args:
        place: the repository.
        pause: waits for some seconds, where the forge asks for patience.
    """
    words = {Kind.GITHUB: forge_github.words, Kind.GITLAB: forge_gitlab.words, Kind.GITEA: forge_gitea.words}
    api = Api(place.api, words[place.kind](place.token), pause)
    try:
        match place.kind:
            case Kind.GITHUB:
                yield forge_github.GitHub(api, place)
            case Kind.GITLAB:
                yield forge_gitlab.GitLab(api, place)
            case Kind.GITEA:
                yield forge_gitea.Gitea(api, place)
    finally:
        api.close()


def push(service: Service, wanted: Wanted) -> Published:
    """Bring the branch to the remote; nothing where the remote has what is wanted.

    Raises:
        Refused: a person pushed to the branch of that name.
        CannotDo: the remote cannot be reached or refuses.
    """
    remote = remote_of(service.repository)
    tip = _tip(service, remote, wanted, branches_at(service.repository, remote, wanted.package))
    if tip is not None and not tip.ours and not tip.stands:
        raise Refused(
            f"the branch {wanted.name} at {remote} holds work that is not crucible's",
            "merge it or delete it there",
        )
    return Published(commit=_pushed(service, wanted, remote, tip))


def _tip(service: Service, remote: str, wanted: Wanted, branches: dict[str, str]) -> Tip | None:
    there = branches.get(wanted.name)
    return tip_at(service, remote, (wanted.name, there), wanted.steps) if there is not None else None


def _pushed(service: Service, wanted: Wanted, remote: str, tip: Tip | None) -> str:
    branch = commit_upgrade(service, wanted.name, wanted.steps, tip.commit if tip is not None else None)
    if tip is not None and tip.stands:
        return tip.commit
    push_branch(service, branch, remote, tip.commit if tip is not None else "")
    return branch.commit


def propose(service: Service, wanted: Wanted, forge: Forge) -> Published:
    """Bring the branch to the remote and its proposal up to date, and close those that it replaces.

    Raises:
        Refused: the local branch holds a person's work.
        CannotDo: the remote or the forge cannot be reached or refuses.
    """
    remote = remote_of(service.repository)
    branches = branches_at(service.repository, remote, wanted.package)
    seen = _seen(service, wanted, forge, (remote, branches))
    base = service.repository.branch() or service.repository.default_branch()
    if not base:
        raise CannotDo("the branch to merge into is not known", "check one out")
    body = marked(wanted.title, wanted.body, wanted.change, forge_github.MAX_BODY_CHARACTERS)
    draft = Draft(branch=wanted.name, base=base, title=wanted.title, body=body, label=wanted.label)
    decision = decide(draft, seen, may_merge=wanted.may_merge)
    if decision.reason:
        return _left(wanted, forge, seen, decision)
    commit = _pushed(service, wanted, remote, seen.tip)
    proposal = _written(forge, decision, seen.own)
    words = f"Replaced by {proposal.address}."
    notes = _replace(service, remote, forge, decision, words)
    if decision.merge:
        notes += _merged(forge, proposal)
    return Published(commit=commit, address=proposal.address, notes=tuple(notes))


def _seen(service: Service, wanted: Wanted, forge: Forge, at: tuple[str, dict[str, str]]) -> Seen:
    remote, branches = at
    proposals = forge.open_proposals()
    own = next((one for one in proposals if one.branch == wanted.name), None)
    return Seen(
        tip=_tip(service, remote, wanted, branches),
        own=own,
        refused=forge.closed_proposals(wanted.name) if own is None else (),
        others=_others(service, wanted, proposals, at),
    )


def _others(
    service: Service, wanted: Wanted, proposals: Sequence[Proposal], at: tuple[str, dict[str, str]]
) -> list[tuple[Proposal, Tip | None]]:
    remote, branches = at

    def is_other(name: str) -> bool:
        of_service = line_in(name, wanted.package, service.folder) is not None
        return of_service and name not in wanted.siblings

    return [
        (one, tip_at(service, remote, (one.branch, there)) if (there := branches.get(one.branch)) else None)
        for one in family(proposals, is_other, wanted.name)
    ]


def _left(wanted: Wanted, forge: Forge, seen: Seen, decision: Decision) -> Published:
    if decision.tell and seen.own is not None:
        say(
            forge,
            seen.own.number,
            "left",
            f"Somebody else committed to `{wanted.name}`, so crucible leaves it as it is. What it would"
            f" propose now: {wanted.title}. Delete the branch, or take those commits off it, to get that.",
        )
    return Published(
        commit=seen.tip.commit if seen.tip is not None else "",
        address=seen.own.address if seen.own is not None else None,
        reason=decision.reason,
        refused=seen.own is None and seen.tip is not None,
    )


def _written(forge: Forge, decision: Decision, own: Proposal | None) -> Proposal:
    if own is None:
        if decision.draft is None:
            raise CannotDo("there is no proposal to open")
        return forge.open(decision.draft)
    if decision.edit is not None:
        forge.edit(own, *decision.edit)
    if decision.labels is not None:
        forge.label(own, decision.labels)
    return own


def _replace(service: Service, remote: str, forge: Forge, decision: Decision, words: str) -> list[str]:
    notes: list[str] = []
    for proposal, tip in decision.close:
        say(forge, proposal.number, "replaced", words)
        # closed before the branch goes: a forge closes what has no branch, as a person would
        forge.close(proposal, closed(proposal.body))
        if tip is not None:
            delete_branch(service, Branch(proposal.branch, tip.commit), remote)
        notes.append(f"{proposal.address} was closed.")
    for proposal in decision.hand_over:
        say(forge, proposal.number, "replaced", f"{words} This one holds others' commits and stays open.")
    return notes


def _merged(forge: Forge, proposal: Proposal) -> list[str]:
    if not forge.is_green(proposal):
        return [f"{proposal.address} waits for its checks."]
    try:
        forge.merge(proposal)
    except CannotDo as error:
        return [f"{proposal.address} was not merged: {error}."]
    return [f"{proposal.address} was merged."]


def withdraw(service: Service, package: str, forge: Forge) -> tuple[str, ...]:
    """Close the open proposals of a service that has nothing to upgrade any more.

    Returns:
        What was done, one sentence each.

    Raises:
        CannotDo: the remote or the forge cannot be reached or refuses.
    """
    remote = remote_of(service.repository)
    wanted = Wanted(package=package, name="", steps=())
    proposals = forge.open_proposals()
    if not any(line_in(one.branch, package, service.folder) for one in proposals):
        return ()
    at = (remote, branches_at(service.repository, remote, package))
    decision = withdrawn(_others(service, wanted, proposals, at))
    return tuple(_replace(service, remote, forge, decision, "Nothing is left to upgrade here."))


def say(forge: Forge, number: int, kind: str, text: str) -> None:
    """Comment once on a proposal; the comment is brought up to date where it stands already.

    Args:
        forge: that has the proposal.
        number: of the proposal.
        kind: of the comment; of each kind there is one.
        text: Markdown.

    Raises:
        CannotDo: the forge cannot be reached or refuses.
    """
    wanted = note(kind, cut(text, forge_github.MAX_BODY_CHARACTERS))
    there = next((one for one in forge.comments(number) if is_note(kind, one.body)), None)
    if there is None:
        forge.comment(number, wanted)
    elif not same(there.body, wanted):
        forge.edit_comment(number, there, wanted)

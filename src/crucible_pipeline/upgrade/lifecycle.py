"""What happens to the proposals of a service: decided from what there is, before anything is done. Pure."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from crucible_pipeline.upgrade.branch import Tip
from crucible_pipeline.upgrade.forge import Draft, Proposal
from crucible_pipeline.upgrade.marks import change_in, is_closed, is_edited, same
from crucible_pipeline.upgrade.verdict import Kind

UNKNOWN = "unknown"
_LABEL = "crucible: "
LABELS = frozenset(f"{_LABEL}{kind}" for kind in (*Kind, UNKNOWN))


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a forge and its repository hold.

    Args:
        tip: the wanted branch there; None if there is none.
        own: the open proposal of that branch.
        refused: proposals of that branch that were closed and not merged.
        others: open proposals of the same service to other lines, each with its branch; None where that is
            gone.
    """

    tip: Tip | None = None
    own: Proposal | None = None
    refused: Sequence[Proposal] = ()
    others: Sequence[tuple[Proposal, Tip | None]] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What is to be done, in this order. A decision that does nothing writes nothing.

    Args:
        push: bring the branch to the remote.
        draft: open this proposal.
        edit: of the open proposal, the title and body to write.
        labels: of the open proposal, to be set; None if they are right.
        tell: comment on the open proposal that its branch holds a person's work.
        close: proposals that this one replaces.
        hand_over: proposals that it replaces, but on which a person works: they are told.
        merge: ask whether the checks passed, and merge if so.
        reason: why the proposal is not brought up to date; empty if it is.
    """

    push: bool = False
    draft: Draft | None = None
    edit: tuple[str, str] | None = None
    labels: tuple[str, ...] | None = None
    tell: bool = False
    close: Sequence[tuple[Proposal, Tip | None]] = ()
    hand_over: Sequence[Proposal] = ()
    merge: bool = False
    reason: str = ""


def label_of(kind: Kind | None) -> str:
    """The label that says a verdict; None stands for contracts that could not be compared."""
    return f"{_LABEL}{kind or UNKNOWN}"


def decide(draft: Draft, seen: Seen, *, may_merge: bool = False) -> Decision:
    """Decide about the proposal of one branch, and those that it replaces.

    Args:
        draft: what is wanted; its body is marked.
        seen: what there is.
        may_merge: the caller allows to merge it once the checks passed.
    """
    own, tip = seen.own, seen.tip
    if own is None:
        closed = _closed_by_a_person(draft, seen.refused)
        if closed is not None:
            reason = f"a person closed {closed.address}; reopen it to have it kept up to date"
            return Decision(reason=reason)
    if tip is not None and not tip.ours and not tip.stands:
        reason = f"the branch {draft.branch} at the remote holds work that is not crucible's"
        return Decision(tell=own is not None, reason=reason)
    push = tip is None or not tip.stands
    close, hand_over = _replaced(seen.others)
    if own is None:
        return Decision(push=push, draft=draft, close=close, hand_over=hand_over)
    return Decision(
        push=push,
        edit=_edit(draft, own),
        labels=_labels(draft.label, own.labels),
        close=close,
        hand_over=hand_over,
        # what was pushed just now has not been checked; and a merge takes no person's work along
        merge=may_merge and not push and tip is not None and tip.ours and own.commit == tip.commit,
    )


def withdrawn(others: Sequence[tuple[Proposal, Tip | None]]) -> Decision:
    """Decide about the open proposals of a service that wants nothing any more."""
    close, _ = _replaced(others)
    return Decision(close=close)


def _closed_by_a_person(draft: Draft, refused: Iterable[Proposal]) -> Proposal | None:
    change = change_in(draft.body)
    same_change = (one for one in refused if change_in(one.body) == change and not is_closed(one.body))
    return next(same_change, None)


def _replaced(
    others: Sequence[tuple[Proposal, Tip | None]],
) -> tuple[tuple[tuple[Proposal, Tip | None], ...], tuple[Proposal, ...]]:
    known = [(one, tip) for one, tip in others if change_in(one.body) is not None]
    close = tuple((one, tip) for one, tip in known if tip is None or tip.ours)
    return close, tuple(one for one, tip in known if tip is not None and not tip.ours)


def _edit(draft: Draft, own: Proposal) -> tuple[str, str] | None:
    if same(draft.title, own.title) and same(draft.body, own.body):
        return None
    # what a person wrote there stays
    return None if is_edited(own.title, own.body) else (draft.title, draft.body)


def _labels(wanted: str, there: Sequence[str]) -> tuple[str, ...] | None:
    right = tuple(sorted({*(one for one in there if one not in LABELS), wanted}))
    return None if right == tuple(sorted(there)) else right


def family(proposals: Iterable[Proposal], is_of: Callable[[str], bool], branch: str) -> list[Proposal]:
    """The proposals of a service to other lines than the one of a branch."""
    return [one for one in proposals if one.branch != branch and is_of(one.branch)]

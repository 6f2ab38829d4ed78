"""The verdict: what the changes since the releases of a line ask of the next version. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from packaging.version import InvalidVersion, Version

from crucible_pipeline.compat.change import Change, Direction
from crucible_pipeline.compat.diff import diff
from crucible_pipeline.contracts.model import Contract
from crucible_pipeline.contracts.waiver import Waiver
from crucible_pipeline.errors import Problem
from crucible_pipeline.version import Bump, Severity, bumped, required_bump

FIRST = Version("0.1.0")
# A base without a version of its own is taken as one of 0.x, before every release.
BEFORE_ALL = Version("0.0.0")
MODES: Mapping[str, frozenset[Direction]] = {
    "full": frozenset({"backward", "forward", "source"}),
    "backward": frozenset({"backward", "source"}),
    "forward": frozenset({"forward", "source"}),
    "strict": frozenset({"backward", "forward", "source"}),
}


@dataclass(frozen=True, slots=True)
class Waived:
    """A breaking change that was agreed to.

    Args:
        change: as it would have counted.
        waiver: that names it.
    """

    change: Change
    waiver: Waiver


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a comparison says.

    Args:
        package: name of the distribution.
        base: the newest of what was compared with; None if there was nothing.
        compared: everything that was compared with, oldest first.
        required_bump: which number has to rise after the newest release.
        next_version: the smallest version that is enough.
        compatible: whether nothing breaks that is not waived.
        changes: the gravest first; a waived one stands among the additive ones and says so.
        waived: the waived ones as they would have counted.
        problems: waivers that match nothing or have expired.
        sources: path below the contracts folder → text, for excerpts.
    """

    package: str
    base: str | None
    compared: tuple[str, ...]
    required_bump: Bump
    next_version: Version
    compatible: bool
    changes: tuple[Change, ...] = ()
    waived: tuple[Waived, ...] = ()
    problems: tuple[Problem, ...] = ()
    sources: Mapping[str, str] = field(default_factory=dict[str, str], compare=False, repr=False)


def judge(
    new: Contract,
    bases: Mapping[str, Contract],
    *,
    package: str,
    newest: Version | None,
    mode: str,
    today: date | None = None,
) -> Verdict:
    """Compare a contract with every release that it has to talk to.

    Args:
        new: what is judged.
        bases: version, or another name of a base → its contract. The base that counts first is that of
            `newest`, else the last one.
        package: name of the distribution.
        newest: the newest release. If None, the bases have no version: what breaks asks for 0.1.0 and
            anything else for 0.0.1.
        mode: `full`, `backward` or `forward`: which directions on the wire count. `source` always does.
            `strict` counts all, and holds an open object to everything that it may send; see `diff`.
        today: waivers that expired before count no longer. If None, none is taken as expired.
    """
    order = sorted(bases, key=_age)
    if not order:
        return Verdict(
            package,
            None,
            (),
            Bump.NONE,
            newest or FIRST,
            compatible=True,
            problems=(*_expired(new, today), *_idle(_valid(new, today), ())),
            sources=new.sources,
        )
    base = str(newest) if newest is not None and str(newest) in bases else order[-1]
    found = [_counted(change, MODES[mode]) for change in _changes(new, bases, base, strict=mode == "strict")]
    valid = _valid(new, today)
    waived = tuple(_waived(found, valid))
    shown = sorted((_softened(change, waived) for change in found), key=lambda change: -change.severity)
    worst = max((change.severity for change in shown), default=None)
    bump = required_bump(worst, newest or BEFORE_ALL)
    return Verdict(
        package,
        base,
        tuple(order),
        bump,
        bumped(newest or BEFORE_ALL, bump),
        compatible=worst is not Severity.BREAKING,
        changes=tuple(shown),
        waived=waived,
        problems=(*_expired(new, today), *_idle(valid, waived)),
        sources=new.sources,
    )


def _age(name: str) -> tuple[int, Version]:
    """Bases without a version come last, in the order given."""
    try:
        return 0, Version(name)
    except InvalidVersion:
        return 1, BEFORE_ALL


def _changes(new: Contract, bases: Mapping[str, Contract], base: str, *, strict: bool) -> Iterator[Change]:
    """The changes since the newest release, and what still breaks for those on an older one.

    What a release of the line broke before is no news of this one: it is left out.
    """
    first = diff(bases[base], new, strict=strict)
    yield from first
    told = {(change.rule, change.element) for change in first}
    for name, older in bases.items():
        if name == base:
            continue
        broken = [change for change in diff(older, new, strict=strict) if change.breaks]
        fresh = [change for change in broken if (change.rule, change.element) not in told]
        if not fresh:
            continue
        settled = {
            (change.rule, change.element)
            for change in diff(older, bases[base], strict=strict)
            if change.breaks
        }
        for change in fresh:
            if (change.rule, change.element) not in settled:
                told.add((change.rule, change.element))
                yield replace(change, message=f"{change.message} (for services on {name})")


def _counted(change: Change, counts: frozenset[Direction]) -> Change:
    """The change with only the directions that count."""
    breaks = tuple(way for way in change.breaks if way in counts)
    severity = Severity.ADDITIVE if change.breaks and not breaks else change.severity
    witness = change.witness if change.witness and change.witness.direction in breaks else None
    return replace(change, breaks=breaks, severity=severity, witness=witness)


def _matches(waiver: Waiver, change: Change) -> bool:
    return bool(change.breaks) and (waiver.rule, waiver.element) == (change.rule, change.element)


def _waived(changes: list[Change], waivers: list[Waiver]) -> Iterator[Waived]:
    for change in changes:
        waiver = next((waiver for waiver in waivers if _matches(waiver, change)), None)
        if waiver is not None:
            yield Waived(change, waiver)


def _softened(change: Change, waived: tuple[Waived, ...]) -> Change:
    found = next((item.waiver for item in waived if item.change == change), None)
    if found is None:
        return change
    message = (
        f"{change.message} (breaks {', '.join(change.breaks)}; waived until {found.expires}: {found.reason})"
    )
    return replace(change, severity=Severity.ADDITIVE, breaks=(), message=message)


def _valid(contract: Contract, today: date | None) -> list[Waiver]:
    return [waiver for waiver in contract.waivers if not _is_expired(waiver, today)]


def _is_expired(waiver: Waiver, today: date | None) -> bool:
    return today is not None and date.fromisoformat(waiver.expires) < today


def _expired(contract: Contract, today: date | None) -> Iterator[Problem]:
    for waiver in contract.waivers:
        if _is_expired(waiver, today):
            what = f"the waiver of {waiver.rule} for {waiver.element} expired on {waiver.expires}"
            yield Problem(waiver.mark, what, "remove it, or agree on another date", "waiver-expired")


def _idle(valid: list[Waiver], waived: tuple[Waived, ...]) -> Iterator[Problem]:
    for waiver in valid:
        if not any(item.waiver == waiver for item in waived):
            what = f"the waiver of {waiver.rule} for {waiver.element} matches no change"
            yield Problem(waiver.mark, what, "remove it", "waiver-stale")

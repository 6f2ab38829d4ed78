"""How `crucible check --prove` searches and tells: a bar on a terminal, then how much was tried."""

import sys
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace

from packaging.version import Version

from crucible_pipeline.compat.change import Change
from crucible_pipeline.compat.confirm import confirmed
from crucible_pipeline.compat.prove import Effort, Tried, prove
from crucible_pipeline.compat.verdict import BEFORE_ALL, MODES, Verdict
from crucible_pipeline.contracts.model import NOWHERE, Contract
from crucible_pipeline.errors import CannotDo
from crucible_pipeline.version import Severity, bumped, required_bump


@dataclass(frozen=True, slots=True)
class Search:
    """What `--prove` was told.

    Args:
        seed: of the payloads.
        seconds: for all bases together.
        newest: the newest release; None if there is none.
    """

    seed: int
    seconds: float
    newest: Version | None = None


def proved(
    verdict: Verdict, new: Contract, bases: Mapping[str, Contract], mode: str, search: Search
) -> tuple[Verdict, bool]:
    """Search for what the verdict missed, and say on stderr how much was tried.

    Returns:
        The verdict, and whether there is a counterexample to it, which it then holds.
    """
    if search.seconds <= 0:
        raise CannotDo("--seconds has to be above 0", "give the time box of the search, such as 10")
    verdict = replace(verdict, changes=tuple(_judged(verdict, new, bases)))
    found: list[Change] = []
    share = search.seconds / max(len(bases), 1)
    for name, old in bases.items():
        with _bar(f"against {name}") as seen:
            effort = Effort(search.seed, share, strict=mode == "strict", seen=seen)
            tried = prove(old, new, effort)
        sys.stderr.write("".join(f"{line}\n" for line in _told(name, tried, search.seed)))
        found += _missed(verdict, tried, mode)
    if not found:
        return verdict, False
    newest = search.newest or BEFORE_ALL
    bump = max(verdict.required_bump, required_bump(Severity.BREAKING, newest))
    changes, next_version = (*found, *verdict.changes), bumped(newest, bump)
    worse = replace(verdict, compatible=False, changes=changes, required_bump=bump, next_version=next_version)
    return worse, True


def _judged(verdict: Verdict, new: Contract, bases: Mapping[str, Contract]) -> Iterator[Change]:
    """The changes, their payloads asked of the generated models of the base and of this version."""
    old = bases.get(verdict.base or "")
    if old is None or not any(change.witness for change in verdict.changes):
        yield from verdict.changes
        return
    from crucible_pipeline.cli.models import models  # noqa: PLC0415  late, for it brings the generator

    older = [change for change in verdict.changes if "(for services on " in change.message]
    with models() as oracle:
        newer = [change for change in verdict.changes if change not in older]
        yield from confirmed(newer, old, new, oracle)
    sys.stderr.write("the payloads were judged by the generated models of both versions\n")
    yield from older


def _missed(verdict: Verdict, tried: Iterable[Tried], mode: str) -> Iterator[Change]:
    """Counterexamples in a direction that counts and that no change has told."""
    told = {way for change in verdict.changes for way in change.breaks}
    told |= {way for item in verdict.waived for way in item.change.breaks}
    for one in tried:
        if one.witness is not None and one.direction in MODES[mode] and one.direction not in told:
            message = "the search found a payload that only one version accepts"
            yield Change(
                "schema-changed",
                Severity.BREAKING,
                (one.direction,),
                one.element,
                NOWHERE,
                message,
                one.witness,
            )


def _told(name: str, tried: list[Tried], seed: int) -> Iterator[str]:
    if not tried:
        yield f"against {name}: nothing differs that a payload could show"
    for one in tried:
        answer = "no counterexample" if one.payloads else "so nothing is known; give more --seconds"
        answer = "a payload breaks" if one.witness else answer
        tried_of = f"{one.element} {one.direction}: {one.payloads} payloads"
        yield f"against {name}: {tried_of}, {answer} (seed {seed})"


@contextmanager
def _bar(title: str) -> Generator[Callable[[float], None]]:
    # Late, for the command without --prove draws nothing.
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415

    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda _: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(title, total=1.0)
        yield lambda part: progress.update(task, completed=part)

"""One service's upgrade, from its pins to its branch."""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from packaging.version import Version

from crucible_pipeline.errors import CrucibleError, Refused
from crucible_pipeline.upgrade.branch import Branch, Step, branch_name, commit_upgrade
from crucible_pipeline.upgrade.encoding import printable
from crucible_pipeline.upgrade.forge_place import Access
from crucible_pipeline.upgrade.impact import Hit
from crucible_pipeline.upgrade.lifecycle import label_of
from crucible_pipeline.upgrade.locks import stale
from crucible_pipeline.upgrade.locks_run import refresh
from crucible_pipeline.upgrade.marks import change_key
from crucible_pipeline.upgrade.outcome import Outcome, Row, failed, joined
from crucible_pipeline.upgrade.pins import Edit, apply, edits
from crucible_pipeline.upgrade.plan import Plan, Told, plan, tell
from crucible_pipeline.upgrade.plumbing import contents_of
from crucible_pipeline.upgrade.proposal import Facts, proposal, summary, title
from crucible_pipeline.upgrade.publish import (
    Published,
    Wanted,
    connected,
    line_addresses,
    place_at,
    propose,
    push,
    withdraw,
)
from crucible_pipeline.upgrade.rewriting import body, subject
from crucible_pipeline.upgrade.service import Service, changed_paths, open_service, policy_of
from crucible_pipeline.upgrade.shelf import Shelf
from crucible_pipeline.upgrade.target import Candidate
from crucible_pipeline.upgrade.trial import Result, Terms, Trial
from crucible_pipeline.upgrade.trial_run import Command, Wheel, try_out
from crucible_pipeline.upgrade.typed import Types
from crucible_pipeline.upgrade.verdict import Kind, verdict
from crucible_pipeline.version import line_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What the user asked for.

    Args:
        to: the only version wanted; the newest allowed if None.
        dry_run: change nothing.
        push: push the branch.
        forge: propose the branch there; None for nowhere.
        automerge: merge a proposal that is safe once its checks passed.
        refresh_locks: let the tools that wrote the service's locks refresh them; they may run its code.
        tests: what may run of a service's tests; None for nothing.
        types: the type checker that says which lines are certain; None asks none.
    """

    to: Version | None = None
    dry_run: bool = False
    push: bool = False
    forge: Access | None = None
    automerge: bool = False
    refresh_locks: bool = False
    tests: Terms | None = None
    types: Types | None = None


def upgrade(target: Path, shelf: Shelf, request: Request) -> Outcome:
    """Upgrade the service in a folder.

    Every way in which this one service cannot be upgraded is an outcome, so that others go on.
    """
    try:
        service = open_service(target)
    except CrucibleError as error:
        return failed(target.resolve().name, error)
    return upgrade_service(service, shelf, request)


def upgrade_service(service: Service, shelf: Shelf, request: Request) -> Outcome:
    """Upgrade a service; as `upgrade`, every failure is an outcome."""
    try:
        planned = plan(service, shelf, request.to)
    except CrucibleError as error:
        return failed(service.name, error)
    if not planned.moves:
        reason = f"no file of the last commit requires {shelf.package}"
        return Outcome(rows=(Row(service=service.name, skipped=reason),), notes=planned.notes)
    if not planned.moving:
        return _nothing_to_do(planned, shelf, request)
    both = [*_compatible(planned, shelf, request), planned]
    names = frozenset(_branch(one, shelf) for one in both)
    return joined([_attempt(one, shelf, request, names) for one in both])


def _compatible(planned: Plan, shelf: Shelf, request: Request) -> list[Plan]:
    """The newest release of the line that the service is on, if it is on an older one and the move breaks."""
    installed, target = planned.installed, planned.target
    if request.to is not None or installed is None or target is None or line_of(installed) == line_of(target):
        return []
    try:
        found = plan(planned.service, shelf, None, line_of(installed))
    except CrucibleError:
        # the same error has been told of the whole
        return []
    moves = [one for one in found.moves if one.specifier is not None]
    return [replace(found, moves=moves)] if moves else []


def _branch(planned: Plan, shelf: Shelf) -> str:
    line = line_of(planned.target) if planned.target is not None else ""
    return branch_name(shelf.package, line, planned.service.folder)


def _attempt(planned: Plan, shelf: Shelf, request: Request, siblings: frozenset[str]) -> Outcome:
    try:
        return _carry_out(planned, shelf, request, siblings)
    except CrucibleError as error:
        rows = [replace(row, after=None, skipped=row.skipped or str(error)) for row in _rows(planned)]
        return Outcome(rows=rows, exit_code=error.exit_code, notes=planned.notes)


def _nothing_to_do(planned: Plan, shelf: Shelf, request: Request) -> Outcome:
    notes = [*planned.notes]
    if request.forge is not None and request.to is None and not request.dry_run and not planned.refused:
        try:
            with connected(place_at(planned.service, request.forge)) as forge:
                notes += withdraw(planned.service, shelf.package, forge)
        except CrucibleError as error:
            rows = [replace(row, skipped=str(error)) for row in _rows(planned)]
            return Outcome(rows=rows, exit_code=error.exit_code, notes=notes)
    return Outcome(rows=_rows(planned), exit_code=int(planned.refused), notes=notes)


def _carry_out(planned: Plan, shelf: Shelf, request: Request, siblings: frozenset[str]) -> Outcome:
    service, target, texts = planned.service, planned.target, planned.texts
    if target is None:
        raise Refused("there is no version to move to")
    edited = _edited(planned, shelf.candidates()[target])
    dirty = changed_paths(service, edited)
    if dirty and not request.dry_run:
        names = ", ".join(service.shown(path) for path in dirty)
        raise Refused(f"{names} has changes that are not committed", "commit them first")
    found = tell(planned, target, shelf, request.types)
    pins = {path: texts[path].encode(text) for path, text in edited.items()}
    if request.refresh_locks:
        found, refreshed = _with_locks(planned, found, pins, shelf.package)
        pins |= refreshed
    told = replace(found.facts, trial=_trial(planned, found, pins, shelf, request.tests))
    found = replace(found, facts=told)
    name = _branch(planned, shelf)
    done = Published()
    if not request.dry_run:
        wanted = Wanted(package=shelf.package, name=name, steps=_steps(pins, found), siblings=siblings)
        done = _publish(service, wanted, told, request)
    rows = [
        replace(row, trial=told.trial, rewritten=told.rewritten) if row.branch else row
        for row in _rows(planned, told.hits, Branch(name, done.commit), done.address)
    ]
    if done.reason:
        rows = [replace(row, after=None, skipped=row.skipped or done.reason) for row in rows]
    return Outcome(
        rows=rows,
        exit_code=int(done.refused),
        proposal=proposal(told),
        diff="".join(_diff(service.shown(path), texts[path].text, text) for path, text in edited.items())
        + _rewritten_diff(service, found.rewritten),
        notes=(*told.notes, *done.notes),
    )


def _trial(
    planned: Plan, found: Told, pins: Mapping[str, bytes], shelf: Shelf, terms: Terms | None
) -> Trial | None:
    """Run the service's tests on the branch, where the caller allows a command."""
    service, target = planned.service, found.facts.target
    command = (terms.command or (policy_of(service).test_command if terms.own else ())) if terms else ()
    if terms is None or not command:
        return None
    wheel = shelf.wheel(target)
    if wheel is None:
        return Trial(Result.NOT_RUN, " ".join(command), f"the index has no wheel of {target}")
    moved = list(dict.fromkeys(one.pin.file for one in planned.moving))
    tried = Wheel(shelf.package, str(target), *wheel, shelf.index_url)
    return try_out(service, {**pins, **found.rewritten}, moved, tried, Command(command, terms.seconds))


def _with_locks(
    planned: Plan, found: Told, pins: Mapping[str, bytes], package: str
) -> tuple[Told, Mapping[str, bytes]]:
    """Refresh the locks; what is told of them then is only of those that stay stale."""
    service = planned.service
    locks = stale((one.pin.file for one in planned.moving), service.files, package)
    made = refresh(service, pins, locks)
    sentences = {replace(one, lock=service.shown(one.lock)).sentence for one in locks}
    notes = [note for note in found.facts.notes if note not in sentences]
    return replace(found, facts=replace(found.facts, notes=[*notes, *made.notes])), made.files


def _steps(pins: Mapping[str, bytes], found: Told) -> list[Step]:
    """The commits: the pins, and then the lines that use a new name, which a reader may drop."""
    told = found.facts
    steps = [Step(pins, title(told), summary(told))]
    if found.rewritten:
        steps.append(Step(found.rewritten, subject(told.package, told.target), body(told.rewritten)))
    return steps


def _rewritten_diff(service: Service, rewritten: Mapping[str, bytes]) -> str:
    before = contents_of(service.repository, (service.files[path] for path in rewritten))
    return "".join(
        _diff(
            service.shown(path),
            before[service.files[path].identity].decode("utf-8", "surrogateescape"),
            content.decode("utf-8", "surrogateescape"),
        )
        for path, content in sorted(rewritten.items())
    )


def _edited(planned: Plan, chosen: Candidate) -> dict[str, str]:
    texts = planned.texts
    changes: dict[str, list[Edit]] = {}
    for one in planned.moving:
        text = texts[one.pin.file].text
        changes.setdefault(one.pin.file, []).extend(edits(text, one.pin, one.specifier or "", chosen.digests))
    return {path: apply(texts[path].text, wanted) for path, wanted in sorted(changes.items())}


def _publish(service: Service, wanted: Wanted, told: Facts, request: Request) -> Published:
    if request.forge is None:
        if request.push:
            return push(service, wanted)
        return Published(commit=commit_upgrade(service, wanted.name, wanted.steps).commit)
    place = place_at(service, request.forge)
    kind = verdict(told.hits).kind if told.changes is not None else None
    wanted = replace(
        wanted,
        title=title(told),
        body=proposal(replace(told, address=line_addresses(service, place))),
        label=label_of(kind),
        change=change_key(told.package, (one.specifier or "" for one in told.moves)),
        may_merge=request.automerge
        and kind is Kind.SAFE
        and (told.trial is None or told.trial.result is Result.PASSED),
    )
    with connected(place) as forge:
        return propose(service, wanted, forge)


def _rows(
    planned: Plan, hits: Sequence[Hit] = (), branch: Branch | None = None, address: str | None = None
) -> list[Row]:
    rows: list[Row] = []
    for one in planned.moves:
        row = Row(
            service=planned.service.name,
            file=planned.service.shown(one.pin.file),
            line=one.pin.line,
            before=printable(one.pin.specifier) or None,
            installed_line=one.line,
            latest=str(planned.latest) if planned.latest is not None else None,
            skipped=one.reason or None,
        )
        if one.specifier is not None and branch is not None:
            row = replace(
                row, impact=hits, branch=branch.name, commit=branch.commit or None, pull_request=address
            )
        rows.append(replace(row, after=one.specifier))
    return rows


def _diff(name: str, before: str, after: str) -> str:
    def lines(text: str) -> list[str]:
        return [f"{line}\n" for line in printable(text).splitlines()]

    return "".join(difflib.unified_diff(lines(before), lines(after), f"a/{name}", f"b/{name}", n=1))

"""One service's upgrade, from its pins to its branch."""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from packaging.version import Version

from crucible_pipeline.compat.change import Change
from crucible_pipeline.compat.diff import diff
from crucible_pipeline.errors import CrucibleError, Refused
from crucible_pipeline.upgrade.branch import Branch, branch_name, commit_upgrade, push_branch, remote_of
from crucible_pipeline.upgrade.changelog import between
from crucible_pipeline.upgrade.encoding import Decoded, decode, printable
from crucible_pipeline.upgrade.forge import Forge, propose
from crucible_pipeline.upgrade.impact import Hit, impact, needles
from crucible_pipeline.upgrade.locks import stale_locks
from crucible_pipeline.upgrade.outcome import Outcome, Row, failed
from crucible_pipeline.upgrade.pin_files import find_pins
from crucible_pipeline.upgrade.pins import Edit, Pin, apply, edits
from crucible_pipeline.upgrade.proposal import Facts, proposal, summary, title
from crucible_pipeline.upgrade.service import (
    Service,
    changed_paths,
    open_service,
    policy_of,
    python_files,
    read_requirements,
    requires_python,
)
from crucible_pipeline.upgrade.shelf import Shelf
from crucible_pipeline.upgrade.target import Candidate, Move, choose, move
from crucible_pipeline.version import line_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What the user asked for.

    Args:
        to: the only version wanted; the newest allowed if None.
        dry_run: change nothing.
        push: push the branch.
        forge: open a pull request there; None for none.
    """

    to: Version | None = None
    dry_run: bool = False
    push: bool = False
    forge: Forge | None = None


@dataclass(frozen=True, slots=True)
class _Plan:
    """The moves of a service's pins, and what follows from them."""

    service: Service
    moves: Sequence[Move]
    target: Version | None
    latest: Version | None
    notes: Sequence[str]
    refused: bool = False

    @property
    def moving(self) -> list[Move]:
        return [one for one in self.moves if one.specifier is not None]


def upgrade(target: Path, shelf: Shelf, request: Request) -> Outcome:
    """Upgrade the service in a folder.

    Every way in which this one service cannot be upgraded is an outcome, so that others go on.
    """
    try:
        service = open_service(target)
        requirements = read_requirements(service, shelf.package)
        texts = {path: decode(content) for path, content in requirements.files.items()}
        pins = [pin for path, text in texts.items() for pin in find_pins(path, text.text, shelf.package)]
        if not pins:
            reason = f"no file of the last commit requires {shelf.package}"
            return Outcome(rows=(Row(service=service.name, skipped=reason),), notes=requirements.notes)
        plan = _plan(service, pins, shelf, request, requirements.notes)
    except CrucibleError as error:
        return failed(target.resolve().name, error)
    if not plan.moving:
        return Outcome(rows=_rows(plan), exit_code=int(plan.refused), notes=plan.notes)
    try:
        return _carry_out(plan, texts, shelf, request)
    except CrucibleError as error:
        rows = [replace(row, after=None, skipped=row.skipped or str(error)) for row in _rows(plan)]
        return Outcome(rows=rows, exit_code=error.exit_code, notes=plan.notes)


def _plan(
    service: Service, pins: Sequence[Pin], shelf: Shelf, request: Request, notes: Sequence[str]
) -> _Plan:
    candidates = shelf.candidates()
    movable = [pin for pin in pins if pin.clauses and not pin.fixed]
    python = requires_python(service)
    policy = policy_of(service)
    notes = [*notes, *(f"The setting {key} of the upgrades means nothing here." for key in policy.unknown)]
    newest, _ = choose(movable, candidates.values(), python, None, policy)
    chosen, why = choose(movable, candidates.values(), python, request.to, policy)
    latest = newest.version if newest is not None else None
    if chosen is None or not movable:
        moves = [Move(pin, None, pin.fixed or why, False, None) for pin in pins]
        return _Plan(service, moves, None, latest, notes, refused=bool(movable) and request.to is not None)
    moves = _together([move(pin, chosen, candidates) for pin in pins], chosen, service)
    return _Plan(service, moves, chosen.version, latest, notes)


def _together(moves: Sequence[Move], chosen: Candidate, service: Service) -> list[Move]:
    """All pins of a service move, or none does: a pin that cannot follow would contradict the others."""
    if not chosen.digests:
        moves = [
            replace(one, specifier=None, reason="it has hashes and the index gives none", blocks=True)
            if one.pin.hashes and one.specifier is not None
            else one
            for one in moves
        ]
    blocking = next((one for one in moves if one.blocks), None)
    if blocking is None:
        return list(moves)
    place = f"{service.shown(blocking.pin.file)}:{blocking.pin.line}"
    reason = f"{place} cannot move with it: {blocking.reason}"
    return [replace(one, specifier=None, reason=reason) if one.specifier else one for one in moves]


def _carry_out(plan: _Plan, texts: Mapping[str, Decoded], shelf: Shelf, request: Request) -> Outcome:
    service, target = plan.service, plan.target
    if target is None:
        raise Refused("there is no version to move to")
    edited = _edited(plan, texts, shelf.candidates()[target])
    dirty = changed_paths(service, edited)
    if dirty and not request.dry_run:
        names = ", ".join(service.shown(path) for path in dirty)
        raise Refused(f"{names} has changes that are not committed", "commit them first")
    facts = _facts(plan, target, shelf)
    name = branch_name(shelf.package, line_of(target), service.folder)
    branch, address = None, None
    if not request.dry_run:
        changed = {path: texts[path].encode(text) for path, text in edited.items()}
        branch = commit_upgrade(service, name, changed, title(facts), summary(facts))
        address = _publish(service, branch, facts, request)
    return Outcome(
        rows=_rows(plan, facts.hits, Branch(name, branch.commit if branch else ""), address),
        proposal=proposal(facts),
        diff="".join(_diff(service.shown(path), texts[path].text, text) for path, text in edited.items()),
        notes=facts.notes,
    )


def _edited(plan: _Plan, texts: Mapping[str, Decoded], chosen: Candidate) -> dict[str, str]:
    changes: dict[str, list[Edit]] = {}
    for one in plan.moving:
        text = texts[one.pin.file].text
        changes.setdefault(one.pin.file, []).extend(edits(text, one.pin, one.specifier or "", chosen.digests))
    return {path: apply(texts[path].text, wanted) for path, wanted in sorted(changes.items())}


def _facts(plan: _Plan, target: Version, shelf: Shelf) -> Facts:
    service = plan.service
    installed = min((one.installed for one in plan.moving if one.installed is not None), default=None)
    moving = {service.shown(one.pin.file) for one in plan.moving}
    known = {service.shown(path) for path in service.files}
    notes = [*plan.notes, *stale_locks(moving, known, shelf.package)]
    changes: list[Change] | None = None
    hits: Sequence[Hit] = ()
    old = shelf.contract(installed) if installed is not None and installed in shelf.candidates() else None
    new = shelf.contract(target)
    if old is not None and new is not None:
        changes = diff(old, new)
        sources, unread = python_files(service, needles(changes, old, new))
        found = impact(changes, old, new, {service.shown(path): text for path, text in sources.items()})
        hits = found.hits
        notes += [*unread, *found.unread]
    else:
        notes.append("The contracts were not compared: a wheel of the two versions holds no contract.json.")
    return Facts(
        package=shelf.package,
        service=service.name,
        moves=[_shown(service, one) for one in plan.moving],
        installed=installed,
        target=target,
        changes=changes,
        hits=hits,
        waivers=new.waivers if new is not None else (),
        changelog=between(shelf.changelog(target) or "", installed, target),
        notes=notes,
    )


def _publish(service: Service, branch: Branch, facts: Facts, request: Request) -> str | None:
    if not request.push and request.forge is None:
        return None
    remote = remote_of(service.repository)
    push_branch(service, branch, remote)
    if request.forge is None:
        return None
    address = service.repository.run("remote", "get-url", remote)
    base = service.repository.branch() or service.repository.default_branch()
    return propose(request.forge, address, branch.name, base, (title(facts), proposal(facts)))


def _shown(service: Service, one: Move) -> Move:
    return replace(one, pin=replace(one.pin, file=service.shown(one.pin.file)))


def _rows(
    plan: _Plan, hits: Sequence[Hit] = (), branch: Branch | None = None, address: str | None = None
) -> list[Row]:
    rows: list[Row] = []
    for one in plan.moves:
        row = Row(
            service=plan.service.name,
            file=plan.service.shown(one.pin.file),
            line=one.pin.line,
            before=printable(one.pin.specifier) or None,
            installed_line=one.line,
            latest=str(plan.latest) if plan.latest is not None else None,
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

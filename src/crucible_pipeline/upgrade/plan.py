"""What an upgrade of one service would do: which pins move to which release, and what breaks by it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from packaging.version import Version

from crucible_pipeline.compat.change import Change
from crucible_pipeline.upgrade.changelog import between
from crucible_pipeline.upgrade.encoding import Decoded, decode
from crucible_pipeline.upgrade.impact import Hit, impact, needles
from crucible_pipeline.upgrade.locks import stale_locks
from crucible_pipeline.upgrade.pin_files import find_pins
from crucible_pipeline.upgrade.proposal import Facts
from crucible_pipeline.upgrade.rewriting import Contracts, Rewriting, rewriting
from crucible_pipeline.upgrade.service import (
    Service,
    policy_of,
    python_files,
    read_requirements,
    requires_python,
)
from crucible_pipeline.upgrade.shelf import Shelf
from crucible_pipeline.upgrade.target import Candidate, Move, choose, move
from crucible_pipeline.upgrade.typed import Types, Versions, with_types
from crucible_pipeline.version import line_of


@dataclass(frozen=True, slots=True)
class Plan:
    """The moves of a service's pins, and what follows from them.

    Args:
        service: whose pins they are.
        texts: of the files that hold pins: path from the repository's root → text.
        moves: one for each pin; none where the service does not require the package.
        target: the release that the pins move to; None where there is none for them.
        latest: the newest version that the service may have.
        notes: what was not read or followed, one sentence each.
        refused: the version that was asked for cannot be had.
    """

    service: Service
    texts: Mapping[str, Decoded]
    moves: Sequence[Move]
    target: Version | None
    latest: Version | None
    notes: Sequence[str]
    refused: bool = False

    @property
    def moving(self) -> list[Move]:
        """The pins that do not stay."""
        return [one for one in self.moves if one.specifier is not None]

    @property
    def installed(self) -> Version | None:
        """The oldest version that the pins install today, if known."""
        return min((one.installed for one in self.moves if one.installed is not None), default=None)


def plan(service: Service, shelf: Shelf, to: Version | None, line: str = "") -> Plan:
    """Find the pins of a service, and the release that all of them can move to.

    Args:
        service: as it is committed.
        shelf: the releases of the package.
        to: the only version wanted; the newest allowed if None.
        line: the only compatible line wanted, such as `0.3`; any if empty.

    Raises:
        Refused: the service's settings cannot be meant.
        CannotDo: the index or the repository cannot be read.
    """
    requirements = read_requirements(service, shelf.package)
    texts = {path: decode(content) for path, content in requirements.files.items()}
    pins = [pin for path, text in texts.items() for pin in find_pins(path, text.text, shelf.package)]
    if not pins:
        return Plan(service, texts, (), None, None, requirements.notes)
    candidates = shelf.candidates()
    movable = [pin for pin in pins if pin.clauses and not pin.fixed]
    python = requires_python(service)
    policy = policy_of(service)
    unknown = (f"The setting {key} of the upgrades means nothing here." for key in policy.unknown)
    notes = [*requirements.notes, *unknown]
    newest, _ = choose(movable, candidates.values(), python, None, policy)
    wanted = [one for one in candidates.values() if not line or line_of(one.version) == line]
    chosen, why = choose(movable, wanted, python, to, policy)
    latest = newest.version if newest is not None else None
    if chosen is None or not movable:
        moves = [Move(pin, None, pin.fixed or why, False, None) for pin in pins]
        return Plan(service, texts, moves, None, latest, notes, refused=bool(movable) and to is not None)
    moves = _together([move(pin, chosen, candidates) for pin in pins], chosen, service)
    return Plan(service, texts, moves, chosen.version, latest, notes)


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


@dataclass(frozen=True, slots=True)
class Told:
    """What a proposal of a plan tells, and what it changes besides the pins.

    Args:
        facts: for the proposal.
        rewritten: path from the repository's root → new content of Python files.
    """

    facts: Facts
    rewritten: Mapping[str, bytes]


def tell(planned: Plan, target: Version, shelf: Shelf, types: Types | None = None) -> Told:
    """What a proposal of the plan tells: the contracts' changes, and the lines of the service they concern.

    Args:
        planned: what moves.
        target: the version to which.
        shelf: the releases.
        types: the type checker that says which lines are certain; None asks none.

    Raises:
        Refused: a release is not what it should be.
        CannotDo: the index or the repository cannot be read.
    """
    service = planned.service
    installed = min((one.installed for one in planned.moving if one.installed is not None), default=None)
    moving = {service.shown(one.pin.file) for one in planned.moving}
    known = {service.shown(path) for path in service.files}
    notes = [*planned.notes, *stale_locks(moving, known, shelf.package)]
    changes: Sequence[Change] | None = None
    hits: Sequence[Hit] = ()
    made, rewritten = Rewriting(), dict[str, bytes]()
    old = shelf.contract(installed) if installed is not None and installed in shelf.candidates() else None
    new = shelf.contract(target)
    if installed is not None and old is not None and new is not None:
        changes = shelf.changes(installed, target)
        files, unread = python_files(service, needles(changes, old, new))
        paths = {service.shown(path): path for path in files}
        sources = {shown: files[path] for shown, path in paths.items()}
        found = impact(changes, old, new, sources)
        if types is not None:
            versions = Versions(changes, old, new, lambda: (shelf.code(installed), shelf.code(target)))
            found = with_types(found, sources, versions, types)
        # a file that holds a pin changes by its pin alone
        free = [hit for hit in found.hits if hit.file not in moving]
        made = rewriting(sources, free, Contracts(old, new))
        hits = found.hits
        rewritten = {paths[shown]: content for shown, content in made.files.items()}
        notes += [*unread, *found.unread, *found.notes, *made.notes]
    else:
        notes.append("The contracts were not compared: a wheel of the two versions holds no contract.json.")
    told = Facts(
        package=shelf.package,
        service=service.name,
        moves=[_shown(service, one) for one in planned.moving],
        installed=installed,
        target=target,
        changes=changes,
        hits=hits,
        rewritten=made.done,
        waivers=new.waivers if new is not None else (),
        changelog=between(shelf.changelog(target) or "", installed, target),
        notes=notes,
    )
    return Told(told, rewritten)


def _shown(service: Service, one: Move) -> Move:
    return replace(one, pin=replace(one.pin, file=service.shown(one.pin.file)))

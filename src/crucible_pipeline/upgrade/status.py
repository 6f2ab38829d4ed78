"""How a service stands: what it pins, how far behind it is, and what the newest version would break in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from packaging.version import Version

from crucible_pipeline.errors import CrucibleError
from crucible_pipeline.upgrade.encoding import printable
from crucible_pipeline.upgrade.impact import Hit
from crucible_pipeline.upgrade.pins import Pin
from crucible_pipeline.upgrade.plan import Plan, plan, tell
from crucible_pipeline.upgrade.service import Service
from crucible_pipeline.upgrade.shelf import Shelf
from crucible_pipeline.upgrade.verdict import verdict
from crucible_pipeline.version import line_of


@dataclass(frozen=True, slots=True)
class Pinned:
    """One pin of a service.

    Args:
        file: as seen from the service.
        line: 1-based.
        specifier: as it is written; empty for any version.
    """

    file: str
    line: int
    specifier: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a service stands.

    Args:
        service: its name.
        pins: of the package; none where the service does not require it.
        installed: the version that these install today; None if not known.
        newest: the newest release of the package; None where the index was not asked.
        behind: how many releases are newer than what is installed.
        target: the version that an upgrade would move to; None where none would.
        verdict: `safe`, `fixable` or `needs a person`; None where there is no upgrade, or where the contracts
            of the two versions cannot be compared.
        hits: the lines that the upgrade concerns.
        reason: why a service that is behind would not be moved; empty where it would.
        error: why the service could not be looked at; empty if it was.
        notes: what was not read or followed, one sentence each.
    """

    service: str
    pins: Sequence[Pinned] = ()
    installed: Version | None = None
    newest: Version | None = None
    behind: int = 0
    target: Version | None = None
    verdict: str | None = None
    hits: Sequence[Hit] = ()
    reason: str = ""
    error: str = ""
    notes: Sequence[str] = ()

    @property
    def state(self) -> str:
        """In one or three words."""
        if self.error:
            return "could not be looked at"
        if not self.pins:
            return "does not require it"
        if self.installed is None:
            return "not known"
        return "behind" if self.behind else "up to date"

    @property
    def requirement(self) -> str | None:
        """What the pins say together, as one specifier; None where the package is not required."""
        if not self.pins:
            return None
        return ",".join(dict.fromkeys(one.specifier for one in self.pins if one.specifier))


def standing(service: Service, shelf: Shelf) -> Standing:
    """Look at a service.

    Raises:
        Refused: the service's settings cannot be meant, or a release is not what it should be.
        CannotDo: the index or the repository cannot be read.
    """
    planned = plan(service, shelf, None)
    pins = [_pinned(service, one.pin) for one in planned.moves]
    if not pins:
        return Standing(service=service.name, notes=planned.notes)
    finals = [
        version
        for version, candidate in shelf.candidates().items()
        if not candidate.yanked and not version.is_prerelease
    ]
    installed = planned.installed
    target = planned.target if planned.moving else None
    judged, hits = _judged(planned, target, shelf)
    behind = sum(version > installed for version in finals) if installed is not None else 0
    reasons = [one.reason for one in planned.moves if one.reason] if behind and target is None else []
    return Standing(
        service=service.name,
        pins=pins,
        installed=installed,
        newest=max(finals, default=None),
        behind=behind,
        target=target,
        verdict=judged,
        hits=hits,
        reason="; ".join(dict.fromkeys(reasons)),
        notes=planned.notes,
    )


def _judged(planned: Plan, target: Version | None, shelf: Shelf) -> tuple[str | None, Sequence[Hit]]:
    if target is None:
        return None, ()
    facts = tell(planned, target, shelf).facts
    return (verdict(facts.hits).kind.value if facts.changes is not None else None), facts.hits


def _pinned(service: Service, pin: Pin) -> Pinned:
    return Pinned(service.shown(pin.file), pin.line, printable(pin.specifier))


def unseen(service: str, error: CrucibleError) -> Standing:
    """A service that could not be looked at."""
    return Standing(service=service, error=str(error))


def as_json(package: str, standings: Sequence[Standing]) -> dict[str, Any]:
    """The document of `crucible status --format json`."""
    newest = max((one.newest for one in standings if one.newest is not None), default=None)
    return {
        "package": package,
        "newest": str(newest) if newest is not None else None,
        "services": [_object(one) for one in standings],
    }


def _object(one: Standing) -> dict[str, Any]:
    return {
        "service": one.service,
        "state": one.state,
        "pins": [
            {"file": pin.file, "line": pin.line, "specifier": pin.specifier or None} for pin in one.pins
        ],
        "installed": str(one.installed) if one.installed is not None else None,
        "installed_line": line_of(one.installed) if one.installed is not None else None,
        "behind": one.behind,
        "target": str(one.target) if one.target is not None else None,
        "verdict": one.verdict,
        "impact": [hit.as_json() for hit in one.hits],
        "reason": one.reason or None,
        "error": one.error or None,
    }


def as_text(package: str, standings: Sequence[Standing]) -> str:
    """A table, one line for each service, and one line for all."""
    head = ("Service", "Pin", "Installed", "State", "Upgrade")
    rows = [head, *(_row(one) for one in standings)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(head) - 1)]
    padded = ([*map(str.ljust, row[:-1], widths), row[-1]] for row in rows)
    lines = ["  ".join(cells).rstrip() for cells in padded]
    return "\n".join([*lines, "", summary(package, standings)]) + "\n"


def _row(one: Standing) -> tuple[str, str, str, str, str]:
    installed = str(one.installed) if one.installed is not None else "-"
    state = f"{one.state} by {one.behind}" if one.behind else one.state
    pin = one.requirement
    return one.service, "-" if pin is None else pin or "any version", installed, state, upgrade_words(one)


def upgrade_words(one: Standing) -> str:
    """What an upgrade would be, or why there is none; empty where there is nothing to say."""
    if one.target is None:
        return one.error or one.reason
    broken = len({(hit.file, hit.line) for hit in one.hits if hit.breaks})
    lines = f", {broken} {'line breaks' if broken == 1 else 'lines break'}" if broken else ""
    return f"to {one.target}: {one.verdict or 'not compared'}{lines}"


def summary(package: str, standings: Sequence[Standing]) -> str:
    """How many services stand how."""
    states = [one.state for one in standings]
    counts = ", ".join(f"{states.count(state)} {state}" for state in dict.fromkeys(states))
    judged = [one.verdict for one in standings if one.verdict is not None]
    verdicts = ", ".join(f"{judged.count(kind)} {kind}" for kind in dict.fromkeys(judged))
    services = "1 service" if len(states) == 1 else f"{len(states)} services"
    return (
        f"{package}: {services}"
        + (f", {counts}" if counts else "")
        + (f"; upgrades: {verdicts}" if verdicts else "")
    )

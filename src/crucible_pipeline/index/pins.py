"""Which services pin what: each reports its own requirement of a project, and the index keeps the last.

One document for each project, changed by compare-and-swap. A report is bounded and only text.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, cast

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from crucible_pipeline.errors import Refused
from crucible_pipeline.index.about import is_web
from crucible_pipeline.index.document import Document
from crucible_pipeline.index.names import normalized
from crucible_pipeline.index.store import Store

MAX_SERVICES = 500
MAX_TEXT = 200
MAX_PINS = 50
# What an upgrade of a service may be called: nothing to do beside it, lines that rewrite themselves, or work.
VERDICTS = ("safe", "fixable", "needs a person")


@dataclass(frozen=True, slots=True)
class Pin:
    """A service's requirement of a project.

    Args:
        service: its name.
        specifier: PEP 440; empty for any version.
        repository: the web address of its source; empty where none is given.
        seen: when it was reported last, as YYYY-MM-DD, by the clock of this index.
        target: the release that an upgrade was judged for; empty for none.
        verdict: on that upgrade, one of `VERDICTS`; empty for none.
    """

    service: str
    specifier: str
    repository: str = ""
    seen: str = ""
    target: str = ""
    verdict: str = ""

    @property
    def versions(self) -> SpecifierSet:
        """The specifier, to compare with."""
        return SpecifierSet(self.specifier)


@dataclass(frozen=True, slots=True)
class Report:
    """What a service says of itself.

    Args:
        service: its name.
        repository: as in `Pin`.
        pins: project → specifier; None where it requires the project no more.
        upgrades: project → the release that an upgrade was judged for, and the verdict.
    """

    service: str
    repository: str
    pins: tuple[tuple[str, str | None], ...]
    upgrades: Mapping[str, tuple[str, str]] = field(default_factory=dict[str, tuple[str, str]])


def report_in(data: bytes) -> Report:
    """Read a report: `{"service", "repository", "pins": [{"project", "specifier", "target", "verdict"}]}`.

    The last two are left out where no upgrade was judged.

    Args:
        data: JSON.

    Raises:
        Refused: it is no such document.
    """
    try:
        document: object = json.loads(data)
    except (ValueError, RecursionError):
        raise Refused("the report is not JSON", "send an object with service, repository and pins") from None
    if not isinstance(document, dict):
        raise Refused("the report is no object", "send an object with service, repository and pins")
    whole = cast("dict[str, Any]", document)
    repository = whole.get("repository") or ""
    if not isinstance(repository, str) or (repository and not is_web(repository)):
        raise Refused("the report's repository is no web address", "give its https address, or leave it out")
    rows: object = whole.get("pins")
    if not isinstance(rows, list) or not 0 < len(cast("list[object]", rows)) <= MAX_PINS:
        raise Refused(f"the report's pins have to be a list of 1 to {MAX_PINS} objects")
    pins = tuple(_pin(row) for row in cast("list[object]", rows))
    if len({project for project, _ in pins}) != len(pins):
        raise Refused("the report names a project twice", "join its specifiers with a comma")
    judged = (_upgrade(cast("dict[str, Any]", row)) for row in cast("list[object]", rows))
    upgrades = {project: one for (project, _), one in zip(pins, judged, strict=True) if one is not None}
    return Report(_text(whole.get("service"), "service"), repository, pins, upgrades)


def _upgrade(row: dict[str, Any]) -> tuple[str, str] | None:
    target, verdict = row.get("target"), row.get("verdict")
    if target is None and verdict is None:
        return None
    if verdict not in VERDICTS:
        raise Refused(f"the report's verdict is none of {', '.join(VERDICTS)}")
    try:
        return str(Version(_text(target, "target"))), verdict
    except InvalidVersion:
        raise Refused("the report's target is no version", "write it as in 0.4.0 (PEP 440)") from None


def _pin(row: object) -> tuple[str, str | None]:
    if not isinstance(row, dict):
        raise Refused("each of the report's pins has to be an object with project and specifier")
    pin = cast("dict[str, Any]", row)
    project, specifier = _text(pin.get("project"), "project"), pin.get("specifier")
    if specifier is None:
        return normalized(project), None
    try:
        if not isinstance(specifier, str) or len(specifier) > MAX_TEXT:
            raise InvalidSpecifier("no text of reasonable length")
        return normalized(project), str(SpecifierSet(specifier))
    except InvalidSpecifier as error:
        raise Refused(
            f"the report's specifier of {project} is none: {error}", "write it as in ==0.3.*"
        ) from None


def _text(value: object, name: str) -> str:
    if not isinstance(value, str) or not value.strip() or len(value) > MAX_TEXT or not value.isprintable():
        raise Refused(f"the report's {name} has to be one line of 1 to {MAX_TEXT} characters")
    return value.strip()


class Pins:
    """The reports of an index.

    Args:
        store: keeps them.
        clock: gives the time, in UTC.
    """

    def __init__(self, store: Store, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._store, self._clock = store, clock

    def of(self, project: str) -> tuple[Pin, ...]:
        """Who requires a project, by the name of the service.

        Args:
            project: normalized.
        """
        return self._document(project).value()

    def is_news(self, report: Report, project: str, specifier: str | None) -> bool:
        """Whether a part of a report says more than that it still holds."""
        held = next((pin for pin in self.of(project) if pin.service == report.service), None)
        known = None if held is None else replace(held, seen="")
        return known != self._pin(report, project, specifier)

    @staticmethod
    def _pin(report: Report, project: str, specifier: str | None, seen: str = "") -> Pin | None:
        if specifier is None:
            return None
        return Pin(
            report.service, specifier, report.repository, seen, *report.upgrades.get(project, ("", ""))
        )

    def note(self, report: Report, project: str, specifier: str | None) -> None:
        """Keep a part of a report.

        Args:
            report: of a service.
            project: one of its pins.
            specifier: of that pin; None forgets it.

        Raises:
            Refused: the project has too many services.
        """
        seen = self._clock().astimezone(UTC).strftime("%Y-%m-%d")
        pin = self._pin(report, project, specifier, seen)
        new = [pin] if pin is not None else []

        def change(pins: tuple[Pin, ...]) -> tuple[Pin, ...]:
            others = [each for each in pins if each.service != report.service]
            if len(others) + len(new) > MAX_SERVICES:
                raise Refused(f"{MAX_SERVICES} services report that they require {project}")
            return tuple(sorted([*others, *new], key=lambda each: each.service))

        self._document(project).change(change)

    def _document(self, project: str) -> Document[tuple[Pin, ...]]:
        return Document(self._store, f"pins/{project}.json", _read, _write, ())


def _read(data: bytes) -> tuple[Pin, ...]:
    pins = tuple(Pin(**row) for row in json.loads(data)["pins"])
    for each in pins:
        SpecifierSet(each.specifier)
    return pins


def _write(pins: tuple[Pin, ...]) -> bytes:
    return (json.dumps({"format": 1, "pins": [asdict(each) for each in pins]}) + "\n").encode()

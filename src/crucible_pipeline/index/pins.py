"""Which services pin what: each reports its own requirement of a project, and the index keeps the last.

One document for each project, changed by compare-and-swap. A report is bounded and only text.
"""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, cast

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from crucible_pipeline.errors import CannotDo, Refused
from crucible_pipeline.index.about import is_web
from crucible_pipeline.index.names import normalized
from crucible_pipeline.index.store import Conflict, NotFound, Store

MAX_SERVICES = 500
MAX_TEXT = 200
MAX_PINS = 50
MAX_ATTEMPTS = 100


@dataclass(frozen=True, slots=True)
class Pin:
    """A service's requirement of a project.

    Args:
        service: its name.
        specifier: PEP 440; empty for any version.
        repository: the web address of its source; empty where none is given.
        seen: when it was reported last, as YYYY-MM-DD, by the clock of this index.
    """

    service: str
    specifier: str
    repository: str = ""
    seen: str = ""

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
    """

    service: str
    repository: str
    pins: tuple[tuple[str, str | None], ...]


def report_in(data: bytes) -> Report:
    """Read a report: `{"service", "repository", "pins": [{"project", "specifier"}]}`.

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
    return Report(_text(whole.get("service"), "service"), repository, pins)


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
        return self._load(project)[0]

    def report(self, report: Report) -> None:
        """Keep what a service says of itself.

        Raises:
            Refused: a project has too many services.
        """
        seen = self._clock().astimezone(UTC).strftime("%Y-%m-%d")
        for project, specifier in report.pins:
            new = None
            if specifier is not None:
                new = Pin(report.service, specifier, report.repository, seen)
            self._change(project, report.service, new)

    def _change(self, project: str, service: str, pin: Pin | None) -> None:
        for _ in range(MAX_ATTEMPTS):
            pins, etag = self._load(project)
            others = [each for each in pins if each.service != service]
            kept = [*others, pin] if pin is not None else others
            changed = sorted(kept, key=lambda each: each.service)
            if tuple(changed) == pins:
                return
            if len(changed) > MAX_SERVICES:
                raise Refused(f"{MAX_SERVICES} services report that they require {project}")
            document = {"format": 1, "pins": [asdict(each) for each in changed]}
            try:
                self._store.swap(_key(project), (json.dumps(document) + "\n").encode(), etag)
            except Conflict:
                continue
            return
        raise CannotDo(f"the reports on {project} change too fast", "try again")

    def _load(self, project: str) -> tuple[tuple[Pin, ...], str | None]:
        try:
            blob = self._store.get(_key(project))
        except NotFound:
            return (), None
        try:
            pins = tuple(Pin(**row) for row in json.loads(blob.data)["pins"])
            for each in pins:
                SpecifierSet(each.specifier)
        except (ValueError, KeyError, TypeError) as error:
            raise CannotDo(f"{_key(project)} of the index cannot be read: {error}") from error
        return pins, blob.etag


def _key(project: str) -> str:
    return f"pins/{project}.json"

"""Which development releases nobody needs any more, and their removal.

A pin of a line, as `==0.3.*`, takes a development release where the line has no other, or where the installer
is told to. So the newest of each line always stay, and whatever a given pin could take.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from crucible_pipeline.index.catalog import Catalog
from crucible_pipeline.index.repair import remove
from crucible_pipeline.index.simple import Project


@dataclass(frozen=True, slots=True)
class Rule:
    """What may go.

    Args:
        older_than: since the upload of a release's newest file.
        keep: how many of the newest development releases of each line (X.Y) stay; at least 1. Yanked ones
            stay besides, and do not count.
        pins: specifiers that services pin; what is the best match of one, or named by it exactly, stays.
    """

    older_than: timedelta
    keep: int = 1
    pins: tuple[SpecifierSet, ...] = ()


def disposable(project: Project, rule: Rule, now: datetime) -> tuple[Version, ...]:
    """The development releases that may go, oldest first. Pure.

    A release that is no development release never may, nor a yanked one: its files are what an exact pin
    still installs.
    """
    released = {version: _uploaded(project, version) for version in project.versions}
    yanked = {version for version in released if any(file.yanked is not None for file in project.of(version))}
    lines: defaultdict[tuple[int, int], list[Version]] = defaultdict(list)
    for version in sorted(released, reverse=True):
        if version.is_devrelease and version not in yanked:
            lines[version.major, version.minor].append(version)
    old = {version for each in lines.values() for version in each[max(rule.keep, 1) :]}
    # A clock that was set back makes a release look too young, never too old.
    old = {version for version in old if now - released[version] > rule.older_than}
    return tuple(sorted(old - _needed(released.keys() - yanked, rule.pins)))


def prune(
    catalog: Catalog, name: str, rule: Rule, now: datetime | None = None, *, dry: bool = False
) -> tuple[Version, ...]:
    """Take the disposable releases of a project out of its document, then remove their content.

    Their names stay taken: a version never comes back with other content.

    Args:
        catalog: of the index.
        name: of the project, normalized.
        rule: what may go.
        now: the current time.
        dry: whether to say only what would go.

    Raises:
        NotFound: no such project.
    """
    moment = now or datetime.now(UTC)
    if dry:
        return disposable(catalog.project(name), rule, moment)

    def choose(project: Project) -> Iterable[str]:
        versions = set(disposable(project, rule, moment))
        return [file.name for file in project.files if file.filename.version in versions]

    gone = catalog.withdraw(name, choose)
    for file in gone:
        for key in file.keys:
            remove(catalog, key)
    return tuple(sorted({file.filename.version for file in gone}))


def _uploaded(project: Project, version: Version) -> datetime:
    return max(datetime.fromisoformat(file.uploaded) for file in project.of(version))


def _needed(versions: Iterable[Version], pins: tuple[SpecifierSet, ...]) -> set[Version]:
    """What a pin takes: its newest match, with and without pre-releases, and all that it names exactly."""
    found, needed = sorted(versions), set[Version]()
    for pin in pins:
        for takes_all in (True, False):
            needed.update([each for each in found if pin.contains(each, prereleases=takes_all)][-1:])
        exact = {each.version for each in pin if each.operator in {"==", "==="} and "*" not in each.version}
        needed |= {version for version in found if str(version) in exact}
    return needed

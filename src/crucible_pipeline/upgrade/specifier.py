"""A specifier moves to a release: operator and precision stay, and the result admits it (PEP 440)."""

import re

from packaging.specifiers import SpecifierSet
from packaging.version import InvalidVersion, Version

from crucible_pipeline.upgrade.pins import Clause, Pin

_LOWER = frozenset({"==", "===", "~=", ">=", ">"})


def version_of(clause: Clause) -> Version | None:
    """The version a clause compares with; None for an arbitrary string after `===`."""
    try:
        return Version(clause.version.removesuffix(".*"))
    except InvalidVersion:
        return None


def admits(specifier: str, version: Version) -> bool:
    """Whether a version satisfies a specifier; a pre-release is judged by its number alone."""
    return SpecifierSet(specifier).contains(version, prereleases=True)


def is_prerelease(pin: Pin) -> bool:
    """Whether the pin itself asks for a pre-release."""
    versions = (version_of(clause) for clause in pin.clauses if clause.operator in _LOWER)
    return any(version is not None and version.is_prerelease for version in versions)


def excludes(pin: Pin, version: Version) -> bool:
    """Whether a `!=` clause of the pin rules a version out."""
    unequal = ",".join(f"!={clause.version}" for clause in pin.clauses if clause.operator == "!=")
    return bool(unequal) and not admits(unequal, version)


def floor_of(pin: Pin) -> Version | None:
    """The lowest version the pin speaks of, below which a move would be a downgrade; None if it has none."""
    versions = (version_of(clause) for clause in pin.clauses if clause.operator in _LOWER)
    return max((version for version in versions if version is not None), default=None)


def moved(pin: Pin, target: Version) -> str | None:
    """The pin's specifier for another release.

    Args:
        pin: with at least one clause.
        target: the release.

    Returns:
        The specifier with its operators, precision and blanks as they were (`==0.3.*` → `==0.4.*`,
        `>=0.3,<0.4` → `>=0.4,<0.5`); None where no such specifier admits the release.
    """
    written = pin.specifier
    position = 0
    for clause in pin.clauses:
        at = written.index(clause.version, position)
        new = _moved_clause(clause, target)
        written = written[:at] + new + written[at + len(clause.version) :]
        position = at + len(new)
    return written if admits(written, target) else None


def _moved_clause(clause: Clause, target: Version) -> str:
    old = version_of(clause)
    if clause.operator == "===" or old is None:
        return str(target) if clause.operator == "===" else clause.version
    precision = len(old.release)
    if clause.operator == "==":
        if clause.version.endswith(".*"):
            return f"{_numbers(target, precision)}.*"
        return _exactly(target, precision)
    if clause.operator in {"~=", ">="}:
        return str(target) if target.is_prerelease else _numbers(target, precision)
    if clause.operator == "<=":
        return clause.version if target <= old else _exactly(target, precision)
    if clause.operator == "<" and not admits(f"<{clause.version}", target):
        return _above(old, target)
    return clause.version


def _numbers(version: Version, count: int) -> str:
    epoch = f"{version.epoch}!" if version.epoch else ""
    padded = [*version.release, *([0] * count)][:count]
    return epoch + ".".join(map(str, padded))


def _exactly(version: Version, count: int) -> str:
    """The version in `count` numbers, or in full where that would name another one."""
    short = _numbers(version, count)
    return short if Version(short) == version else re.sub(r"\+.*", "", str(version))


def _above(bound: Version, target: Version) -> str:
    """The next bound above the target that is as coarse as the old one: 0.4 → 0.5, 0.4.0 → 0.5.0, 1 → 2."""
    place = max((index for index, number in enumerate(bound.release) if number), default=0)
    numbers = [*target.release, *([0] * (place + 1))][: place + 1]
    numbers[place] += 1
    epoch = f"{target.epoch}!" if target.epoch else ""
    return epoch + ".".join(map(str, [*numbers, *([0] * (len(bound.release) - place - 1))]))

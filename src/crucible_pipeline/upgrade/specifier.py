"""A specifier moves to a release: operator and precision stay, and the result admits it (PEP 440)."""

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from crucible_pipeline.upgrade.dialect import (
    Dialect,
    Part,
    Range,
    is_coarse,
    is_short,
    meaning,
    parts,
    written,
)
from crucible_pipeline.upgrade.pins import Pin

_LOWER = frozenset({"==", "===", "~=", ">=", ">", "^", "~", "", "="})
_EXACT = frozenset({"==", "===", "", "="})


def admits(specifier: SpecifierSet | Range, version: Version) -> bool:
    """Whether a version satisfies a specifier; a pre-release is judged by its number alone."""
    said = Range((specifier,)) if isinstance(specifier, SpecifierSet) else specifier
    return said.contains(version)


def is_prerelease(pin: Pin) -> bool:
    """Whether the pin itself asks for a pre-release."""
    return any(version.is_prerelease for version in _lower(pin))


def is_exact(pin: Pin) -> bool:
    """Whether the pin names one version, or all that begin with one."""
    return any(clause.operator in _EXACT for clause in pin.clauses)


def excludes(pin: Pin, version: Version) -> bool:
    """Whether a `!=` clause of the pin rules a version out."""
    unequal = ",".join(f"!={clause.version}" for clause in pin.clauses if clause.operator == "!=")
    return bool(unequal) and not admits(SpecifierSet(unequal), version)


def floor_of(pin: Pin) -> Version | None:
    """The lowest version the pin speaks of, below which a move would be a downgrade; None if it has none."""
    return max(_lower(pin), default=None)


def _lower(pin: Pin) -> list[Version]:
    found = [part.number for part in parts(pin.specifier, pin.dialect) if part.operator in _LOWER]
    return [version for version in found if version is not None]


def moved(pin: Pin, target: Version) -> str | None:
    """The pin's specifier for another release.

    Args:
        pin: with at least one clause.
        target: the release.

    Returns:
        The specifier with its operators, precision and blanks as they were (`==0.3.*` → `==0.4.*`,
        `>=0.3,<0.4` → `>=0.4,<0.5`); of alternatives the newest moves (`^0.2.0 || ^0.3.0` →
        `^0.2.0 || ^0.4.0`).
        None where no such specifier admits the release.
    """
    specifier = pin.specifier
    for part in reversed(_newest(parts(specifier, pin.dialect))):
        new = _moved(part, target, pin.dialect)
        specifier = specifier[: part.start] + new + specifier[part.end :]
    admitted = meaning(specifier, pin.dialect)
    return specifier if admitted is not None and admits(admitted, target) else None


def _newest(found: list[Part]) -> list[Part]:
    """The parts of the alternative that speaks of the newest version."""
    numbers = {part.choice: part.number for part in found if part.number is not None}
    newest = max(numbers, key=lambda choice: numbers[choice], default=0)
    return [part for part in found if part.choice == newest]


def _moved(part: Part, target: Version, dialect: Dialect) -> str:
    old, operator = part.number, part.operator
    if old is None or operator == "===":
        return str(target) if operator == "===" else part.version
    precision = len(old.release)
    if part.wild and operator in _EXACT:
        return f"{_numbers(target, precision)}{part.wild}"
    if is_coarse(part, dialect):
        return _numbers(target, precision)
    if operator in _EXACT:
        return _exactly(target, precision, dialect)
    if operator in {"~=", ">=", "^", "~"}:
        return written(target, dialect) if target.is_prerelease else _numbers(target, precision)
    if operator == "<=":
        if is_short(part, dialect):
            return part.version if target.release[:precision] <= old.release else _numbers(target, precision)
        return part.version if target <= old else _exactly(target, precision, dialect)
    if operator == "<" and not admits(SpecifierSet(f"<{old}"), target):
        return _above(old, target)
    return part.version


def _numbers(version: Version, count: int) -> str:
    epoch = f"{version.epoch}!" if version.epoch else ""
    padded = [*version.release, *([0] * count)][:count]
    return epoch + ".".join(map(str, padded))


def _exactly(version: Version, count: int, dialect: Dialect) -> str:
    """The version in `count` numbers, or in full where that would name another one."""
    short = _numbers(version, count)
    return short if Version(short) == version else written(version, dialect)


def _above(bound: Version, target: Version) -> str:
    """The next bound above the target that is as coarse as the old one: 0.4 → 0.5, 0.4.0 → 0.5.0, 1 → 2."""
    place = max((index for index, number in enumerate(bound.release) if number), default=0)
    numbers = [*target.release, *([0] * (place + 1))][: place + 1]
    numbers[place] += 1
    epoch = f"{target.epoch}!" if target.epoch else ""
    return epoch + ".".join(map(str, [*numbers, *([0] * (len(bound.release) - place - 1))]))

"""Which release a service moves to: the newest one that every pin of it may have."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import Version

from crucible_pipeline.upgrade.pins import FREE, Pin
from crucible_pipeline.upgrade.policy import NONE, Policy
from crucible_pipeline.upgrade.specifier import admits, excludes, floor_of, is_exact, is_prerelease, moved
from crucible_pipeline.version import line_of

_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)*")
_NEWEST_PYTHON_MINOR = 60


@dataclass(frozen=True, slots=True)
class Candidate:
    """A version in the index.

    Args:
        version: of the release.
        yanked: every file of it is (PEP 592).
        requires_python: of its files, where given.
        digests: `sha256:…` of every file.
        uploaded: when its last file came into the index; None where the index does not tell.
    """

    version: Version
    yanked: bool
    requires_python: tuple[str, ...]
    digests: tuple[str, ...]
    uploaded: datetime | None = None


@dataclass(frozen=True, slots=True)
class Move:
    """What happens to one pin.

    Args:
        pin: the pin.
        specifier: the new one; None if the pin stays.
        reason: why it stays; empty if it moves.
        blocks: the pin contradicts the release, so the other pins must stay as well.
        installed: the version that the old specifier installs today.
    """

    pin: Pin
    specifier: str | None
    reason: str
    blocks: bool
    installed: Version | None

    @property
    def line(self) -> str | None:
        """The compatible line the service is on, such as `0.3`."""
        return line_of(self.installed) if self.installed is not None else None


def choose(
    pins: Sequence[Pin],
    candidates: Iterable[Candidate],
    python: str | None,
    to: Version | None,
    policy: Policy = NONE,
) -> tuple[Candidate | None, str]:
    """The release for all pins of a service.

    Args:
        pins: those that can move.
        candidates: what the index has.
        python: the service's own requires-python, if it says one.
        to: the only version wanted, if one is; the policy does not hold for it.
        policy: which releases the service does not want.

    Returns:
        The release, or None and why there is none.
    """
    now = datetime.now(UTC)
    known = {candidate.version: candidate for candidate in candidates}
    allowed = list(known.values()) if to is None else [known[to]] if to in known else []
    if not allowed:
        return None, f"the index has no version {to}" if to is not None else "the index has no version"
    if to is None and not (pins and all(is_prerelease(pin) for pin in pins)):
        allowed = [candidate for candidate in allowed if not candidate.version.is_prerelease]
        if not allowed:
            return None, "the index has pre-releases only"
    conditions: tuple[tuple[str, Callable[[Candidate], bool]], ...] = (
        ("yanked", lambda item: not item.yanked),
        ("for other Python versions", lambda item: _runs(item.requires_python, python)),
        (
            "ignored by the service's settings",
            lambda item: to is not None or not policy.ignores(item.version),
        ),
        (
            f"not yet in the index for {policy.cooldown} days",
            lambda item: to is not None or not policy.is_early(item.uploaded, now),
        ),
        ("excluded by a pin", lambda item: not any(excludes(pin, item.version) for pin in pins)),
    )
    for reason, keeps in conditions:
        kept = [candidate for candidate in allowed if keeps(candidate)]
        if not kept:
            return None, f"version {max(item.version for item in allowed)} is {reason}"
        allowed = kept
    return max(allowed, key=lambda candidate: candidate.version), ""


def _runs(required: Iterable[str], python: str | None) -> bool:
    """Whether the lowest Python that the service supports may install a release."""
    lowest = lowest_python(python) if python else None
    if lowest is None:
        return True
    try:
        return all(SpecifierSet(one).contains(lowest, prereleases=True) for one in required)
    except InvalidSpecifier:
        return False


def lowest_python(specifier: str) -> Version | None:
    """The lowest Python 3 that a requires-python admits; None where it cannot be read."""
    try:
        wanted = SpecifierSet(specifier)
    except InvalidSpecifier:
        return None
    points = {Version(f"3.{minor}") for minor in range(_NEWEST_PYTHON_MINOR)}
    points |= {Version(number) for number in _NUMBER.findall(specifier)}
    return min((point for point in points if wanted.contains(point, prereleases=True)), default=None)


def installed_by(pin: Pin, candidates: Mapping[Version, Candidate]) -> Version | None:
    """The version that a pin's specifier installs today; where nothing satisfies it, what it says itself."""
    if not pin.clauses:
        return None
    fitting = [version for version in candidates if admits(pin.meaning, version)]
    finals = [version for version in fitting if is_prerelease(pin) or not version.is_prerelease]
    standing = [version for version in finals if not candidates[version].yanked]
    return max(standing or finals or fitting, default=floor_of(pin))


def move(pin: Pin, target: Candidate, candidates: Mapping[Version, Candidate]) -> Move:
    """What happens to a pin when its service moves to a release."""
    installed = installed_by(pin, candidates)

    def stays(reason: str, *, blocks: bool = False) -> Move:
        return Move(pin, None, reason, blocks, installed)

    if not pin.clauses or pin.fixed:
        # A bare name follows whatever the other files say; a place or an unreadable specifier does not.
        return stays(pin.fixed, blocks=bool(pin.fixed) and pin.fixed != FREE)
    if admits(pin.meaning, target.version):
        return stays("it is up to date" if is_exact(pin) else f"it allows {target.version} already")
    floor = max((one for one in (floor_of(pin), installed) if one is not None), default=None)
    if floor is not None and target.version < floor:
        return stays(f"{target.version} would be a downgrade", blocks=True)
    specifier = moved(pin, target.version)
    if specifier is None:
        return stays(f"no specifier of this form admits {target.version}", blocks=True)
    return Move(pin, specifier, "", False, installed)

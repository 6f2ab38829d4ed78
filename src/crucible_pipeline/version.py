"""Version numbers: what a tag means, what a change requires, which releases form a line.

Versions are PEP 440's, read by `packaging`. The bump policy is the design's: in 0.x a breaking change
raises the minor number and everything else the patch number; from 1.0 it is semver 2.0.0.
"""

import re
from enum import IntEnum

from packaging.version import InvalidVersion, Version

from crucible_pipeline.errors import Refused

TAG_PREFIX = "v"
_TAG = re.compile(r"v(?P<version>[0-9]+(\.[0-9]+)*((a|b|rc)[0-9]+)?(\.post[0-9]+)?(\.dev[0-9]+)?)")


class Severity(IntEnum):
    """How much a change asks of those who use the contract."""

    NEUTRAL = 0
    ADDITIVE = 1
    BREAKING = 2


class Bump(IntEnum):
    """Which number of a version has to rise."""

    NONE = 0
    PATCH = 1
    MINOR = 2
    MAJOR = 3

    def __str__(self) -> str:
        return self.name.lower()


def parse(text: str) -> Version:
    """Read a PEP 440 version.

    Raises:
        Refused: `text` is none.
    """
    try:
        return Version(text)
    except InvalidVersion:
        raise Refused(f"{text!r} is not a version", "write it as X.Y.Z (PEP 440)") from None


def from_tag(tag: str) -> Version:
    """Read the version of a release tag: `v` and a canonical PEP 440 version, nothing else.

    Raises:
        Refused: the tag has another form.
    """
    match = _TAG.fullmatch(tag)
    if match is None or str(Version(match["version"])) != match["version"]:
        raise Refused(
            f"the tag {tag!r} names no version", "tag releases as v and the version, such as v0.3.0"
        )
    return Version(match["version"])


def is_release_tag(tag: str) -> bool:
    """Whether `from_tag` would accept it."""
    match = _TAG.fullmatch(tag)
    return match is not None and str(Version(match["version"])) == match["version"]


def to_tag(version: Version) -> str:
    """The tag under which a version is released."""
    return f"{TAG_PREFIX}{version}"


def line_of(version: Version) -> str:
    """The compatible line of a version: `0.3` for 0.3.1, `1` for 1.4.0. Services pin `==<line>.*`."""
    return f"0.{version.minor}" if version.major == 0 else str(version.major)


def pin_of(version: Version) -> str:
    """The specifier a service pins to stay on the line of a version: `==0.3.*`."""
    return f"=={line_of(version)}.*"


def required_bump(severity: Severity | None, base: Version) -> Bump:
    """Which number has to rise after `base`.

    Args:
        severity: of the gravest change; None where nothing changed.
        base: the release compared with.
    """
    if severity is None:
        return Bump.NONE
    if base.major == 0:
        return Bump.MINOR if severity is Severity.BREAKING else Bump.PATCH
    return {Severity.BREAKING: Bump.MAJOR, Severity.ADDITIVE: Bump.MINOR, Severity.NEUTRAL: Bump.PATCH}[
        severity
    ]


def bumped(base: Version, bump: Bump) -> Version:
    """The smallest final release after `base` that raises the number named by `bump`."""
    numbers = (base.major, base.minor, base.micro)
    if bump is Bump.NONE:
        return Version(base.base_version)
    if bump is Bump.PATCH:
        # 0.3.1rc1 is before 0.3.1: its patch number has risen already.
        micro = base.micro if base.is_prerelease else base.micro + 1
        return Version(f"{numbers[0]}.{numbers[1]}.{micro}")
    if bump is Bump.MINOR:
        return Version(f"{numbers[0]}.{numbers[1] + 1}.0")
    return Version(f"{numbers[0] + 1}.0.0")


def is_enough(candidate: Version, base: Version, bump: Bump) -> bool:
    """Whether `candidate` may carry changes that require `bump` after `base`.

    A pre-release of the required version is enough: 0.4.0rc1 may carry what 0.4.0 may.
    """
    if bump is Bump.NONE:
        return candidate > base
    return candidate > base and Version(candidate.base_version) >= bumped(base, bump)

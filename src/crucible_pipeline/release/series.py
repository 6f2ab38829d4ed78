"""Which tags name releases of one package, and what a package without contracts asks of its version. Pure.

Two packages of one repository have tags of two forms, `v0.3.0` and `pipeline-v0.3.0`. What setuptools-scm
takes for a version of a package says its `tag_regex`; the prefix is read from there, so both agree.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from packaging.version import Version

from crucible_pipeline.errors import Refused
from crucible_pipeline.version import Bump, Severity, from_tag, is_release_tag, required_bump

_REGEX = re.compile(r"\^(?P<prefix>[a-zA-Z0-9_/-]*)\(\?P<version>.+\)\$")
_BARE = "v"
_HEADING = re.compile(r"###\s+(?P<name>\w+)")
_BREAKS = re.compile(r"\s*[-*] \*\*Breaking\*\*")
_ADDS = frozenset({"added", "changed", "deprecated"})


@dataclass(frozen=True, slots=True)
class Series:
    """The tags of one package.

    Args:
        prefix: what stands before the version, such as `v` or `pipeline-v`.
    """

    prefix: str = _BARE

    def names(self, tag: str) -> bool:
        """Whether a tag is exactly the prefix and a canonical PEP 440 version."""
        return tag.startswith(self.prefix) and is_release_tag(_BARE + tag.removeprefix(self.prefix))

    def version(self, tag: str) -> Version:
        """The version that a tag names.

        Raises:
            Refused: it names none of this package.
        """
        if not self.names(tag):
            raise Refused(
                f"the tag {tag!r} names no version of this package",
                f"tag its releases as {self.prefix}0.3.0",
            )
        return from_tag(_BARE + tag.removeprefix(self.prefix))

    def tag(self, version: Version) -> str:
        """The tag under which a version is released."""
        return f"{self.prefix}{version}"

    def sorted(self, tags: Iterable[str]) -> list[str]:
        """The release tags among some, oldest version first."""
        return sorted((tag for tag in tags if self.names(tag)), key=self.version)


def series_of(tag_regex: str | None) -> Series:
    """The series that a package's `tag_regex` of setuptools-scm admits; `v` where it has none.

    Raises:
        Refused: the expression does not begin with a plain prefix, so other tags could name a version too.
    """
    if tag_regex is None:
        return Series()
    found = _REGEX.fullmatch(tag_regex)
    if found is None:
        raise Refused(
            f"tag_regex {tag_regex!r} does not pin the prefix of release tags",
            r"write it as '^v(?P<version>[0-9][0-9a-z.]*)$', with your prefix in place of v",
        )
    return Series(found["prefix"])


def told_bump(entry: str, base: Version) -> Bump:
    """Which number has to rise where no contract says it: by the headings of the changelog's entry.

    Removed, or a line that begins with `**Breaking**`, breaks; Added, Changed and Deprecated add; what is
    left are mendings.

    Args:
        entry: in the form of Keep a Changelog.
        base: the release before.
    """
    lines = entry.splitlines()
    headings = {found["name"].lower() for line in lines if (found := _HEADING.match(line))}
    if "removed" in headings or any(_BREAKS.match(line) for line in lines):
        return required_bump(Severity.BREAKING, base)
    return required_bump(Severity.ADDITIVE if headings & _ADDS else Severity.NEUTRAL, base)

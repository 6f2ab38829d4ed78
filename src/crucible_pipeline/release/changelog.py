"""The changelog as text (Keep a Changelog 1.1.0): read an entry, turn Unreleased into a release. Pure.

Only the lines that a release adds change; every other byte, line ends included, stays as it was.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from packaging.version import Version

from crucible_pipeline.errors import Refused

UNRELEASED = "Unreleased"
CONTRACT_HEADING = "### Contract"
_HEADING = re.compile(r"##\s+\[?(?P<name>[^\]\s]+)\]?(\s.*)?")
_FENCE = re.compile(r" {0,3}(```|~~~)")
_LINK = re.compile(r"\[[^\]]+\]:\s+\S+\s*")
_COMPARE = re.compile(r"\[unreleased\]:\s+(?P<before>\S*/)(?P<base>[^/\s]+?)\.\.\.HEAD\s*", re.IGNORECASE)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)


@dataclass(frozen=True, slots=True)
class _Section:
    """One `##` section: its heading's line number and the line after its last, 0-based."""

    name: str
    heading: int
    end: int


def _sections(lines: Sequence[str]) -> list[_Section]:
    headings: list[tuple[str, int]] = []
    fenced = False
    for number, line in enumerate(lines):
        if _FENCE.match(line):
            fenced = not fenced
        found = None if fenced else _HEADING.fullmatch(line.rstrip("\r\n"))
        if found:
            headings.append((found["name"], number))
    ends = [number for _, number in headings[1:]] + [len(lines)]
    return [
        _Section(name, number, _last(lines, number + 1, end))
        for (name, number), end in zip(headings, ends[: len(headings)], strict=True)
    ]


def _last(lines: Sequence[str], start: int, end: int) -> int:
    """Where a body ends: blank lines and link references, which close the file, belong to no release."""
    while end > start and (not lines[end - 1].strip() or _LINK.fullmatch(lines[end - 1])):
        end -= 1
    return end


def _find(lines: Sequence[str], name: str) -> _Section | None:
    return next((part for part in _sections(lines) if part.name.casefold() == name.casefold()), None)


def entry(text: str, name: str) -> str | None:
    """What the changelog says of a release, without the heading.

    Args:
        text: the whole changelog.
        name: a version, or `Unreleased`.

    Returns:
        None if there is no such heading.
    """
    lines = text.splitlines(keepends=True)
    section = _find(lines, name)
    return None if section is None else "".join(lines[section.heading + 1 : section.end]).strip()


def says_something(body: str) -> bool:
    """Whether an entry holds words of a person: headings, comments and the machine's part are none."""
    human = _COMMENT.sub("", body).split(CONTRACT_HEADING, 1)[0]
    return any(line.strip() and not line.startswith("#") for line in human.splitlines())


def roll(text: str, version: Version, date: str, contract: Sequence[str] = (), prefix: str = "v") -> str:
    """Make Unreleased the entry of a version and put an empty Unreleased above it.

    Args:
        text: the whole changelog.
        version: the release.
        date: ISO 8601.
        contract: changes of the contract, a line each; they follow the words of the authors.
        prefix: of the package's tags, for the compare links.

    Returns:
        The new changelog. A compare link of Unreleased at the end is split likewise.

    Raises:
        Refused: there is no Unreleased, or the version has an entry already.
    """
    newline = "\r\n" if "\r\n" in text else "\n"
    closed = text if text.endswith("\n") else text + newline
    lines = closed.splitlines(keepends=True)
    section = _find(lines, UNRELEASED)
    if section is None:
        raise Refused("the changelog has no Unreleased section", f"add a line `## [{UNRELEASED}]` at its top")
    if _find(lines, str(version)) is not None:
        raise Refused(f"the changelog has an entry for {version} already", "take the next version")
    machine = ["", CONTRACT_HEADING, "", *(f"- {line}" for line in contract)] if contract else []
    rolled = [
        *lines[: section.heading + 1],
        *(line + newline for line in ("", f"## [{version}] - {date}")),
        *lines[section.heading + 1 : section.end],
        *(line + newline for line in machine),
        *lines[section.end :],
    ]
    return "".join(part for line in rolled for part in _linked(line, version, prefix, newline))


def _linked(line: str, version: Version, prefix: str, newline: str) -> tuple[str, ...]:
    found = _COMPARE.fullmatch(line)
    if found is None:
        return (line,)
    before, tag = found["before"], f"{prefix}{version}"
    return (
        f"[unreleased]: {before}{tag}...HEAD{newline}",
        f"[{version}]: {before}{found['base']}...{tag}{newline}",
    )

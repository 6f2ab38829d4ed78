"""Reads what a requirements file pins, with the hashes that pip holds each file to. Pure.

Source: pip's requirements file format. What names no single version in an index is a problem: whoever
verifies has to know that nothing was left out.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from crucible_pipeline.errors import InvalidInput, Mark, Problem

MAX_FILES = 50
_COMMENT = re.compile(r"(^|\s)#.*$")
_OPTION = re.compile(r"\s--?[a-zA-Z]")
_HASH = re.compile(r"--hash(?:=|\s+)sha256:([0-9a-fA-F]{64})(?=\s|$)")
_INCLUDE = re.compile(r"(?:-r|-c|--requirement|--constraint)(?:=|\s*)(?P<name>[^=\s].*)")
# These say where pip looks and what it may take, and install nothing themselves.
_HARMLESS = re.compile(
    r"(--(index-url|extra-index-url|find-links|no-index|no-binary|only-binary|prefer-binary|require-hashes"
    r"|pre|trusted-host|use-feature)|-[if])(?=[=\s]|$)"
)
_LOCK = "pin it with its hashes, such as by `uv pip compile --generate-hashes`"


@dataclass(frozen=True, slots=True)
class Pinned:
    """One version that is to be installed.

    Args:
        name: normalized.
        version: the only one.
        hashes: sha256 in hexadecimal of each file that pip may take; None where no file was asked for them.
        mark: where it says so.
    """

    name: str
    version: Version
    hashes: frozenset[str] | None = None
    mark: Mark = field(default_factory=lambda: Mark(""))


def requirement(text: str, mark: Mark) -> Pinned:
    """A requirement that names one version, as `crucible-shared==0.3.2`.

    Raises:
        InvalidInput: it names none, or several.
    """
    try:
        found = Requirement(text)
        clauses = list(found.specifier)
        if len(clauses) == 1 and clauses[0].operator in {"==", "==="} and found.url is None:
            return Pinned(canonicalize_name(found.name), Version(clauses[0].version), mark=mark)
    except (InvalidRequirement, InvalidVersion):
        pass
    raise InvalidInput([Problem(mark, f"{text[:80]!r} names no single version", "write NAME==X.Y.Z")])


def pinned(path: str, files: Mapping[str, str]) -> list[Pinned]:
    """All that a requirements file and those that it includes pin.

    Args:
        path: of the file, a key of `files`.
        files: path → text of it and of every file that it includes.

    Raises:
        InvalidInput: every line that is no such pin.
    """
    found: list[Pinned] = []
    problems: list[Problem] = []
    for name in dict.fromkeys([path, *files]):
        for line, text in _lines(files[name]):
            if _HARMLESS.match(text) or _INCLUDE.fullmatch(text):
                continue
            mark = Mark(name, line)
            words = _OPTION.split(text, maxsplit=1)[0].strip()
            try:
                one = requirement(words, mark)
            except InvalidInput:
                problems.append(Problem(mark, f"{words[:80]!r} names no single version of an index", _LOCK))
                continue
            hashes = frozenset(hit.lower() for hit in _HASH.findall(text))
            if not hashes:
                problems.append(Problem(mark, f"{words[:80]!r} has no --hash=sha256:…", _LOCK))
            found.append(Pinned(one.name, one.version, hashes, mark))
    if problems:
        raise InvalidInput(problems)
    return found


def included(text: str) -> list[str]:
    """The files that a requirements file includes, as written there."""
    return [hit["name"].strip() for _, line in _lines(text) if (hit := _INCLUDE.fullmatch(line))]


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Each logical line with the number of its first one; a comment ends a line, also a continued one."""
    parts: list[str] = []
    first = 1
    for number, line in enumerate([*text.splitlines(), ""], 1):
        first = first if parts else number
        comment = _COMMENT.search(line)
        if line.endswith("\\") and not (comment and not line[: comment.start()].strip()):
            parts.append(line[:-1])
            continue
        whole = _COMMENT.sub("", " ".join([*parts, line])).strip()
        parts = []
        if whole:
            yield first, whole

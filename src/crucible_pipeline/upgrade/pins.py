"""Pins in requirements files: found as pip reads them, edited in place.

The line rules are those of pip's requirements file format: continuation lines are joined first, then
comments fall away, then a line is a requirement (PEP 508) with options after it, or options alone.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name

from crucible_pipeline.upgrade.lines import Line, Unreadable, line_at, logical_lines, options_at, options_of

_REQUIREMENT = re.compile(
    r"(?P<name>[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*(?P<extras>\[[^\]]*\])?\s*(?P<rest>.*)",
    re.DOTALL,
)
_EGG = re.compile(r"[#&]egg=(?P<name>[A-Za-z0-9._-]+)")
_CLAUSE = re.compile(r"\s*(?P<operator>===|==|~=|!=|<=|>=|<|>)\s*(?P<version>[^\s,;()]+)\s*")
_HASH = re.compile(r"--hash(?:=|\s+)(?P<digest>[a-z0-9]+:[0-9a-fA-F]+)")
# Why a bare name does not move; it follows the files that do say a version.
FREE = "it has no version specifier"


@dataclass(frozen=True, slots=True)
class Clause:
    """One comparison of a specifier, such as `>=0.3`.

    Args:
        operator: of PEP 440.
        version: as written.
        start: offset of the version in the text.
        end: offset after it.
    """

    operator: str
    version: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Pin:
    """One requirement of the package.

    Args:
        file: path as it was given.
        line: 1-based, where the specifier begins (the name, if there is none).
        specifier: as written, continuation lines joined; empty if the name stands alone.
        clauses: of the specifier, in its order.
        hashes: (start, end) of every `--hash` option.
        fixed: why the pin has no specifier to move; empty if it has one.
    """

    file: str
    line: int
    specifier: str
    clauses: tuple[Clause, ...] = ()
    hashes: tuple[tuple[int, int], ...] = ()
    fixed: str = ""


def find_pins(path: str, text: str, project: str) -> list[Pin]:
    """Every requirement of a project in one requirements or constraints file.

    Args:
        path: of the file; kept in the pins.
        text: its content, any line ends.
        project: any spelling of the name (PEP 503).
    """
    wanted = canonicalize_name(project)
    # A spelling may hold any run of dots, dashes and underscores where the normalized name has one dash.
    mentioned = re.compile(wanted.replace("-", r"[-_.]+"), re.IGNORECASE)
    pins: list[Pin] = []
    for line in logical_lines(text):
        if not mentioned.search(line.characters):
            continue
        options = options_at(line.characters)
        requirement = line.cut(0, len(line.characters[:options].rstrip()))
        pin = _pin_of(path, text, requirement if requirement.characters else line, wanted)
        if pin is not None:
            pins.append(_with_options(pin, line.cut(options, len(line.characters))))
    return pins


def _with_options(pin: Pin, line: Line) -> Pin:
    try:
        hashes = options_of(line.characters)["--hash"] or []
    except Unreadable:
        return replace(pin, fixed="the options beside it cannot be read")
    found = list(_HASH.finditer(line.characters))
    if [match["digest"] for match in found] != hashes:
        return replace(pin, fixed="its hashes are written in an unusual way")
    spans = tuple((line.offsets[match.start()], line.offsets[match.end() - 1] + 1) for match in found)
    return replace(pin, hashes=spans)


def _pin_of(path: str, text: str, line: Line, wanted: str) -> Pin | None:
    at = line_at(text, line.offsets[0])
    egg = _EGG.search(line.characters)
    if egg is not None and canonicalize_name(egg["name"]) == wanted:
        return Pin(path, at, "", fixed="it names a place to install from, no version")
    match = _REQUIREMENT.match(line.characters)
    if match is None or canonicalize_name(match["name"]) != wanted:
        return None
    rest = line.cut(match.start("rest"), match.end("rest"))
    if rest.characters.startswith("@"):
        return Pin(path, at, "", fixed="it names a place to install from, no version")
    bare = rest.cut(0, rest.characters.index(";") if ";" in rest.characters else len(rest.characters))
    clauses, specifier = _clauses(bare)
    if not bare.characters.strip():
        return Pin(path, at, "", fixed=FREE)
    if not clauses:
        return Pin(path, at, bare.characters.strip(), fixed="its version specifier cannot be read")
    return Pin(path, line_at(text, clauses[0].start), specifier, clauses)


def _clauses(line: Line) -> tuple[tuple[Clause, ...], str]:
    """The clauses and the specifier as written; none where it is no PEP 440 specifier."""
    characters = line.characters.rstrip()
    start = len(characters) - len(characters.lstrip())
    if characters[start:].startswith("(") and characters.endswith(")"):
        start, characters = start + 1, characters[:-1]
    specifier = characters[start:]
    try:
        SpecifierSet(specifier)
    except InvalidSpecifier:
        return (), specifier
    found: list[Clause] = []
    position = start
    while position < len(characters):
        match = _CLAUSE.match(characters, position)
        if match is None:
            return (), specifier
        begin, end = match.span("version")
        found.append(
            Clause(match["operator"], match["version"], line.offsets[begin], line.offsets[end - 1] + 1)
        )
        position = match.end()
        position += characters[position : position + 1] == ","
    return tuple(found), specifier.strip()


def versions_of(specifier: str) -> list[str]:
    """The versions of a specifier's clauses, in its order."""
    return [match["version"] for match in _CLAUSE.finditer(specifier)]


def edit(text: str, pin: Pin, specifier: str, digests: Sequence[str] = ()) -> str:
    """Put a new specifier into a pin's place; nothing else of the text changes.

    Args:
        text: the text in which the pin was found.
        pin: with its specifier; several pins of a text are edited last one first.
        specifier: with the operators of the old one, in their order.
        digests: `sha256:…` of every file of the new release; replaces the pin's hashes, in their layout.

    Raises:
        ValueError: the operators differ.
    """
    versions = versions_of(specifier)
    operators = [match["operator"] for match in _CLAUSE.finditer(specifier)]
    if operators != [clause.operator for clause in pin.clauses]:
        raise ValueError(f"{specifier!r} has other operators than {pin.specifier!r}")
    if pin.hashes and digests:
        text = _with_hashes(text, pin.hashes, digests)
    for clause, version in reversed(list(zip(pin.clauses, versions, strict=True))):
        text = text[: clause.start] + version + text[clause.end :]
    return text


def _with_hashes(text: str, old: Sequence[tuple[int, int]], digests: Sequence[str]) -> str:
    first, last = old[0], old[-1]
    if len(old) > 1:
        between = text[first[1] : old[1][0]]
    else:
        # the only hash: repeat what stands before it, a blank or a continuation with its indent
        before = text[: first[0]]
        between = before[len(before.rstrip(" \t\\\r\n")) :]
    joint = "=" if text.startswith("--hash=", first[0]) else " "
    block = between.join(f"--hash{joint}{digest}" for digest in sorted(digests))
    return text[: first[0]] + block + text[last[1] :]

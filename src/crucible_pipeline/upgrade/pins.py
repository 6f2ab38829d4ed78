"""Pins in requirements files: found as pip reads them, edited in place.

The line rules are those of pip's requirements file format: continuation lines are joined first, then
comments fall away, then a line is a requirement (PEP 508) with options after it, or options alone.
"""

import optparse
import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NoReturn

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name

_COMMENT = re.compile(r"(^|\s+)#.*$")
_REQUIREMENT = re.compile(
    r"(?P<name>[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*(?P<extras>\[[^\]]*\])?\s*(?P<rest>.*)",
    re.DOTALL,
)
_EGG = re.compile(r"[#&]egg=(?P<name>[A-Za-z0-9._-]+)")
_CLAUSE = re.compile(r"\s*(?P<operator>===|==|~=|!=|<=|>=|<|>)\s*(?P<version>[^\s,;()]+)\s*")
_HASH = re.compile(r"--hash(?:=|\s+)(?P<digest>[a-z0-9]+:[0-9a-fA-F]+)")
# Why a bare name does not move; it follows the files that do say a version.
FREE = "it has no version specifier"
# Taken by pip in a requirements file; a flag takes no value.
_VALUED = (
    ("-r", "--requirement"),
    ("-c", "--constraint"),
    ("-e", "--editable"),
    ("-i", "--index-url", "--pypi-url"),
    ("--extra-index-url",),
    ("-f", "--find-links"),
    ("--no-binary",),
    ("--only-binary",),
    ("--trusted-host",),
    ("--use-feature",),
    ("--global-option",),
    ("--hash",),
    ("-C", "--config-settings"),
)
_FLAGS = (("--no-index",), ("--prefer-binary",), ("--require-hashes",), ("--pre",))


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


@dataclass(frozen=True, slots=True)
class Include:
    """Another file that a requirements file names by `-r` or `-c`.

    Args:
        line: 1-based.
        target: as written.
    """

    line: int
    target: str


@dataclass(frozen=True, slots=True)
class _Line:
    """A logical line: its characters, and where each of them stands in the file."""

    characters: str
    offsets: Sequence[int]

    def cut(self, start: int, end: int) -> "_Line":
        return _Line(self.characters[start:end], self.offsets[start:end])


def _logical_lines(text: str) -> Iterator[_Line]:
    """Join continuation lines, drop comments and outer blanks; empty lines are left out."""
    joined: list[str] = []
    offsets: list[int] = []
    begin = 0
    for physical in text.splitlines(keepends=True):
        content = physical.splitlines()[0]
        is_comment = _COMMENT.match(content) is not None
        continues = content.endswith("\\") and not is_comment
        kept, first = content, begin
        if continues:
            # pip takes backslashes from both ends
            kept = content.strip("\\")
            first += len(content) - len(content.lstrip("\\")) if kept else 0
        elif is_comment:
            joined.append(" ")
            offsets.append(begin)
        joined.append(kept)
        offsets.extend(range(first, first + len(kept)))
        begin += len(physical)
        if not continues:
            yield from _stripped("".join(joined), offsets)
            joined, offsets = [], []
    yield from _stripped("".join(joined), offsets)


def _stripped(characters: str, offsets: list[int]) -> Iterator[_Line]:
    comment = _COMMENT.search(characters)
    end = len(characters[: comment.start() if comment else None].rstrip())
    start = len(characters[:end]) - len(characters[:end].lstrip())
    if start < end:
        yield _Line(characters[start:end], offsets[start:end])


def _options_at(characters: str) -> int:
    """Where the options of a line begin: at the first word with a dash; words end at a space only."""
    position = 0
    for word in characters.split(" "):
        if word.startswith("-"):
            return position
        position += len(word) + 1
    return len(characters)


class _Unreadable(Exception):
    """pip would not read these options either."""


class _Options(optparse.OptionParser):
    """The options of one line, with pip's own library: abbreviations are legal there."""

    def __init__(self) -> None:
        super().__init__(add_help_option=False)
        for names in _VALUED:
            self.add_option(*names, action="append", dest=names[min(1, len(names) - 1)])
        for names in _FLAGS:
            self.add_option(*names, action="store_true")

    def error(self, msg: str) -> NoReturn:
        raise _Unreadable(msg)

    def read(self, characters: str) -> dict[str, list[str] | None]:
        try:
            values, _ = self.parse_args(shlex.split(characters))
        except ValueError as error:
            raise _Unreadable(str(error)) from None
        return dict(vars(values))


def find_includes(text: str) -> list[Include]:
    """The files that a requirements file includes, in its order; a target may be a URL."""
    found: list[Include] = []
    for line in _logical_lines(text):
        if not line.characters.startswith("-"):
            continue
        try:
            options = _Options().read(line.characters)
        except _Unreadable:
            continue
        # pip reads one file per line, and `-r` before `-c`
        targets = options["--requirement"] or options["--constraint"]
        if targets and not options["--editable"]:
            found.append(Include(_line_at(text, line.offsets[0]), targets[0]))
    return found


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
    for line in _logical_lines(text):
        if not mentioned.search(line.characters):
            continue
        options = _options_at(line.characters)
        requirement = line.cut(0, len(line.characters[:options].rstrip()))
        pin = _pin_of(path, text, requirement if requirement.characters else line, wanted)
        if pin is not None:
            pins.append(_with_options(pin, line.cut(options, len(line.characters))))
    return pins


def _with_options(pin: Pin, line: _Line) -> Pin:
    try:
        hashes = _Options().read(line.characters)["--hash"] or []
    except _Unreadable:
        return replace(pin, fixed="the options beside it cannot be read")
    found = list(_HASH.finditer(line.characters))
    if [match["digest"] for match in found] != hashes:
        return replace(pin, fixed="its hashes are written in an unusual way")
    spans = tuple((line.offsets[match.start()], line.offsets[match.end() - 1] + 1) for match in found)
    return replace(pin, hashes=spans)


def _pin_of(path: str, text: str, line: _Line, wanted: str) -> Pin | None:
    at = _line_at(text, line.offsets[0])
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
    return Pin(path, _line_at(text, clauses[0].start), specifier, clauses)


def _clauses(line: _Line) -> tuple[tuple[Clause, ...], str]:
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


def _line_at(text: str, offset: int) -> int:
    return len((text[:offset] + "x").splitlines())


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

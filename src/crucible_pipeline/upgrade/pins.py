"""A pin: one requirement of the package in a file, with the places of its versions; and its edit. Pure."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from crucible_pipeline.errors import Refused
from crucible_pipeline.upgrade.dialect import Dialect, Range, meaning, parts
from crucible_pipeline.upgrade.lines import Line, line_at

_REQUIREMENT = re.compile(
    r"(?P<name>[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*(?P<extras>\[[^\]]*\])?\s*(?P<rest>.*)",
    re.DOTALL,
)
_EGG = re.compile(r"[#&]egg=(?P<name>[A-Za-z0-9._-]+)")
# Why a bare name does not move; it follows the files that do say a version.
FREE = "it has no version specifier"
PLACE = "it names a place to install from, no version"
ESCAPED = "it is not written as one plain text"
UNREADABLE = "its version specifier cannot be read"
# What may stand behind a version that comes out of a variable.
_TAILS = frozenset({"", ".*", ".x"})


@dataclass(frozen=True, slots=True)
class Clause:
    """One comparison of a specifier, such as `>=0.3`.

    Args:
        operator: of the pin's dialect.
        version: as written.
        start: offset of the version in the text.
        end: offset after it.
        tail: the end of the version that stands elsewhere and stays, such as `.*` behind a variable.
    """

    operator: str
    version: str
    start: int
    end: int
    tail: str = ""


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
        dialect: in which the specifier is written.
    """

    file: str
    line: int
    specifier: str
    clauses: tuple[Clause, ...] = ()
    hashes: tuple[tuple[int, int], ...] = ()
    fixed: str = ""
    dialect: Dialect = Dialect.PEP440

    @property
    def meaning(self) -> Range:
        """What the specifier admits; everything where the pin has none."""
        return meaning(self.specifier, self.dialect) or Range((SpecifierSet(),))


@dataclass(frozen=True, slots=True, order=True)
class Edit:
    """New text for a part of a file."""

    start: int
    end: int
    text: str


def spelled(project: str) -> str:
    """An expression of every spelling of a name: any run of dots, dashes and underscores is one dash.

    A slash counts too, for npm's `@crucible/shared`.
    """
    return canonicalize_name(project).replace("-", "[-_./]+")


def mentions(project: str) -> re.Pattern[str]:
    """A pattern of every spelling of a name, letters of any case."""
    return re.compile(spelled(project), re.IGNORECASE)


def requirement_pin(path: str, text: str, line: Line, project: str) -> Pin | None:
    """The pin that a requirement (PEP 508) is; None if it requires something else.

    Args:
        path: of the file.
        text: of the file.
        line: the requirement, with its offsets in the text; no options.
        project: normalized name.
    """
    at = line_at(text, line.offsets[0]) if line.offsets else 1
    egg = _EGG.search(line.characters)
    if egg is not None and canonicalize_name(egg["name"]) == project:
        return Pin(path, at, "", fixed=PLACE)
    match = _REQUIREMENT.match(line.characters)
    if match is None or canonicalize_name(match["name"]) != project:
        return None
    rest = line.cut(match.start("rest"), match.end("rest"))
    if rest.characters.startswith("@"):
        return Pin(path, at, "", fixed=PLACE)
    bare = rest.cut(0, rest.characters.index(";") if ";" in rest.characters else len(rest.characters))
    if not bare.characters.strip():
        return Pin(path, at, "", fixed=FREE)
    return specifier_pin(path, text, _without_brackets(bare), Dialect.PEP440)


def _without_brackets(line: Line) -> Line:
    end = len(line.characters.rstrip())
    start = len(line.characters) - len(line.characters.lstrip())
    if line.characters.startswith("(", start) and line.characters[:end].endswith(")"):
        start, end = start + 1, end - 1
    return line.cut(start, end)


def specifier_pin(path: str, text: str, line: Line, dialect: Dialect) -> Pin:
    """The pin that a version specifier is, whatever it is written beside."""
    at = line_at(text, line.offsets[0]) if line.offsets else 1
    specifier = line.characters.strip()
    if specifier in {"", "*"}:
        return Pin(path, at, specifier, fixed=FREE, dialect=dialect)
    found = parts(line.characters, dialect)
    clauses = [_clause(line, part.operator, part.start, part.end) for part in found]
    whole = [clause for clause in clauses if clause is not None]
    if not found or len(whole) < len(found) or meaning(specifier, dialect) is None:
        return Pin(path, at, specifier, fixed=UNREADABLE, dialect=dialect)
    return Pin(path, line_at(text, whole[0].start), specifier, tuple(whole), dialect=dialect)


def _clause(line: Line, operator: str, start: int, end: int) -> Clause | None:
    """The clause of a version; None where it is put together from several places of the file."""
    version, offsets = line.characters[start:end], line.offsets[start:end]
    count = next((n for n in range(1, len(offsets)) if offsets[n] != offsets[n - 1] + 1), len(offsets))
    tail = version[count:]
    if tail not in _TAILS:
        return None
    return Clause(operator, version, offsets[0], offsets[count - 1] + 1, tail)


def edits(text: str, pin: Pin, specifier: str, digests: Sequence[str] = ()) -> list[Edit]:
    """What to write for a new specifier of a pin: the versions, and the hashes where it has some.

    Args:
        text: the text in which the pin was found.
        pin: with its specifier.
        specifier: with the operators of the old one, in their order.
        digests: `sha256:…` of every file of the new release; replaces the pin's hashes, in their layout.

    Raises:
        ValueError: the operators differ, or what stays behind a version does.
    """
    found = parts(specifier, pin.dialect)
    if [part.operator for part in found] != [clause.operator for clause in pin.clauses]:
        raise ValueError(f"{specifier!r} has other operators than {pin.specifier!r}")
    changed = [_with_hashes(text, pin.hashes, digests)] if pin.hashes and digests else []
    for clause, part in zip(pin.clauses, found, strict=True):
        if not part.version.endswith(clause.tail):
            raise ValueError(f"{part.version!r} does not end in {clause.tail!r}")
        changed.append(Edit(clause.start, clause.end, part.version.removesuffix(clause.tail)))
    return changed


def apply(text: str, changes: Iterable[Edit]) -> str:
    """The text with every edit made; equal ones, of pins that share a variable, are one.

    Raises:
        Refused: two edits want different text at one place.
    """
    ordered = sorted(set(changes))
    for before, after in pairwise(ordered):
        if after.start < before.end:
            raise Refused(
                f"two pins share a version at line {line_at(text, after.start)} and need different ones",
                "give each its own version",
            )
    for one in reversed(ordered):
        text = text[: one.start] + one.text + text[one.end :]
    return text


def edit(text: str, pin: Pin, specifier: str, digests: Sequence[str] = ()) -> str:
    """Put a new specifier into a pin's place; nothing else of the text changes. See `edits`."""
    return apply(text, edits(text, pin, specifier, digests))


def _with_hashes(text: str, old: Sequence[tuple[int, int]], digests: Sequence[str]) -> Edit:
    first, last = old[0], old[-1]
    if len(old) > 1:
        between = text[first[1] : old[1][0]]
    else:
        # the only hash: repeat what stands before it, a blank or a continuation with its indent
        before = text[: first[0]]
        between = before[len(before.rstrip(" \t\\\r\n")) :]
    joint = "=" if text.startswith("--hash=", first[0]) else " "
    block = between.join(f"--hash{joint}{digest}" for digest in sorted(digests))
    return Edit(first[0], last[1], block)

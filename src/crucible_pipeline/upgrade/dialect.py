"""How version specifiers are written: PEP 440, and the forms of poetry, npm and conda. Pure.

Poetry's are in its manual under "Dependency specification", npm's in the README of node-semver, conda's in
its manual under "Package match specifications".
"""

import re
from dataclasses import dataclass
from enum import Enum

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

_FULL = 3
_WILD = re.compile(r"(?:\.[*xX])+$|\.?\*$")
_PEP440 = re.compile(r"\s*(?P<operator>===|==|~=|!=|<=|>=|<|>)\s*(?P<version>[^\s,;()]+)\s*")
_NUMBER = r"[0-9][0-9A-Za-z.*!+-]*"
_OTHER = re.compile(rf"\s*(?P<operator>===|==|~=|!=|<=|>=|<|>|\^|~|=)?\s*v?(?P<version>{_NUMBER})\s*")
# npm: `0.3.0 - 0.3.9` is >=0.3.0 <=0.3.9
_HYPHEN = re.compile(rf"\s*v?(?P<low>{_NUMBER})\s+-\s+v?(?P<high>{_NUMBER})\s*")
_OR = re.compile(r"\|\|?")


class Dialect(Enum):
    """Who reads a specifier."""

    PEP440 = "PEP 440"
    POETRY = "poetry"
    NPM = "npm"
    CONDA = "conda"


@dataclass(frozen=True, slots=True)
class Part:
    """One comparison in a specifier; `start` and `end` are those of the version in it.

    All comparisons of one `choice` hold together; `||` begins another.
    """

    operator: str
    version: str
    start: int
    end: int
    choice: int = 0

    @property
    def wild(self) -> str:
        """The wildcard at the version's end, such as `.*`."""
        found = _WILD.search(self.version)
        return found[0] if found else ""

    @property
    def number(self) -> Version | None:
        """The version without its wildcard; None for an arbitrary string."""
        try:
            return Version(self.version.removesuffix(self.wild) if self.wild else self.version)
        except InvalidVersion:
            return None


@dataclass(frozen=True, slots=True)
class Range:
    """The versions that one of some specifiers admits."""

    choices: tuple[SpecifierSet, ...]

    def contains(self, version: Version) -> bool:
        """Whether a version is among them; a pre-release is judged by its number alone."""
        return any(one.contains(version, prereleases=True) for one in self.choices)


def parts(specifier: str, dialect: Dialect) -> list[Part]:
    """The comparisons of a specifier in its order; none where it cannot be read."""
    pattern = _PEP440 if dialect is Dialect.PEP440 else _OTHER
    found: list[Part] = []
    position, choice = 0, 0
    while position < len(specifier):
        hyphen = _HYPHEN.match(specifier, position) if dialect is Dialect.NPM else None
        match = hyphen or pattern.match(specifier, position)
        if match is None:
            return []
        if hyphen is not None:
            found.append(Part(">=", match["low"], *match.span("low"), choice))
            found.append(Part("<=", match["high"], *match.span("high"), choice))
        else:
            found.append(Part(match["operator"] or "", match["version"], *match.span("version"), choice))
        position = match.end()
        bar = _OR.match(specifier, position) if dialect is not Dialect.PEP440 else None
        choice += bar is not None
        position = bar.end() if bar is not None else position + (specifier[position : position + 1] == ",")
    return found


def meaning(specifier: str, dialect: Dialect) -> Range | None:
    """The specifier as PEP 440 has it; None where it has no meaning there."""
    try:
        if dialect is Dialect.PEP440:
            return Range((SpecifierSet(specifier),))
        found: dict[int, list[str]] = {}
        for part in parts(specifier, dialect):
            found.setdefault(part.choice, []).append(_meaning(part, dialect))
        return Range(tuple(SpecifierSet(",".join(one)) for one in found.values())) if found else None
    except (InvalidSpecifier, InvalidVersion):
        return None


def is_coarse(part: Part, dialect: Dialect) -> bool:
    """Whether a version stands for every version that begins with it, as npm's `0.3` and conda's `=0.3.1`."""
    if part.operator not in {"", "="} or part.number is None:
        return False
    if dialect is Dialect.CONDA and part.operator == "=":
        return True
    return bool(part.wild) or is_short(part, dialect)


def is_short(part: Part, dialect: Dialect) -> bool:
    """Whether npm reads a version as all that begin with it: `<=0.3` admits 0.3.9 there."""
    return dialect is Dialect.NPM and part.number is not None and len(part.number.release) < _FULL


def _next(release: tuple[int, ...]) -> str:
    return ".".join(map(str, [*release[:-1], release[-1] + 1]))


def _meaning(part: Part, dialect: Dialect) -> str:
    operator, number = part.operator, part.number
    if operator in {"^", "~"} and number is not None:
        below = _after_caret(number.release) if operator == "^" else _after_tilde(number.release)
        return f">={number},<{below}"
    if is_short(part, dialect) and operator == "<=" and number is not None:
        return f"<{_next(number.release)}"
    if is_coarse(part, dialect) and number is not None:
        return f"=={'.'.join(map(str, number.release))}.*"
    version = number if dialect is Dialect.NPM and part.wild and number is not None else part.version
    return f"{operator if operator not in {'', '='} else '=='}{version}"


def _after_caret(release: tuple[int, ...]) -> str:
    place = next((index for index, number in enumerate(release) if number), len(release) - 1)
    return ".".join(map(str, [*release[:place], release[place] + 1]))


def _after_tilde(release: tuple[int, ...]) -> str:
    place = min(1, len(release) - 1)
    return ".".join(map(str, [*release[:place], release[place] + 1]))


def written(version: Version, dialect: Dialect) -> str:
    """A version in full; npm has a pre-release behind a dash (Semantic Versioning 2.0.0, item 9)."""
    if dialect is Dialect.NPM and version.pre is not None:
        numbers = ".".join(map(str, [*version.release, 0, 0][:_FULL]))
        word = {"a": "alpha", "b": "beta"}.get(version.pre[0], version.pre[0])
        return f"{numbers}-{word}.{version.pre[1]}"
    return re.sub(r"\+.*", "", str(version))

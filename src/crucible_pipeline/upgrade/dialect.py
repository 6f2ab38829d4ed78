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
_OTHER = re.compile(
    r"\s*(?P<operator>===|==|~=|!=|<=|>=|<|>|\^|~|=)?\s*v?(?P<version>[0-9][0-9A-Za-z.*!+-]*)\s*"
)


class Dialect(Enum):
    """Who reads a specifier."""

    PEP440 = "PEP 440"
    POETRY = "poetry"
    NPM = "npm"
    CONDA = "conda"


@dataclass(frozen=True, slots=True)
class Part:
    """One comparison in a specifier; `start` and `end` are those of the version in it."""

    operator: str
    version: str
    start: int
    end: int

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


def parts(specifier: str, dialect: Dialect) -> list[Part]:
    """The comparisons of a specifier in its order; none where it cannot be read."""
    pattern = _PEP440 if dialect is Dialect.PEP440 else _OTHER
    found: list[Part] = []
    position = 0
    while position < len(specifier):
        match = pattern.match(specifier, position)
        if match is None:
            return []
        found.append(Part(match["operator"] or "", match["version"], *match.span("version")))
        position = match.end()
        position += specifier[position : position + 1] == ","
    return found


def meaning(specifier: str, dialect: Dialect) -> SpecifierSet | None:
    """The specifier as PEP 440 has it; None where it has no meaning there."""
    try:
        if dialect is Dialect.PEP440:
            return SpecifierSet(specifier)
        found = [_meaning(part, dialect) for part in parts(specifier, dialect)]
        return SpecifierSet(",".join(found)) if found else None
    except (InvalidSpecifier, InvalidVersion):
        return None


def is_coarse(part: Part, dialect: Dialect) -> bool:
    """Whether a version stands for every version that begins with it, as npm's `0.3` and conda's `=0.3.1`."""
    if part.operator not in {"", "="} or part.number is None:
        return False
    if dialect is Dialect.CONDA and part.operator == "=":
        return True
    return bool(part.wild) or (dialect is Dialect.NPM and len(part.number.release) < _FULL)


def _meaning(part: Part, dialect: Dialect) -> str:
    operator, number = part.operator, part.number
    if operator in {"^", "~"} and number is not None:
        below = _after_caret(number.release) if operator == "^" else _after_tilde(number.release)
        return f">={number},<{below}"
    if is_coarse(part, dialect) and number is not None:
        return f"=={'.'.join(map(str, number.release))}.*"
    return f"{operator if operator not in {'', '='} else '=='}{part.version}"


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

"""Pins in commands: what `pip install`, `uv pip install` and their like are told to install. Pure."""

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping

from packaging.utils import canonicalize_name

from crucible_pipeline.upgrade.dialect import Dialect
from crucible_pipeline.upgrade.lines import Line, line_at
from crucible_pipeline.upgrade.pins import FREE, PLACE, Pin, requirement_pin, specifier_pin
from crucible_pipeline.upgrade.shell import commands, program

_PYTHON = (
    ("pip", "install"),
    ("pip", "download"),
    ("pip", "wheel"),
    ("uv", "pip", "install"),
    ("uv", "add"),
    ("uv", "run"),
    ("uv", "tool", "install"),
    ("uv", "tool", "run"),
    ("uvx",),
    ("pipx", "install"),
    ("pipx", "inject"),
    ("pipx", "run"),
    ("pipx", "runpip"),
    ("poetry", "add"),
    ("poetry", "run", "pip", "install"),
    ("pdm", "add"),
    ("pipenv", "install"),
    ("hatch", "run", "pip", "install"),
)
_NPM = (("npm", "install"), ("npm", "i"), ("npm", "add"), ("pnpm", "add"), ("yarn", "add"), ("bun", "add"))
_CONDA = (("conda", "install"), ("mamba", "install"), ("micromamba", "install"))
_VERSIONED = re.compile(r"^(pip|python|pypy)[0-9.]*(?:\.exe)?$")
_CONDA_SPEC = re.compile(
    r"(?:[\w./-]+::)?(?P<name>[A-Za-z0-9._-]+)\s*(?P<rest>[=<>!~].*|[0-9].*)?$", re.DOTALL
)
_NPM_SPEC = re.compile(r"(?:npm:)?(?P<name>@?[^@\s]+)(?:@(?P<rest>.*))?$", re.DOTALL)
_ELSEWHERE = re.compile(r"[a-z+]+:|[./]|~/|[\w-]+/")


def command_pins(path: str, text: str, source: Line, values: Mapping[str, Line], project: str) -> list[Pin]:
    """The pins in a script.

    Args:
        path: of the file.
        text: of the file.
        source: the script within it.
        values: of known variables.
        project: normalized name.
    """
    return [pin for command in commands(source, values) for pin in words_pins(path, text, command, project)]


def words_pins(path: str, text: str, command: Iterable[Line], project: str) -> list[Pin]:
    """The pins in one command."""
    words = program(list(command))
    said = [word.characters for word in words if not word.characters.startswith("-")]
    names = _names(said)
    given = words[1:]
    if _begins(names, _PYTHON):
        found = (requirement_pin(path, text, word, project) for word in _arguments(given))
    elif _begins(names, _NPM):
        found = (npm_pin(path, text, word, project) for word in given)
    elif _begins(names, _CONDA):
        found = (conda_pin(path, text, word, project) for word in given)
    else:
        return []
    return [pin for pin in found if pin is not None]


def _names(said: list[str]) -> list[str]:
    names = [posixpath.basename(said[0]), *said[1:]] if said else []
    versioned = _VERSIONED.match(names[0]) if names else None
    if versioned is not None and versioned[1] == "pip":
        return ["pip", *names[1:]]
    # the `-m` of `python -m pip` is gone with the options
    is_module = versioned is not None or names[:2] == ["uv", "run"]
    for skipped in (1, 2, 3) if is_module else ():
        if names[skipped : skipped + 1] and names[skipped] in {"pip", "uv"}:
            return names[skipped:]
    return names


def _begins(names: list[str], known: Iterable[tuple[str, ...]]) -> bool:
    return any(tuple(names[: len(one)]) == one for one in known)


def _arguments(words: Iterable[Line]) -> Iterator[Line]:
    for word in words:
        said = word.characters
        if said.startswith("--") and "=" in said:
            cut = word.cut(said.index("=") + 1, len(said))
            yield from (one for one in [cut] if one.characters)
        elif said and not said.startswith("-"):
            yield word


def conda_pin(path: str, text: str, line: Line, project: str) -> Pin | None:
    """The pin that a match specification of conda is."""
    match = _CONDA_SPEC.match(line.characters)
    if match is None or canonicalize_name(match["name"]) != project:
        return None
    if not match["rest"]:
        return Pin(path, line_at(text, line.offsets[0]), "", fixed=FREE, dialect=Dialect.CONDA)
    return specifier_pin(path, text, line.cut(*match.span("rest")), Dialect.CONDA)


def npm_pin(path: str, text: str, line: Line, project: str) -> Pin | None:
    """The pin that `@crucible/shared@0.3.1` is."""
    match = _NPM_SPEC.match(line.characters)
    if match is None or not is_npm_name(match["name"], project):
        return None
    rest = line.cut(*match.span("rest")) if match["rest"] else line.cut(0, 0)
    return npm_specifier(path, text, rest, line)


def npm_specifier(path: str, text: str, rest: Line, line: Line) -> Pin:
    """The pin that a range of npm is; `line` is where it stands if it is empty."""
    at = line_at(text, line.offsets[0]) if line.offsets else 1
    said = rest.characters.strip()
    if said in {"", "*", "latest", "x"}:
        return Pin(path, at, said, fixed=FREE, dialect=Dialect.NPM)
    if _ELSEWHERE.match(said):
        return Pin(path, at, "", fixed=PLACE, dialect=Dialect.NPM)
    return specifier_pin(path, text, rest, Dialect.NPM)


def is_npm_name(name: str, project: str) -> bool:
    """Whether an npm package is the project's: `@crucible/shared` is `crucible-shared`."""
    return canonicalize_name(name.removeprefix("@").replace("/", "-")) == project

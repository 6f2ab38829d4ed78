"""Pins in tables: pyproject.toml, Pipfile and their like, package.json, setup.cfg and tox.ini. Pure."""

import configparser
import json
import re
import tomllib
from collections.abc import Callable, Iterator

from packaging.utils import canonicalize_name

from crucible_pipeline.upgrade.dialect import Dialect
from crucible_pipeline.upgrade.lines import Include, Line, line_at
from crucible_pipeline.upgrade.located import Steps, at, leaves, located
from crucible_pipeline.upgrade.pins import (
    ESCAPED,
    FREE,
    PLACE,
    UNREADABLE,
    Pin,
    mentions,
    requirement_pin,
    specifier_pin,
)
from crucible_pipeline.upgrade.pins_shell import command_pins, is_npm_name, npm_pin, npm_specifier

# A list under such a key holds requirements, whatever tool reads it.
_LISTS = re.compile(r"depend|requir|constraint|overrid|^deps$|extras|^dev$|preinstall", re.IGNORECASE)
_TABLES = re.compile(r"^(?:dev-)?dependencies$|pypi-dependencies$|^overrides$")
_PLACES = frozenset({"git", "path", "url", "file", "workspace", "directory", "hg", "svn"})
_NPM_TABLES = frozenset(
    {
        "dependencies",
        "devDependencies",
        "peerDependencies",
        "optionalDependencies",
        "overrides",
        "resolutions",
    }
)
_NOT_PACKAGES = frozenset({"source", "requires", "scripts", "pipenv"})
_FACTOR = re.compile(r"(?:[\w.{},!-]+:\s+)?")
_INCLUDE = re.compile(r"(?:[\w.{},!-]+:\s+)?-(?:r|c|-requirement|-constraint)[\s=]*(?P<target>\S+)")
_INI = re.compile(
    r"requir|^deps$|^constraints$|^extras?$|depend|^commands|^install_command$|^allowlist", re.IGNORECASE
)


def toml_pins(path: str, text: str, project: str) -> list[Pin]:
    """The pins in pyproject.toml and other TOML files of Python's tools."""
    document = _loaded(text, tomllib.loads)
    sources = _elsewhere(document, project)
    found: list[Pin] = []
    for steps, value in leaves(document):
        pin = _toml_pin(path, text, steps, value, project) if isinstance(value, str) else None
        if pin is not None:
            # a source of uv takes the place of whatever the specifier says
            place = Pin(path, pin.line, pin.specifier, fixed=PLACE)
            found.append(place if sources and not pin.fixed else pin)
    return found


def _elsewhere(document: object, project: str) -> bool:
    sources = at(document, ("tool", "uv", "sources"))
    paths = [steps for steps, _ in leaves(sources)]
    named = [steps for steps in paths if canonicalize_name(str(steps[0])) == project]
    return any(step in _PLACES for steps in named for step in steps[1:])


def _toml_pin(path: str, text: str, steps: Steps, value: str, project: str) -> Pin | None:
    names = [str(step) for step in steps if isinstance(step, str)]
    key = _named(steps, project)
    if key is not None and _is_table(names, path):
        return _table_pin(path, text, steps, value, key)
    if isinstance(steps[-1], int) and any(_LISTS.search(name) for name in names):
        return _listed(path, text, steps, value, project)
    return None


def _named(steps: Steps, project: str) -> int | None:
    """Where the package's name is a key of a path."""
    named = (
        i for i, step in enumerate(steps) if isinstance(step, str) and canonicalize_name(step) == project
    )
    return next(named, None)


def _is_table(names: list[str], path: str) -> bool:
    if path.endswith("Pipfile"):
        return names[0] not in _NOT_PACKAGES
    return any(_TABLES.search(name) for name in names) and names[:3] != ["tool", "uv", "sources"]


def _table_pin(path: str, text: str, steps: Steps, value: str, key: int) -> Pin | None:
    """The pin of `name = "specifier"`, `name = {version = "specifier"}` or a list of such tables."""
    last = steps[-1]
    is_version = key == len(steps) - 1 or last == "version"
    if last in _PLACES and key < len(steps) - 1:
        return Pin(path, _line_of(text, value), "", fixed=PLACE)
    if not is_version:
        return None
    line = located(text, tomllib.loads, steps, value)
    if line is None:
        return Pin(path, _line_of(text, value), value, fixed=FREE if value in {"", "*"} else UNREADABLE)
    return specifier_pin(path, text, line, Dialect.POETRY)


def _line_of(text: str, value: str) -> int:
    return line_at(text, max(text.find(value), 0))


def _listed(path: str, text: str, steps: Steps, value: str, project: str) -> Pin | None:
    if not mentions(project).search(value):
        return None
    line = located(text, tomllib.loads, steps, value)
    if line is None:
        # it is a requirement, but escapes stand in its way
        other = requirement_pin(path, text, Line(value, [0] * len(value)), project)
        return Pin(path, 1, value, fixed=ESCAPED) if other is not None else None
    return requirement_pin(path, text, line, project)


def _loaded(text: str, load: Callable[[str], object]) -> object:
    try:
        return load(text)
    except (ValueError, RecursionError):
        return None


def json_pins(path: str, text: str, project: str) -> list[Pin]:
    """The pins in package.json."""
    document = _loaded(text, json.loads)
    found = [
        _npm_entry(path, text, steps, value, project)
        for steps, value in leaves(document)
        if isinstance(value, str) and steps and (steps[0] in _NPM_TABLES or steps[:1] == ("pnpm",))
    ]
    return [pin for pin in found if pin is not None]


def _npm_entry(path: str, text: str, steps: Steps, value: str, project: str) -> Pin | None:
    is_alias = value.startswith("npm:")
    key = str(steps[-1]).rsplit(">", 1)[-1].removeprefix("**/")
    if not is_alias and not is_npm_name(key, project):
        return None
    line = located(text, json.loads, steps, value)
    if line is None:
        fixed = FREE if not value else UNREADABLE
        return Pin(path, _line_of(text, value), value, fixed=fixed, dialect=Dialect.NPM)
    return npm_pin(path, text, line, project) if is_alias else npm_specifier(path, text, line, line)


def _ini(text: str) -> object:
    parser = configparser.RawConfigParser(strict=False, allow_no_value=True)
    try:
        parser.read_string(text)
    except configparser.Error as error:
        raise ValueError(str(error)) from None
    return {
        section: {key: _lines(value) for key, value in parser.items(section)} for section in parser.sections()
    }


def _lines(value: str | None) -> list[str]:
    return [line.strip() for line in (value or "").splitlines()]


def ini_pins(path: str, text: str, project: str) -> list[Pin]:
    """The pins in setup.cfg and tox.ini: in lists of requirements, and in commands."""
    mentioned = mentions(project)
    found: list[Pin] = []
    for steps, value in leaves(_loaded(text, _ini)):
        if not isinstance(value, str) or not mentioned.search(value) or not _is_ini_list(steps):
            continue
        if any(str(step).startswith(("commands", "install_command")) for step in steps):
            line = located(text, _ini, steps, value)
            found += command_pins(path, text, line, {}, project) if line is not None else []
            continue
        pin = _ini_pin(path, text, steps, value, project)
        found += [pin] if pin is not None else []
    return found


def _ini_pin(path: str, text: str, steps: Steps, value: str, project: str) -> Pin | None:
    line, factor = located(text, _ini, steps, value), _FACTOR.match(value)
    if line is None:
        return None
    end = len(value.partition(" #")[0].rstrip())
    return requirement_pin(path, text, line.cut(factor.end() if factor is not None else 0, end), project)


def _is_ini_list(steps: Steps) -> bool:
    section, key = str(steps[0]), str(steps[1])
    return section == "options.extras_require" or bool(_INI.search(key))


def includes(path: str, text: str) -> Iterator[Include]:
    """The requirements files that a table names: tox's `-r`, setuptools' dynamic dependencies."""
    if path.endswith(".toml"):
        for steps, value in leaves(_loaded(text, tomllib.loads)):
            dynamic = steps[:3] == ("tool", "setuptools", "dynamic") and "file" in steps
            match = (
                _INCLUDE.fullmatch(value) if isinstance(value, str) and isinstance(steps[-1], int) else None
            )
            if isinstance(value, str) and (dynamic or match is not None):
                yield Include(_line_of(text, value), match["target"] if match is not None else value)
    elif path.endswith((".ini", ".cfg")):
        for steps, value in leaves(_loaded(text, _ini)):
            match = _INCLUDE.fullmatch(value) if isinstance(value, str) else None
            if match is not None and steps[1] in {"deps", "constraints"}:
                yield Include(_line_of(text, str(value)), match["target"])
            elif isinstance(value, str) and value.startswith("file:"):
                yield from (Include(_line_of(text, value), one.strip()) for one in value[5:].split(","))

"""Which files hold pins, and who reads which. Pure."""

import fnmatch
import posixpath
import re
from collections.abc import Callable, Iterable

from packaging.utils import canonicalize_name

from crucible_pipeline.upgrade.dialect import Dialect
from crucible_pipeline.upgrade.lines import Include, Line, find_includes
from crucible_pipeline.upgrade.pins import Pin, mentions, specifier_pin
from crucible_pipeline.upgrade.pins_docker import docker_pins
from crucible_pipeline.upgrade.pins_python import python_pins, script_pins
from crucible_pipeline.upgrade.pins_requirements import find_pins as requirements_pins
from crucible_pipeline.upgrade.pins_shell import command_pins
from crucible_pipeline.upgrade.pins_tables import includes as table_includes
from crucible_pipeline.upgrade.pins_tables import ini_pins, json_pins, toml_pins
from crucible_pipeline.upgrade.pins_yaml import includes as yaml_includes
from crucible_pipeline.upgrade.pins_yaml import yaml_pins

Reader = Callable[[str, str, str], list[Pin]]
_HALVES = re.compile("[\udc80-\udcff]")


def _shell_pins(path: str, text: str, project: str) -> list[Pin]:
    return command_pins(path, text, Line(text, range(len(text))), {}, project)


def _no_pins(path: str, text: str, project: str) -> list[Pin]:  # noqa: ARG001  as every reader is called
    return []


# The first pattern that fits a file's name says who reads it.
_READERS: tuple[tuple[str, Reader], ...] = (
    # lists what goes into a source distribution; its lines look like no requirement, but pip never reads it
    ("manifest.in", _no_pins),
    ("*requirements*.txt", requirements_pins),
    ("*constraints*.txt", requirements_pins),
    ("*overrides*.txt", requirements_pins),
    ("*.in", requirements_pins),
    ("pyproject.toml", toml_pins),
    ("pipfile", toml_pins),
    ("pixi.toml", toml_pins),
    ("hatch.toml", toml_pins),
    ("uv.toml", toml_pins),
    ("tox.toml", toml_pins),
    ("setup.cfg", ini_pins),
    ("tox.ini", ini_pins),
    ("setup.py", python_pins),
    ("noxfile.py", python_pins),
    ("*.py", script_pins),
    ("package.json", json_pins),
    ("*dockerfile*", docker_pins),
    ("*containerfile*", docker_pins),
    ("*.yml", yaml_pins),
    ("*.yaml", yaml_pins),
    ("*.sh", _shell_pins),
    (".env", _no_pins),
)
# Of the files that are read only where they name the package.
PATTERNS = tuple(
    pattern for pattern, reader in _READERS if reader not in {requirements_pins, toml_pins, ini_pins}
)
_REQUIREMENTS_FOLDER = "requirements"


def reader_of(path: str) -> Reader | None:
    """Who reads the pins of a file, by its name; None for a file that holds none by its name."""
    folder, name = posixpath.split(path)
    lowered = name.lower()
    found = next((reader for pattern, reader in _READERS if fnmatch.fnmatchcase(lowered, pattern)), None)
    if found is None and posixpath.basename(folder) == _REQUIREMENTS_FOLDER and name.endswith(".txt"):
        return requirements_pins
    return found


def is_followed(path: str) -> bool:
    """Whether a file is read even if it does not name the package, for it may include others that do."""
    reader = reader_of(path)
    named = posixpath.basename(path).lower().startswith(("environment", "conda"))
    return reader in {requirements_pins, toml_pins, ini_pins} or (reader is yaml_pins and named)


def includes_of(path: str, text: str) -> Iterable[Include]:
    """The requirements files that a file includes; a file of any other name that is included is one."""
    reader = reader_of(path) or requirements_pins
    if reader in {toml_pins, ini_pins}:
        return table_includes(path, text)
    if reader is yaml_pins:
        return yaml_includes(text)
    return find_includes(text) if reader is requirements_pins else []


def find_pins(path: str, text: str, project: str) -> list[Pin]:
    """Every pin of a project in a file of any kind, in the order of the text.

    Args:
        path: of the file, kept in the pins; its name says how it is read.
        text: its content; lone surrogates stand for bytes that are no UTF-8.
        project: any spelling of the name (PEP 503).
    """
    wanted = canonicalize_name(project)
    if not mentions(wanted).search(text):
        return []
    # the same length, so that places stay; a reader of another library takes no lone surrogate
    clean = _HALVES.sub("?", text)
    found = (reader_of(path) or requirements_pins)(path, clean, wanted)
    found += _variables(path, clean, wanted, found)
    return sorted(found, key=lambda pin: (pin.clauses[0].start if pin.clauses else -1, pin.line))


def _variables(path: str, text: str, project: str, found: list[Pin]) -> list[Pin]:
    """The values of a variable that is named for the package's version, where no pin has used it.

    A build argument of a compose file or a workflow stands in the place of the Dockerfile's own.
    """
    if reader_of(path) not in {docker_pins, yaml_pins, _shell_pins, _no_pins} or path.endswith(".in"):
        return []
    name = project.replace("-", "_").upper()
    pattern = re.compile(
        rf"^(?!\s*#)[^\n]*?\b{name}_VERSION\b[\"']?(?:=|:\s+|[ \t]+)[\"']?(?P<value>v?[0-9][\w.*!+-]*)",
        re.MULTILINE,
    )
    known = {clause.start for pin in found for clause in pin.clauses}
    pins: list[Pin] = []
    for match in pattern.finditer(text):
        start, end = match.span("value")
        if start not in known:
            pins.append(specifier_pin(path, text, Line(text[start:end], range(start, end)), Dialect.NPM))
    return pins

"""The world: a service's tests, on the branch and with the new version in a clean environment.

The index's token stays here: the new version is downloaded before anything of the service's runs.
"""

import os
import posixpath
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from crucible_pipeline.errors import Refused
from crucible_pipeline.upgrade.scratch import clean_environment, program, run_bounded, write_files
from crucible_pipeline.upgrade.service import Service
from crucible_pipeline.upgrade.trial import Result, Trial, shown

_PROJECTS = frozenset({"pyproject.toml", "setup.py", "setup.cfg"})
_VERSION = "import importlib.metadata, sys; print(importlib.metadata.version(sys.argv[1]))"


@dataclass(frozen=True, slots=True)
class Wheel:
    """The new version, and where the service's other requirements come from.

    Args:
        package: its name.
        version: of it.
        filename: of its wheel.
        content: of its wheel.
        index_url: without credentials.
    """

    package: str
    version: str
    filename: str
    content: bytes
    index_url: str


@dataclass(frozen=True, slots=True)
class Command:
    """What runs, and for how many seconds at most."""

    arguments: tuple[str, ...]
    seconds: int


def try_out(
    service: Service, changed: Mapping[str, bytes], pins: Sequence[str], wheel: Wheel, command: Command
) -> Trial:
    """Run a service's tests on what the upgrade makes of it.

    Args:
        service: as it is committed.
        changed: path from the repository's root → new content.
        pins: paths of the files whose pins moved.
        wheel: that is tried.
        command: of the tests, run in the service's folder.
    """
    said = " ".join(command.arguments)
    with TemporaryDirectory(prefix="crucible-trial-") as name:
        place = Path(os.path.realpath(name))
        try:
            write_files(service, changed, place / "checkout")
        except (Refused, OSError) as error:
            return Trial(Result.NOT_RUN, said, f"the branch could not be written: {error}")
        home = place / "checkout" / service.folder
        home.mkdir(parents=True, exist_ok=True)
        environment = clean_environment(place)
        why = _install(service, pins, wheel, place, command.seconds)
        if why:
            return Trial(Result.NOT_RUN, said, why)
        try:
            code, output = run_bounded(command.arguments, home, environment, command.seconds)
        except OSError as error:
            return Trial(Result.NOT_RUN, said, f"it could not be started: {error.strerror}")
        told = shown(output, str(place))
    if code is None:
        return Trial(Result.FAILED, said, f"it took longer than {command.seconds} seconds", told)
    if code:
        return Trial(Result.FAILED, said, f"its exit code was {code}", told)
    return Trial(Result.PASSED, said)


def _install(service: Service, pins: Sequence[str], wheel: Wheel, place: Path, seconds: int) -> str:
    """Make the environment; the reason why it could not be made, or nothing."""
    wheels, environment = place / "wheels", clean_environment(place, "installing")
    wheels.mkdir()
    # the name comes from the index
    (wheels / Path(wheel.filename).name).write_bytes(wheel.content)
    python = str(place / "venv" / "bin" / "python")
    wanted = _wanted(service, pins) or [f"{wheel.package}=={wheel.version}"]
    make, install = _tools(place, python)
    steps = (
        make,
        [*install, "--quiet", "--find-links", str(wheels), "--index-url", wheel.index_url, *wanted],
        [python, "-I", "-c", _VERSION, wheel.package],
    )
    output = b""
    for step in steps:
        code, output = run_bounded(step, place / "checkout", environment, seconds)
        if code is None:
            return f"its environment was not ready after {seconds} seconds"
        if code:
            last = shown(output, str(place)).splitlines()[-3:]
            return f"its environment could not be made: {' '.join(last) or f'exit code {code}'}"
    found = output.decode("utf-8", "replace").strip()
    return "" if found == wheel.version else f"its requirements install {wheel.package} {found}"


def _tools(place: Path, python: str) -> tuple[list[str], list[str]]:
    """What makes the environment and what installs: uv where it is, which takes a tenth of the time."""
    uv, folder = program("uv"), str(place / "venv")
    if uv is not None:
        own = [uv, "--quiet", "--no-cache", "--no-config"]
        return [*own, "venv", "--python", sys.executable, folder], [
            *own,
            "pip",
            "install",
            "--python",
            python,
        ]
    return (
        [sys.executable, "-I", "-m", "venv", folder],
        [python, "-I", "-m", "pip", "install", "--no-cache-dir"],
    )


def _wanted(service: Service, pins: Sequence[str]) -> list[str]:
    """What pip is told of the service's requirements, and those of its tests beside them."""
    found: dict[str, None] = {}
    beside = (path for path in service.files if service.holds(path) and _is_for_tests(path, service.folder))
    for path in (*pins, *beside):
        folder, name = posixpath.split(path)
        if name in _PROJECTS:
            found[f"./{folder}"] = None
        elif name.endswith((".txt", ".in")):
            found[f"{'--constraint' if 'constraint' in name else '--requirement'}={path}"] = None
    only_limits = all(one.startswith("--constraint") for one in found)
    return [] if only_limits else list(found)


def _is_for_tests(path: str, folder: str) -> bool:
    name = posixpath.basename(path)
    kind = "requirements" in name and name.endswith(".txt") and ("test" in name or "dev" in name)
    return posixpath.dirname(path) == folder and kind

"""Makes clean environments and installs into them: by uv where the machine has it, else by venv and pip.

What pip is configured to install from holds for uv too: a company's index is often named to pip alone.
Where uv cannot do it all the same, pip is asked.
"""

import ast
import importlib.util
import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from crucible_pipeline.errors import CannotDo
from crucible_pipeline.release.environment import for_tools
from crucible_pipeline.release.program import run

_PIP = (sys.executable, "-P", "-m", "pip")
_QUIETLY = ("install", "--quiet", "--no-compile")
_CREATE = "import sys, venv; venv.create(sys.argv[1], with_pip=sys.argv[2] == 'pip', symlinks=True)"
# pip's option → uv's variable; what uv was told itself wins.
_SETTINGS = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "cert": "SSL_CERT_FILE",
}


@dataclass(frozen=True, slots=True)
class Installer:
    """Installs packages.

    Args:
        environment: all variables that it sees.
        uv: the program; None for pip.
    """

    environment: Mapping[str, str] = field(repr=False)
    uv: str | None = None

    @property
    def name(self) -> str:
        """Of the program."""
        return "uv" if self.uv else "pip"

    def create(self, folder: Path, python: str) -> str:
        """Make an empty virtual environment.

        Args:
            folder: to be made.
            python: the interpreter.

        Returns:
            The environment's own interpreter.

        Raises:
            CannotDo: that failed.
        """
        folder.parent.mkdir(parents=True, exist_ok=True)
        with_pip = "none" if _outer_pip() else "pip"
        argv = [python, "-I", "-c", _CREATE, os.fspath(folder), with_pip]
        if self.uv is not None:
            argv = [self.uv, "venv", "--quiet", "--no-project", "--python", python, os.fspath(folder)]
        run(argv, self.environment, folder.parent, f"an environment of {python}")
        return os.fspath(folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python"))

    def install(self, python: str, arguments: Sequence[str], folder: Path) -> None:
        """Install into an environment that `create` made.

        Args:
            python: its interpreter.
            arguments: requirements and options that pip and uv share.
            folder: where the program runs.

        Raises:
            CannotDo: that failed.
        """
        if self.uv is None:
            argv = [*pip_in(python), *_QUIETLY, *arguments]
            run(argv, self.environment, folder, "pip install")
            return
        argv = [self.uv, "pip", "install", "--quiet", "--no-progress", "--python", python, *arguments]
        try:
            run(argv, self.environment, folder, "uv pip install")
        except CannotDo as error:
            if not _outer_pip():
                raise
            try:
                replace(self, uv=None).install(python, arguments, folder)
            except CannotDo:
                raise error from None


def installer(environ: Mapping[str, str], folder: Path) -> Installer:
    """The installer of this machine; CRUCIBLE_INSTALLER=pip leaves uv aside.

    Args:
        environ: the caller's.
        folder: where programs run meanwhile.
    """
    environment = for_tools(environ)
    uv = None if environ.get("CRUCIBLE_INSTALLER") == "pip" else _uv(environment)
    if uv is None:
        return Installer(environment)
    found: dict[str, str] = {}
    if _outer_pip():
        said = run([*_PIP, "config", "list"], environment, folder, "pip config list")
        found = _translated(said)
    return Installer({**found, **environment}, uv)


def _uv(environment: Mapping[str, str]) -> str | None:
    beside = Path(sys.executable).parent / ("uv.exe" if os.name == "nt" else "uv")
    return os.fspath(beside) if beside.is_file() else shutil.which("uv", path=environment.get("PATH"))


def _translated(listed: str) -> dict[str, str]:
    """Settings of pip as variables of uv; `pip config list` prints a line `global.index-url='…'` each."""
    found: dict[str, str] = {}
    for line in listed.splitlines():
        name, _, value = line.partition("=")
        section, _, option = name.rpartition(".")
        if section in {"global", "install", ":env:"} and option in _SETTINGS:
            # uv reads no simple index from a folder; find-links may be one.
            given = [
                one
                for one in str(ast.literal_eval(value)).split()
                if "index" not in option or not one.startswith("file:")
            ]
            if given:
                separator = "," if option == "find-links" else " "
                found[_SETTINGS[option]] = separator.join(given)
    return found


def _outer_pip() -> bool:
    return importlib.util.find_spec("pip") is not None


def pip_in(python: str) -> list[str]:
    """A pip that works into an environment: ours, for installing another first would cost seconds."""
    ours = importlib.util.find_spec("pip")
    if ours is not None and ours.submodule_search_locations:
        there = packages_of(python) / "pip"
        try:
            if not there.exists():
                there.symlink_to(ours.submodule_search_locations[0], target_is_directory=True)
        except OSError:  # a system that keeps links to itself
            return [*_PIP, "--python", python]
    return [python, "-I", "-m", "pip"]


def packages_of(python: str) -> Path:
    """The folder where the packages of an environment lie.

    Args:
        python: its interpreter.
    """
    root = Path(python).parent.parent
    return next(root.glob("lib/python3*/site-packages"), root / "Lib" / "site-packages")

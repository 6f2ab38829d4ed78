"""Tries a wheel as a service would: installed into clean environments, imported, and type-checked by mypy."""

import importlib.util
import os
import shutil
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from crucible_pipeline.errors import CannotDo
from crucible_pipeline.release.installer import Installer
from crucible_pipeline.release.mypy_cache import known_types
from crucible_pipeline.release.program import run

# Each name that the package gives is asked for, for names may resolve late; warnings count as failures.
_IMPORT = """\
import importlib, sys
package = importlib.import_module(sys.argv[1])
for name in getattr(package, "__all__", ()):
    getattr(package, name)
print(package.__file__)
"""
_CONSUMER = """\
import {package}


def where() -> str | None:
    return {package}.__file__
"""
_WHICH = "import sys; print(*sys.version_info[:2], sep='.')"


@dataclass(frozen=True, slots=True)
class Trial:
    """What is tried.

    Args:
        wheel: to install.
        import_name: of its package.
        names: what a consumer imports from it.
        versions: of Python, such as `3.11`.
        typed: whether the package says that it has types (PEP 561).
    """

    wheel: Path
    import_name: str
    names: tuple[str, ...]
    versions: tuple[str, ...] = field(default=())
    typed: bool = True


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of it.

    Args:
        versions: of Python that the package was imported in.
        types: what became of a consumer's types, in a few words.
    """

    versions: tuple[str, ...]
    types: str

    def __str__(self) -> str:
        return f"imported in {', '.join(self.versions)}; {self.types}"


def pythons(versions: tuple[str, ...], environment: Mapping[str, str], folder: Path) -> dict[str, str]:
    """The interpreters of this machine: version → program.

    The caller's own counts, what pyenv and uv keep, and what lies on PATH as `python3.12`.

    Args:
        versions: wanted ones.
        environment: that they run in.
        folder: where they run.
    """
    wanted = {version: _places(version, environment) for version in versions}
    with ThreadPoolExecutor() as pool:
        asked = {
            version: pool.submit(_first, version, places, environment, folder)
            for version, places in wanted.items()
        }
    return {version: path for version, one in asked.items() if (path := one.result())}


def _places(version: str, environment: Mapping[str, str]) -> list[str]:
    own = "{}.{}".format(*sys.version_info[:2])
    base = os.fspath(Path(sys.base_prefix) / "bin" / f"python{own}")
    named = shutil.which(f"python{version}", path=environment.get("PATH"))
    home = Path(environment.get("HOME", os.sep))
    kept = [
        *sorted((home / ".pyenv" / "versions").glob(f"{version}.*/bin/python{version}"), reverse=True),
        *sorted(
            (home / ".local" / "share" / "uv" / "python").glob(f"cpython-{version}*/bin/python{version}")
        ),
    ]
    # A shim on PATH asks pyenv anew each time, so what pyenv keeps goes before it.
    return [*([base] if version == own else []), *map(os.fspath, kept), *([named] if named else [])]


def _first(version: str, places: list[str], environment: Mapping[str, str], folder: Path) -> str | None:
    """The first program that runs and says that it is this version: a shim of pyenv may do neither."""
    for place in places:
        try:
            if run([place, "-I", "-c", _WHICH], environment, folder, place).strip() == version:
                return place
        except (CannotDo, OSError):
            continue
    return None


def smoke(trial: Trial, installer: Installer, folder: Path) -> Tried:
    """Install a wheel into a clean environment of each Python, import all it gives, check a consumer's types.

    Args:
        trial: what is tried.
        installer: that makes the environments.
        folder: an empty one.

    Raises:
        CannotDo: there is no Python of these versions, or something failed; the error holds its output.
    """
    found = pythons(trial.versions, installer.environment, folder)
    if not found:
        raise CannotDo(
            f"none of Python {', '.join(trial.versions)} is on this machine", "install one of them"
        )
    with ThreadPoolExecutor() as pool:
        making = [pool.submit(_installed, trial, one, installer, folder) for one in found.items()]
        made = [one.result() for one in making]
        imports = [pool.submit(_imported, trial, python, installer, folder) for python in made]
        checked = pool.submit(_checked, trial, made[0], installer, folder)
        for one in imports:
            one.result()
    return Tried(tuple(found), checked.result())


def _installed(trial: Trial, found: tuple[str, str], installer: Installer, folder: Path) -> str:
    version, interpreter = found
    python = installer.create(folder / f"python{version}", interpreter)
    installer.install(python, [os.fspath(trial.wheel)], folder)
    return python


def _imported(trial: Trial, python: str, installer: Installer, folder: Path) -> None:
    argv = [python, "-I", "-B", "-W", "error", "-c", _IMPORT, trial.import_name]
    said = run(argv, installer.environment, folder, f"import {trial.import_name}")
    where = Path(said.strip().splitlines()[-1])
    if not where.resolve().is_relative_to(folder.resolve()):
        raise CannotDo(f"{trial.import_name} was imported from {where}, outside the clean environment")


def _checked(trial: Trial, python: str, installer: Installer, folder: Path) -> str:
    """What mypy made of a consumer, in a few words; its objections raise."""
    if not trial.typed:
        return "it has no types to check"
    if importlib.util.find_spec("mypy") is None:
        return 'no mypy here, so types are unchecked: install "crucible-pipeline[release]"'
    consumer = folder / "consumer.py"
    consumer.write_text(consumer_of(trial.import_name, trial.names), encoding="utf-8")
    argv = [sys.executable, "-P", "-m", "mypy", "--strict", "--no-error-summary", "--config-file="]
    argv += ["--python-executable", python, os.fspath(consumer)]
    with known_types(installer.environment, folder) as known:
        run([*argv, "--cache-dir", os.fspath(known)], installer.environment, folder, "mypy on a consumer")
    return "mypy passed on a consumer"


def consumer_of(package: str, names: tuple[str, ...]) -> str:
    """A module that uses a package as a typed service does: each name in an annotation or an expression."""
    text = _CONSUMER.format(package=package)
    if not names:
        return text
    imports = "".join(f"    {name},\n" for name in names)
    uses = "".join(f"    {name},\n" for name in names)
    return f"from {package} import (\n{imports})\n{text}\n\nUSED = (\n{uses})\n"

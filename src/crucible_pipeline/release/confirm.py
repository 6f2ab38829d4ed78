"""Confirms a release by what a service does: pip installs it from the index into a clean environment."""

import importlib.util
import json
import os
import sys
import venv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from crucible_pipeline.errors import CannotDo, Refused
from crucible_pipeline.release.build import run
from crucible_pipeline.release.environment import for_pip

_QUIETLY = ("install", "--quiet", "--no-compile")
_IMPORT = "import importlib, sys; print(importlib.import_module(sys.argv[1]).__file__)"


@dataclass(frozen=True, slots=True)
class Expected:
    """What an installation has to give.

    Args:
        requirement: such as `crucible-shared==0.3.0`.
        import_name: what has to import afterwards.
        hashes: sha256 of the files that were published.
    """

    requirement: str
    import_name: str
    hashes: frozenset[str]


def confirm(
    expected: Expected,
    simple_url: str,
    login: tuple[str, str] | None,
    environ: Mapping[str, str],
    folder: Path,
) -> str:
    """Install from the index and import.

    Args:
        expected: what has to come.
        simple_url: of the index.
        login: its user name and password.
        environ: the caller's environment; pip's settings in it say where dependencies come from.
        folder: an empty one.

    Returns:
        The address that pip took the file from.

    Raises:
        CannotDo: pip or the import failed.
        Refused: pip took another file than a published one.
    """
    python, pip = _clean_environment(folder / "venv")
    report = folder / "report.json"
    # First without dependencies: this index has to give the package, whoever gives the rest.
    run(
        [*pip, *_QUIETLY, "--no-deps", "--report", os.fspath(report), expected.requirement],
        for_pip(environ, simple_url, login),
        folder,
        f"pip install {expected.requirement} from {simple_url}",
        hidden=login[1:] if login else (),
    )
    taken = json.loads(report.read_text())["install"][0]["download_info"]
    if taken["archive_info"]["hashes"]["sha256"] not in expected.hashes:
        raise Refused(
            f"pip takes {expected.requirement} from {taken['url']}, which is not what was published",
            "remove that source from pip's configuration",
        )
    own = for_pip(environ)
    own.pop("PIP_NO_CACHE_DIR")
    run([*pip, *_QUIETLY, expected.requirement], own, folder, "pip install of the dependencies")
    said = run(
        [python, "-I", "-c", _IMPORT, expected.import_name], own, folder, f"import {expected.import_name}"
    )
    where = Path(said.strip().splitlines()[-1])
    if not where.resolve().is_relative_to((folder / "venv").resolve()):
        raise CannotDo(f"{expected.import_name} was imported from {where}, outside the clean environment")
    return str(taken["url"])


def _clean_environment(folder: Path) -> tuple[str, list[str]]:
    """A new virtual environment: its Python, and a pip that installs into it."""
    outer = importlib.util.find_spec("pip") is not None
    venv.create(folder, with_pip=not outer, symlinks=os.name != "nt")
    python = os.fspath(folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python"))
    # The caller's pip works into the new environment: installing another pip first would cost seconds.
    return python, [sys.executable, "-P", "-m", "pip", "--python", python] if outer else [python, "-m", "pip"]

"""Confirms a release by what a service does: pip takes it from the index into a clean environment.

Nothing of the package is run here: where a release is published, a secret is at hand. `smoke` has run it
before.
"""

import json
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from packaging.version import Version

from crucible_pipeline.errors import Refused
from crucible_pipeline.release.installer import Installer, pip_in
from crucible_pipeline.release.program import run
from crucible_pipeline.version import line_of, pin_of


@dataclass(frozen=True, slots=True)
class Expected:
    """What an installation has to give.

    Args:
        requirement: such as `crucible-shared==0.3.*`.
        hashes: sha256 of the files that were published.
    """

    requirement: str
    hashes: frozenset[str]


def pinned(distribution: str, version: Version, known: Iterable[Version]) -> str:
    """What a service asks for to get a release: its line, or exactly it where the line leads elsewhere.

    Args:
        distribution: its name.
        version: of the release.
        known: the versions that the index lists.
    """
    newer = any(line_of(one) == line_of(version) and one > version for one in known if not one.is_prerelease)
    exact = newer or version.is_prerelease
    return f"{distribution}=={version}" if exact else f"{distribution}{pin_of(version)}"


def clean(requires: Sequence[str], installer: Installer, folder: Path) -> str:
    """Make an environment that holds what a release requires, from wherever the machine is configured for.

    Args:
        requires: by the release.
        installer: that makes it.
        folder: an empty one.

    Returns:
        Its interpreter.

    Raises:
        CannotDo: that failed.
    """
    python = installer.create(folder / "venv", sys.executable)
    if requires:
        installer.install(python, requires, folder)
    return python


def confirm(
    expected: Expected, python: str, environment: Mapping[str, str], folder: Path, hidden: Sequence[str] = ()
) -> str:
    """Install from the index, by pip, with nothing from a cache.

    Args:
        expected: what has to come.
        python: interpreter of an environment that `clean` made.
        environment: that names the index to pip.
        folder: where pip runs.
        hidden: secrets in it.

    Returns:
        The address that pip took the file from.

    Raises:
        CannotDo: pip failed.
        Refused: pip took another file than a published one.
    """
    report = folder / "report.json"
    # Without dependencies: this index has to give the package, whoever gives the rest.
    options = ("install", "--quiet", "--no-compile", "--no-deps", "--report", os.fspath(report))
    argv = [*pip_in(python), *options, expected.requirement]
    run(argv, environment, folder, f"pip install {expected.requirement}", hidden)
    taken = json.loads(report.read_text())["install"][0]["download_info"]
    if taken["archive_info"]["hashes"]["sha256"] not in expected.hashes:
        raise Refused(
            f"pip takes {expected.requirement} from {taken['url']}, which is not what was published",
            "remove that source from pip's configuration",
        )
    return str(taken["url"])

"""Confirms a release by what a service does: pip takes it from the index into a clean environment.

Nothing of the package is run here: where a release is published, a secret is at hand. `smoke` has run it
before.
"""

import json
import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from packaging.version import Version

from crucible_pipeline.errors import Refused
from crucible_pipeline.release.environment import for_pip
from crucible_pipeline.release.installer import Installer, pip_for
from crucible_pipeline.release.program import run
from crucible_pipeline.version import line_of, pin_of


@dataclass(frozen=True, slots=True)
class Expected:
    """What an installation has to give.

    Args:
        requirement: such as `crucible-shared==0.3.*`.
        requires: what the release requires itself.
        hashes: sha256 of the files that were published.
    """

    requirement: str
    requires: tuple[str, ...]
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


def confirm(
    expected: Expected,
    simple_url: str,
    login: tuple[str, str] | None,
    installer: Installer,
    folder: Path,
) -> str:
    """Install from the index, by pip, with nothing from a cache.

    Args:
        expected: what has to come.
        simple_url: of the index.
        login: its user name and password.
        installer: of what the release requires, from wherever the machine is configured for.
        folder: an empty one.

    Returns:
        The address that pip took the file from.

    Raises:
        CannotDo: pip failed.
        Refused: pip took another file than a published one.
    """
    environ = installer.environment
    python = installer.create(folder / "venv", sys.executable)
    if expected.requires:
        installer.install(python, expected.requires, folder)
    report = folder / "report.json"
    # Without dependencies: this index has to give the package, whoever gives the rest.
    options = ("install", "--quiet", "--no-compile", "--no-deps", "--report", os.fspath(report))
    run(
        [*pip_for(python), *options, expected.requirement],
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
    return str(taken["url"])

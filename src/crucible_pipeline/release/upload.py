"""Sends artifacts to an index by twine and asks the index what it lists; touches the network."""

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from crucible_pipeline.index.client import Index
from crucible_pipeline.release.build import run
from crucible_pipeline.release.environment import credentials, for_twine, plain
from crucible_pipeline.release.target import Target

_TWINE = (sys.executable, "-P", "-m", "twine", "--no-color")


def check(files: Sequence[Path], environ: Mapping[str, str], folder: Path) -> None:
    """Let twine judge the metadata (`twine check --strict`).

    Raises:
        CannotDo: twine objects; the error holds its words.
    """
    run([*_TWINE, "check", "--strict", *map(os.fspath, files)], plain(environ), folder, "twine check")


def login_of(target: Target, environ: Mapping[str, str]) -> tuple[str, str] | None:
    """The user name and password that twine will use as well: of the environment, else of the .pypirc."""
    return credentials(environ) or target.login


def listed(target: Target, project: str, environ: Mapping[str, str]) -> dict[str, str | None]:
    """What the index lists of a project: file name → sha256, or None where it tells none.

    Raises:
        CannotDo: it is out of reach.
    """
    username, password = login_of(target, environ) or (None, None)
    with Index(target.simple_url, username, password) as index:
        return {release.filename: release.sha256 for release in index.releases(project)}


def upload(files: Sequence[Path], target: Target, environ: Mapping[str, str], folder: Path) -> None:
    """Send the files, the wheel first; the credential travels in the environment.

    Raises:
        CannotDo: twine failed; the error holds the end of its output with the index's own sentence.
    """
    argv = [*_TWINE, "upload", "--non-interactive", "--disable-progress-bar"]
    # Only the verbose form prints the sentence in which an index says why it refuses.
    argv += ["--verbose", *target.arguments, "--", *map(os.fspath, files)]
    login = login_of(target, environ)
    # Twine breaks lines at the width of its terminal, and an index's sentence with them.
    environment = for_twine(environ) | {"COLUMNS": "500"}
    run(argv, environment, folder, "the upload", hidden=login[1:] if login else ())

"""Sends artifacts to an index by twine and asks the index what it lists; touches the network."""

import importlib.util
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from crucible_pipeline.index.client import Index, Release
from crucible_pipeline.release.build import Artifacts
from crucible_pipeline.release.environment import credentials, for_twine, plain
from crucible_pipeline.release.program import run
from crucible_pipeline.release.target import Target

_TWINE = (sys.executable, "-P", "-m", "twine", "--no-color")


def judges(made: Artifacts, environ: Mapping[str, str], folder: Path) -> dict[str, Callable[[], object]]:
    """Foreign programs that judge artifacts: name → a call that raises CannotDo with the program's words.

    `twine check --strict` is always here; check-wheel-contents where it is installed.
    """
    seen = plain(environ)
    twine = [*_TWINE, "check", "--strict", *map(os.fspath, made.files)]
    found: dict[str, Callable[[], object]] = {"twine check": lambda: run(twine, seen, folder, "twine check")}
    if importlib.util.find_spec("check_wheel_contents") is not None:
        argv = [sys.executable, "-P", "-m", "check_wheel_contents", "--no-config", os.fspath(made.wheel)]
        found["check-wheel-contents"] = lambda: run(argv, seen, folder, "check-wheel-contents")
    return found


def login_of(target: Target, environ: Mapping[str, str]) -> tuple[str, str] | None:
    """The user name and password that twine will use as well: of the environment, else of the .pypirc."""
    return credentials(environ) or target.login


def listed(target: Target, project: str, environ: Mapping[str, str]) -> dict[str, Release]:
    """What the index lists of a project, by file names.

    Raises:
        CannotDo: it is out of reach.
    """
    username, password = login_of(target, environ) or (None, None)
    with Index(target.simple_url, username, password) as index:
        return {release.filename: release for release in index.releases(project)}


def upload(
    files: Sequence[Path],
    attestations: Sequence[Path],
    target: Target,
    environ: Mapping[str, str],
    folder: Path,
) -> None:
    """Send the files, the wheel first; the credential travels in the environment.

    Args:
        files: wheel and sdist, or what of them the index lacks.
        attestations: one of each file, sent in the same form, so that both appear or neither; may be empty.
        target: the index.
        environ: the caller's.
        folder: where twine runs.

    Raises:
        CannotDo: twine failed; the error holds the end of its output with the index's own sentence.
    """
    argv = [*_TWINE, "upload", "--non-interactive", "--disable-progress-bar"]
    # Only the verbose form prints the sentence in which an index says why it refuses.
    argv += ["--verbose", *target.arguments, *(["--attestations"] if attestations else [])]
    argv += ["--", *map(os.fspath, (*files, *attestations))]
    login = login_of(target, environ)
    # Twine breaks lines at the width of its terminal, and an index's sentence with them.
    environment = for_twine(environ) | {"COLUMNS": "500"}
    run(argv, environment, folder, "the upload", hidden=login[1:] if login else ())

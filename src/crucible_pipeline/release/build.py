"""Builds the artifacts of a tag from a fresh clone: runs git and `build`, writes only where it is told."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from crucible_pipeline.errors import CannotDo
from crucible_pipeline.git import Repository, clone
from crucible_pipeline.release.environment import for_build

_FRONTEND = "crucible_pipeline.release.frontend"
_SECONDS = 900
_LINES = 25


@dataclass(frozen=True, slots=True)
class Artifacts:
    """What a release consists of."""

    sdist: Path
    wheel: Path

    @property
    def files(self) -> tuple[Path, Path]:
        """Both."""
        return (self.sdist, self.wheel)


def clone_at(repository: Repository, tag: str, folder: Path) -> Repository:
    """A fresh clone, whole, with this tag checked out.

    Args:
        repository: the source.
        tag: a release tag of it.
        folder: to be made.

    Raises:
        CannotDo: git failed.
    """
    copy = clone(repository.root, folder)
    # A branch of the tag's name would win over it if it were given to `clone`.
    copy.run("checkout", "--quiet", "--detach", f"refs/tags/{tag}")
    return copy


def build(tree: Path, out: Path, epoch: int, environ: Mapping[str, str]) -> Artifacts:
    """Make an sdist and, from the sdist alone, a wheel, in an isolated environment.

    Args:
        tree: a project in a fresh clone.
        out: an empty folder for the artifacts.
        epoch: seconds since 1970 that the archives' times become.
        environ: the caller's environment; pip's settings in it say where build tools come from.

    Raises:
        CannotDo: a build failed; the error holds the end of its output.
    """
    # -P keeps a folder or file named `build` in the working directory from being taken for the program.
    argv = [sys.executable, "-P", "-m", _FRONTEND, os.fspath(tree), os.fspath(out), str(epoch)]
    run(argv, for_build(environ, epoch), out, "the build")
    return Artifacts(_only(out, "*.tar.gz"), _only(out, "*.whl"))


def run(
    argv: Sequence[str], environment: Mapping[str, str], folder: Path, what: str, hidden: Sequence[str] = ()
) -> str:
    """Run a program to its end and return what it printed.

    Args:
        argv: without any secret.
        environment: all of it.
        folder: where it runs.
        what: how an error calls it.
        hidden: secrets that the program knows; they are masked in what it printed.

    Raises:
        CannotDo: it failed or took too long; the error holds the end of its output.
    """
    try:
        done = subprocess.run(
            argv,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=_SECONDS,
            check=False,
            umask=0o022,
        )
    except subprocess.TimeoutExpired:
        raise CannotDo(f"{what} took longer than {_SECONDS} seconds", "try again") from None
    said = done.stdout.decode(errors="replace")
    for secret in filter(None, hidden):
        said = said.replace(secret, "****")
    if done.returncode:
        end = "\n".join(said.strip().splitlines()[-_LINES:])
        raise CannotDo(f"{what} failed with exit code {done.returncode}:\n{end}")
    return said


def _only(folder: Path, pattern: str) -> Path:
    found = sorted(folder.glob(pattern))
    if len(found) != 1:
        raise CannotDo(f"the build made {len(found)} files {pattern} where one was to come")
    return found[0]

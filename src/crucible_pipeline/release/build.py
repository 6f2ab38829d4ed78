"""Builds the artifacts of a tag twice, from fresh clones, and compares them; writes only where it is told."""

import os
import sys
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from crucible_pipeline.errors import CannotDo, Refused
from crucible_pipeline.git import Repository, clone
from crucible_pipeline.release.environment import for_build
from crucible_pipeline.release.installer import Installer
from crucible_pipeline.release.program import run

_FRONTEND = "crucible_pipeline.release.frontend"
_LOCK = ".ci/lock/build.txt"


@dataclass(frozen=True, slots=True)
class Artifacts:
    """What a release consists of.

    Args:
        sdist: for pip.
        wheel: made from the sdist.
        npm: the tarball for npm; None where the project has no TypeScript or the machine no npm.
    """

    sdist: Path
    wheel: Path
    npm: Path | None = None

    @property
    def files(self) -> tuple[Path, Path]:
        """Those for the package index."""
        return (self.sdist, self.wheel)

    @property
    def all(self) -> tuple[Path, ...]:
        """Every one."""
        return (*self.files, *([self.npm] if self.npm else ()))


def clone_at(repository: Repository, ref: str, folder: Path) -> Repository:
    """A fresh clone, whole, with a commit checked out.

    Args:
        repository: the source.
        ref: a full ref such as `refs/tags/v0.3.0`, or a commit: a branch `v0.3.0` would win over a short
            name.
        folder: to be made.

    Raises:
        CannotDo: git failed.
    """
    copy = clone(repository.root, folder)
    copy.run("checkout", "--quiet", "--detach", ref)
    return copy


def lock_of(root: Path) -> bytes:
    """What a build's environment holds, with hashes: the repository's own lock, else that of this program.

    Args:
        root: of a clone.
    """
    own = root / _LOCK
    if own.is_file() and not own.is_symlink():
        return own.read_bytes()
    return files("crucible_pipeline.release").joinpath("lock", "build.txt").read_bytes()


def build(tree: Path, out: Path, epoch: int, lock: Path, installer: Installer) -> None:
    """Make an sdist and, from the sdist alone, a wheel, in an isolated environment.

    Args:
        tree: a project in a fresh clone.
        out: an empty folder for the artifacts.
        epoch: seconds since 1970 that the archives' times become.
        lock: all that the environment may hold, with hashes.
        installer: that fills it.

    Raises:
        CannotDo: the build failed; the error holds the end of its output.
    """
    # -P keeps a folder or file named `build` in the working directory from being taken for the program.
    argv = [sys.executable, "-P", "-m", _FRONTEND, os.fspath(tree), os.fspath(out)]
    # pip ignores PIP_CONSTRAINT in environments that it isolates itself; only this reaches them.
    environment = for_build(installer.environment, epoch) | {"PIP_BUILD_CONSTRAINT": os.fspath(lock)}
    run([*argv, str(epoch), installer.uv or "", os.fspath(lock)], environment, out, "the build")


def at_once(work: Iterable[Callable[[], object]]) -> None:
    """Do several things at the same time, all to their end.

    Raises:
        CrucibleError: that of the first that failed.
    """
    with ThreadPoolExecutor() as pool:
        running = [pool.submit(one) for one in work]
    for one in running:
        one.result()


def made_in(out: Path) -> Artifacts:
    """The artifacts that a build left in its folder.

    Raises:
        CannotDo: it made too few or too many.
    """
    tarballs = sorted(out.glob("*.tgz"))
    return Artifacts(_only(out, "*.tar.gz"), _only(out, "*.whl"), tarballs[0] if tarballs else None)


def same(one: Artifacts, other: Artifacts) -> Mapping[str, int]:
    """Compare two builds of one commit.

    Returns:
        File name → size in bytes.

    Raises:
        Refused: they differ.
    """
    contents = [{path.name: path.read_bytes() for path in made.all} for made in (one, other)]
    names = sorted(contents[0].keys() | contents[1].keys())
    differing = [name for name in names if contents[0].get(name) != contents[1].get(name)]
    if differing:
        raise Refused(
            f"two builds of the same commit differ in {', '.join(differing)}",
            "look for what the build reads besides the commit: time, names, order, random numbers",
        )
    return {name: len(content) for name, content in contents[0].items()}


def _only(folder: Path, pattern: str) -> Path:
    found = sorted(folder.glob(pattern))
    if len(found) != 1:
        raise CannotDo(f"the build made {len(found)} files {pattern} where one was to come")
    return found[0]

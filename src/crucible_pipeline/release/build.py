"""Builds the artifacts of a tag twice, from fresh clones, and compares them; writes only where it is told."""

import contextlib
import os
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import TypeVar

from packaging.version import Version

from crucible_pipeline.errors import CannotDo, Refused
from crucible_pipeline.git import Repository, clone
from crucible_pipeline.index.names import parse_filename
from crucible_pipeline.release.environment import for_build
from crucible_pipeline.release.frontend import Isolated, isolated
from crucible_pipeline.release.installer import Installer

_LOCK = ".ci/lock/build.txt"
_Result = TypeVar("_Result")


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


def lying_in(dist: Path | None, distribution: str, version: Version) -> Artifacts | None:
    """The artifacts of a release that lie in a folder already, without npm's; None unless both do."""
    found: dict[str, Path] = {}
    for path in sorted(dist.iterdir()) if dist is not None and dist.is_dir() else ():
        # Whatever else lies there is none of ours.
        with contextlib.suppress(Refused):
            name = parse_filename(path.name)
            if (name.project, name.version) == (distribution, version):
                found[name.kind] = path
    return Artifacts(found["sdist"], found["bdist_wheel"]) if len(found) == 2 else None


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


def backend_of(lock: bytes, epoch: int, installer: Installer, folder: Path) -> Isolated:
    """The environment of a build; both builds of a release share it, for what it holds has no say twice.

    Args:
        lock: all that it may hold, with hashes.
        epoch: seconds since 1970 that the archives' times become.
        installer: that fills it.
        folder: to be made.

    Raises:
        CannotDo: it cannot be filled.
    """
    folder.mkdir()
    named = folder / "build.txt"
    named.write_bytes(lock)
    # pip ignores PIP_CONSTRAINT in environments that it isolates itself; only this reaches them.
    seen = for_build(installer.environment, epoch) | {"PIP_BUILD_CONSTRAINT": os.fspath(named)}
    return isolated(named, installer, seen)


def at_once(work: Iterable[Callable[[], _Result]]) -> list[_Result]:
    """Do several things at the same time, all to their end, and return what each gives.

    Raises:
        CrucibleError: that of the first that failed.
    """
    with ThreadPoolExecutor() as pool:
        running = [pool.submit(one) for one in work]
    return [one.result() for one in running]


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

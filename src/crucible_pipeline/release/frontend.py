"""Builds one project by its own backend, in an environment that holds the lock and nothing else.

`build` asks the backend, each time in a process that sees only the variables it is given. A requirement that
the lock does not meet ends the build.
"""

import os
import sys
import tarfile
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.metadata import distributions
from pathlib import Path
from typing import Literal

from build import BuildBackendException, BuildException, ProjectBuilder
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from crucible_pipeline.errors import CannotDo, Refused
from crucible_pipeline.release.archive import repacked
from crucible_pipeline.release.installer import Installer, packages_of
from crucible_pipeline.release.program import run

Distribution = Literal["sdist", "wheel"]
_LOCKED = ("--require-hashes", "--no-deps", "--only-binary", ":all:", "-r")


@dataclass(frozen=True, slots=True)
class Isolated:
    """An environment in the form that `build` asks for.

    Args:
        python_executable: its interpreter.
        environment: all variables that a backend sees.
    """

    python_executable: str
    environment: Mapping[str, str] = field(repr=False)

    def make_extra_environ(self) -> Mapping[str, str]:
        """What a backend finds first on PATH: the environment's own programs."""
        own = os.fspath(Path(self.python_executable).parent)
        return {"PATH": os.pathsep.join([own, *filter(None, [self.environment.get("PATH")])])}


def isolated(lock: Path, installer: Installer, environment: Mapping[str, str]) -> Isolated:
    """Make the environment of a build: exactly the lock, with hashes and from wheels only.

    Args:
        lock: every package of it; the environment comes to lie beside it.
        installer: that fills it.
        environment: all variables that a backend sees.

    Raises:
        CannotDo: it cannot be filled.
    """
    python = installer.create(lock.with_name("backend"), sys.executable)
    installer.install(python, (*_LOCKED, os.fspath(lock)), lock.parent)
    return Isolated(python, environment)


def make(source: Path, out: Path, epoch: int, environment: Isolated) -> None:
    """Make an sdist and, from the sdist alone, a wheel.

    Args:
        source: a project's folder.
        out: an empty folder for the artifacts; the unpacked sdist stays beside them.
        epoch: seconds since 1970 that the sdist's times become.
        environment: with the backend.

    Raises:
        CannotDo: the project's configuration is wrong, or the backend failed; the error holds its words.
        Refused: the project requires what the lock does not hold.
    """
    try:
        sdist = Path(_built(environment, source, "sdist", out))
        sdist.write_bytes(repacked(sdist.read_bytes(), epoch))
        with tarfile.open(sdist) as archive:
            archive.extractall(out / "unpacked", filter="data")
        tree = out / "unpacked" / sdist.name.removesuffix(".tar.gz")
        _built(environment, tree, "wheel", out)
    except BuildException as error:
        raise CannotDo(f"the build cannot begin: {error}", "correct pyproject.toml") from None


def _built(environment: Isolated, tree: Path, kind: Distribution, out: Path) -> str:
    """Build one artifact; the lock is all there is, so what a backend lacks is asked when it fails."""

    def runner(
        cmd: Sequence[str], cwd: str | None = None, extra_environ: Mapping[str, str] | None = None
    ) -> None:
        seen = {**environment.environment, **(extra_environ or {})}
        run(cmd, seen, Path(cwd or tree), "the build")

    builder = ProjectBuilder.from_isolated_env(environment, tree, runner)
    _held(environment, builder.build_system_requires)
    try:
        return builder.build(kind, out)
    except BuildBackendException as error:
        with suppress(BuildBackendException):
            _held(environment, builder.get_requires_for_build(kind))
        raise _told(error) from None


def _told(error: BuildBackendException) -> CannotDo:
    """What a backend said, which `build` wraps."""
    said = error.exception
    return said if isinstance(said, CannotDo) else CannotDo(f"the build backend failed: {error}")


def _held(environment: Isolated, requirements: Iterable[str]) -> None:
    place = [os.fspath(packages_of(environment.python_executable))]
    versions = {canonicalize_name(one.name): one.version for one in distributions(path=place)}
    wanted = [Requirement(text) for text in sorted(requirements)]
    lacking = [
        str(one)
        for one in wanted
        if one.marker is None or one.marker.evaluate()
        if (version := versions.get(canonicalize_name(one.name))) is None
        or not one.specifier.contains(version, prereleases=True)
    ]
    if lacking:
        raise Refused(
            f"the lock of the build does not hold {', '.join(lacking)}",
            "lock it: uv pip compile --universal --generate-hashes build.in -o .ci/lock/build.txt",
        )

"""Builds one project in an isolated environment; a program of its own, so that it sees only its environment.

`python -m crucible_pipeline.release.frontend SOURCE OUT EPOCH INSTALLER LOCK` makes an sdist of SOURCE and,
from the sdist alone, a wheel. One environment serves both. What is installed in it is exactly the lock,
with hashes and from wheels only; a requirement that the lock does not meet ends the build.
"""

import os
import sys
import tarfile
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from build import BuildBackendException, ProjectBuilder
from build.env import DefaultIsolatedEnv
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from crucible_pipeline.errors import CrucibleError, Refused
from crucible_pipeline.release.archive import repacked
from crucible_pipeline.release.installer import Installer

Distribution = Literal["sdist", "wheel"]
_LOCKED = ("--require-hashes", "--no-deps", "--only-binary", ":all:", "-r")


def make(source: Path, out: Path, epoch: int, installer: Installer, lock: Path) -> None:
    """Make both artifacts.

    Args:
        source: a project's folder.
        out: an empty folder for the artifacts; the unpacked sdist stays beside them.
        epoch: seconds since 1970 that the sdist's times become.
        installer: that fills the environment.
        lock: every package of the environment, with hashes.

    Raises:
        CannotDo: the environment cannot be filled.
        Refused: the project requires what the lock does not hold.
        build.BuildException: the project's configuration is wrong.
        build.BuildBackendException: the backend failed.
    """
    with DefaultIsolatedEnv(installer="uv" if installer.uv else "pip") as environment:
        installer.install(environment.python_executable, (*_LOCKED, os.fspath(lock)), out)
        sdist = Path(_built(environment, source, "sdist", out))
        sdist.write_bytes(repacked(sdist.read_bytes(), epoch))
        with tarfile.open(sdist) as archive:
            archive.extractall(out / "unpacked", filter="data")
        tree = out / "unpacked" / sdist.name.removesuffix(".tar.gz")
        _built(environment, tree, "wheel", out)


def _built(environment: DefaultIsolatedEnv, tree: Path, kind: Distribution, out: Path) -> str:
    """Build one artifact; the lock is all there is, so what a backend lacks is asked when it fails."""
    builder = ProjectBuilder.from_isolated_env(environment, tree)
    _held(environment, builder.build_system_requires)
    try:
        return builder.build(kind, out)
    except BuildBackendException:
        _held(environment, builder.get_requires_for_build(kind))
        raise


def _held(environment: DefaultIsolatedEnv, requirements: Iterable[str]) -> None:
    wanted = [Requirement(text) for text in sorted(requirements)]
    versions = environment.installed_versions([str(requirement) for requirement in wanted])
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


if __name__ == "__main__":
    os.umask(0o022)
    try:
        make(
            Path(sys.argv[1]),
            Path(sys.argv[2]),
            int(sys.argv[3]),
            Installer(os.environ, sys.argv[4] or None),
            Path(sys.argv[5]),
        )
    except CrucibleError as refused:
        sys.exit(str(refused))

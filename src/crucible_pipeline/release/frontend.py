"""Builds one project in an isolated environment; a program of its own, so that it sees only its environment.

`python -m crucible_pipeline.release.frontend SOURCE OUT EPOCH` makes an sdist of SOURCE and, from the sdist
alone, a wheel. One environment serves both: the build requirements are installed once.
"""

import os
import sys
import tarfile
from pathlib import Path

from build import ProjectBuilder
from build.env import DefaultIsolatedEnv

from crucible_pipeline.release.archive import repacked


def make(source: Path, out: Path, epoch: int) -> None:
    """Make both artifacts.

    Args:
        source: a project's folder.
        out: an empty folder for the artifacts; the unpacked sdist stays beside them.
        epoch: seconds since 1970 that the sdist's times become.

    Raises:
        build.BuildException: the project's configuration is wrong.
        build.BuildBackendException: the backend failed.
    """
    with DefaultIsolatedEnv(installer="pip") as environment:
        builder = ProjectBuilder.from_isolated_env(environment, source)
        environment.install(builder.build_system_requires)
        environment.install(builder.get_requires_for_build("sdist"))
        sdist = Path(builder.build("sdist", out))
        sdist.write_bytes(repacked(sdist.read_bytes(), epoch))
        with tarfile.open(sdist) as archive:
            archive.extractall(out / "unpacked", filter="data")
        tree = out / "unpacked" / sdist.name.removesuffix(".tar.gz")
        builder = ProjectBuilder.from_isolated_env(environment, tree)
        environment.install(builder.get_requires_for_build("wheel"))
        builder.build("wheel", out)


if __name__ == "__main__":
    os.umask(0o022)
    make(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))

"""Locks beside a pin that moves: which there are, and what to type to refresh them. Pure.

A tool that resolves may build what the service names, which runs its code. So none is started unasked.
"""

import posixpath
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

# lock → the file whose pins it follows, and the command; {package} is Python's name
_LOCKS = {
    "uv.lock": ("pyproject.toml", "uv lock --upgrade-package {package}"),
    "poetry.lock": ("pyproject.toml", "poetry update --lock {package}"),
    "pdm.lock": ("pyproject.toml", "pdm update --no-sync {package}"),
    "Pipfile.lock": ("Pipfile", "pipenv upgrade {package}"),
    "pixi.lock": ("pixi.toml", "pixi lock"),
    "package-lock.json": ("package.json", "npm install --package-lock-only --ignore-scripts"),
    "pnpm-lock.yaml": ("package.json", "pnpm install --lockfile-only"),
    "yarn.lock": ("package.json", "yarn install --mode update-lockfile"),
}


def stale_locks(moving: Iterable[str], files: Collection[str], package: str) -> list[str]:
    """A sentence for every lock that a moved pin leaves behind.

    Args:
        moving: paths of the files whose pins move.
        files: every path of the commit; a lock may lie above the file, as in a workspace.
        package: normalized name.
    """
    found: dict[str, str] = {}
    for path, beside in _beside(moving, files, package):
        for one in beside:
            found[one.lock] = one.sentence
        if len(beside) > 1:
            locks = " and ".join(sorted(one.lock for one in beside))
            found[path] = f"{path} has several locks, {locks}: refresh the one in use and remove the others"
    return list(found.values())


@dataclass(frozen=True, slots=True)
class Stale:
    """A lock that a moved pin leaves behind.

    Args:
        lock: its path, as those of the files were given.
        command: that refreshes it for the package alone, in the folder of the lock.
    """

    lock: str
    command: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """What to do about it."""
        return f"{self.lock} still holds the old version; type: {' '.join(self.command)}"


def stale(moving: Iterable[str], files: Collection[str], package: str) -> list[Stale]:
    """The locks that moved pins leave behind, each once; of a file with several none.

    Args:
        moving: paths of the files whose pins move.
        files: every path of the commit.
        package: normalized name.
    """
    sole = [beside[0] for _, beside in _beside(moving, files, package) if len(beside) == 1]
    return list(dict.fromkeys(sole))


def _beside(moving: Iterable[str], files: Collection[str], package: str) -> Iterator[tuple[str, list[Stale]]]:
    for path in sorted(moving):
        folder, name = posixpath.split(path)
        yield (
            path,
            [
                Stale(near, tuple(command.format(package=package).split()))
                for lock, (manifest, command) in _LOCKS.items()
                if manifest == name and (near := _nearest(folder, lock, files))
            ],
        )


def _nearest(folder: str, lock: str, files: Collection[str]) -> str:
    while True:
        path = posixpath.join(folder, lock)
        if path in files:
            return path
        if not folder:
            return ""
        folder = posixpath.dirname(folder)

"""What a repository holds by its paths alone: which imports a folder on the search path answers. Pure."""

import posixpath
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

# Files that say that a folder is a service of its own.
_MARKS = ("requirements", "Dockerfile", "Containerfile", "pyproject.toml", "setup.py", "setup.cfg")


@dataclass(frozen=True, slots=True)
class Tree:
    """The files of a repository.

    Args:
        name: of its top folder.
        paths: of its files, from the top.
        target: the folder that is migrated, from the top; `.` for all.
    """

    name: str
    paths: AbstractSet[str]
    target: str

    def importable(self, folder: str) -> frozenset[str]:
        """The names that Python finds in a folder: modules, and folders with Python files.

        Args:
            folder: from the top; `..` for what is around it, where only the top itself is known.
        """
        if folder == "..":
            return frozenset({self.name})
        start = "" if folder == "." else f"{folder}/"
        below = (
            path.removeprefix(start) for path in self.paths if path.startswith(start) and path.endswith(".py")
        )
        return frozenset(path.split("/")[0].removesuffix(".py") for path in below)

    def holds(self, folder: str) -> bool:
        """Whether there is such a folder or file."""
        return folder == "." or any(one == folder or one.startswith(f"{folder}/") for one in self.paths)

    def service_of(self, path: str, shared: str) -> str:
        """The folder of the service that a file belongs to: the nearest with requirements or an image."""
        folder = posixpath.dirname(path) or "."
        while folder not in {".", self.target}:
            names = (
                posixpath.basename(one) for one in self.paths if (posixpath.dirname(one) or ".") == folder
            )
            if shared not in folder.split("/") and any(name.startswith(_MARKS) for name in names):
                return folder
            folder = posixpath.dirname(folder) or "."
        return self.target


def is_below(path: str, folder: str) -> bool:
    """Whether a path is a folder or lies in it."""
    return folder in {".", path} or path.startswith(f"{folder}/")

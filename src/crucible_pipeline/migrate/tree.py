"""What a repository holds by its paths alone: which imports a folder on the search path answers. Pure."""

import posixpath
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cached_property

# Files that say that a folder is a service of its own.
_MARKS = ("requirements", "Dockerfile", "Containerfile", "pyproject.toml", "setup.py", "setup.cfg")


@dataclass(frozen=True)
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

    @cached_property
    def _names(self) -> Mapping[str, frozenset[str]]:
        found: dict[str, set[str]] = {}
        for path in self.paths:
            name, folder = path, posixpath.dirname(path)
            while name.endswith(".py") or name != path:
                found.setdefault(folder or ".", set()).add(posixpath.basename(name).removesuffix(".py"))
                if not folder:
                    break
                name, folder = folder, posixpath.dirname(folder)
        return {folder: frozenset(names) for folder, names in found.items()}

    @cached_property
    def _marked(self) -> frozenset[str]:
        return frozenset(
            posixpath.dirname(one) for one in self.paths if posixpath.basename(one).startswith(_MARKS)
        )

    def importable(self, folder: str) -> frozenset[str]:
        """The names that Python finds in a folder: modules, and folders with Python files.

        Args:
            folder: from the top; `..` for what is around it, where only the top itself is known.
        """
        return frozenset({self.name}) if folder == ".." else self._names.get(folder, frozenset())

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

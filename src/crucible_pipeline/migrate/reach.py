"""Which imports rely on a line about the search path: those that run after it in the same process. Pure."""

import ast
import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping

from crucible_pipeline.migrate.source import Source
from crucible_pipeline.upgrade.modules import Modules

_TESTS = re.compile(r"(?:^|/)(?:tests?/|test_[^/]*\.py\Z|[^/]*_test\.py\Z|conftest\.py\Z)")
# Run before everything around them, whoever imports what.
_EARLY = frozenset({"conftest.py", "__init__.py", "sitecustomize.py"})


class Reach:
    """The files of a service and what they import of each other.

    Args:
        sources: the files.
        shared: the copy's name; importing it counts for nothing.
    """

    def __init__(self, sources: Iterable[Source], shared: str) -> None:
        held = {source.path: source for source in sources}
        modules = Modules(held)
        self.first: Mapping[str, frozenset[str]] = {
            path: frozenset(first_names(source)) - {shared} for path, source in held.items()
        }
        self._through = {path: dict(_edges(source, modules)) for path, source in held.items()}
        self._known: dict[str, frozenset[str]] = {}

    def names(self) -> frozenset[str]:
        """The first names of what the service imports when it runs, its tests left out."""
        return frozenset[str]().union(
            *(names for path, names in self.first.items() if not _TESTS.search(path))
        )

    def relying(self, path: str) -> frozenset[str]:
        """The first names that may be looked up after a line of this file ran.

        Those of the file itself and of all that it imports; of what imports the file also all others, save
        the names by which it came to the file: these were found before.
        """
        if posixpath.basename(path) in _EARLY:
            return frozenset[str]().union(*self.first.values())
        found = set[str]().union(*(self.first[one] for one in self._reached(path)))
        for other in self.first:
            if other == path or path not in self._reached(other):
                continue
            ways = {name for target, name in self._through[other].items() if path in self._reached(target)}
            found |= self.first[other] - ways
        return frozenset(found)

    def _reached(self, path: str) -> frozenset[str]:
        if path not in self._known:
            reached, pending = {path}, [path]
            while pending:
                fresh = self._through[pending.pop()].keys() - reached
                reached |= fresh
                pending += fresh
            self._known[path] = frozenset(reached)
        return self._known[path]


def first_names(source: Source) -> Iterator[str]:
    """The first names of a file's absolute imports."""
    for node in source.nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".", maxsplit=1)[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            yield node.module.split(".", maxsplit=1)[0]


def _edges(source: Source, modules: Modules) -> Iterator[tuple[str, str]]:
    """The files that a file imports, each with the first name of the import; empty for a relative one."""
    for node in source.nodes:
        if isinstance(node, ast.Import):
            wanted = [(alias.name.split("."), 0) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = node.module.split(".") if node.module else []
            wanted = [(base, node.level), *(([*base, alias.name], node.level) for alias in node.names)]
        else:
            continue
        for dotted, level in wanted:
            module = modules.resolve(source.path, dotted, level)
            if module is not None and module in modules.files:
                yield modules.files[module], "" if level else dotted[0]

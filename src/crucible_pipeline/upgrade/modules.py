"""The modules of one service: which file an import means, what a file exports, and who has to be read first.

Nothing is imported or run: a file is found as Python would find it from where the service may be started.
"""

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from crucible_pipeline.upgrade.meaning import Local, Meaning, Written

# Import statements as the text shows them, so that a file that names no module of interest is never parsed.
# What stands in brackets is bounded: an open bracket must not cost a walk to the end each time.
_STATEMENT = re.compile(
    rb"^[ \t]*(?:from[ \t]+(?P<origin>[.\w]+)[ \t]+import[ \t]*(?P<names>\([^)]{0,4000}\)|[^\n#;]*)"
    rb"|import[ \t]+(?P<modules>[^\n#;]+))",
    re.MULTILINE,
)
_COMMENT = re.compile(rb"#[^\n]*")
_NAME = re.compile(rb"[.\w]+|\*")
ALL = "*"


class Modules:
    """The modules below a service's folder.

    Args:
        paths: of its Python files, as seen from that folder.
    """

    def __init__(self, paths: Iterable[str]) -> None:
        self.files = {module_of(path): path for path in paths}
        self._exports: dict[str, Mapping[str, Meaning]] = {}
        self._by_last: dict[str, list[str]] = {}
        self._fitting_names: dict[str, Mapping[str, str]] = {}
        self._known = set(self.files)
        for module in self.files:
            parts = module.split("/")
            # the folders above are modules too
            self._known |= {"/".join(parts[:count]) for count in range(len(parts))}
        for module in sorted(self._known):
            self._by_last.setdefault(posixpath.basename(module), []).append(module)

    def export(self, path: str, names: Mapping[str, Meaning]) -> None:
        """Note what the names of a file mean; those that mean nothing of the package are left out."""
        self._exports[module_of(path)] = {
            name: held for name, held in names.items() if held is not None and not isinstance(held, Written)
        }

    def exports(self, module: str) -> Mapping[str, Meaning]:
        """The names of a module that mean something; empty before it was read."""
        return self._exports.get(module, {})

    def member(self, module: str, name: str) -> Meaning:
        """What `module.name` means."""
        found = self.exports(module).get(name)
        inner = posixpath.join(module, name)
        return found if found is not None else Local(inner) if inner in self._known else None

    def resolve(self, importer: str, dotted: Sequence[str], level: int) -> str | None:
        """The module of the service that an import names; None if it is no module of it.

        Args:
            importer: path of the file with the import.
            dotted: the parts of the name.
            level: the number of leading dots (Python reference, section 7.11).
        """
        if level:
            folders = posixpath.dirname(importer).split("/") if posixpath.dirname(importer) else []
            if level - 1 > len(folders):
                return None
            found = "/".join([*folders[: len(folders) - level + 1], *dotted])
            return found if found in self._known else None
        if not dotted:
            return None
        fitting = self._fitting("/".join(dotted))
        # a service may be started in any folder; one around the importer is likelier than any other
        root = posixpath.dirname(importer)
        while root not in {"", "/"} and root not in fitting:
            root = posixpath.dirname(root)
        if root in fitting:
            return fitting[root]
        return next(iter(fitting.values())) if len(fitting) == 1 else None

    def _fitting(self, name: str) -> Mapping[str, str]:
        """The modules that a name may mean: folder from which it is started → module."""
        if name not in self._fitting_names:
            self._fitting_names[name] = {
                module[: len(module) - len(name)].rstrip("/"): module
                for module in self._by_last.get(posixpath.basename(name), ())
                if module == name or module.endswith(f"/{name}")
            }
        return self._fitting_names[name]

    def imported(self, path: str, content: bytes) -> dict[str, set[str]]:
        """The modules of the service that a file's text seems to import, each with the names, or `ALL`."""
        found: dict[str, set[str]] = {}
        for statement in _STATEMENT.finditer(content):
            if statement["origin"] is None:
                for name in _first_words(statement["modules"]):
                    module = self.resolve(path, name.split("."), 0)
                    if module is not None:
                        found.setdefault(module, set()).add(ALL)
                continue
            said = statement["origin"].decode("utf-8", "replace")
            bare = said.lstrip(".")
            base = self.resolve(path, bare.split(".") if bare else [], len(said) - len(bare))
            if base is None:
                continue
            for name in _words(statement["names"]):
                found.setdefault(base, set()).add(name)
                inner = posixpath.join(base, name)
                if inner in self._known:
                    found.setdefault(inner, set()).add(ALL)
        return found

    def order(self, imported: Mapping[str, Iterable[str]]) -> list[str]:
        """The files, each after those that it imports; in a circle somebody has to be first.

        Args:
            imported: path of each file → the modules that it imports.
        """
        done: dict[str, None] = {}
        entered: set[str] = set()
        for start in sorted(imported):
            waiting = [start]
            while waiting:
                path = waiting[-1]
                entered.add(path)
                needed = sorted(self.files[module] for module in imported[path] if module in self.files)
                fresh = [one for one in needed if one not in entered]
                if fresh:
                    waiting.append(fresh[0])
                else:
                    done.setdefault(waiting.pop())
        return list(done)


def module_of(path: str) -> str:
    """A file's path without its ending; of a package's `__init__.py` the folder."""
    stem = path.removesuffix(".py")
    return posixpath.dirname(stem) if posixpath.basename(stem) == "__init__" else stem


def _words(text: bytes) -> Iterator[str]:
    for word in _NAME.findall(_COMMENT.sub(b"", text)):
        yield word.decode("utf-8", "replace")


def _first_words(text: bytes) -> Iterator[str]:
    """`a.b` and `c` of `a.b as x, c`."""
    for part in text.split(b","):
        found = _NAME.search(part)
        if found is not None:
            yield found[0].decode("utf-8", "replace")

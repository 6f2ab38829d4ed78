"""The import statements of a file that is rewritten: names leave them, and others come in. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import libcst as cst

from crucible_pipeline.upgrade.pins import Edit
from crucible_pipeline.upgrade.rewrite_names import Home
from crucible_pipeline.upgrade.rewrite_reading import Imported, Reading


@dataclass(slots=True)
class Statement:
    """What happens to one import statement.

    Args:
        node: the statement.
        leaving: positions of the names that go.
        coming: (module below the package, name as it is imported), each in a statement of its module.
    """

    node: cst.ImportFrom | cst.Import
    leaving: set[int] = field(default_factory=set[int])
    coming: list[tuple[Home, str]] = field(default_factory=list[tuple[Home, str]])


class Imports:
    """The statements of a file that change.

    Args:
        reading: of the file.
        package: import name.
    """

    def __init__(self, reading: Reading, package: str) -> None:
        self._reading = reading
        self._package = package
        self._statements: dict[cst.CSTNode, Statement] = {}

    def _at(self, imported: Imported) -> Statement:
        return self._statements.setdefault(imported.statement, Statement(imported.statement))

    def remove(self, imported: Imported) -> None:
        """Take a name out of its statement."""
        self._at(imported).leaving.add(imported.number)

    def add(self, near: Imported, home: Home, name: str) -> None:
        """Import a name before the statement that imports another one.

        Args:
            near: in the scope where the name is needed.
            home: of the name.
            name: with `as` and the local name, if it has one.
        """
        coming = self._at(near).coming
        if (home, name) not in coming:
            coming.append((home, name))

    def edits(self) -> Iterator[Edit]:
        """The changes of the text; names that stay keep their places."""
        for statement in self._statements.values():
            yield from self._edits(statement)

    def _edits(self, statement: Statement) -> Iterator[Edit]:
        reading, node = self._reading, statement.node
        start, end = reading.start(node), reading.end(node)
        indent = reading.before(start)
        joint = "; " if indent.strip() else f"{reading.newline}{indent}"
        made = joint.join(self._made(statement.coming))
        aliases = () if isinstance(node.names, cst.ImportStar) else node.names
        if len(statement.leaving) == len(aliases) and made:
            yield Edit(start, end, made)
            return
        if made:
            yield Edit(start, start, f"{made}{joint}")
        yield from self._cuts(aliases, statement.leaving)

    def _made(self, coming: Iterable[tuple[Home, str]]) -> Iterator[str]:
        by_home: dict[Home, list[str]] = {}
        for home, name in coming:
            by_home.setdefault(home, []).append(name)
        for home, names in by_home.items():
            yield f"from {'.'.join((self._package, *home))} import {', '.join(names)}"

    def _cuts(self, aliases: Sequence[cst.ImportAlias], leaving: set[int]) -> Iterator[Edit]:
        reading = self._reading
        last = max((number for number in range(len(aliases)) if number not in leaving), default=-1)
        for number in sorted(leaving):
            if number < last:
                # up to the next name; what stands on the way belongs to the one that goes
                yield Edit(reading.start(aliases[number]), reading.start(aliases[number + 1]), "")
        if 0 <= last < len(aliases) - 1:
            yield self._tail(aliases[last], aliases[last + 1], aliases[-1])

    def _tail(self, kept: cst.ImportAlias, first: cst.ImportAlias, last: cst.ImportAlias) -> Edit:
        """Cut the names behind the last one that stays, but not its comment."""
        reading = self._reading
        begin, end = _behind_comma(reading, kept), reading.start(first)
        between = reading.text[begin:end]
        if "#" in between:
            return Edit(begin + len(between.rstrip()), _behind_comma(reading, last), "")
        return Edit(reading.end(kept), reading.end(last), "")


def _behind_comma(reading: Reading, alias: cst.ImportAlias) -> int:
    return reading.end(alias.comma if isinstance(alias.comma, cst.Comma) else alias)

"""The changes of one Python file that give its names of the package their new names. Pure."""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

import libcst as cst

from crucible_pipeline.upgrade.impact import Hit
from crucible_pipeline.upgrade.pins import Edit
from crucible_pipeline.upgrade.rewrite_imports import Imports
from crucible_pipeline.upgrade.rewrite_names import Home, Written, literal, written
from crucible_pipeline.upgrade.rewrite_reading import Imported, Reading
from crucible_pipeline.upgrade.rewriting import Contracts


@dataclass(slots=True)
class Changes:
    """What happens to a file.

    Args:
        edits: of its text.
        done: the hits that need nothing more.
    """

    edits: set[Edit] = field(default_factory=set[Edit])
    done: list[Hit] = field(default_factory=list[Hit])


def local_names(reading: Reading, hits: Sequence[Hit], contracts: Contracts) -> Iterator[tuple[str, str]]:
    """The names of the file itself that would change: old name, new name."""
    for hit in hits:
        node = reading.names.get((hit.span.line, hit.span.column))
        if node is None or node in reading.chains or not _is_variable(reading, node):
            continue
        new = written(hit, node.value, contracts.old, contracts.new)
        if new is not None and new.homes and new.name != node.value:
            yield node.value, new.name


def _is_variable(reading: Reading, node: cst.Name) -> bool:
    imported = reading.imported.get(node)
    return imported.local is None if imported is not None else node in reading.bare.get(node.value, ())


def may_rename(reading: Reading, hits: Sequence[Hit], old: str, new: str) -> bool:
    """Whether each variable of that name is the package's, and the new name is free in the file."""
    known = {(hit.span.line, hit.span.column) for hit in hits}
    strangers = [node for node in reading.bare.get(old, ()) if reading.point(node) not in known]
    return not strangers and not reading.is_taken(new)


class Rewriter:
    """Finds the changes of a file.

    Args:
        reading: of the file.
        contracts: between which it moves.
        kept: names that stay as local names somewhere in the service, so everywhere.
    """

    def __init__(self, reading: Reading, contracts: Contracts, kept: Collection[str]) -> None:
        self.changes = Changes()
        self.renamed: dict[str, str] = {}
        self._reading = reading
        self._contracts = contracts
        self._kept = kept
        self._imports = Imports(reading, contracts.package)
        # local name of a module or group → the dotted names that leave it, with the place to import for each
        self._leaving: dict[str, dict[cst.Name, Home]] = {}

    def rewrite(self, hits: Sequence[Hit]) -> None:
        """Find the changes for uses of the file."""
        for hit in hits:
            if self._one(hit):
                self.changes.done.append(hit)
        self._move_roots()
        self.changes.edits.update(self._imports.edits())
        self.changes.edits.update(self._quoted())

    def _one(self, hit: Hit) -> bool:
        reading, place = self._reading, (hit.span.line, hit.span.column)
        text = reading.texts.get(place)
        if text is not None:
            return self._text(hit, text)
        node = reading.names.get(place)
        if node is None:
            return self._in_text(hit)
        new = written(hit, node.value, self._contracts.old, self._contracts.new)
        if new is None:
            return False
        if node in reading.imported:
            return self._import(node, reading.imported[node], new)
        if node in reading.chains:
            return self._attribute(node, new)
        if new.homes and self._stays(node.value):
            # the import gives it under its old name; a star would not
            return node.value in reading.bound_by
        self._replace(node, new.name)
        return True

    def _stays(self, name: str) -> bool:
        """Whether a variable keeps its name: it has to, or the file itself gave it by `as`."""
        return name in self._kept or any(one.local for one in self._reading.bound_by.get(name, ()))

    def _replace(self, node: cst.CSTNode, text: str) -> None:
        start, end = self._reading.start(node), self._reading.end(node)
        if self._reading.text[start:end] != text:
            self.changes.edits.add(Edit(start, end, text))

    def _text(self, hit: Hit, node: cst.SimpleString) -> bool:
        said = node.evaluated_value
        if not isinstance(said, str) or said != node.raw_value:
            return False
        new = literal(hit, said, self._contracts.old, self._contracts.new)
        if new is None or re.search(r"[\\'\"\r\n]", new):
            return False
        self._replace(node, f"{node.prefix}{node.quote}{new}{node.quote}")
        return True

    def _in_text(self, hit: Hit) -> bool:
        """A name within an annotation that is a text."""
        reading, span = self._reading, hit.span
        start, end = reading.offset(span.line, span.column), reading.offset(span.end_line, span.end_column)
        if not any(reading.start(node) < start and end < reading.end(node) for node in reading.quoted):
            return False
        token = reading.text[start:end]
        new = written(hit, token, self._contracts.old, self._contracts.new)
        if new is None:
            return False
        if reading.text[start - 1] == ".":
            dotted = re.search(r"[\w.]*\Z", reading.before(start))
            root, *inner = (dotted[0] if dotted is not None else "").rstrip(".").split(".")
            home = (*reading.roots.get(root, ()), *inner)
            if new.homes and root in reading.roots and home and home not in new.homes:
                return False
        elif new.homes and self._stays(token):
            return token in reading.bound_by
        if new.name != token:
            self.changes.edits.add(Edit(start, end, new.name))
        return True

    def _import(self, node: cst.Name, imported: Imported, new: Written) -> bool:
        kept = node.value in self._kept and imported.local is None
        if imported.home is None:
            # a module of the service hands the name on, under the name that it has there
            if node.value not in self._kept:
                self._rename(node, new.name, is_local=imported.local is None)
            return True
        text = f"{new.name} as {node.value}" if kept and new.name != node.value else new.name
        if imported.home in new.homes:
            self._rename(node, text, is_local=imported.local is None and not kept)
            return True
        if not new.homes:
            return False
        home = next((home for home in new.homes if home), ())
        self._imports.remove(imported)
        self._imports.add(imported, home, f"{new.name} as {imported.local}" if imported.local else text)
        if imported.local is None and not kept:
            self.renamed[node.value] = new.name
        return True

    def _rename(self, node: cst.Name, text: str, *, is_local: bool) -> None:
        self._replace(node, text)
        if is_local and text != node.value:
            self.renamed[node.value] = text

    def _attribute(self, node: cst.Name, new: Written) -> bool:
        names = _names_of(self._reading.chains[node])
        base = self._reading.roots.get(names[0].value) if names else None
        if base is None or not new.homes:
            # of a value of a type, or of a module of the service
            if not (new.homes and node.value in self._kept):
                self._replace(node, new.name)
            return True
        home = (*base, *(part.value for part in names[1:-1]))
        if home in new.homes or not home:
            self._replace(node, new.name)
            return True
        target = (next((home for home in new.homes if home), ()), new.name)
        return self._move(names, base, (*target[0], target[1]))

    def _move(self, names: Sequence[cst.Name], base: Home, target: Home) -> bool:
        """Write another dotted name, from a root that the file has or gets."""
        reading, root = self._reading, names[0].value
        place: Home = target[: max(1, min(len(base), len(target) - 1))] if base else ()
        local = root
        if place != base:
            known = [name for name, there in reading.roots.items() if there == place]
            local = known[0] if known else target[len(place) - 1]
            if not known and reading.is_taken(local):
                return False
            self._leaving.setdefault(root, {})[names[0]] = () if known else place
        rest = ".".join((local, *target[len(place) :]))
        self.changes.edits.add(Edit(reading.start(names[0]), reading.end(names[-1]), rest))
        return True

    def _move_roots(self) -> None:
        """Import what moved names begin with now; a name that nothing uses any more leaves its statement."""
        reading = self._reading
        for root, places in self._leaving.items():
            exported = {text.evaluated_value for text in reading.exported}
            bound_by = reading.bound_by[root]
            uses = len(reading.bare.get(root, ())) - sum(one.local is not None for one in bound_by)
            is_unused = uses == len(places) and root not in exported
            for imported in bound_by:
                if is_unused:
                    self._imports.remove(imported)
                for place in dict.fromkeys(filter(None, places.values())):
                    self._imports.add(imported, place[:-1], place[-1])

    def _quoted(self) -> Iterator[Edit]:
        """Texts that name a variable which is called otherwise now: in `__all__`, in annotations."""
        for node in self._reading.exported:
            new = self.renamed.get(str(node.evaluated_value))
            if new is not None:
                yield self._inside(node, str(node.evaluated_value), new)
        for node in dict.fromkeys(self._reading.quoted):
            start = self._reading.start(node)
            for old, new in self.renamed.items():
                for match in re.finditer(rf"(?<![\w.]){re.escape(old)}(?!\w)", node.value):
                    yield Edit(start + match.start(), start + match.end(), new)

    def _inside(self, node: cst.SimpleString, old: str, new: str) -> Edit:
        start = self._reading.start(node) + len(node.prefix) + len(node.quote)
        return Edit(start, start + len(old), new)


def _names_of(chain: cst.Attribute) -> Sequence[cst.Name]:
    """The names of `a.b.c`; empty where it begins with something else."""
    found = [chain.attr]
    node = chain.value
    while isinstance(node, cst.Attribute):
        found.append(node.attr)
        node = node.value
    return [*reversed([*found, node])] if isinstance(node, cst.Name) else ()

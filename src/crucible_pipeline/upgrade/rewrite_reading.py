"""A Python file read for rewriting: its names and texts by their places, its imports of the package. Pure.

The tree is libcst's, which knows the place of each name to the character; the file's text is what changes.
"""
# ruff: noqa: D102, N802  the methods are those of libcst.CSTVisitor, one per node class

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import libcst as cst
from libcst.helpers import get_full_name_for_node
from libcst.metadata import CodeRange, MetadataWrapper, PositionProvider

from crucible_pipeline.upgrade.rewrite_names import Home

_LINE_END = re.compile(r"\r\n|\r|\n")
# line, 1-based, and column, 0-based
Point: TypeAlias = tuple[int, int]
# What stands as a text in such a call or in such brackets is a type.
_NAMING = frozenset({"cast", "TypeVar", "ForwardRef"})
_GENERIC = frozenset({"dict", "frozenset", "list", "set", "tuple", "type", "Optional", "Union"})


@dataclass(frozen=True)
class Imported:
    """One name of an import statement.

    Args:
        statement: that has it.
        number: its position there.
        home: the module below the package; None for a module of the service or of others.
    """

    statement: cst.ImportFrom | cst.Import
    number: int
    home: Home | None

    @property
    def aliases(self) -> Sequence[cst.ImportAlias]:
        """Every name of the statement."""
        names = self.statement.names
        return () if isinstance(names, cst.ImportStar) else names

    @property
    def local(self) -> str | None:
        """The name after `as`."""
        asname = self.aliases[self.number].asname
        return asname.name.value if asname is not None and isinstance(asname.name, cst.Name) else None


class Reading(cst.CSTVisitor):
    """The places of a file.

    Args:
        text: of the file.
        package: import name whose imports count.

    Raises:
        libcst.ParserSyntaxError: it is no Python.
    """

    def __init__(self, text: str, package: str) -> None:
        super().__init__()
        self.text = text
        self.names: dict[Point, cst.Name] = {}
        self.texts: dict[Point, cst.SimpleString] = {}
        # variables by name: neither attribute nor keyword nor the original name of an import
        self.bare: dict[str, list[cst.Name]] = {}
        self.chains: dict[cst.Name, cst.Attribute] = {}
        self.imported: dict[cst.Name, Imported] = {}
        # local name → place below the package, and the import statements that bind it
        self.roots: dict[str, Home] = {}
        self.bound_by: dict[str, list[Imported]] = {}
        self.exported: list[cst.SimpleString] = []
        self.quoted: list[cst.SimpleString] = []
        self._package = package
        self._no_variable: set[cst.CSTNode] = set()
        self._starts = [0, *(match.end() for match in _LINE_END.finditer(text))]
        wrapper = MetadataWrapper(cst.parse_module(text), unsafe_skip_copy=True)
        self._places = wrapper.resolve(PositionProvider)
        wrapper.module.visit(self)

    def _place(self, node: cst.CSTNode) -> CodeRange:
        return self._places[node]

    def offset(self, line: int, column: int) -> int:
        """The offset of a place in the text; `line` is 1-based, `column` 0-based."""
        return self._starts[line - 1] + column

    def start(self, node: cst.CSTNode) -> int:
        """The offset at which a node begins, without brackets around it."""
        place = self._place(node).start
        return self.offset(place.line, place.column)

    def end(self, node: cst.CSTNode) -> int:
        """The offset behind a node."""
        place = self._place(node).end
        return self.offset(place.line, place.column)

    def point(self, node: cst.CSTNode) -> Point:
        """Where a node begins."""
        place = self._place(node).start
        return place.line, place.column

    def before(self, offset: int) -> str:
        """What stands before an offset in its line."""
        return self.text[self._starts[self.line(offset) - 1] : offset]

    def line(self, offset: int) -> int:
        """The line of an offset, 1-based."""
        return bisect_right(self._starts, offset)

    @property
    def newline(self) -> str:
        """How the first line ends; a line feed where nothing ends."""
        found = _LINE_END.search(self.text)
        return found[0] if found is not None else "\n"

    def is_taken(self, name: str) -> bool:
        """Whether the file uses a name of its own for anything."""
        return name in self.bare or name in self.bound_by

    def visit_Name(self, node: cst.Name) -> None:
        self.names[self.point(node)] = node
        if node not in self._no_variable:
            self.bare.setdefault(node.value, []).append(node)

    def visit_SimpleString(self, node: cst.SimpleString) -> None:
        self.texts[self.point(node)] = node

    def visit_Attribute(self, node: cst.Attribute) -> None:
        self._no_variable.add(node.attr)
        self.chains[node.attr] = node

    def visit_Arg(self, node: cst.Arg) -> None:
        if node.keyword is not None:
            self._no_variable.add(node.keyword)

    def visit_MatchKeywordElement(self, node: cst.MatchKeywordElement) -> None:
        self._no_variable.add(node.key)

    def visit_Import(self, node: cst.Import) -> None:
        for number, alias in enumerate(node.names):
            parts = tuple((get_full_name_for_node(alias.name) or "").split("."))
            ours = parts[0] == self._package
            found = Imported(node, number, parts[1:] if ours else None)
            self._hide(alias.name)
            self._bind(found.local or parts[0], found, (parts[1:] if found.local else ()) if ours else None)

    def visit_ImportFrom(self, node: cst.ImportFrom) -> None:
        module = get_full_name_for_node(node.module) if node.module is not None else None
        parts = tuple((module or "").split("."))
        home = parts[1:] if parts[0] == self._package and not node.relative else None
        if node.module is not None:
            self._hide(node.module)
        for number, alias in enumerate(() if isinstance(node.names, cst.ImportStar) else node.names):
            if isinstance(alias.name, cst.Name):
                found = Imported(node, number, home)
                self._no_variable.add(alias.name)
                self.imported[alias.name] = found
                name = alias.name.value
                self._bind(found.local or name, found, (*home, name) if home is not None else None)

    def _hide(self, node: cst.BaseExpression) -> None:
        while isinstance(node, cst.Attribute):
            node = node.value
        self._no_variable.add(node)

    def _bind(self, name: str, found: Imported, place: Home | None) -> None:
        known = self.bound_by.setdefault(name, [])
        if place is not None and (not known or self.roots.get(name) == place):
            self.roots[name] = place
        else:
            # bound twice to different things, nobody knows which is meant
            self.roots.pop(name, None)
        known.append(found)

    def visit_Assign(self, node: cst.Assign) -> None:
        if any(isinstance(one.target, cst.Name) and one.target.value == "__all__" for one in node.targets):
            self.exported += _texts_in(node.value)

    def visit_AugAssign(self, node: cst.AugAssign) -> None:
        if isinstance(node.target, cst.Name) and node.target.value == "__all__":
            self.exported += _texts_in(node.value)

    def visit_AnnAssign(self, node: cst.AnnAssign) -> None:
        if isinstance(node.target, cst.Name) and node.target.value == "__all__" and node.value is not None:
            self.exported += _texts_in(node.value)

    def visit_Annotation(self, node: cst.Annotation) -> None:
        self.quoted += _texts_in(node.annotation)

    def visit_Subscript(self, node: cst.Subscript) -> None:
        if _last_name(node.value) in _GENERIC:
            self.quoted += _texts_in(node)

    def visit_Call(self, node: cst.Call) -> None:
        if _last_name(node.func) in _NAMING:
            self.quoted += [text for argument in node.args for text in _texts_in(argument)]


class _Texts(cst.CSTVisitor):
    """The texts that may name a type: neither those of a `Literal` nor what `Annotated` adds."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[cst.SimpleString] = []

    def visit_Subscript(self, node: cst.Subscript) -> bool:
        name = _last_name(node.value)
        if name == "Annotated":
            node.slice[0].visit(self)
        return name not in {"Annotated", "Literal"}

    def visit_SimpleString(self, node: cst.SimpleString) -> None:
        self.found.append(node)


def _last_name(node: cst.BaseExpression) -> str:
    return (get_full_name_for_node(node) or "").rpartition(".")[2]


def _texts_in(node: cst.CSTNode) -> list[cst.SimpleString]:
    texts = _Texts()
    node.visit(texts)
    return texts.found

"""A Python file as text and tree, with the tree's places as offsets in the text. Pure."""

import ast
import itertools
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

_LINES = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")


@dataclass(frozen=True)
class Source:
    """A Python file.

    Args:
        path: as seen from the top of the tree.
        text: its characters.
        tree: what Python's own parser makes of it.
    """

    path: str
    text: str
    tree: ast.Module

    @cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        """Every node of the tree."""
        return tuple(ast.walk(self.tree))

    @cached_property
    def _starts(self) -> list[int]:
        lengths = (len(line) for line in _LINES.findall(self.text))
        return [0, *itertools.accumulate(lengths)]

    def offset(self, line: int, column: int) -> int:
        """The place that the tree calls so: a line from 1, a column in bytes of UTF-8."""
        start = self._starts[line - 1]
        end = self._starts[line] if line < len(self._starts) else len(self.text)
        return start + len(
            self.text[start:end].encode("utf-8", "surrogatepass")[:column].decode("utf-8", "ignore")
        )

    def span(self, node: ast.stmt | ast.expr) -> tuple[int, int]:
        """Where a node stands, as two offsets."""
        end_line, end_column = node.end_lineno or node.lineno, node.end_col_offset or node.col_offset
        return self.offset(node.lineno, node.col_offset), self.offset(end_line, end_column)

    def whole_lines(self, node: ast.stmt) -> tuple[int, int] | None:
        """The lines of a statement with their ends; None where it shares one with another statement."""
        start, end = self.span(node)
        first = self._starts[node.lineno - 1]
        match = re.compile(r"[ \t]*(?:#[^\r\n]*)?(?:\r\n|\r|\n|\Z)").match(self.text, end)
        if self.text[first:start].strip() or match is None:
            return None
        return first, match.end()

    def with_blanks(self, lines: tuple[int, int]) -> tuple[int, int]:
        """Lines that go, with the blank ones behind them where a blank one or nothing stands before."""
        start, end = lines
        if re.search(r"(?:\A|(?:\r\n|\r|\n)[ \t]*(?:\r\n|\r|\n))\Z", self.text[:start]) is None:
            return lines
        blank = re.compile(r"(?:[ \t]*(?:\r\n|\r|\n))*").match(self.text, end)
        return start, blank.end() if blank is not None else end

    def indent(self, node: ast.stmt) -> str:
        """What stands before a statement on its line."""
        return self.text[self._starts[node.lineno - 1] : self.span(node)[0]]

    def segment(self, node: ast.stmt | ast.expr) -> str:
        """The characters of a node."""
        start, end = self.span(node)
        return self.text[start:end]


def parsed(path: str, text: str) -> Source | None:
    """The file; None where it is no Python for this interpreter."""
    try:
        with warnings.catch_warnings():
            # what Python says about a service's own escapes is nothing that this run has to tell
            warnings.simplefilter("ignore")
            return Source(path, text, ast.parse(text))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def bodies_of(source: Source) -> Iterator[list[ast.stmt]]:
    """Every list of statements in a file."""
    for node in source.nodes:
        for name in ("body", "orelse", "finalbody"):
            body = getattr(node, name, None)
            # that of a lambda is an expression
            if isinstance(body, list) and body and isinstance(body[0], ast.stmt):
                yield body

"""Where names stand in a file, as `ast` counts it: lines from 1, offsets in bytes of UTF-8. Pure."""

import ast
import re
from typing import TypeAlias

from crucible_pipeline.upgrade.file import File
from crucible_pipeline.upgrade.use import Span

# first line and offset, last line and the offset behind it
Place: TypeAlias = tuple[int, int, int, int]


def whole(node: ast.expr | ast.pattern) -> Place:
    """The place of a whole expression."""
    return node.lineno, node.col_offset, node.end_lineno or node.lineno, node.end_col_offset or 0


def last(node: ast.Attribute) -> Place:
    """The place of an attribute's own name, which ends it."""
    _, _, line, end = whole(node)
    return line, end - len(node.attr.encode()), line, end


def begin(node: ast.keyword | ast.alias, name: str) -> Place:
    """The place of the name that begins a keyword argument or an imported name."""
    return node.lineno, node.col_offset, node.lineno, node.col_offset + len(name.encode())


def callee(node: ast.Call) -> Place:
    """The place of the name that is called."""
    return last(node.func) if isinstance(node.func, ast.Attribute) else whole(node.func)


def before(pattern: ast.pattern, name: str, file: File) -> Place:
    """The place of a class pattern's keyword, of which a tree says nothing; empty if in another line."""
    line, offset, _, _ = whole(pattern)
    found = re.search(rf"({name})\s*=[\s(]*\Z".encode(), file.until(line, offset))
    begins, ends = found.span(1) if found is not None else (offset, offset)
    return line, begins, line, ends


def span(at: Place, file: File) -> Span:
    """A place in code points."""
    line, offset, end_line, end = at
    return Span(line, file.column(line, offset), end_line, file.column(end_line, end))


def inside(node: ast.Constant, file: File) -> ast.expr | None:
    """The expression that a text holds, at its places in the file; None if the text is none.

    Where the text is not written plainly, with escapes for example, its names have empty places.
    """
    try:
        tree = ast.parse(str(node.value), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    line, offset, end_line, end = whole(node)
    written = file.until(line, end)[offset:] if line == end_line else b""
    is_plain = written[1:-1] == str(node.value).encode() and written[:1] in {b"'", b'"'}
    for part in ast.walk(tree):
        if isinstance(part, ast.expr | ast.keyword):
            shift = offset + 1 if is_plain else offset
            part.col_offset = shift + part.col_offset if is_plain else offset
            part.end_col_offset = shift + (part.end_col_offset or 0) if is_plain else offset
            part.lineno = part.end_lineno = line
    return tree

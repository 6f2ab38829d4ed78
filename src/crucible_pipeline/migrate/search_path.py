"""Lines of a Python file that put a folder on `sys.path`, and which folder that is. Pure."""

import ast
import posixpath
from collections.abc import Mapping
from dataclasses import dataclass

from crucible_pipeline.migrate.source import Source, bodies_of

_ADDS = frozenset({"sys.path.insert", "sys.path.append", "sys.path.extend"})
_SAME = frozenset({"resolve", "absolute", "expanduser", "as_posix", "__str__"})
_UNCHANGED = frozenset({"str", "Path", "pathlib.Path", "PurePath", "os.fspath"})
# Names may go round in a circle.
_MAX_DEPTH = 20
_REAL = frozenset({"os.path.abspath", "os.path.realpath", "os.path.normpath", "path.abspath"})


@dataclass(frozen=True, slots=True)
class Adding:
    """A statement that adds to `sys.path`.

    Args:
        node: the statement that goes if it is not needed: an `if` around it goes with it.
        line: 1-based, of the call.
        folder: as seen from the top of the tree, `.` for that itself, `..` for what is around it; None if it
            cannot be told.
    """

    node: ast.stmt
    line: int
    folder: str | None


def additions(source: Source) -> list[Adding]:
    """Every statement of a file that adds to `sys.path`, in no order."""
    values = _values(source)
    found: list[Adding] = []
    for body in bodies_of(source):
        for node in body:
            call = node.value if isinstance(node, ast.Expr) else None
            if isinstance(call, ast.Call) and ast.unparse(call.func) in _ADDS and call.args:
                folder = _folder(call.args[-1], source.path, values, 0)
                found.append(Adding(_around(source, node), node.lineno, folder))
    return found


def _around(source: Source, node: ast.stmt) -> ast.stmt:
    """The `if … not in sys.path` that holds nothing but the statement, or the statement."""
    for one in source.nodes:
        if isinstance(one, ast.If) and one.body == [node] and not one.orelse:
            return one if "sys.path" in ast.unparse(one.test) else node
    return node


def _values(source: Source) -> Mapping[str, ast.expr]:
    """What the names are that a file assigns exactly once, at its top."""
    found: dict[str, list[ast.expr]] = {}
    for node in source.nodes:
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            found.setdefault(node.targets[0].id, []).append(node.value)
    return {name: values[0] for name, values in found.items() if len(values) == 1}


def _folder(node: ast.expr, path: str, values: Mapping[str, ast.expr], depth: int) -> str | None:
    """The path that an expression of `__file__` is, from the top of the tree."""
    if depth > _MAX_DEPTH:
        return None

    def inner(one: ast.expr) -> str | None:
        return _folder(one, path, values, depth + 1)

    match node:
        case ast.Name(id="__file__"):
            return path
        case ast.Name(id=name):
            return inner(values[name]) if name in values else None
        case ast.Attribute(value=value, attr="parent"):
            return _up(inner(value), 1)
        case ast.Subscript(
            value=ast.Attribute(value=value, attr="parents"), slice=ast.Constant(value=int(n))
        ):
            return _up(inner(value), n + 1)
        case ast.BinOp(left=left, op=ast.Div(), right=ast.Constant(value=str(name))):
            return _joined(inner(left), name)
        case ast.Call(func=ast.Attribute(value=value, attr=attr)) if attr in _SAME:
            return inner(value)
        case ast.Call(func=func, args=[first, *rest]):
            return _called(ast.unparse(func), inner(first), rest)
        case ast.List(elts=[one]):
            return inner(one)
        case _:
            return None


def _called(name: str, first: str | None, rest: list[ast.expr]) -> str | None:
    if name in _UNCHANGED or name in _REAL:
        return first if not rest else None
    if name.endswith("path.dirname"):
        return _up(first, 1)
    if name.endswith("path.join"):
        for one in rest:
            if not isinstance(one, ast.Constant) or not isinstance(one.value, str):
                return None
            first = _joined(first, one.value)
        return first
    return None


def _up(path: str | None, steps: int) -> str | None:
    for _ in range(steps):
        if path is None or path == "..":
            return None
        path = ".." if path == "." else posixpath.dirname(path) or "."
    return path


def _joined(path: str | None, name: str) -> str | None:
    if path is None or name.startswith("/"):
        return None
    found = posixpath.normpath(posixpath.join(path, name))
    return None if found.startswith("..") else found

"""The string literals of a Python file with what surrounds them. Pure; nothing of the file runs."""

import ast
from collections.abc import Iterable

from crucible_pipeline.upgrade.encoding import decode
from crucible_pipeline.upgrade.literal import (
    LOGGERS,
    NOBODY,
    PUBLISHERS,
    STORES,
    SUBSCRIBERS,
    Literal,
    Name,
    Place,
)

_Function = ast.FunctionDef | ast.AsyncFunctionDef
# Methods that give a string as it is or in other letters.
_SAME = frozenset({"lower", "upper", "strip", "casefold", "decode"})
_LOOK_UPS = frozenset({"get", "pop", "setdefault"})
_NO_SIBLINGS: frozenset[str] = frozenset()


def read(content: bytes) -> tuple[Literal, ...]:
    """Every string of a file, docstrings and texts of log messages left out.

    Raises:
        SyntaxError: the content is no Python.
        RecursionError: it is nested too deeply.
    """
    # ast honours a byte order mark and a declared encoding (PEP 263) only in bytes
    tree = ast.parse(content)
    reader = _Reader(decode(content).text)
    reader.visit(tree)
    return tuple(reader.found)


def _name(node: ast.expr | None) -> Name:
    """The name that an expression has for its reader: `status` of `event.get("status").lower()`."""
    match node:
        case ast.Name(id=name):
            return Name(name)
        case ast.Attribute(value=value, attr="value" | "name") if _name(value).name:
            return _name(value)
        case ast.Attribute(value=value, attr=name):
            return Name(name, _path(_name(value)))
        case ast.Subscript(value=value, slice=ast.Constant(value=str(key))):
            return Name(key, _path(_name(value)))
        case ast.Call():
            return _name_of_call(node)
        case ast.Await(value=value) | ast.NamedExpr(target=value) | ast.Starred(value=value):
            return _name(value)
        case ast.BoolOp(values=[first, *_]):
            return _name(first)
        case _:
            return NOBODY


def _path(name: Name) -> str:
    return ".".join(filter(None, (name.owner, name.name)))


def _name_of_call(node: ast.Call) -> Name:
    match node:
        case ast.Call(
            func=ast.Attribute(value=value, attr=method), args=[ast.Constant(value=str(key)), *_]
        ) if method in _LOOK_UPS:
            return Name(key, _path(_name(value)))
        case ast.Call(func=ast.Attribute(value=value, attr=method)) if method in _SAME:
            return _name(value)
        case ast.Call(func=ast.Name(id="str" | "set" | "frozenset" | "list" | "tuple"), args=[first]):
            return _name(first)
        case ast.Call(func=ast.Name(id="getattr"), args=[owner, ast.Constant(value=str(key)), *_]):
            return Name(key, _path(_name(owner)))
        case _:
            return _name(node.func)


class _Reader(ast.NodeVisitor):
    """Collects literals in `found`; what was taken or is silent is not visited a second time."""

    def __init__(self, text: str) -> None:
        self.found: list[Literal] = []
        self._lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        self._done: set[int] = set()
        self._inside: list[str] = []

    # what is taken

    def _take(
        self, node: ast.expr, place: Place, name: Name = NOBODY, siblings: frozenset[str] = _NO_SIBLINGS
    ) -> None:
        if id(node) in self._done:
            return
        self._done.add(id(node))
        parts = node.values if isinstance(node, ast.JoinedStr) else [node]
        said = [part.value if isinstance(part, ast.Constant) else "{}" for part in parts]
        value = "".join(map(str, said)).encode("utf-8", "replace").decode("utf-8")
        line = self._lines[node.lineno - 1] if node.lineno <= len(self._lines) else ""
        before = line.encode("utf-8", "surrogateescape")[: node.col_offset].decode("utf-8", "replace")
        is_template = isinstance(node, ast.JoinedStr) and len(node.values) != 1
        self.found.append(
            Literal(
                value,
                node.lineno,
                len(before) + 1,
                place,
                name,
                tuple(self._inside),
                siblings,
                is_template,
            )
        )

    def _expect(
        self, node: ast.expr | None, name: Name, place: Place, siblings: frozenset[str] = _NO_SIBLINGS
    ) -> None:
        """Take the literals that an expression may be, or that it lists."""
        match node:
            case ast.Constant(value=str()) | ast.JoinedStr():
                self._take(node, place, name, siblings)
            case ast.Tuple(elts=parts) | ast.List(elts=parts) | ast.Set(elts=parts):
                for part in parts:
                    self._expect(part, name, Place.LISTED)
            case ast.IfExp(body=one, orelse=other):
                self._expect(one, name, place, siblings)
                self._expect(other, name, place, siblings)
            case ast.BoolOp(values=parts):
                for part in parts:
                    self._expect(part, name, place, siblings)
            case ast.Call(func=ast.Name(id="set" | "frozenset" | "list" | "tuple"), args=[first]):
                self._expect(first, name, Place.LISTED)
            case ast.Dict() if place is not Place.ARGUMENT:
                self._mapping(node, name)
            case ast.Starred(value=value) | ast.Await(value=value) | ast.NamedExpr(value=value):
                self._expect(value, name, place, siblings)
            case _:
                pass

    def _mapping(self, node: ast.Dict, name: Name) -> None:
        """The keys and values of a mapping that has a name, or none."""
        keys = {
            key.value for key in node.keys if isinstance(key, ast.Constant) and isinstance(key.value, str)
        }
        for key, value in zip(node.keys, node.values, strict=True):
            if isinstance(value, ast.List | ast.Tuple | ast.Set):
                self._expect(value, name, Place.LISTED)
            if isinstance(key, ast.Constant) and isinstance(key.value, str):
                if name != NOBODY:
                    self._take(key, Place.KEY, name)
                # a key beside nothing says as little as one beside keys of something else
                others = frozenset(keys - {key.value}) or frozenset({""})
                self._expect(value, Name(key.value, _path(name)), Place.GIVEN, others)

    def _annotation(self, node: ast.expr | None, name: Name) -> None:
        """`Literal["queued", "running"]` lists what a name may be (PEP 586)."""
        for part in ast.walk(node) if node is not None else ():
            if isinstance(part, ast.Subscript) and _name(part.value).name == "Literal":
                values = part.slice.elts if isinstance(part.slice, ast.Tuple) else [part.slice]
                for value in values:
                    self._expect(value, name, Place.LISTED)

    # where names and literals meet

    def visit_Compare(self, node: ast.Compare) -> None:
        sides = [node.left, *node.comparators]
        for operator, one, other in zip(node.ops, sides, sides[1:], strict=False):
            if isinstance(operator, ast.Eq | ast.NotEq | ast.Is | ast.IsNot | ast.In | ast.NotIn):
                self._expect(other, _name(one), Place.GIVEN)
                # what is looked for in a collection may be a key of it
                is_looked_for = isinstance(operator, ast.In | ast.NotIn)
                self._expect(one, _name(other), Place.ARGUMENT if is_looked_for else Place.GIVEN)
        self.generic_visit(node)

    def visit_Assign(self, node: ast.Assign) -> None:
        for target in node.targets:
            if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                for one, value in zip(target.elts, node.value.elts, strict=False):
                    self._expect(value, _name(one), Place.GIVEN)
            else:
                self._expect(node.value, _name(target), Place.GIVEN)
        self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        self._expect(node.value, _name(node.target), Place.GIVEN)
        self._annotation(node.annotation, _name(node.target))
        self.generic_visit(node)

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        self._expect(node.value, _name(node.target), Place.GIVEN)
        self.generic_visit(node)

    def visit_Dict(self, node: ast.Dict) -> None:
        self._mapping(node, NOBODY)
        self.generic_visit(node)

    def visit_Return(self, node: ast.Return) -> None:
        if self._inside:
            self._expect(node.value, Name(self._inside[-1]), Place.GIVEN)
        self.generic_visit(node)

    def visit_Match(self, node: ast.Match) -> None:
        name = _name(node.subject)
        for case in node.cases:
            for part in ast.walk(case.pattern):
                if isinstance(part, ast.MatchValue):
                    self._expect(part.value, name, Place.GIVEN)
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        called = _name(node.func)
        method = node.func.attr if isinstance(node.func, ast.Attribute) else called.name
        for keyword in node.keywords:
            if keyword.arg is not None:
                self._expect(keyword.value, Name(keyword.arg, called.name), Place.GIVEN)
        if method in LOGGERS:
            self._silence(node.args)
        elif method in PUBLISHERS | SUBSCRIBERS:
            self._sent(node, method)
        elif method in STORES and isinstance(node.func, ast.Attribute):
            self._stored(node, method)
        elif method in {"getattr", "setattr"} and len(node.args) == 3:
            self._expect(node.args[2], self._named_by(node.args[1], node.args[0]), Place.GIVEN)
        else:
            for argument in node.args:
                self._expect(argument, Name(called.name), Place.ARGUMENT)
        self.generic_visit(node)

    def _sent(self, node: ast.Call, method: str) -> None:
        for argument in node.args[:1] if method in PUBLISHERS else node.args:
            literal = argument.value if isinstance(argument, ast.Starred) else argument
            parts = literal.elts if isinstance(literal, ast.List | ast.Tuple) else [literal]
            for part in parts:
                if isinstance(part, ast.JoinedStr) or (
                    isinstance(part, ast.Constant) and isinstance(part.value, str)
                ):
                    self._take(part, Place.SENT)
        for keyword in node.keywords:
            # redis-py takes a mapping of addresses to handlers here
            if keyword.arg is None and isinstance(keyword.value, ast.Dict):
                for key in keyword.value.keys:
                    if isinstance(key, ast.Constant) and isinstance(key.value, str):
                        self._take(key, Place.SENT)

    def _stored(self, node: ast.Call, method: str) -> None:
        """`get` and `set` of a store take a key first; `event.get("status", "unknown")` has a default."""
        if method in _LOOK_UPS and len(node.args) > 1 and isinstance(node.func, ast.Attribute):
            self._expect(node.args[1], self._named_by(node.args[0], node.func.value), Place.GIVEN)
        for name, value in zip(node.args[1:], node.args[2:], strict=False):
            # a field and its value follow each other, as in hset
            self._expect(value, self._named_by(name, None), Place.ARGUMENT)
        self._silence(node.args[:1])

    @staticmethod
    def _named_by(key: ast.expr, owner: ast.expr | None) -> Name:
        is_text = isinstance(key, ast.Constant) and isinstance(key.value, str)
        return (
            Name(str(key.value), _path(_name(owner))) if is_text and isinstance(key, ast.Constant) else NOBODY
        )

    def _silence(self, nodes: Iterable[ast.expr]) -> None:
        for node in nodes:
            if isinstance(node, ast.Constant | ast.JoinedStr):
                self._done.add(id(node))
            elif isinstance(node, ast.BinOp):  # "..." % (...) and "..." + "..."
                self._silence([node.left, node.right])

    # definitions

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self._function(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self._function(node)

    def _function(self, node: _Function) -> None:
        arguments = node.args
        plain = [*arguments.posonlyargs, *arguments.args]
        given = [*zip(reversed(plain), reversed(arguments.defaults), strict=False)]
        given += [
            (one, value)
            for one, value in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
            if value
        ]
        for argument, default in given:
            self._expect(default, Name(argument.arg), Place.GIVEN)
        for argument in [*plain, *arguments.kwonlyargs]:
            self._annotation(argument.annotation, Name(argument.arg))
        self._annotation(node.returns, Name(node.name))
        self._within(node.name, node)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        for statement in node.body:
            # an enum or a group of constants copied by hand; fields of a model have annotations
            if isinstance(statement, ast.Assign):
                self._expect(statement.value, Name(node.name), Place.GIVEN)
        self._within(node.name, node)

    def _within(self, name: str, node: ast.AST) -> None:
        self._inside.append(name)
        self.generic_visit(node)
        self._inside.pop()

    # the rest

    def visit_Expr(self, node: ast.Expr) -> None:
        if not isinstance(node.value, ast.Constant):  # a docstring
            self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, str):
            self._take(node, Place.ALONE)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        self._take(node, Place.ALONE)
        for part in node.values:
            if isinstance(part, ast.FormattedValue):
                self.visit(part.value)

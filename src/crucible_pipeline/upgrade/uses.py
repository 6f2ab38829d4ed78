"""The uses of wanted names in one file."""
# ruff: noqa: D102, N802  the methods are those of ast.NodeVisitor, one per node class

import ast
import re
from collections.abc import Iterator
from typing import TypeAlias

from crucible_pipeline.contracts.model import Contract
from crucible_pipeline.upgrade.bindings import Bindings
from crucible_pipeline.upgrade.file import File
from crucible_pipeline.upgrade.meaning import Instance, Meaning, Named
from crucible_pipeline.upgrade.modules import Modules
from crucible_pipeline.upgrade.use import Span, Tier
from crucible_pipeline.upgrade.wanted import Cause, Wanted, members_of, spellings

_CHECKS = frozenset({"can_become", "check_transition"})
_COPIERS = frozenset({"model_copy", "copy"})
_DUMPERS = frozenset({"model_dump", "model_dump_json", "dict", "json"})
_VALIDATORS = frozenset({"model_validate", "model_construct", "parse_obj"})


# first line and offset, last line and the offset behind it, all as `ast` counts them
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


class Uses(Bindings):
    """Notes in `found` each use, (place, symbol, rule), with its cause and how sure it is.

    Args:
        wanted: what to look for.
        contract: the one that the file was written for.
        file: that is searched.
        modules: of the service; those that this file imports have been read.
    """

    def __init__(self, wanted: Wanted, contract: Contract, file: File, modules: Modules) -> None:
        checks = _CHECKS if wanted.transitions else ()
        super().__init__(contract, file, modules, [*checks, *wanted.literals])
        self.found: dict[tuple[Span, str, str], tuple[Cause, Tier]] = {}
        self._wanted = wanted
        self._constants = {spelling: path for path in wanted.constants for spelling in spellings(path)}
        self._machines = {
            name: machine.enum for machine in contract.machines.values() for name in machine.names.values()
        }

    def _note(self, at: Place, symbol: str, cause: Cause | None, tier: Tier = Tier.LIKELY) -> None:
        if cause is not None:
            self.found.setdefault((self._span(at), symbol, cause.change.rule), (cause, tier))

    def _span(self, at: Place) -> Span:
        line, column, end_line, end_column = at
        return Span(line, self.file.column(line, column), end_line, self.file.column(end_line, end_column))

    def imports(self, named: Named, alias: ast.alias) -> None:
        self.named(named, begin(alias, alias.name))

    def visit_Name(self, node: ast.Name) -> None:
        meaning = self.scopes.meaning(node)
        # a variable that holds a name of the package is concerned where it is bound, not at each use
        if isinstance(node.ctx, ast.Load) and isinstance(meaning, Named) and meaning.is_imported:
            self.named(meaning, whole(node))

    def visit_Attribute(self, node: ast.Attribute) -> None:
        self._check_attribute(self.scopes.meaning(node.value), node.attr, last(node))
        self.visit(node.value)

    def _check_attribute(self, base: Meaning, name: str, at: Place, tier: Tier = Tier.LIKELY) -> None:
        if isinstance(base, Named):
            self.named(Named((*base.path, name)), at, tier)
        elif isinstance(base, Instance):
            self._note(at, f"{base.type}.{name}", self._wanted.fields.get((base.type, name)), tier)

    def named(self, named: Named, at: Place, tier: Tier = Tier.LIKELY) -> None:
        """Note a name of the package if it is wanted; what stands after it is another name."""
        for symbol, cause in self._causes(named):
            self._note(at, symbol, cause, tier)

    def _causes(self, named: Named) -> Iterator[tuple[str, Cause | None]]:
        wanted, path = self._wanted, named.path
        yield ".".join(path), wanted.paths.get(path)
        found = self.scopes.type_of(named)
        if found is not None:
            name, rest = found
            if not rest:
                yield name, wanted.types.get(name)
            elif len(rest) == 1:
                symbol = f"{name}.{rest[0]}"
                yield symbol, wanted.members.get((name, rest[0]))
                yield symbol, wanted.fields.get((name, rest[0]))
        elif path in self._constants:
            yield ".".join(path), wanted.constants[self._constants[path]]
        elif path and path[-1] in wanted.channels:
            yield f"channels.{path[-1]}", wanted.channels[path[-1]]
        elif path and path[-1] in wanted.functions:
            yield path[-1], wanted.functions[path[-1]]

    def visit_Call(self, node: ast.Call) -> None:
        called = self.scopes.meaning(node.func)
        made = self.scopes.type_of(called)
        if made is not None:
            self._check_making(node, made[0], made[1])
        if isinstance(node.func, ast.Attribute):
            base = self.scopes.meaning(node.func.value)
            if isinstance(base, Instance):
                self._check_named_fields(node, base.type, node.func.attr)
            if node.func.attr in _CHECKS:
                self._check_transition(node, node.func.value)
        if isinstance(called, Named) and called.path and called.path[-1] in self._machines:
            self._check_machine(node, self._machines[called.path[-1]])
        if isinstance(node.func, ast.Name) and node.func.id == "getattr" and len(node.args) > 1:
            name = node.args[1]
            if isinstance(name, ast.Constant) and isinstance(name.value, str):
                self._check_attribute(
                    self.scopes.meaning(node.args[0]), name.value, whole(name), Tier.POSSIBLE
                )
        self.generic_visit(node)

    def _check_making(self, node: ast.Call, name: str, rest: tuple[str, ...]) -> None:
        first = node.args[0] if node.args else None
        if not rest and isinstance(first, ast.Constant):
            cause = self._wanted.values.get((name, str(first.value)))
            if cause is not None:
                self.silent.add(id(first))
                self._note(whole(first), f"{name}({first.value!r})".replace("'", '"'), cause)
        if rest and rest[0] in _VALIDATORS and isinstance(first, ast.Dict):
            self._check_keys(name, first, complete=True)
            self._note(callee(node), name, self._wanted.shapes.get(name))
        if rest:
            return
        self._note(callee(node), name, self._wanted.shapes.get(name))
        given = {keyword.arg for keyword in node.keywords}
        for keyword in node.keywords:
            if keyword.arg is None:
                self._check_keys(name, keyword.value)
            else:
                symbol = f"{name}.{keyword.arg}"
                self._note(begin(keyword, keyword.arg), symbol, self._wanted.fields.get((name, keyword.arg)))
        if None not in given:
            self._check_required(name, given, callee(node))

    def _check_named_fields(self, node: ast.Call, name: str, method: str) -> None:
        """Fields named by texts: `model_copy(update={...})`, `model_dump(include={...})`."""
        for keyword in node.keywords:
            if method in _COPIERS and keyword.arg == "update":
                self._check_keys(name, keyword.value)
            elif method in _DUMPERS and keyword.arg in {"include", "exclude"}:
                self._check_keys(name, keyword.value)
                for part in keyword.value.elts if isinstance(keyword.value, ast.Set | ast.List) else ():
                    if isinstance(part, ast.Constant) and isinstance(part.value, str):
                        symbol = f"{name}.{part.value}"
                        self._note(whole(part), symbol, self._wanted.fields.get((name, part.value)))

    def _check_keys(self, name: str, node: ast.expr, *, complete: bool = False) -> None:
        if not isinstance(node, ast.Dict):
            return
        given: set[str | None] = set()
        for key in node.keys:
            if isinstance(key, ast.Constant) and isinstance(key.value, str):
                given.add(key.value)
                self._note(whole(key), f"{name}.{key.value}", self._wanted.fields.get((name, key.value)))
            else:
                given.add(None)
        if complete and None not in given:
            self._check_required(name, given, whole(node))

    def _check_required(self, name: str, given: set[str | None], at: Place) -> None:
        for (owner, prop), cause in self._wanted.required.items():
            if owner == name and prop not in given:
                self._note(at, f"{name}.{prop}", cause)

    def _check_transition(self, node: ast.Call, state: ast.expr) -> None:
        for (enum, before, after), cause in self._wanted.transitions.items():
            now, then = self._state(enum, state), self._state(enum, node.args[0] if node.args else None)
            if now in {None, before} and then in {None, after} and self._mentions(enum):
                self._note(callee(node), f"{enum}: {before} → {after}", cause)

    def _check_machine(self, node: ast.Call, enum: str) -> None:
        named = [self._state(enum, argument) for argument in node.args]
        states = [state for state in named if state is not None]
        for (owner, before, after), cause in self._wanted.transitions.items():
            if owner == enum and (not states or set(states) <= {before, after}):
                self._note(callee(node), f"{enum}: {before} → {after}", cause)

    def _state(self, enum: str, node: ast.expr | None) -> str | None:
        """The value of an enum that an expression names; None if only the running program knows it."""
        found = self.scopes.type_of(self.scopes.meaning(node))
        if found is None or found[0] != enum or not found[1]:
            return None
        members = members_of(self.contract.resolve(self.contract.types[enum].schema))
        return next((value for value, name in members.items() if name == found[1][0]), None)

    def _mentions(self, enum: str) -> bool:
        """Whether the file uses the package at all: `can_become` of something else is not ours."""
        return enum in self.contract.types and any(
            isinstance(meaning, Named) for meaning in self.scopes.open[0].names.values()
        )

    def visit_Subscript(self, node: ast.Subscript) -> None:
        found = self.scopes.type_of(self.scopes.meaning(node.value))
        if found is not None and not found[1] and isinstance(node.slice, ast.Constant):
            member = str(node.slice.value)
            self._note(
                whole(node.slice), f"{found[0]}.{member}", self._wanted.members.get((found[0], member))
            )
        self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, str) and id(node) not in self.silent:
            cause = self._wanted.literals.get(node.value)
            self._note(whole(node), f'"{node.value}"', cause, Tier.POSSIBLE)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        # the constant parts of an f-string are no whole values
        for part in node.values:
            if isinstance(part, ast.FormattedValue):
                self.visit(part.value)

    def visit_MatchClass(self, node: ast.MatchClass) -> None:
        found = self.scopes.type_of(self.scopes.meaning(node.cls))
        if found is not None and not found[1]:
            for name, pattern in zip(node.kwd_attrs, node.kwd_patterns, strict=True):
                symbol = f"{found[0]}.{name}"
                self._note(self._before(pattern, name), symbol, self._wanted.fields.get((found[0], name)))
        self.generic_visit(node)

    def _before(self, pattern: ast.pattern, name: str) -> Place:
        """The place of a class pattern's keyword, of which a tree gives no place; empty if not there."""
        line, offset, _, _ = whole(pattern)
        found = re.search(rf"({name})\s*=[\s(]*\Z".encode(), self.file.until(line, offset))
        return (
            (line, found.start(1), line, found.end(1)) if found is not None else (line, offset, line, offset)
        )

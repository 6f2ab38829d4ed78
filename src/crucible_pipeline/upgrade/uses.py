"""The uses of wanted names in one file."""
# ruff: noqa: D102, N802  the methods are those of ast.NodeVisitor, one per node class

import ast

from crucible_pipeline.contracts.model import Contract
from crucible_pipeline.upgrade.bindings import Bindings
from crucible_pipeline.upgrade.file import File
from crucible_pipeline.upgrade.meaning import Instance, Meaning, Named
from crucible_pipeline.upgrade.modules import Modules
from crucible_pipeline.upgrade.wanted import Cause, Wanted, members_of, spellings

_CHECKS = frozenset({"can_become", "check_transition"})
_COPIERS = frozenset({"model_copy", "copy"})
_DUMPERS = frozenset({"model_dump", "model_dump_json", "dict", "json"})
_VALIDATORS = frozenset({"model_validate", "model_construct", "parse_obj"})


class Uses(Bindings):
    """Notes in `found` each use, (line, symbol, rule), with its cause.

    Args:
        wanted: what to look for.
        contract: the one that the file was written for.
        file: that is searched.
        modules: of the service; those that this file imports have been read.
    """

    def __init__(self, wanted: Wanted, contract: Contract, file: File, modules: Modules) -> None:
        checks = _CHECKS if wanted.transitions else ()
        super().__init__(contract, file, modules, [*checks, *wanted.literals])
        self.found: dict[tuple[int, str, str], Cause] = {}
        self._wanted = wanted
        self._constants = {spelling: path for path in wanted.constants for spelling in spellings(path)}
        self._machines = {
            name: machine.enum for machine in contract.machines.values() for name in machine.names.values()
        }

    def _note(self, line: int, symbol: str, cause: Cause | None) -> None:
        if cause is not None:
            self.found.setdefault((line, symbol, cause.change.rule), cause)

    def visit_Name(self, node: ast.Name) -> None:
        meaning = self.scopes.meaning(node)
        # a variable that holds a name of the package is concerned where it is bound, not at each use
        if isinstance(node.ctx, ast.Load) and isinstance(meaning, Named) and meaning.is_imported:
            self.named(meaning, node.lineno)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        self._check_attribute(self.scopes.meaning(node.value), node.attr, node.end_lineno or node.lineno)
        self.visit(node.value)

    def _check_attribute(self, base: Meaning, name: str, line: int) -> None:
        if isinstance(base, Named):
            self.named(Named((*base.path, name)), line)
        elif isinstance(base, Instance):
            self._note(line, f"{base.type}.{name}", self._wanted.fields.get((base.type, name)))

    def named(self, named: Named, line: int) -> None:
        """Note a name of the package if it is wanted; what stands after it is another name."""
        wanted, path = self._wanted, named.path
        self._note(line, ".".join(path), wanted.paths.get(path))
        found = self.scopes.type_of(named)
        if found is not None:
            name, rest = found
            if not rest:
                self._note(line, name, wanted.types.get(name))
            elif len(rest) == 1:
                symbol = f"{name}.{rest[0]}"
                self._note(line, symbol, wanted.members.get((name, rest[0])))
                self._note(line, symbol, wanted.fields.get((name, rest[0])))
        elif path in self._constants:
            self._note(line, ".".join(path), wanted.constants[self._constants[path]])
        elif path and path[-1] in wanted.channels:
            self._note(line, f"channels.{path[-1]}", wanted.channels[path[-1]])
        elif path and path[-1] in wanted.functions:
            self._note(line, path[-1], wanted.functions[path[-1]])

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
                self._check_attribute(self.scopes.meaning(node.args[0]), name.value, node.lineno)
        self.generic_visit(node)

    def _check_making(self, node: ast.Call, name: str, rest: tuple[str, ...]) -> None:
        first = node.args[0] if node.args else None
        if not rest and isinstance(first, ast.Constant):
            cause = self._wanted.values.get((name, str(first.value)))
            if cause is not None:
                self.silent.add(id(first))
                self._note(first.lineno, f"{name}({first.value!r})".replace("'", '"'), cause)
        if rest and rest[0] in _VALIDATORS and isinstance(first, ast.Dict):
            self._check_keys(name, first, complete=True)
            self._note(node.lineno, name, self._wanted.shapes.get(name))
        if rest:
            return
        self._note(node.lineno, name, self._wanted.shapes.get(name))
        given = {keyword.arg for keyword in node.keywords}
        for keyword in node.keywords:
            if keyword.arg is None:
                self._check_keys(name, keyword.value)
            else:
                symbol = f"{name}.{keyword.arg}"
                self._note(keyword.lineno, symbol, self._wanted.fields.get((name, keyword.arg)))
        if None not in given:
            self._check_required(name, given, node.lineno)

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
                        self._note(part.lineno, symbol, self._wanted.fields.get((name, part.value)))

    def _check_keys(self, name: str, node: ast.expr, *, complete: bool = False) -> None:
        if not isinstance(node, ast.Dict):
            return
        given: set[str | None] = set()
        for key in node.keys:
            if isinstance(key, ast.Constant) and isinstance(key.value, str):
                given.add(key.value)
                self._note(key.lineno, f"{name}.{key.value}", self._wanted.fields.get((name, key.value)))
            else:
                given.add(None)
        if complete and None not in given:
            self._check_required(name, given, node.lineno)

    def _check_required(self, name: str, given: set[str | None], line: int) -> None:
        for (owner, prop), cause in self._wanted.required.items():
            if owner == name and prop not in given:
                self._note(line, f"{name}.{prop}", cause)

    def _check_transition(self, node: ast.Call, state: ast.expr) -> None:
        for (enum, before, after), cause in self._wanted.transitions.items():
            now, then = self._state(enum, state), self._state(enum, node.args[0] if node.args else None)
            if now in {None, before} and then in {None, after} and self._mentions(enum):
                self._note(node.lineno, f"{enum}: {before} → {after}", cause)

    def _check_machine(self, node: ast.Call, enum: str) -> None:
        named = [self._state(enum, argument) for argument in node.args]
        states = [state for state in named if state is not None]
        for (owner, before, after), cause in self._wanted.transitions.items():
            if owner == enum and (not states or set(states) <= {before, after}):
                self._note(node.lineno, f"{enum}: {before} → {after}", cause)

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
            self._note(node.lineno, f"{found[0]}.{member}", self._wanted.members.get((found[0], member)))
        self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, str) and id(node) not in self.silent:
            self._note(node.lineno, f'"{node.value}"', self._wanted.literals.get(node.value))

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
                self._note(pattern.lineno, symbol, self._wanted.fields.get((found[0], name)))
        self.generic_visit(node)

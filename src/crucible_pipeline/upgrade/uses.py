"""The uses of wanted names in one file."""
# ruff: noqa: D102, N802  the methods are those of ast.NodeVisitor, one per node class

import ast

from crucible_pipeline.contracts.model import Contract
from crucible_pipeline.upgrade.file import File
from crucible_pipeline.upgrade.meaning import Keys, Named
from crucible_pipeline.upgrade.modules import Modules
from crucible_pipeline.upgrade.places import before, callee, last, whole
from crucible_pipeline.upgrade.texts import Texts
from crucible_pipeline.upgrade.use import Tier
from crucible_pipeline.upgrade.wanted import Wanted, members_of

_CHECKS = frozenset({"can_become", "check_transition"})


class Uses(Texts):
    """The walk over a file that notes every use of a wanted name.

    Args:
        wanted: what to look for.
        contract: the one that the file was written for.
        file: that is searched.
        modules: of the service; those that this file imports have been read.
    """

    def __init__(self, wanted: Wanted, contract: Contract, file: File, modules: Modules) -> None:
        marks = {*wanted.literals, contract.package.import_name, "attrgetter"}
        marks |= _CHECKS if wanted.transitions else set[str]()
        marks |= {f"{quote}{name}{quote}" for _, name in wanted.fields for quote in "'\""}
        super().__init__(wanted, contract, file, modules, marks)
        self._machines = {
            name: machine.enum for machine in contract.machines.values() for name in machine.names.values()
        }

    def visit_Name(self, node: ast.Name) -> None:
        meaning = self.scopes.meaning(node)
        # a variable that holds a name of the package is concerned where it is bound, not at each use
        if isinstance(node.ctx, ast.Load) and isinstance(meaning, Named) and meaning.is_imported:
            self.named(meaning, whole(node))

    def visit_Attribute(self, node: ast.Attribute) -> None:
        self.attribute(self.scopes.meaning(node.value), node.attr, last(node))
        self.visit(node.value)

    def visit_Assign(self, node: ast.Assign) -> None:
        if any(isinstance(target, ast.Name) and target.id == "__all__" for target in node.targets):
            self.later(lambda: self.check_exported(node.value))
        super().visit_Assign(node)

    def visit_Call(self, node: ast.Call) -> None:
        self.check_fields(node)
        self.check_texts(node)
        if isinstance(node.func, ast.Attribute) and node.func.attr in _CHECKS:
            self._check_transition(node, node.func.value)
        called = self.scopes.meaning(node.func)
        if isinstance(called, Named) and called.path and called.path[-1] in self._machines:
            self._check_machine(node, self._machines[called.path[-1]])
        self.generic_visit(node)

    def _check_transition(self, node: ast.Call, state: ast.expr) -> None:
        for (enum, before_it, after), cause in self.wanted.transitions.items():
            now, then = self._state(enum, state), self._state(enum, node.args[0] if node.args else None)
            if now in {None, before_it} and then in {None, after} and self._mentions(enum):
                tier = Tier.POSSIBLE if None in {now, then} else Tier.LIKELY
                self.note(callee(node), f"{enum}: {before_it} → {after}", cause, tier)

    def _check_machine(self, node: ast.Call, enum: str) -> None:
        named = [self._state(enum, argument) for argument in node.args]
        states = [state for state in named if state is not None]
        for (owner, before_it, after), cause in self.wanted.transitions.items():
            if owner == enum and (not states or set(states) <= {before_it, after}):
                tier = Tier.LIKELY if {before_it, after} <= set(states) else Tier.POSSIBLE
                self.note(callee(node), f"{enum}: {before_it} → {after}", cause, tier)

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
        held = self.scopes.meaning(node.value)
        found = self.scopes.type_of(held)
        if found is not None and isinstance(node.slice, ast.Constant):
            member, place = str(node.slice.value), whole(node.slice)
            if found[1] in {(), ("__members__",)}:
                cause = self.wanted.members.get((found[0], member))
                self.note(place, f"{found[0]}.{member}", cause)
            elif found[1] == ("model_fields",):
                self.note_field(place, found[0], member)
        elif isinstance(held, Keys):
            self.check_key(held, node.slice)
        self.generic_visit(node)

    def visit_Dict(self, node: ast.Dict) -> None:
        self.check_shape(node)
        self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        self.check_text(node)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        # the constant parts of an f-string are no whole values
        for part in node.values:
            if isinstance(part, ast.FormattedValue):
                self.visit(part.value)

    def visit_MatchClass(self, node: ast.MatchClass) -> None:
        found = self.scopes.type_of(self.scopes.meaning(node.cls))
        if found is not None and not found[1]:
            for name, pattern in zip(node.kwd_attrs, node.kwd_patterns, strict=True):
                self.note_field(before(pattern, name, self.file), found[0], name)
        self.generic_visit(node)

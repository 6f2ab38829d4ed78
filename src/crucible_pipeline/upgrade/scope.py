"""What names and expressions mean at a place in a file."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

from crucible_pipeline.contracts import former
from crucible_pipeline.contracts.model import Contract, Schema
from crucible_pipeline.contracts.names import upper
from crucible_pipeline.upgrade.meaning import Instance, Keys, Local, Many, Meaning, Named, Returns, Written
from crucible_pipeline.upgrade.modules import Modules
from crucible_pipeline.upgrade.wanted import field_of, properties_of

_MAKERS = frozenset({"model_validate", "model_validate_json", "model_construct", "parse_obj", "parse_raw"})
_COPIERS = frozenset({"model_copy", "copy"})
_DUMPERS = frozenset({"model_dump", "dict"})
# Annotations that say no more than what they hold.
_TRANSPARENT = frozenset(
    {"Annotated", "Awaitable", "ClassVar", "Coroutine", "Final", "Optional", "ReadOnly", "Required", "Union"}
)
_NESTED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)


@dataclass(slots=True)
class Scope:
    """Names bound in one scope; None hides an outer meaning.

    Args:
        is_class: functions inside do not see its names (Python reference, section 4.2.2).
        attributes: of `self`, where the scope is a class.
    """

    names: dict[str, Meaning] = field(default_factory=dict[str, Meaning])
    is_class: bool = False
    attributes: dict[str, Meaning] = field(default_factory=dict[str, Meaning])


class Scopes:
    """The open scopes at a place, and what expressions mean there.

    Args:
        contract: the one whose names are looked for.
        open_scopes: outermost first.
        modules: of the service.
    """

    def __init__(self, contract: Contract, open_scopes: list[Scope], modules: Modules) -> None:
        self.contract = contract
        self.former = former.types(contract)
        self.open = open_scopes
        self.modules = modules

    def bind(self, name: str, meaning: Meaning) -> None:
        """Give a name a meaning in the innermost scope."""
        self.open[-1].names[name] = meaning

    def lookup(self, name: str) -> Meaning:
        """The meaning of a name here."""
        for scope in reversed(self.open):
            if name in scope.names and (scope is self.open[-1] or not scope.is_class):
                return scope.names[name]
        return None

    def own_class(self) -> Scope | None:
        """The class in whose method or body this place is."""
        return next((scope for scope in reversed(self.open) if scope.is_class), None)

    def type_of(self, named: Meaning) -> tuple[str, tuple[str, ...]] | None:
        """The type that a dotted name begins with, and what follows it."""
        if not isinstance(named, Named):
            return None
        for position, part in enumerate(named.path[:3]):
            name = self.former.get(part, part)
            if name in self.contract.types:
                return name, named.path[position + 1 :]
        return None

    def held(self, meaning: Meaning) -> Meaning:
        """What a variable means that holds this: of a type's member only the type stays known."""
        found = self.type_of(meaning)
        if found is not None and found[1]:
            is_enum = self.contract.resolve(self.contract.types[found[0]].schema).enum is not None
            return Instance(found[0]) if is_enum else None
        return Named(meaning.path) if isinstance(meaning, Named) else meaning

    def meaning(self, node: ast.expr | None) -> Meaning:
        """What an expression means."""
        if isinstance(node, ast.Name):
            return self.lookup(node.id)
        if isinstance(node, ast.Attribute):
            return self._attribute(node)
        if isinstance(node, ast.Call):
            return self._call(node)
        if isinstance(node, ast.Dict):
            return Written(node)
        if isinstance(node, ast.Await | ast.NamedExpr | ast.Starred):
            return self.meaning(node.value)
        if isinstance(node, ast.Subscript):
            held = self.meaning(node.value)
            return Instance(held.type) if isinstance(held, Many) else None
        if isinstance(node, ast.IfExp):
            return self.meaning(node.body) or self.meaning(node.orelse)
        if isinstance(node, ast.BoolOp):
            return next((one for one in map(self.meaning, node.values) if one is not None), None)
        return None

    def _attribute(self, node: ast.Attribute) -> Meaning:
        if isinstance(node.value, ast.Name) and node.value.id in {"self", "cls"}:
            owner = self.own_class()
            return owner.attributes.get(node.attr) if owner is not None else None
        return self.member(self.meaning(node.value), node.attr)

    def member(self, base: Meaning, name: str) -> Meaning:
        """What an attribute of something means."""
        if isinstance(base, Named):
            return Named((*base.path, name))
        if isinstance(base, Local):
            return self.modules.member(base.module, name)
        if isinstance(base, Instance):
            return Keys(base.type) if name == "__dict__" else self._field(base.type, name)
        return None

    def _field(self, type_name: str, name: str) -> Meaning:
        properties = properties_of(self.contract, self.contract.types[type_name].schema)
        schema = properties.get(name)
        if schema is None:
            schema = next((one for prop, one in properties.items() if field_of(prop, one) == name), None)
        if schema is None:
            return None
        held = _referred(schema)
        if held is not None:
            return Instance(held)
        inner = _referred(schema.items) if schema.items is not None else None
        return Many(inner) if inner is not None else None

    def _call(self, node: ast.Call) -> Meaning:
        called = self.meaning(node.func)
        if isinstance(called, Returns):
            return called.value
        made = self.type_of(called)
        if made is not None and (not made[1] or (len(made[1]) == 1 and made[1][0] in _MAKERS)):
            return Instance(made[0])
        if isinstance(called, Named) and called.path[-1:] == ("decode",):
            return self._payload(called.path[-2] if len(called.path) > 1 else "")
        if isinstance(node.func, ast.Name) and node.func.id == "dict" and not node.args:
            return Written(node)
        texts = [
            one.value for one in node.args if isinstance(one, ast.Constant) and isinstance(one.value, str)
        ]
        if isinstance(node.func, ast.Name) and node.func.id == "getattr" and len(node.args) > 1 and texts:
            return self.member(self.meaning(node.args[0]), texts[0])
        if texts and getattr(node.func, "attr", getattr(node.func, "id", "")) == "import_module":
            package, *rest = texts[0].split(".")
            return Named(tuple(rest)) if package == self.contract.package.import_name else None
        if isinstance(node.func, ast.Attribute):
            base = self.meaning(node.func.value)
            if isinstance(base, Instance) and node.func.attr in _COPIERS:
                return base
            if isinstance(base, Instance) and node.func.attr in _DUMPERS:
                return Keys(base.type)
            if isinstance(base, Many) and node.func.attr in {"pop", "get", "popleft"}:
                return Instance(base.type)
            if isinstance(base, Many) and node.func.attr in {"values", "copy"}:
                return base
        return None

    def _payload(self, name: str) -> Meaning:
        for key, channel in self.contract.channels.items():
            if upper(key) == name and len(channel.messages) == 1:
                held = _referred(channel.messages[0].payload)
                return Instance(held) if held is not None else None
        return None

    def annotated(self, node: ast.expr | None) -> Meaning:
        """What a name with this annotation means."""
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            try:
                return self.annotated(ast.parse(node.value, mode="eval").body)
            except (SyntaxError, ValueError):
                return None
        if isinstance(node, ast.BinOp):
            return self.annotated(node.left) or self.annotated(node.right)
        if isinstance(node, ast.Subscript):
            return self._generic(node)
        found = self.type_of(self.meaning(node))
        return Instance(found[0]) if found is not None and not found[1] else None

    def _generic(self, node: ast.Subscript) -> Meaning:
        held = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        found = next((one for one in map(self.annotated, reversed(held)) if one is not None), None)
        base = node.value.attr if isinstance(node.value, ast.Attribute) else getattr(node.value, "id", "")
        if base in _TRANSPARENT:
            return found
        return Many(found.type) if isinstance(found, Instance | Many) and base != "type" else None


def _referred(schema: Schema) -> str | None:
    """The type a schema refers to, also beside null."""
    if schema.ref is not None:
        return schema.ref
    refs = [part.ref for part in (*schema.any_of, *schema.one_of, *schema.all_of) if part.ref is not None]
    return refs[0] if len(refs) == 1 else None


def bound_in(body: list[ast.stmt]) -> Iterator[str]:
    """Names that statements bind in their own scope (nested functions and classes keep theirs)."""
    outer: set[str] = set()
    found: list[str] = []
    pending: list[ast.AST] = list(body)
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Global | ast.Nonlocal):
            outer.update(node.names)
        elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            found.append(node.id)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            found.extend((alias.asname or alias.name).split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and node.name:
            found.append(node.name)
        if isinstance(node, _NESTED):
            found.append(getattr(node, "name", ""))
        elif not isinstance(node, ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
            pending.extend(ast.iter_child_nodes(node))
    return (name for name in found if name not in outer)

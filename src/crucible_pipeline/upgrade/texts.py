"""Names that a text gives: `getattr`, patches of tests, `__all__`, annotations in quotes, removed values."""

import ast
import re

from crucible_pipeline.upgrade.fields import Fields
from crucible_pipeline.upgrade.meaning import Local, Meaning, Named
from crucible_pipeline.upgrade.places import inside, whole
from crucible_pipeline.upgrade.use import Tier

_READERS = frozenset({"delattr", "getattr", "hasattr", "setattr"})
# methods that take an object and the name of what they put something else in place of
_PATCHERS = frozenset({"delattr", "object", "setattr"})
# they are given names of fields of what only the running program knows
_NAMERS = frozenset({"attrgetter", "field_serializer", "field_validator"})
_DOTTED = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)+\Z")
_MAX_PARTS = 12


class Texts(Fields):
    """Notes the names that texts give."""

    def check_texts(self, node: ast.Call) -> None:
        """Note a name that a call is given as a text."""
        function = node.func
        called = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
        names = _PATCHERS if isinstance(function, ast.Attribute) else _READERS
        if called in names and len(node.args) > 1:
            name = node.args[1]
            if isinstance(name, ast.Constant) and isinstance(name.value, str):
                self.attribute(self.scopes.meaning(node.args[0]), name.value, whole(name), Tier.POSSIBLE)
        elif called in _NAMERS:
            for name in node.args:
                if isinstance(name, ast.Constant) and isinstance(name.value, str):
                    self._any_field(name, name.value)
        elif called == "cast" and node.args:
            self.annotation(node.args[0])

    def _any_field(self, node: ast.Constant, path: str) -> None:
        """Note a field of a type that only the running program knows."""
        for owner, name in sorted(self.wanted.fields):
            if name in path.split("."):
                self.note_field(whole(node), owner, name, Tier.POSSIBLE)

    def annotation(self, node: ast.expr) -> None:
        """Visit an annotation; what stands in quotes there is no text but a name."""
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            held = inside(node, self.file)
            if held is not None:
                self.visit(held)
            return
        if isinstance(node, ast.Subscript) and _last_name(node.value) not in {"Literal", "Annotated"}:
            self.visit(node.value)
            for part in node.slice.elts if isinstance(node.slice, ast.Tuple) else (node.slice,):
                self.annotation(part)
        elif isinstance(node, ast.BinOp):
            self.annotation(node.left)
            self.annotation(node.right)
        else:
            self.visit(node)

    def check_exported(self, node: ast.expr) -> None:
        """Note the names of `__all__` that are those of the package."""
        for part in node.elts if isinstance(node, ast.List | ast.Tuple) else ():
            if isinstance(part, ast.Constant) and isinstance(part.value, str):
                meaning = self.scopes.lookup(part.value)
                if isinstance(meaning, Named) and meaning.is_imported and meaning.path[-1:] == (part.value,):
                    self.named(meaning, whole(part))

    def check_text(self, node: ast.Constant) -> None:
        """Note a text that equals what is gone, or that is the dotted name of it."""
        if not isinstance(node.value, str) or id(node) in self.silent:
            return
        cause = self.wanted.literals.get(node.value)
        self.note(whole(node), f'"{node.value}"', cause, Tier.POSSIBLE)
        if cause is None and "." in node.value and _DOTTED.match(node.value):
            self._check_path(node, node.value.split(".")[:_MAX_PARTS])

    def _check_path(self, node: ast.Constant, parts: list[str]) -> None:
        """Note what a dotted name leads to, and each name on the way."""
        meaning: Meaning = None
        if parts[0] == self.contract.package.import_name:
            meaning, rest = Named(()), parts[1:]
        else:
            count = next(
                (n for n in range(len(parts) - 1, 0, -1) if self.modules.resolve(self.path, parts[:n], 0)), 0
            )
            module = self.modules.resolve(self.path, parts[:count], 0)
            meaning, rest = (Local(module), parts[count:]) if module is not None else (None, [])
        for name in rest:
            self.attribute(meaning, name, whole(node), Tier.POSSIBLE)
            if isinstance(meaning, Named):
                meaning = Named((*meaning.path, name))
            else:
                meaning = self.modules.member(meaning.module, name) if isinstance(meaning, Local) else None


def _last_name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")

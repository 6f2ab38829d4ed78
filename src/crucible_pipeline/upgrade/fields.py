"""Fields of models that a file gives or names: constructors, keyword arguments, keys of dictionaries."""

import ast
import json
from collections.abc import Iterator
from typing import cast

from crucible_pipeline.upgrade.meaning import Instance, Keys, Meaning, Written
from crucible_pipeline.upgrade.noting import Noting
from crucible_pipeline.upgrade.places import Place, begin, callee, whole
from crucible_pipeline.upgrade.use import Tier
from crucible_pipeline.upgrade.wanted import properties_of

_COPIERS = frozenset({"model_copy", "copy"})
_DUMPERS = frozenset({"model_dump", "model_dump_json", "dict", "json"})
_VALIDATORS = frozenset({"model_validate", "model_construct", "parse_obj"})
_READERS = frozenset({"get", "pop", "setdefault"})


class Fields(Noting):
    """Notes the fields that calls and dictionaries name."""

    def check_fields(self, node: ast.Call) -> None:
        """Note the fields that a call gives, leaves out or names."""
        made = self.scopes.type_of(self.scopes.meaning(node.func))
        if made is not None:
            self._check_making(node, made[0], made[1])
        elif node.args:
            self._check_handed(node, self.scopes.meaning(node.args[0]))
        if isinstance(node.func, ast.Attribute):
            base = self.scopes.meaning(node.func.value)
            if isinstance(base, Instance):
                self._check_named_fields(node, base.type, node.func.attr)
            elif isinstance(base, Keys) and node.func.attr in _READERS and node.args:
                self.check_key(base, node.args[0])

    def _check_handed(self, node: ast.Call, first: Meaning) -> None:
        """`partial(EvaluationRequest, timeout=3)` and `replace(request, timeout=3)`."""
        called = _name_of(node.func)
        later = self.scopes.type_of(first)
        if called == "partial" and later is not None and not later[1]:
            self._check_given(node, later[0])
        elif called == "replace" and isinstance(first, Instance):
            self._check_given(node, first.type)

    def check_key(self, keys: Keys, key: ast.expr) -> None:
        """Note the key by which a field is read from a dictionary made of a model."""
        if isinstance(key, ast.Constant) and isinstance(key.value, str):
            self.note_field(whole(key), keys.type, key.value)

    def check_shape(self, node: ast.Dict) -> None:
        """Note keys of a dictionary that has just the fields of a message, and may be sent as one."""
        keys = {key.value: key for key in node.keys if isinstance(key, ast.Constant)}
        if len(keys) < 2 or len(keys) < len(node.keys):
            return
        for name in sorted({owner for owner, _ in self.wanted.fields}):
            schema = self.contract.resolve(self.contract.types[name].schema)
            if set(schema.required) <= keys.keys() <= properties_of(self.contract, schema).keys():
                for key in keys.values():
                    self.note_field(whole(key), name, str(key.value), Tier.POSSIBLE)

    def _check_making(self, node: ast.Call, name: str, rest: tuple[str, ...]) -> None:
        first = node.args[0] if node.args else None
        if not rest and isinstance(first, ast.Constant):
            cause = self.wanted.values.get((name, str(first.value)))
            if cause is not None:
                self.silent.add(id(first))
                self.note(whole(first), f"{name}({first.value!r})".replace("'", '"'), cause)
        if rest and rest[0] in _VALIDATORS and first is not None and self._written(first) is not None:
            self._check_keys(name, first, complete=True)
            self.note(callee(node), name, self.wanted.shapes.get(name))
        if rest and rest[0] == "model_validate_json" and isinstance(first, ast.Constant):
            self._check_json(name, first)
        if rest and rest[0] != "model_construct":
            return
        self.note(callee(node), name, self.wanted.shapes.get(name))
        given = self._check_given(node, name)
        if None not in given and not rest:
            self._check_required(name, given, callee(node))

    def _check_json(self, name: str, node: ast.Constant) -> None:
        """Note the keys of a message that a text holds."""
        try:
            said: object = json.loads(node.value) if isinstance(node.value, str | bytes) else None
        except (ValueError, RecursionError):
            return
        for key in cast("dict[str, object]", said) if isinstance(said, dict) else ():
            self.note_field(whole(node), name, key, Tier.POSSIBLE)

    def _check_given(self, node: ast.Call, name: str) -> set[str | None]:
        """Note the keyword arguments of a call that makes a model; None stands for what is not known."""
        given: set[str | None] = set()
        for keyword in node.keywords:
            if keyword.arg is None:
                given |= self._check_keys(name, keyword.value)
            else:
                given.add(keyword.arg)
                self.note_field(begin(keyword, keyword.arg), name, keyword.arg)
        return given

    def _check_named_fields(self, node: ast.Call, name: str, method: str) -> None:
        """Fields named by texts: `model_copy(update={...})`, `model_dump(include={...})`."""
        for keyword in node.keywords:
            if method in _COPIERS and keyword.arg == "update":
                self._check_keys(name, keyword.value)
            elif method in _DUMPERS and keyword.arg in {"include", "exclude"}:
                self._check_keys(name, keyword.value)
                for part in keyword.value.elts if isinstance(keyword.value, ast.Set | ast.List) else ():
                    self.check_key(Keys(name), part)

    def _written(self, node: ast.expr) -> ast.Dict | ast.Call | None:
        found = self.scopes.meaning(node)
        return found.node if isinstance(found, Written) else None

    def _check_keys(self, name: str, node: ast.expr, *, complete: bool = False) -> set[str | None]:
        """Note the keys of a dictionary, also of one that a variable holds; tell which there are."""
        written = self._written(node)
        if written is None:
            return {None}
        # one that has a name may be meant for others too
        tier = Tier.LIKELY if written is node else Tier.POSSIBLE
        given: set[str | None] = set()
        for key, place in _keys(written):
            given.add(key)
            if key is not None:
                self.note_field(place, name, key, tier)
        if complete and None not in given:
            self._check_required(name, given, whole(node))
        return given

    def _check_required(self, name: str, given: set[str | None], at: Place) -> None:
        for (owner, prop), cause in self.wanted.required.items():
            if owner == name and prop not in given:
                self.note(at, f"{name}.{prop}", cause)


def _keys(written: ast.Dict | ast.Call) -> Iterator[tuple[str | None, Place]]:
    """The keys of a dictionary that is written out, each with its place; None for one that is not known."""
    if isinstance(written, ast.Call):
        for keyword in written.keywords:
            yield keyword.arg, begin(keyword, keyword.arg or "")
        return
    for key in written.keys:
        if isinstance(key, ast.Constant) and isinstance(key.value, str):
            yield key.value, whole(key)
        else:
            yield None, whole(written)


def _name_of(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""

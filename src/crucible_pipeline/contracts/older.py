"""Plain JSON Schema of the drafts 4 to 7, written as 2020-12 has it; pure.

Draft 2019-09 split `dependencies`; draft 2020-12 made a list of `items` into `prefixItems`. Up to draft 7
nothing beside a `$ref` counts (draft 7 core, section 8.3).
"""

from collections.abc import Mapping

from crucible_pipeline.contracts.nodes import Node
from crucible_pipeline.contracts.places import DEFINITIONS

_OLD = ("draft-04/schema", "draft-06/schema", "draft-07/schema")
_ONE = (
    *("items", "additionalItems", "contains", "unevaluatedItems", "additionalProperties", "propertyNames"),
    *("unevaluatedProperties", "not", "if", "then", "else"),
)
_MANY = ("items", "prefixItems", "allOf", "anyOf", "oneOf")
_NAMED = ("properties", "patternProperties", "dependentSchemas", "dependencies", *DEFINITIONS)


def modern(root: Node) -> Node:
    """A file of JSON Schema in the words of 2020-12; what has no older word in it is returned as it is."""
    dialect = root.entries["$schema"].value if "$schema" in root.entries else None
    old = isinstance(dialect, str) and dialect.rstrip("#").endswith(_OLD)
    return _written(root, old=old, top=True)


def _written(node: Node, *, old: bool, top: bool = False) -> Node:
    if not isinstance(node.value, Mapping):
        return node
    entries = {key: _inside(key, child, old=old) for key, child in node.entries.items()}
    if old and "$ref" in entries:
        kept = {"$ref", "$schema", "$id", "id", *DEFINITIONS}
        entries = {key: child for key, child in entries.items() if key in kept}
    if old or "$schema" in entries:
        _drop(entries, "id" if old else "", "" if top else "$schema")
    _listed(entries)
    _dependent(entries)
    same = len(entries) == len(node.entries) and all(
        node.entries.get(key) is child for key, child in entries.items()
    )
    return node if same else _with(node, entries)


def _with(node: Node, value: tuple[Node, ...] | dict[str, Node]) -> Node:
    return Node(value, node.mark, node.key)


def _drop(entries: dict[str, Node], *names: str) -> None:
    for name in names:
        if name in entries and isinstance(entries[name].value, str):
            del entries[name]


def _inside(key: str, child: Node, *, old: bool) -> Node:
    if key in _MANY and isinstance(child.value, tuple):
        items = tuple(_written(item, old=old) for item in child.items)
        same = all(one is other for one, other in zip(items, child.items, strict=True))
        return child if same else _with(child, items)
    if key in _NAMED and isinstance(child.value, Mapping):
        named = {name: _written(inner, old=old) for name, inner in child.entries.items()}
        same = all(named[name] is inner for name, inner in child.entries.items())
        return child if same else _with(child, named)
    return _written(child, old=old) if key in _ONE else child


def _listed(entries: dict[str, Node]) -> None:
    """A list of `items` and what may follow it."""
    if "prefixItems" in entries:
        return
    others = entries.pop("additionalItems", None)
    if "items" in entries and isinstance(entries["items"].value, tuple):
        first = entries.pop("items")
        if first.items:
            entries["prefixItems"] = first
        if others is not None:
            entries["items"] = others


def _dependent(entries: dict[str, Node]) -> None:
    """`dependencies`: a list of names, or a schema, for each name."""
    both = entries.get("dependencies")
    if both is None or not isinstance(both.value, Mapping):
        return
    del entries["dependencies"]
    names = {name: child for name, child in both.entries.items() if isinstance(child.value, tuple)}
    schemas = {name: child for name, child in both.entries.items() if name not in names}
    if names and "dependentRequired" not in entries:
        entries["dependentRequired"] = _with(both, names)
    if schemas and "dependentSchemas" not in entries:
        entries["dependentSchemas"] = _with(both, schemas)

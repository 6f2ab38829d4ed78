"""Places that a `$ref` may name by an address: every `$id` and every anchor of a file of JSON Schema, pure.

JSON Schema 2020-12 core, sections 8.2.1 and 8.2.2.
"""

from collections.abc import Mapping
from urllib.parse import urljoin

from crucible_pipeline.contracts.nodes import Node
from crucible_pipeline.contracts.places import inside
from crucible_pipeline.contracts.refs import Declared, Scope


def survey(path: str, root: Node, declared: Declared) -> None:
    """Note every `$id` and anchor of a file, and which `$id` each of its references is below.

    Args:
        path: below the contracts folder.
        root: a schema.
        declared: takes what was found.
    """
    declared.surveyed.add(path)
    todo = [("", root, Scope("", (path, "")))]
    while todo:
        place, node, scope = todo.pop()
        entries = node.entries
        identity = _text(entries, "$id")
        if identity is not None:
            address = urljoin(scope.address, identity) if scope.address else identity
            scope = Scope(address.removesuffix("#"), (path, place))
            declared.ids[scope.address] = scope.resource
        for keyword in ("$anchor", "$dynamicAnchor"):
            anchor = _text(entries, keyword)
            if anchor is not None:
                declared.anchors[scope.resource, anchor] = path, place
                if keyword == "$dynamicAnchor":
                    declared.dynamic.setdefault(anchor, []).append((path, place))
        for keyword in ("$ref", "$dynamicRef"):
            if keyword in entries:
                declared.scopes[id(entries[keyword])] = scope
        todo += ((place + below, child, scope) for below, child in inside(node))


def _text(entries: Mapping[str, Node], keyword: str) -> str | None:
    value = entries[keyword].value if keyword in entries else None
    return value if isinstance(value, str) else None

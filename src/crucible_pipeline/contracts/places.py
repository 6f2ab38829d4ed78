"""Places inside a schema, as JSON pointers (RFC 6901), pure."""

import re
from collections.abc import Iterator

from crucible_pipeline.contracts.model import KEYWORDS, MANY, NAMED, ONE
from crucible_pipeline.contracts.nodes import Node

DEFINITIONS = ("$defs", "definitions")
_ONE = frozenset(KEYWORDS[field] for field in ONE)
_MANY = frozenset(KEYWORDS[field] for field in MANY)
_NAMED = frozenset({*(KEYWORDS[field] for field in NAMED), *DEFINITIONS})


def pointer(*keys: str) -> str:
    """A JSON pointer."""
    return "".join("/" + key.replace("~", "~0").replace("/", "~1") for key in keys)


def inside(node: Node) -> Iterator[tuple[str, Node]]:
    """The schemas directly inside a schema, each with its JSON pointer from there."""
    for keyword, child in node.entries.items():
        if keyword in _ONE:
            yield pointer(keyword), child
        elif keyword in _MANY:
            yield from ((pointer(keyword, str(index)), item) for index, item in enumerate(child.items))
        elif keyword in _NAMED:
            yield from ((pointer(keyword, key), item) for key, item in child.entries.items())


def below(node: Node, way: str) -> Node | None:
    """The schema at the end of a pointer that leads through schemas only; None if there is none."""
    if way and not way.startswith("/"):
        return None
    keys = [key.replace("~1", "/").replace("~0", "~") for key in way.split("/")[1:]]
    keys.reverse()
    while keys:
        keyword = keys.pop()
        child = node.entries.get(keyword)
        if child is None or (keyword not in _ONE and not keys):
            return None
        if keyword in _ONE:
            node = child
        elif keyword in _NAMED:
            found = child.entries.get(keys.pop())
            if found is None:
                return None
            node = found
        else:
            key = keys.pop()
            place = int(key) if keyword in _MANY and re.fullmatch("0|[1-9][0-9]{0,5}", key) else -1
            if not 0 <= place < len(child.items):
                return None
            node = child.items[place]
    return node

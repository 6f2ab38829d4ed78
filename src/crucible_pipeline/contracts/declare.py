"""What each file is and what it declares, pure: its kind, its module, its types, its constants."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from crucible_pipeline.contracts import constants, names
from crucible_pipeline.contracts.nodes import Findings, Node
from crucible_pipeline.contracts.refs import Declared, pointer

WAIVERS = "waivers.yaml"
_DIALECTS = ("2020-12/schema", "2019-09/schema", "draft-07/schema", "draft-06/schema")


@dataclass(frozen=True, slots=True)
class Source:
    """A file that could be read.

    Args:
        path: below the contracts folder.
        module: the stem in snake_case.
        kind: `openapi`, `asyncapi`, `machine`, `constants`, `waivers` or `schema`.
        types: name → node of each type that it declares.
    """

    path: str
    module: str
    kind: str
    root: Node
    types: Mapping[str, Node]


def source_of(path: str, root: Node, declared: Declared, findings: Findings) -> Source:
    """Recognise a file by its content and note what it declares.

    Args:
        path: below the contracts folder.
        root: the file's content.
        declared: takes what may be referred to.
        findings: takes what is wrong.
    """
    module = names.snake(PurePosixPath(path).stem)
    kind = _kind(path, root)
    entries = root.value if isinstance(root.value, Mapping) else {}
    types: dict[str, Node] = {}
    for key, place, node in _schemas(path, kind, root, entries, findings):
        name = names.pascal(key)
        declared.types[path, place] = name
        if not names.is_usable(name):
            findings.add(
                node.key, f"{key!r} cannot name a type", "begin with a letter, then letters and digits"
            )
        elif name in types:
            findings.add(node.key, f"the type {name} is declared twice in this file", "rename one of them")
        else:
            types[name] = node
    if kind == "constants":
        declared.constants.update(constants.places(path, root))
    if kind == "asyncapi":
        declared.messages.update(_messages(path, entries))
    identity = entries.get("$id")
    if kind == "schema" and identity is not None and isinstance(identity.value, str):
        declared.ids[identity.value.removesuffix("#")] = path
    return Source(path, module, kind, root, types)


def _kind(path: str, root: Node) -> str:
    if path == WAIVERS:
        return "waivers"
    if path.startswith("constants/"):
        return "constants"
    if isinstance(root.value, Mapping):
        for key, kind in (("openapi", "openapi"), ("asyncapi", "asyncapi"), ("transitions", "machine")):
            if key in root.value:
                return kind
    return "schema"


def _schemas(
    path: str, kind: str, root: Node, entries: Mapping[str, Node], findings: Findings
) -> Iterator[tuple[str, str, Node]]:
    """Key, JSON pointer and node of every schema that gets a name."""
    if kind == "schema":
        if "$schema" in entries:
            _check_dialect(entries["$schema"], findings)
        yield PurePosixPath(path).stem, "", root
        yield from _definitions("", root)
    elif kind in {"openapi", "asyncapi"}:
        components = inside(entries, "components")
        for key, node in inside(components, "schemas").items():
            place = pointer("components", "schemas", key)
            yield key, place, node
            yield from _definitions(place, node)


def _definitions(place: str, node: Node) -> Iterator[tuple[str, str, Node]]:
    entries = node.value if isinstance(node.value, Mapping) else {}
    for group in ("$defs", "definitions"):
        for key, child in inside(entries, group).items():
            found = place + pointer(group, key)
            yield key, found, child
            yield from _definitions(found, child)


def _messages(path: str, entries: Mapping[str, Node]) -> Iterator[tuple[tuple[str, str], Node]]:
    for key, node in inside(inside(entries, "components"), "messages").items():
        yield (path, pointer("components", "messages", key)), node
    for channel, node in inside(entries, "channels").items():
        parts = node.value if isinstance(node.value, Mapping) else {}
        for key, child in inside(parts, "messages").items():
            yield (path, pointer("channels", channel, "messages", key)), child


def inside(entries: Mapping[str, Node], key: str) -> Mapping[str, Node]:
    """The entries of a mapping below a key; none if there is no mapping."""
    node = entries.get(key)
    return node.value if node is not None and isinstance(node.value, Mapping) else {}


def _check_dialect(node: Node, findings: Findings) -> None:
    said = findings.text(node, "$schema")
    if said is not None and not said.rstrip("#").endswith(_DIALECTS):
        what = f"the dialect {said!r} is not supported"
        findings.add(node.mark, what, "use https://json-schema.org/draft/2020-12/schema")

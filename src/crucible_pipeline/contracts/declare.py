"""What each file is and what it declares, pure: its kind, its module, its types, its constants."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from crucible_pipeline.contracts import constants, names, survey
from crucible_pipeline.contracts.nodes import Findings, Node
from crucible_pipeline.contracts.older import modern
from crucible_pipeline.contracts.places import DEFINITIONS, pointer
from crucible_pipeline.contracts.refs import Declared

WAIVERS = "waivers.yaml"
_NOTHING: Mapping[str, Node] = {}
_DIALECTS = ("2020-12/schema", "2019-09/schema", "draft-07/schema", "draft-06/schema", "draft-04/schema")


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

    @property
    def foreign(self) -> bool:
        """Whether somebody else chose the names: plain JSON Schema, and OpenAPI 3.0, which precedes ours."""
        if self.kind != "openapi":
            return self.kind == "schema"
        version = self.root.entries["openapi"].value
        return isinstance(version, str) and version.startswith("3.0")


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
    if kind == "schema" and ("$schema" in root.entries or path.endswith(".json")):
        root = modern(root)
    types: dict[str, Node] = {}
    for key, place, node in _schemas(path, kind, root, findings):
        name = names.pascal(key)
        if place and kind == "schema" and not names.is_usable(name):
            name = names.pascal(f"{PurePosixPath(path).stem} {place}")
        declared.types[path, place] = name
        if not names.is_usable(name):
            findings.add(
                node.key, f"{key!r} cannot name a type", "begin with a letter, then letters and digits"
            )
        elif name in types:
            findings.add(node.key, f"the type {name} is declared twice in this file", "rename one of them")
        else:
            types[name] = node
            declared.nodes.setdefault(name, node)
    if kind == "constants":
        declared.constants.update(constants.places(path, root))
    if kind == "asyncapi":
        declared.messages.update(_messages(path, root))
    if kind == "schema":
        survey.survey(path, root, declared)
    return Source(path, module, kind, root, types)


def _kind(path: str, root: Node) -> str:
    if path == WAIVERS:
        return "waivers"
    if path.startswith("constants/"):
        return "constants"
    for key, kind in (("openapi", "openapi"), ("asyncapi", "asyncapi"), ("transitions", "machine")):
        if key in root.entries:
            return kind
    return "schema"


def _schemas(path: str, kind: str, root: Node, findings: Findings) -> Iterator[tuple[str, str, Node]]:
    """Key, JSON pointer and node of every schema that gets a name."""
    if kind == "schema":
        if "$schema" in root.entries:
            _check_dialect(root.entries["$schema"], findings)
        yield PurePosixPath(path).stem, "", root
        yield from _definitions("", root)
    elif kind in {"openapi", "asyncapi"}:
        for key, node in _below(root, "components", "schemas").items():
            place = pointer("components", "schemas", key)
            yield key, place, node
            yield from _definitions(place, node)


def _definitions(place: str, node: Node) -> Iterator[tuple[str, str, Node]]:
    for group in DEFINITIONS:
        for key, child in _below(node, group).items():
            found = place + pointer(group, key)
            yield key, found, child
            yield from _definitions(found, child)


def _messages(path: str, root: Node) -> Iterator[tuple[tuple[str, str], Node]]:
    for key, node in _below(root, "components", "messages").items():
        yield (path, pointer("components", "messages", key)), node
    for channel, node in _below(root, "channels").items():
        for key, child in _below(node, "messages").items():
            yield (path, pointer("channels", channel, "messages", key)), child


def _below(node: Node, *keys: str) -> Mapping[str, Node]:
    """The entries of the mapping that the keys lead to; none if there is no mapping."""
    found = node.entries
    for key in keys:
        found = found[key].entries if key in found else _NOTHING
    return found


def _check_dialect(node: Node, findings: Findings) -> None:
    said = findings.text(node, "$schema")
    if said is not None and not said.rstrip("#").endswith(_DIALECTS):
        what = f"the dialect {said!r} is not supported"
        findings.add(node.mark, what, "use https://json-schema.org/draft/2020-12/schema")

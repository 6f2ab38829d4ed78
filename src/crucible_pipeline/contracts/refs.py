"""References: what every file declares, and what a `$ref` means, pure."""

import difflib
import posixpath
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias, TypeVar
from urllib.parse import unquote, urljoin

from crucible_pipeline.contracts import names
from crucible_pipeline.contracts.model import JsonValue, Schema
from crucible_pipeline.contracts.nodes import Findings, Node
from crucible_pipeline.contracts.places import below

T = TypeVar("T")
# Names among which to look for what was meant, over all problems: each costs time, and many help nobody.
_MANY = 20_000
# A path below the contracts folder and a JSON pointer.
Place: TypeAlias = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Scope:
    """What a reference is resolved against.

    Args:
        address: the `$id` that counts here, made absolute; empty if there is none.
        resource: where that `$id` stands.
    """

    address: str
    resource: Place


@dataclass(frozen=True, slots=True)
class Declared:
    """What `$ref`s may name. A place is a path below the contracts folder and a JSON pointer.

    Args:
        types: place → name of the type.
        nodes: name of a type → its node.
        constants: place → value.
        messages: place → the message's node, with the path of its file.
        ids: `$id`, made absolute → where it stands.
        anchors: where the `$id` stands that counts, and an anchor → its place.
        dynamic: `$dynamicAnchor` → its places in all files.
        scopes: identity of the node of a `$ref` → its scope.
        surveyed: paths of the files whose `$id`s and anchors are known.
        late: path and name of each type that is one because something refers to it; emptied as they are read.
        files: every path.
        broken: paths of the files that could not be read; what they declare is not known.
        compared: whether no code is made of them.
    """

    types: dict[Place, str] = field(default_factory=dict[Place, str])
    nodes: dict[str, Node] = field(default_factory=dict[str, Node])
    constants: dict[Place, JsonValue] = field(default_factory=dict[Place, JsonValue])
    messages: dict[Place, Node] = field(default_factory=dict[Place, Node])
    ids: dict[str, Place] = field(default_factory=dict[str, Place])
    anchors: dict[tuple[Place, str], Place] = field(default_factory=dict[tuple[Place, str], Place])
    dynamic: dict[str, list[Place]] = field(default_factory=dict[str, list[Place]])
    scopes: dict[int, Scope] = field(default_factory=dict[int, Scope])
    surveyed: set[str] = field(default_factory=set[str])
    late: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    files: set[str] = field(default_factory=set[str])
    broken: set[str] = field(default_factory=set[str])
    compared: bool = False

    def place(self, path: str, ref: str, scope: Scope | None = None) -> Place:
        """Where a reference leads (RFC 3986 section 5; RFC 6901 section 6; JSON Schema core, section 9.2).

        Args:
            path: of the file that it stands in.
            ref: the reference.
            scope: what it is below; None in a file that was not surveyed.
        """
        address, _, fragment = ref.partition("#")
        fragment = unquote(fragment)
        absolute = urljoin(scope.address, address) if scope is not None and scope.address else address
        if not address:
            resource = (path, "") if scope is None else scope.resource
        elif absolute in self.ids:
            resource = self.ids[absolute]
        else:
            resource = posixpath.normpath(posixpath.join(posixpath.dirname(path), unquote(address))), ""
        if fragment and not fragment.startswith("/"):
            return self.anchors.get((resource, fragment), (resource[0], f"#{fragment}"))
        return resource[0], resource[1] + fragment

    def type_at(self, place: Place) -> str | None:
        """The name of the type at a place; a schema inside a type becomes one by being referred to.

        Its name is made of the way to it: `Order` and `/properties/item` give OrderPropertiesItem.
        """
        path, whole = place
        start = whole
        while (path, start) not in self.types:
            if not start:
                return None
            start = start.rpartition("/")[0]
        owner = self.types[path, start]
        if start == whole:
            return owner
        found = below(self.nodes[owner], whole[len(start) :]) if owner in self.nodes else None
        if found is None:
            return None
        name = names.pascal(f"{owner} {whole[len(start) :]}")
        self.types[place] = name
        self.nodes[name] = found
        self.late.append((path, name))
        return name


@dataclass(frozen=True, slots=True)
class Here:
    """The file that is being read.

    Args:
        path: below the contracts folder.
        foreign: whether somebody else chose the names: a plain JSON Schema or an OpenAPI 3.0 file. What
            Python cannot write gets another name there; in contracts of one's own it is reported.
        known: what flat schemas became, for a large file says the same ones again and again.
    """

    path: str
    declared: Declared
    findings: Findings
    foreign: bool = False
    known: dict[Hashable, Schema] = field(default_factory=dict[Hashable, Schema], compare=False)

    @property
    def tolerant(self) -> bool:
        """Whether only the specification of JSON Schema decides what is wrong here."""
        return self.foreign and self.declared.compared and self.path.endswith(".json")

    def type_name(self, node: Node) -> str | None:
        """The type that a `$ref` names; None, and a problem, if there is none."""
        if isinstance(node.value, str):
            place = self.declared.place(self.path, node.value, self.declared.scopes.get(id(node)))
            found = self.declared.type_at(place)
            if found is not None:
                return found
        return self._look_up(node, self.declared.types, "type")

    def message(self, node: Node) -> "tuple[Node, Here] | None":
        """The message that a `$ref` names, with the file it stands in."""
        found = self._look_up(node, self.declared.messages, "message")
        if found is None or not isinstance(node.value, str):
            return None
        target, _ = self.declared.place(self.path, node.value)
        return found, Here(target, self.declared, self.findings)

    def constant(self, node: Node) -> JsonValue:
        """The value of the constant that a `$ref` names; None, and a problem, if there is none."""
        return self._look_up(node, self.declared.constants, "constant")

    def literal(self, node: Node) -> JsonValue:
        """A value: itself, or the constant's if it is `{$ref: ...}`."""
        ref = refers(node)
        # In a file of JSON Schema no constant stands, and a value may look like a reference to its own file.
        own = ref is not None and isinstance(ref.value, str) and ref.value.startswith("#")
        return node.json() if ref is None or (own and self.foreign) else self.constant(ref)

    def _look_up(self, node: Node, known: Mapping[tuple[str, str], T], what: str) -> T | None:
        ref = self.findings.text(node, "$ref")
        if ref is None:
            return None
        place = self.declared.place(self.path, ref)
        if place in known:
            return known[place]
        path, pointer = place
        if path in self.declared.broken:
            return None
        self.findings.add(node.mark, *self._missing(ref, path, pointer, known, what))
        return None

    def _missing(
        self, ref: str, path: str, pointer: str, known: Mapping[tuple[str, str], object], what: str
    ) -> tuple[str, str]:
        if path.startswith(("../", "/")) or path == ".." or ":" in ref.partition("#")[0]:
            return f"the $ref {ref!r} leaves the contracts folder", "refer to a file inside it"
        if path not in self.declared.files:
            close = difflib.get_close_matches(path, self.declared.files, n=1)
            todo = f"did you mean {close[0]!r}?" if close else "correct the path, it counts from this file"
            return f"the $ref {ref!r} names no file of the contracts", todo
        if len(self.findings.problems) * len(known) > _MANY:
            return f"the $ref {ref!r} names no {what}", f"declare the {what} or correct the reference"
        # Those of the same file come last, so that they win among equal names.
        by_name = {
            place[1].rpartition("/")[2]: place for place in sorted(known, key=lambda one: one[0] == path)
        }
        close = difflib.get_close_matches(pointer.rpartition("/")[2], by_name, n=1)
        if close:
            file, inside = by_name[close[0]]
            start = posixpath.dirname(self.path) or "."
            shown = "" if file == self.path else posixpath.relpath(file, start)
            return f"the $ref {ref!r} names no {what}", f"did you mean {f'{shown}#{inside}'!r}?"
        return f"the $ref {ref!r} names no {what}", f"declare the {what} or correct the reference"


def refers(node: Node) -> Node | None:
    """The `$ref` of a mapping that holds nothing else."""
    return node.entries["$ref"] if list(node.entries) == ["$ref"] else None

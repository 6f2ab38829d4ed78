"""References: what every file declares, and what a `$ref` means, pure."""

import difflib
import posixpath
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar
from urllib.parse import unquote

from crucible_pipeline.contracts.model import JsonValue
from crucible_pipeline.contracts.nodes import Findings, Node

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Declared:
    """What `$ref`s may name. A place is a path below the contracts folder and a JSON pointer.

    Args:
        types: place → name of the type.
        nodes: name of a type → its node.
        constants: place → value.
        messages: place → the message's node, with the path of its file.
        ids: `$id` of a file → its path.
        files: every path.
        broken: paths of the files that could not be read; what they declare is not known.
    """

    types: dict[tuple[str, str], str] = field(default_factory=dict[tuple[str, str], str])
    nodes: dict[str, Node] = field(default_factory=dict[str, Node])
    constants: dict[tuple[str, str], JsonValue] = field(default_factory=dict[tuple[str, str], JsonValue])
    messages: dict[tuple[str, str], Node] = field(default_factory=dict[tuple[str, str], Node])
    ids: dict[str, str] = field(default_factory=dict[str, str])
    files: set[str] = field(default_factory=set[str])
    broken: set[str] = field(default_factory=set[str])

    def place(self, path: str, ref: str) -> tuple[str, str]:
        """Where a reference points to, seen from a file (RFC 3986, section 5; RFC 6901, section 6)."""
        base, _, pointer = ref.partition("#")
        target = self.ids.get(base) or posixpath.normpath(
            posixpath.join(posixpath.dirname(path), unquote(base))
        )
        return (target if base else path), unquote(pointer)


@dataclass(frozen=True, slots=True)
class Here:
    """The file that is being read.

    Args:
        path: below the contracts folder.
        foreign: whether somebody else chose the names: a plain JSON Schema or an OpenAPI 3.0 file. What
            Python cannot write gets another name there; in contracts of one's own it is reported.
    """

    path: str
    declared: Declared
    findings: Findings
    foreign: bool = False

    def type_name(self, node: Node) -> str | None:
        """The type that a `$ref` names; None, and a problem, if there is none."""
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
        return node.json() if ref is None else self.constant(ref)

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


def pointer(*keys: str) -> str:
    """A JSON pointer (RFC 6901)."""
    return "".join("/" + key.replace("~", "~0").replace("/", "~1") for key in keys)

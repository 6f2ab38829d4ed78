"""A text of YAML or JSON as nodes: JSON values that know their place, and the problems found on the way."""

import difflib
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from crucible_pipeline.contracts.model import JsonValue
from crucible_pipeline.errors import Mark, Problem

Scalar: TypeAlias = bool | int | float | str | None

# Bounds for untrusted files; a real description of a thousand schemas stays far below them.
MAX_CHARACTERS = 32 * 1024 * 1024
MAX_DEPTH = 100
MAX_NODES = 2_000_000
MAX_ALIASED_NODES = 20_000


@dataclass(frozen=True, slots=True)
class Node:
    """A JSON value with its places.

    Args:
        value: a scalar, a tuple of nodes or a mapping to nodes.
        mark: where the value begins.
        key: where its key stands; the same as `mark` for an item of a list and for the root.
    """

    value: "Scalar | tuple[Node, ...] | dict[str, Node]"
    mark: Mark
    key: Mark

    @property
    def entries(self) -> "Mapping[str, Node]":
        """The entries of a mapping; none if it is something else."""
        return self.value if isinstance(self.value, dict) else {}

    @property
    def items(self) -> "tuple[Node, ...]":
        """The items of a list; none if it is something else."""
        return self.value if isinstance(self.value, tuple) else ()

    def plain(self) -> Hashable | None:
        """Something that is equal for equal flat mappings only; None where that would take long."""
        return None

    def json(self) -> JsonValue:
        """The value without places."""
        if isinstance(self.value, dict):
            return {name: child.json() for name, child in self.entries.items()}
        if isinstance(self.value, tuple):
            return [child.json() for child in self.value]
        return self.value

    @property
    def kind(self) -> str:
        """What it is, in the words of the author: `a mapping`, `a list`, `a string` ..."""
        if isinstance(self.value, dict):
            return "a mapping"
        if isinstance(self.value, tuple):
            return "a list"
        return kind_of(self.value)


def kind_of(value: Scalar) -> str:
    """The name of a scalar's JSON type with its article."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a boolean"
    return "a string" if isinstance(value, str) else "a number"


def nearest(word: str, known: Iterable[str], otherwise: str) -> str:
    """What to do about an unknown word: `did you mean 'x'?`, or `otherwise` if nothing is near."""
    close = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"did you mean {close[0]!r}?" if close else otherwise


@dataclass(frozen=True, slots=True)
class Findings:
    """The problems found so far. Each reader reports here and goes on with what can be read."""

    problems: list[Problem] = field(default_factory=list[Problem])

    def add(self, mark: Mark, what: str, todo: str, rule: str = "") -> None:
        """Report one problem; `rule` where a page explains it."""
        self.problems.append(Problem(mark, what, todo, rule))

    def mapping(self, node: Node, what: str) -> Mapping[str, Node]:
        """The entries of a mapping; none, and a problem, if it is something else."""
        if not isinstance(node.value, dict):
            todo = "write it as `name: value` lines"
            self.add(node.mark, f"{what} has to be a mapping, not {node.kind}", todo)
        return node.entries

    def sequence(self, node: Node, what: str) -> tuple[Node, ...]:
        """The items of a list; none, and a problem, if it is something else."""
        if not isinstance(node.value, tuple):
            self.add(node.mark, f"{what} has to be a list, not {node.kind}", "write it as `- item` lines")
        return node.items

    def text(self, node: Node, what: str) -> str | None:
        """A string; None, and a problem, if it is something else."""
        if isinstance(node.value, str):
            return node.value
        self.add(node.mark, f"{what} has to be a string, not {node.kind}", "put it in quotes")
        return None

    def texts(self, node: Node, what: str) -> tuple[str, ...]:
        """A list of strings, each once."""
        found: list[str] = []
        for item in self.sequence(node, what):
            word = self.text(item, f"an item of {what}")
            if word is None:
                continue
            if word in found:
                self.add(item.mark, f"{what} names {word!r} twice", "remove one of them")
            else:
                found.append(word)
        return tuple(found)

    def flag(self, node: Node, what: str) -> bool:
        """A boolean; False, and a problem, if it is something else."""
        if isinstance(node.value, bool):
            return node.value
        self.add(node.mark, f"{what} has to be true or false, not {node.kind}", "write true or false")
        return False

    def only(self, entries: Mapping[str, Node], known: Iterable[str], what: str) -> None:
        """Report every key that is not among the known ones; `x-` keys are words of the author."""
        allowed = list(known)
        for name, node in entries.items():
            if name not in allowed and not name.startswith("x-"):
                self.add(
                    node.key,
                    f"{what} knows no {name!r}",
                    nearest(name, allowed, f"remove it; known are {', '.join(allowed)}"),
                )

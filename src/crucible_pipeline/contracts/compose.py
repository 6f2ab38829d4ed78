"""Text to nodes, pure: YAML 1.2 (core schema) for .yaml and .yml, JSON for .json.

PyYAML reads YAML 1.1, where `no` is false, `1:30` is 90 and `2024-01-01` a date. Here its implicit
resolvers are replaced by those of YAML 1.2.2, section 10.3 (core schema), so that `no` is a string.
"""

import math
import re
from typing import TYPE_CHECKING, Any, cast

import yaml

from crucible_pipeline.contracts import json_quick, json_text
from crucible_pipeline.contracts.nodes import (
    MAX_ALIASED_NODES,
    MAX_CHARACTERS,
    MAX_DEPTH,
    MAX_NODES,
    Findings,
    Node,
    Scalar,
)
from crucible_pipeline.contracts.texts import Texts
from crucible_pipeline.errors import Mark

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from yaml import SafeLoader as _Base
else:
    # A PyYAML that was built without libyaml gives the same result, slowly.
    _Base = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_GRAPH = cast("Callable[[str, type], yaml.Node | None]", cast("Any", yaml).compose)  # the stubs name no types
_TAG = "tag:yaml.org,2002:"
_NULL = re.compile(r"(?:~|null|Null|NULL|)\Z")
_BOOL = re.compile(r"(?:true|True|TRUE|false|False|FALSE)\Z")
_INT = re.compile(r"(?:[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)\Z")
_FLOAT = re.compile(
    r"(?:[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))\Z"
)
_PLAIN = (("null", _NULL), ("bool", _BOOL), ("int", _INT), ("float", _FLOAT))


class _Loader(_Base):
    """Composes nodes and resolves plain scalars by the core schema; it constructs nothing."""

    yaml_implicit_resolvers = {None: [(_TAG + name, pattern) for name, pattern in _PLAIN]}  # noqa: RUF012


def read_text(path: str, texts: "Mapping[str, str]", file: str, findings: Findings) -> Node | None:
    """Read one of several files; see `compose`.

    Large JSON is read without making a text of it, which is made again where a place has to be shown.
    """
    if path.endswith(".json") and isinstance(texts, Texts) and len(texts.content(path)) <= MAX_CHARACTERS:
        ascii_text = json_quick.in_ascii(texts.content(path))
        if ascii_text is not None:
            quick = json_quick.parse(ascii_text, file, lambda: json_text.parse(texts[path], file, Findings()))
            if quick is not None:
                return quick
    return compose(path, texts[path], file, findings)


def compose(path: str, text: str, file: str, findings: Findings) -> Node | None:
    """Read one file.

    Args:
        path: decides by its ending between JSON and YAML.
        text: the content; undecodable bytes as lone surrogates.
        file: the name for marks.
        findings: takes what is wrong.

    Returns:
        The root, or None if the file could not be read.
    """
    if len(text) > MAX_CHARACTERS:
        findings.add(
            Mark(file),
            f"the file is larger than {MAX_CHARACTERS // 2**20} MiB",
            "split it into several files",
        )
        return None
    undecodable = None if _is_whole(text) else re.search("[\ud800-\udfff]", text)
    if undecodable:
        findings.add(_at(text, undecodable.start(), file), "this byte is not UTF-8", "save the file as UTF-8")
        return None
    if path.endswith(".json"):
        quick = None
        if not json_quick.has_half_pair(text):
            quick = json_quick.parse(text, file, lambda: json_text.parse(text, file, Findings()))
        return quick if quick is not None else json_text.parse(text, file, findings)
    try:
        root = _GRAPH(text, _Loader)
    except yaml.MarkedYAMLError as error:
        _report_syntax(error, file, findings)
        return None
    except yaml.reader.ReaderError as error:
        mark = _at(text, error.position, file)
        findings.add(mark, "this character is not allowed in YAML", "write it as an escape in double quotes")
        return None
    except RecursionError:
        findings.add(Mark(file), "the file is nested too deeply", f"stay below {MAX_DEPTH} levels")
        return None
    if root is None:
        findings.add(Mark(file), "the file is empty", "write a contract into it or delete it")
        return None
    try:
        return _Tree(file, findings).node(root, None, 0)
    except _TooMuchError as error:
        findings.add(error.mark, str(error), "write it out or split the file")
        return None


def _is_whole(text: str) -> bool:
    """Whether all bytes could be decoded; a fast answer for the usual case."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _at(text: str, offset: int, file: str) -> Mark:
    line = text.count("\n", 0, offset)
    return Mark(file, line + 1, offset - (text.rfind("\n", 0, offset) + 1) + 1)


def _report_syntax(error: yaml.MarkedYAMLError, file: str, findings: Findings) -> None:
    # What never ends is wrong where it begins.
    unended = "end of stream" in (error.problem or "")
    place = (error.context_mark if unended else None) or error.problem_mark or error.context_mark
    mark = Mark(file, place.line + 1, place.column + 1) if place else Mark(file)
    said = " ".join(part for part in (error.context, error.problem) if part) or "unreadable"
    if error.context and "single document" in error.context:
        findings.add(mark, "the file holds several YAML documents", "put each into a file of its own")
    else:
        findings.add(mark, f"broken YAML: {said}", "correct the syntax here or just above")


class _TooMuchError(Exception):
    def __init__(self, mark: Mark, what: str) -> None:
        super().__init__(what)
        self.mark = mark


class _Tree:
    """Turns PyYAML's graph into a tree, within bounds: an alias is a copy of what it names."""

    def __init__(self, file: str, findings: Findings) -> None:
        self.file = file
        self.findings = findings
        self.seen: set[int] = set()
        self.nodes = 0
        self.aliased = 0

    def mark(self, node: yaml.Node) -> Mark:
        return Mark(self.file, node.start_mark.line + 1, node.start_mark.column + 1)

    def node(self, node: yaml.Node, key: Mark | None, depth: int) -> Node:
        mark = self.mark(node)
        self.nodes += 1
        self.aliased += id(node) in self.seen
        if self.aliased > MAX_ALIASED_NODES or self.nodes > MAX_NODES:
            raise _TooMuchError(mark, "the file holds too many values, or its aliases expand to too many")
        if depth > MAX_DEPTH:
            raise _TooMuchError(
                mark, f"the file is nested deeper than {MAX_DEPTH} levels, or an alias holds itself"
            )
        self.seen.add(id(node))
        if isinstance(node, yaml.ScalarNode):
            return Node(self.scalar(node, mark), mark, key or mark)
        name = node.tag.removeprefix(_TAG)
        if name != ("map" if isinstance(node, yaml.MappingNode) else "seq"):
            self.findings.add(mark, f"the tag {node.tag!r} is no JSON type", "remove the tag")
        if isinstance(node, yaml.MappingNode):
            return Node(self.entries(node, depth), mark, key or mark)
        items = tuple(self.node(child, None, depth + 1) for child in node.value)
        return Node(items, mark, key or mark)

    def entries(self, node: yaml.MappingNode, depth: int) -> dict[str, Node]:
        entries: dict[str, Node] = {}
        for key, child in node.value:
            mark = self.mark(key)
            name = self.key(key, mark)
            value = self.node(child, mark, depth + 1)
            if name is None:
                continue
            if name in entries:
                first = entries[name].key
                self.findings.add(
                    mark, f"the key {name!r} stands twice, first in line {first.line}", "remove one of them"
                )
            else:
                entries[name] = value
        return entries

    def key(self, node: yaml.Node, mark: Mark) -> str | None:
        if not isinstance(node, yaml.ScalarNode) or node.tag != _TAG + "str":
            what = f"the key {node.value!r}" if isinstance(node, yaml.ScalarNode) else "this key"
            self.findings.add(mark, f"{what} is no string", "put it in quotes")
            return None
        if node.value == "<<" and not node.style:
            self.findings.add(mark, "merge keys (<<) are not part of YAML 1.2", "write the entries out")
            return None
        return str(node.value)

    def scalar(self, node: yaml.ScalarNode, mark: Mark) -> Scalar:
        text: str = node.value
        name = node.tag.removeprefix(_TAG)
        pattern = dict(_PLAIN).get(name)
        if name == "str":
            return text
        if pattern is None:
            self.findings.add(
                mark, f"the tag {node.tag!r} is no JSON type", "remove the tag, quote the value if need be"
            )
            return text
        if pattern.match(text) is None:
            self.findings.add(mark, f"{text!r} is no {name}", "remove the tag")
            return text
        return self.number(name, text, mark) if name in {"int", "float"} else _WORDS[text.lower()]

    def number(self, name: str, text: str, mark: Mark) -> Scalar:
        try:
            if name == "int":
                return int(text, 0) if text[:2] in {"0o", "0x"} else int(text)
            value = float(text.replace(".inf", "inf").replace(".nan", "nan").replace(".NaN", "nan"))
        except ValueError:
            value = math.nan
        if math.isfinite(value):
            return value
        self.findings.add(
            mark, f"{text[:40]!r} is no number of JSON", "write a finite number of ordinary size"
        )
        return 0


_WORDS: dict[str, Scalar] = {"": None, "~": None, "null": None, "true": True, "false": False}

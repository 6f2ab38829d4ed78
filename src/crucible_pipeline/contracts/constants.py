"""Files below `constants/`, pure: `group: {name: value}`, each value bare or with a description."""

from collections.abc import Iterator, Mapping

from crucible_pipeline.contracts import names
from crucible_pipeline.contracts.keywords import former_names
from crucible_pipeline.contracts.model import RENAMED, Constant, JsonValue
from crucible_pipeline.contracts.nodes import Findings, Node
from crucible_pipeline.contracts.places import pointer

_LONG = {"value", "description", RENAMED}


def places(path: str, root: Node) -> Iterator[tuple[tuple[str, str], JsonValue]]:
    """Every constant that a `$ref` may name: file and JSON pointer → value."""
    for group, name, node in _entries(root):
        found = pointer(*filter(None, (group, name)))
        yield (path, found), _long(node)[0].json()


def read(root: Node, module: str, findings: Findings) -> tuple[list[Constant], dict[str, str]]:
    """Read one file.

    Returns:
        The constants, and what is said about the file (under `""`) and about each group.
    """
    words: dict[str, str] = {}
    for name, node in findings.mapping(root, "a file of constants").items():
        if name == "description":
            words[""] = findings.text(node, name) or ""
        elif _is_group(node) and "description" in node.entries:
            words[names.snake(name)] = findings.text(node.entries["description"], "description") or ""
    found: dict[str, Constant] = {}
    for group, name, node in _entries(root):
        constant = _constant(module, group, name, node, findings)
        if constant is None:
            continue
        first = found.setdefault(constant.path, constant)
        if first is not constant:
            findings.add(node.key, f"the constant {constant.path} is declared twice", "rename one of them")
    return list(found.values()), words


def _entries(root: Node) -> Iterator[tuple[str, str, Node]]:
    """Group, name and node of each constant; the group is empty at the top of the file."""
    for name, node in root.entries.items():
        if name == "description":
            continue
        if not _is_group(node):
            yield "", name, node
            continue
        for inner, child in node.entries.items():
            if inner != "description":
                yield name, inner, child


def _is_group(node: Node) -> bool:
    return isinstance(node.value, Mapping) and not ("value" in node.entries and node.entries.keys() <= _LONG)


def _long(node: Node) -> tuple[Node, Node | None, Node | None]:
    """The value, the description and the former name of a constant in either form."""
    return node.entries.get("value", node), node.entries.get("description"), node.entries.get(RENAMED)


def _constant(module: str, group: str, name: str, node: Node, findings: Findings) -> Constant | None:
    for part in filter(None, (group, name)):
        if not names.is_usable(names.snake(part)):
            findings.add(node.key, f"{part!r} cannot name a constant", "take words of letters and digits")
            return None
    value, words, former = _long(node)
    plain = value.json()
    scalars = plain if isinstance(plain, list) else [plain]
    if plain is None or isinstance(plain, dict) or any(isinstance(item, list | dict) for item in scalars):
        what = f"the constant {name!r} has to be a scalar or a list of scalars, not {value.kind}"
        findings.add(value.mark, what, "write a value; groups are one level deep")
        return None
    description = findings.text(words, "description") if words is not None else None
    renamed = _former(former, module, names.snake(group), findings) if former is not None else ()
    return Constant(module, names.snake(group), names.snake(name), plain, description, node.key, renamed)


def _former(node: Node, module: str, group: str, findings: Findings) -> tuple[str, ...]:
    """The former paths: a bare name is one of the same group, a path with dots is one of any file."""
    found: list[str] = []
    for said in former_names(node, findings, RENAMED):
        parts = [names.snake(part) for part in said.split(".")]
        if not all(map(names.is_usable, parts)) or len(parts) > 3:
            what = f"{said!r} cannot have named a constant"
            findings.add(node.mark, what, "write its name, or file.group.name")
        else:
            found.append(".".join(parts if len(parts) > 1 else filter(None, (module, group, *parts))))
    return tuple(found)

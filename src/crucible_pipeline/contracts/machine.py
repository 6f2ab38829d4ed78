"""A file of transitions, pure: `transitions: {state: [states it may become]}`."""

from collections.abc import Mapping

from crucible_pipeline.contracts.model import StateMachine, TypeDef
from crucible_pipeline.contracts.names import is_usable
from crucible_pipeline.contracts.nodes import Node, nearest
from crucible_pipeline.contracts.refs import Here, refers

_KEYS = ("transitions", "enum", "names", "description")
_NAMES = ("machine", "update")


def read(root: Node, module: str, here: Here, types: Mapping[str, TypeDef]) -> StateMachine | None:
    """Read one file.

    Args:
        root: the file's content.
        module: the file's module.
        here: the file; its findings take what is wrong.
        types: every type of the contract, to find the enum and to check the states against it.

    Returns:
        The machine, or None if its enum is not known.
    """
    findings = here.findings
    entries = findings.mapping(root, "a file of transitions")
    findings.only(entries, _KEYS, "a file of transitions")
    given = findings.mapping(entries["transitions"], "transitions")
    transitions: dict[str, tuple[str, ...]] = {}
    for state, node in given.items():
        transitions[state] = (
            () if node.value is None else findings.texts(node, f"the transitions of {state!r}")
        )
    enum = _enum(entries, transitions, here, types)
    if enum is None:
        return None
    states = [value for value in types[enum].schema.enum or () if isinstance(value, str)]
    _check(given, entries["transitions"], states, enum, here)
    names: dict[str, str] = {}
    if "names" in entries:
        said = findings.mapping(entries["names"], "names")
        findings.only(said, _NAMES, "names")
        for key in filter(said.__contains__, _NAMES):
            name = findings.text(said[key], key)
            if name is not None and is_usable(name):
                names[key] = name
            elif name is not None:
                findings.add(said[key].mark, f"{name!r} cannot name a function", "take an identifier")
    words = findings.text(entries["description"], "description") if "description" in entries else None
    marks = {state: node.key for state, node in given.items()}
    return StateMachine(enum, module, transitions, names, words, entries["transitions"].key, marks)


def _enum(
    entries: Mapping[str, Node],
    transitions: Mapping[str, tuple[str, ...]],
    here: Here,
    types: Mapping[str, TypeDef],
) -> str | None:
    enums = {
        name: {value for value in found.schema.enum if isinstance(value, str)}
        for name, found in types.items()
        if found.schema.enum
    }
    node = entries.get("enum")
    if node is not None:
        ref = refers(node)
        name = here.type_name(ref) if ref is not None else here.findings.text(node, "enum")
        if name is not None and name not in enums and not (here.declared.broken and name not in types):
            todo = nearest(name, enums, "name a type with an enum of strings")
            here.findings.add(node.mark, f"{name!r} is no enum of the contract", todo)
        return name if name in enums else None
    states = {*transitions, *(state for after in transitions.values() for state in after)}
    equal = [name for name, values in enums.items() if values == states]
    # A misspelled state must not hide which enum is meant: then the one nearest to the states is taken.
    near = [name for name, values in enums.items() if len(values & states) * 2 > len(values | states)]
    found = equal or near
    if len(found) == 1:
        return found[0]
    if not here.declared.broken:
        what = f"{len(found) or 'no'} enums have these states"
        here.findings.add(entries["transitions"].key, what, "say which is meant: `enum: NAME`")
    return None


def _check(given: Mapping[str, Node], whole: Node, states: list[str], enum: str, here: Here) -> None:
    for state, node in given.items():
        if state not in states:
            todo = nearest(state, states, f"take a value of {enum}")
            here.findings.add(node.key, f"the state {state!r} is no value of {enum}", todo)
        for item in node.items:
            if isinstance(item.value, str) and item.value not in states:
                what = f"the transition from {state!r} leads to {item.value!r}, which is no value of {enum}"
                here.findings.add(item.mark, what, nearest(item.value, states, f"take a value of {enum}"))
    for state in states:
        if state not in given:
            what = f"the state {state!r} has no entry"
            here.findings.add(
                whole.key, what, f"add `{state}: []` if it is final, or the states it may become"
            )

"""Enums as Python text, pure."""

from crucible_pipeline.contracts import former
from crucible_pipeline.contracts.model import JsonValue, StateMachine
from crucible_pipeline.contracts.names import upper
from crucible_pipeline.generate.python_kinds import EnumShape, Shape
from crucible_pipeline.generate.text import (
    INDENT,
    WIDTH,
    Attribute,
    Expression,
    Name,
    assignment,
    call,
    class_head,
    docstring,
    flat,
    literal,
)


def enum_text(shape: EnumShape, bases: tuple[str, ...], machine: StateMachine | None) -> str:
    """The class of an enum.

    Args:
        shape: what it holds.
        bases: what `StrEnum` or `IntEnum` is called in the module, and the metaclass if it has one.
        machine: how its members follow each other, where a machine says so.
    """
    given = shape.schema.enum_descriptions
    texts = given if len(given) == len(shape.values) else ("",) * len(shape.values)
    lines: list[str] = []
    for member, value, text in zip(shape.members, shape.values, texts, strict=True):
        lines.append(f"{INDENT}{member} = {flat(literal(value))}\n")
        if text:
            lines.append(docstring(text, 1))
    if shape.schema.extensible:
        lines.append(f"{INDENT}__open__ = True\n")
    for name, found in (("__former__", former.members(shape.schema)), ("__aged__", aged(shape))):
        if found:
            lines.append(assignment(name, "ClassVar", literal({**found}), 1) + "\n")
    methods = _transition_methods(machine) if machine else ""
    return f"{class_head(shape.name, *bases)}{words_of(shape)}\n{''.join(lines)}{methods}"


def aged(shape: EnumShape) -> dict[str, str]:
    """Member that the contract gives up → what the warning says."""
    given = shape.schema.enum_descriptions
    words = dict(zip(shape.values, given, strict=True)) if len(given) == len(shape.values) else {}
    found: dict[str, str] = {}
    for value in shape.schema.enum_deprecated:
        member = shape.members[shape.values.index(value)]
        said = " ".join(words.get(value, "").split())
        found[member] = f"{shape.name}.{member} is deprecated{f': {said}' if said else ''}"
    return found


def member_of(shape: EnumShape, value: JsonValue) -> Expression:
    """A member in code that is to run without a warning."""
    if value in shape.schema.enum_deprecated:
        return call(Name("", shape.name), literal(value))
    return Attribute(Name("", shape.name), shape.members[shape.values.index(value)])


def words_of(shape: Shape) -> str:
    """The docstring of a class."""
    return docstring(shape.schema.description or shape.schema.title or f"{shape.name} of the contract.", 1)


def gone(shape: Shape) -> str:
    """What the warning about a deprecated type says."""
    words = " ".join((shape.schema.description or "").split())
    return f"{shape.name} is deprecated{f': {words}' if words else ''}"


def machine_name(machine: StateMachine) -> str:
    """The constant that holds a state machine."""
    return f"{upper(machine.enum)}_MACHINE"


def signature(name: str, parameters: tuple[str, ...], returns: str, depth: int) -> str:
    """The head of a function, up to its line break."""
    indent = INDENT * depth
    line = f"{indent}def {name}({', '.join(parameters)}) -> {returns}:\n"
    if len(line) <= WIDTH + 1:
        return line
    inner = "".join(f"{indent}{INDENT}{parameter},\n" for parameter in parameters)
    return f"{indent}def {name}(\n{inner}{indent}) -> {returns}:\n"


def _transition_methods(machine: StateMachine) -> str:
    """The methods of an enum whose members follow each other as a state machine allows."""
    enum, table = machine.enum, machine_name(machine)
    following = f"following: {enum} | str"
    methods = (
        ("is_terminal", ("self",), "bool", "Whether no other state may follow."),
        (
            "can_become",
            ("self", following),
            "bool",
            "Whether `following` may come next; the same state always may.",
        ),
        (
            "check_transition",
            ("self", following),
            enum,
            "Return `following` as a member, or raise InvalidTransition.",
        ),
    )
    late = f"{INDENT * 2}from .{machine.module} import {table}\n\n"
    return "".join(
        "\n"
        + signature(name, parameters, returns, 1)
        + docstring(words, 2)
        + late
        + f"{INDENT * 2}return {table}.{name}({', '.join(part.partition(':')[0] for part in parameters)})\n"
        for name, parameters, returns, words in methods
    )

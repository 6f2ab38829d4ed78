"""Modules of constants, transitions and channels, pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from crucible_pipeline.contracts.model import Channel, Constant, Contract, StateMachine
from crucible_pipeline.contracts.names import upper
from crucible_pipeline.generate.python_enums import machine_name, signature
from crucible_pipeline.generate.python_kinds import EnumShape, Shape
from crucible_pipeline.generate.text import (
    HEADER,
    INDENT,
    Either,
    Expression,
    Group,
    Keyed,
    assignment,
    call,
    class_head,
    docstring,
    imports,
    literal,
    sequence,
    subscript,
)

_FUTURE = ("__future__", "annotations", "annotations")
_LATE = "TYPE_CHECKING = False\nif TYPE_CHECKING:\n"


@dataclass(frozen=True, slots=True)
class Carried:
    """What travels on a channel.

    Args:
        events: names of the types of its payloads.
        headers: names of the types of their headers.
    """

    events: tuple[str, ...]
    headers: tuple[str, ...]


def flat_name(constant: Constant) -> str:
    """A constant's name in its module: `EXECUTION_MAX_TIMEOUT_SECONDS`."""
    return upper(f"{constant.group}_{constant.name}")


def constants_module(contract: Contract, module: str) -> str:
    """Typed constants, each flat and in its group."""
    found = [constant for constant in contract.constants.values() if constant.module == module]
    groups = dict.fromkeys(constant.group for constant in found)
    blocks: list[str] = []
    for group in groups:
        members = [constant for constant in found if constant.group == group]
        if group:
            blocks.append(_group(upper(group), members))
    flat = "".join(_constant(constant, flat_name(constant), 0) for constant in found)
    words = contract.module_descriptions.get(module) or f"Constants of {module}."
    grouped = any(groups)
    head = imports([_FUTURE, *([("._base", "Frozen", "Frozen")] if grouped else [])])
    late = f"\n{_LATE}{INDENT}from typing import Final\n"
    body = "\n\n".join([*blocks, flat])
    return HEADER + docstring(words) + "\n" + head + late + ("\n\n" if blocks else "\n") + body


def _group(name: str, members: Iterable[Constant]) -> str:
    body = "".join(_constant(constant, upper(constant.name), 1) for constant in members)
    words = docstring(f"Constants of the group {name.lower()}.", 1)
    return f"{class_head(name, 'metaclass=Frozen')}{words}\n{body}"


def _constant(constant: Constant, name: str, depth: int) -> str:
    said = constant.value
    value = sequence([literal(item) for item in said]) if isinstance(said, list) else literal(said)
    text = assignment(name, "Final", value, depth) + "\n"
    return text + (docstring(constant.description, depth) if constant.description else "")


def machines_module(
    contract: Contract, module: str, shapes: Mapping[str, Shape], homes: Mapping[str, str]
) -> str:
    """State machines and the functions that services ask them with."""
    machines = [machine for machine in contract.machines.values() if machine.module == module]
    needed = [_FUTURE, ("._base", "StateMachine", "StateMachine")]
    needed += [(f".{homes[machine.enum]}", machine.enum, machine.enum) for machine in machines]
    words = contract.module_descriptions.get(module) or next(
        (machine.description for machine in machines if machine.description), f"Transitions of {module}."
    )
    late = f"\n{_LATE}{INDENT}from typing import Final\n\n"
    body = "".join(_machine(machine, shapes[machine.enum]) for machine in machines)
    return HEADER + docstring(words) + "\n" + imports(needed) + late + body


def _machine(machine: StateMachine, shape: Shape) -> str:
    if not isinstance(shape, EnumShape):
        raise TypeError(f"{machine.enum} is no enum")
    enum = shape.name
    member = {str(value): f"{enum}.{name}" for value, name in zip(shape.values, shape.members, strict=True)}
    rows = (
        Keyed(f"{member[state]}: ", sequence([member[other] for other in following]))
        for state, following in machine.transitions.items()
    )
    name, kind = machine_name(machine), f"StateMachine[{enum}]"
    table = call("StateMachine", enum, Group("", tuple(rows), "{}"))
    text = assignment(name, subscript("Final", kind), table)
    functions = ""
    if "machine" in machine.names:
        functions += "\n\n" + signature(machine.names["machine"], (), kind, 0)
        functions += docstring(f"The allowed transitions of {enum}.", 1) + f"{INDENT}return {name}\n"
    if "update" in machine.names:
        either = f"{enum} | str"
        head = signature(machine.names["update"], (f"current: {either}", f"new: {either}"), enum, 0)
        says = f"Return `new` as a member of {enum}, or raise InvalidTransition if it may not follow."
        functions += f"\n\n{head}{docstring(says, 1)}{INDENT}return {name}.check_transition(current, new)\n"
    return text + "\n" + functions


def channels_module(contract: Contract, payloads: Mapping[str, Carried], homes: Mapping[str, str]) -> str:
    """The channels with the types of what travels on them.

    Args:
        contract: has the channels.
        payloads: channel key → what travels on it.
        homes: type → module.
    """
    late: list[tuple[str, str, str]] = [("typing", "Final", "Final")]
    needed: list[tuple[str, str, str]] = [_FUTURE]
    body = ""
    for channel in contract.channels.values():
        carried = payloads[channel.key]
        late += [(f".{homes[name]}", name, name) for name in (*carried.events, *carried.headers)]
        kind = "HeadedChannel" if carried.headers else "Channel"
        needed.append(("._base", kind, kind))
        body += _channel(channel, kind, carried)
    if "Union[" in body:
        late.append(("typing", "Union", "Union"))
    words = "Every channel with its address and the type of its events."
    return HEADER + docstring(words) + f"\n{imports(needed)}\n{_LATE}{imports(late, 1)}\n{body}"


def _channel(channel: Channel, kind: str, carried: Carried) -> str:
    types = [_either(names) for names in (carried.events, carried.headers) if names]
    given = [literal(name) for name in carried.events]
    if carried.headers:
        given.append(Keyed("headers=", sequence([literal(name) for name in carried.headers])))
    typed = subscript("Final", subscript(kind, *types))
    text = assignment(upper(channel.key), typed, call(kind, literal(channel.address), *given)) + "\n"
    return text + (docstring(channel.description) if channel.description else "")


def _either(names: tuple[str, ...]) -> Expression:
    return names[0] if len(names) == 1 else Either(names)

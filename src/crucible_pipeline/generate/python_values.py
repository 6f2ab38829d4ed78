"""Modules of transitions and channels, pure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from crucible_pipeline.contracts import former
from crucible_pipeline.contracts.model import Channel, Contract, StateMachine
from crucible_pipeline.contracts.names import upper
from crucible_pipeline.generate.python_enums import machine_name, member_of, signature
from crucible_pipeline.generate.python_former import Replaced, called, module_end
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
    docstring,
    flat,
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
    end = module_end(former_machines(contract, module))
    return HEADER + docstring(words) + "\n" + imports(needed) + late + body + end


def former_machines(contract: Contract, module: str) -> list[Replaced]:
    """The former names of a module's state machines: they follow those of their enums."""
    found: list[Replaced] = []
    for old, now in former.types(contract).items():
        if now in contract.machines and contract.machines[now].module == module:
            name, heir = (machine_name(replace(contract.machines[now], enum=one)) for one in (old, now))
            found.append(Replaced(name, f"{module}.{heir}", called(name, heir), f"{name} = {heir}"))
    return found


def _machine(machine: StateMachine, shape: Shape) -> str:
    if not isinstance(shape, EnumShape):
        raise TypeError(f"{machine.enum} is no enum")
    enum = shape.name
    member = {str(value): flat(member_of(shape, value)) for value in shape.values}
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
    replaced: list[Replaced] = []
    late: list[tuple[str, str, str]] = [("typing", "Final", "Final")]
    needed: list[tuple[str, str, str]] = [_FUTURE]
    body = ""
    for channel in contract.channels.values():
        carried = payloads[channel.key]
        late += [(f".{homes[name]}", name, name) for name in (*carried.events, *carried.headers)]
        kind = "HeadedChannel" if carried.headers else "Channel"
        needed.append(("._base", kind, kind))
        body += _channel(channel, kind, carried)
        if channel.deprecated is not None:
            name, said = upper(channel.key), f": {' '.join(channel.deprecated.split())}".rstrip(": ")
            message = f"channels.{name} is deprecated{said}"
            replaced.append(
                Replaced(name, f"channels.{_home(channel)}", message, f"{name} = {_home(channel)}")
            )
    for old, key in former.channels(contract).items():
        name, now = upper(old), upper(key)
        place = _home(contract.channels[key])
        message = called(f"channels.{name}", f"channels.{now}")
        replaced.append(Replaced(name, f"channels.{place}", message, f"{name} = {place}"))
    if "Union[" in body:
        late.append(("typing", "Union", "Union"))
    words = "Every channel with its address and the type of its events."
    head = HEADER + docstring(words)
    return f"{head}\n{imports(needed)}\n{_LATE}{imports(late, 1)}\n{body}{module_end(replaced)}"


def _home(channel: Channel) -> str:
    """Where a channel is kept: one that is given up is reached by its name only with a warning."""
    return f"{'' if channel.deprecated is None else '_'}{upper(channel.key)}"


def _channel(channel: Channel, kind: str, carried: Carried) -> str:
    types = [_either(names) for names in (carried.events, carried.headers) if names]
    given = [literal(name) for name in carried.events]
    if carried.headers:
        given.append(Keyed("headers=", sequence([literal(name) for name in carried.headers])))
    typed = subscript("Final", subscript(kind, *types))
    text = assignment(_home(channel), typed, call(kind, literal(channel.address), *given)) + "\n"
    return text + (docstring(channel.description) if channel.description else "")


def _either(names: tuple[str, ...]) -> Expression:
    return names[0] if len(names) == 1 else Either(names)

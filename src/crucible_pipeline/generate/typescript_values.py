"""Constants, state machines and channels as values of a module, pure."""

from collections.abc import Mapping

from crucible_pipeline.contracts import names
from crucible_pipeline.contracts.model import Channel, Constant, JsonValue, Schema, StateMachine
from crucible_pipeline.generate import typescript_text as text
from crucible_pipeline.generate.python_constants import FormerConstant
from crucible_pipeline.generate.typescript_module import Module


def add_constants(
    module: Module, constants: list[Constant], gone: list[FormerConstant], words: Mapping[str, str]
) -> None:
    """Add each group as an object, and each constant by itself where its name is free.

    Args:
        module: where to.
        constants: of one contract module.
        gone: those that had a name in it.
        words: `module.group` → the group's description.
    """
    for group in filter(None, dict.fromkeys(item.group for item in [*constants, *(one.old for one in gone)])):
        items = [item for item in constants if item.group == group]
        renamed = [one for one in gone if one.old.group == group]
        said = words.get(f"{items[0].module}.{group}") if items else None
        _add_group(module, names.upper(group), items, renamed, said)
    for item in constants:
        _add_flat(module, item, text.doc(item.description))
    for one in gone:
        _add_flat(module, one.old, text.doc(None, {"deprecated": one.message}))


def _add_flat(module: Module, item: Constant, said: list[str]) -> None:
    name = names.upper(f"{item.group}_{item.name}")
    if name not in module.values:
        typed = [*said, f"export declare const {name}: {_type(item.value)};"]
        module.declare(name, f"export const {name} = {_frozen(item.value)};", typed, shared=False)


def _add_group(
    module: Module, name: str, items: list[Constant], gone: list[FormerConstant], words: str | None
) -> None:
    lines: list[str] = []
    for item, said in [
        *((item, text.doc(item.description)) for item in items),
        *((one.old, text.doc(None, {"deprecated": one.message})) for one in gone),
    ]:
        lines += [*said, f"readonly {names.upper(item.name)}: {_type(item.value)};"]
    shown, former = (
        {names.upper(item.name): _frozen(item.value) for item in some}
        for some in (items, [one.old for one in gone])
    )
    typed = [*text.doc(words), text.block(f"export declare const {name}: {{", lines, "};")]
    module.declare(name, text.frozen(name, shown, former), typed, shared=False)


def _frozen(value: JsonValue) -> str:
    shown = text.literal(value)
    return f"$freeze({shown})" if isinstance(value, list) else shown


def _type(value: JsonValue) -> str:
    shown = text.literal(value)
    return f"readonly {shown}" if isinstance(value, list) else shown


def machine_name(enum: str) -> str:
    """What the state machine of an enum is called."""
    return f"{enum[0].lower()}{enum[1:]}Transitions"


def add_machine(module: Module, machine: StateMachine) -> None:
    """Add a state machine: that of `EvaluationStatus` is called `evaluationStatusTransitions`."""
    name = machine_name(machine.enum)
    module.runtime.add("StateMachine")
    module.used_in_types.add(machine.enum)
    final = [text.literal(state) for state, following in machine.transitions.items() if not following]
    table: JsonValue = {state: list(following) for state, following in machine.transitions.items()}
    made = f"new $StateMachine({text.literal(machine.enum)}, {text.pretty(table)})"
    typed = f"$.StateMachine<{machine.enum}, {' | '.join(final) or 'never'}>"
    said = [*text.doc(machine.description), f"export declare const {name}: {typed};"]
    module.declare(name, f"export const {name} = /* @__PURE__ */ {made};", said)


def add_channel(module: Module, channel: Channel) -> None:
    """Add a channel under its key in UPPER_SNAKE, bound to its messages."""
    module.runtime.add("Channel")
    name, address = names.upper(channel.key), text.literal(channel.address)
    code: list[str] = []
    types: list[str] = []
    for message in channel.messages:
        payload, headers, typed = _part(module, message.payload, message.name), "null", "null"
        if message.headers is not None:
            headers = _part(module, message.headers, f"{message.name} headers")
            typed = f"$.Type<{', '.join(_sent_and_read(module, message.headers))}>"
        code.append(f"{text.member(message.name)}: {{ payload: {payload}, headers: {headers} }},")
        both = ", ".join(_sent_and_read(module, message.payload))
        types += text.doc(message.description)
        types.append(f"readonly {text.name(message.name)}: $.ChannelMessage<{both}, {typed}>;")
    pairs = [_sent_and_read(module, message.payload) for message in channel.messages]
    sent, read = (" | ".join(dict.fromkeys(column)) for column in zip(*pairs, strict=True))
    tags = {f"param {parameter}": words for parameter, words in channel.parameters.items()}
    if channel.deprecated is not None:
        tags["deprecated"] = " ".join(channel.deprecated.split())
    made = f"export const {name} = /* @__PURE__ */ new $Channel({address}, {{"
    typed = f"export declare const {name}: $.Channel<{address}, {sent}, {read}, {{"
    said = [*text.doc(channel.description, tags), text.block(typed, types, "}>;")]
    module.declare(name, text.block(made, code, "});"), said, shared=False)


def _part(module: Module, schema: Schema, label: str) -> str:
    if schema.ref is not None and schema.only_refers:
        module.used_in_code.add(schema.ref)
        return f"${schema.ref}"
    return module.type_object(label, schema)


def _sent_and_read(module: Module, schema: Schema) -> tuple[str, str]:
    sent = str(module.expression(schema))
    return sent, module.parsed(schema, sent)

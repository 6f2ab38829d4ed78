"""Channels and constants on the reference page, pure."""

import json
from collections.abc import Iterator

from crucible_pipeline.contracts.model import Channel, Constant, Contract, JsonValue, Message, Schema
from crucible_pipeline.contracts.names import upper
from crucible_pipeline.generate import markup
from crucible_pipeline.generate.markup import NOTHING, Html, join, tag
from crucible_pipeline.generate.reference_example import NoExampleError, example
from crucible_pipeline.generate.reference_types import (
    cell,
    code_block,
    fields,
    first,
    flat,
    history,
    permalink,
    table,
    use,
)
from crucible_pipeline.generate.reference_words import bounds, kind, phrase, value, words

# Last words of a constant's name → its unit.
_UNITS = {
    "seconds": "seconds",
    "minutes": "minutes",
    "hours": "hours",
    "days": "days",
    "ms": "milliseconds",
    "milliseconds": "milliseconds",
    "bytes": "bytes",
    "cores": "cores",
    "millicores": "thousandths of a core",
    "percent": "percent",
}
_BINARY = {"kb": ("kB", "KiB"), "mb": ("MB", "MiB"), "gb": ("GB", "GiB")}
_STEPS = (("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10))


def channel_section(contract: Contract, channel: Channel) -> Html:
    """A channel with its anchor, its address, and for each message what travels with an example."""
    anchor = markup.anchor("channel", channel.key)
    name, package = upper(channel.key), contract.package
    return tag(
        "section",
        tag(
            "h3",
            tag("code", channel.address),
            history(map(upper, channel.renamed_from), given_up=channel.deprecated is not None),
            permalink(anchor),
        ),
        words(channel.deprecated),
        words(channel.description),
        _parameters(channel),
        *(_message(contract, channel, message) for message in channel.messages),
        use(
            [f"from {package.import_name} import channels", f"channels.{name}"],
            [f"import {{ channels }} from {markup.quoted(package.npm)};", f"channels.{name}"],
        ),
        id=anchor,
        class_="item",
    )


def _parameters(channel: Channel) -> Html:
    if not channel.parameters:
        return NOTHING
    rows = [
        tag("tr", first(tag("code", name)), cell(phrase(text), label="Meaning"), role="row")
        for name, text in channel.parameters.items()
    ]
    return table(("In the address", "Meaning"), rows, "values")


def _message(contract: Contract, channel: Channel, message: Message) -> Html:
    anchor = markup.anchor("message", channel.key, message.name)
    return tag(
        "div",
        tag("h4", "Message ", tag("code", message.name)) if len(channel.messages) > 1 else None,
        words(message.description),
        _part("Payload", message.payload, channel.key, message.name, "payload"),
        _part("Headers", message.headers, channel.key, message.name, "headers")
        if message.headers is not None
        else NOTHING,
        _example(contract, message.payload),
        id=anchor,
    )


def _part(what: str, schema: Schema, *owner: str) -> Html:
    shown = flat(schema)
    told = join([kind(shown), *bounds(shown)], ", ")
    return join([tag("p", f"{what}: ", told, ".", class_="kind"), fields(shown, "field", *owner)])


def _example(contract: Contract, schema: Schema) -> Html:
    try:
        found = example(contract, schema)
    except NoExampleError:
        return NOTHING
    return tag("figure", tag("figcaption", "Example of a payload"), code_block(found), class_="example")


def constants_section(contract: Contract, module: str) -> Html:
    """The constants of a module, group by group."""
    found = [constant for constant in contract.constants.values() if constant.module == module]
    package = contract.package
    groups = dict.fromkeys(constant.group for constant in found)
    access = ".".join(part for part in (module, upper(found[0].group), upper(found[0].name)) if part)
    return tag(
        "section",
        tag("h3", tag("code", module), permalink(markup.anchor("constants", module))),
        words(contract.module_descriptions.get(module)),
        *(_group(contract, module, group, found) for group in groups),
        use(
            [f"from {package.import_name} import {module}", access],
            [f"import {{ {module} }} from {markup.quoted(package.npm)};", access],
        ),
        id=markup.anchor("constants", module),
        class_="item",
    )


def _group(contract: Contract, module: str, group: str, found: list[Constant]) -> Html:
    rows = [_constant(constant) for constant in found if constant.group == group]
    anchor = markup.anchor("constants", module, group)
    title = tag("h4", tag("code", upper(group)), permalink(anchor)) if group else None
    said = words(contract.group_descriptions.get(f"{module}.{group}"))
    head = ("Name", "Value", "Unit", "Meaning")
    return tag("div", title, said, table(head, rows, "constants"), id=anchor)


def _constant(constant: Constant) -> Html:
    anchor = constant_anchor(constant)
    name = tag("a", tag("code", upper(constant.name)), href=f"#{anchor}", class_="self")
    return tag(
        "tr",
        first(name, history(constant.renamed_from, given_up=False)),
        cell(value(constant.value), label="Value"),
        cell(join(_unit(constant)) if _number(constant.value) else NOTHING, label="Unit"),
        cell(phrase(constant.description), label="Meaning"),
        id=anchor,
        role="row",
    )


def constant_anchor(constant: Constant) -> str:
    """The anchor of a constant's row."""
    return markup.anchor("constant", constant.module, constant.group, constant.name)


def _number(given: JsonValue) -> bool:
    return isinstance(given, int | float) and not isinstance(given, bool)


def _unit(constant: Constant) -> Iterator[str]:
    """The unit that the name ends with; whether a megabyte is binary, only the description knows."""
    last = constant.name.rpartition("_")[2]
    parts = constant.name.rpartition("_per_")
    if last in _BINARY:
        decimal, binary = _BINARY[last]
        yield binary if binary in (constant.description or "") else decimal
    elif parts[1]:
        yield f"per {parts[2].replace('_', ' ')}"
    elif last in _UNITS:
        yield _UNITS[last]
    if last == "bytes" and isinstance(constant.value, int):
        for name, size in _STEPS:
            if constant.value >= size and constant.value % size == 0:
                yield f" ({json.dumps(constant.value // size)} {name})"
                return

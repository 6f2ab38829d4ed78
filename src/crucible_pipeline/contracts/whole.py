"""What only the whole contract shows, pure: colliding names, circular references, values that do not fit."""

from collections.abc import Collection, Iterable, Iterator
from itertools import chain

from crucible_pipeline.contracts import circles, names, payload
from crucible_pipeline.contracts.declare import Source
from crucible_pipeline.contracts.model import Contract, Schema
from crucible_pipeline.contracts.nodes import Findings
from crucible_pipeline.contracts.sparse import stated
from crucible_pipeline.errors import Mark

_JUDGED = frozenset({"discriminator", "default", "examples"})


def check_modules(sources: Iterable[Source], findings: Findings) -> None:
    """Report files whose stems make no module, a reserved one, or the same one."""
    seen: dict[str, str] = {}
    for source in sources:
        mark = Mark(source.root.mark.file)
        if source.kind == "waivers":
            continue
        if not names.is_usable(source.module):
            findings.add(mark, f"the file name makes no module ({source.module!r})", "rename the file")
        elif source.module in names.RESERVED_MODULES:
            findings.add(mark, f"the module {source.module!r} is the package's own", "rename the file")
        first = seen.setdefault(source.module, source.path)
        if first != source.path:
            findings.add(mark, f"the file becomes the same module as {first}", "rename one of them")


def check(
    contract: Contract, spare: Iterable[Schema], findings: Findings, plain: Collection[str] = ()
) -> None:
    """Report what is wrong between the parts of a contract.

    Args:
        contract: its references are known to lead somewhere.
        spare: more schemas whose values are to fit.
        findings: takes what is wrong.
        plain: files whose defaults and examples may be anything.
    """
    _check_names(contract, findings)
    schemas = {name: found.schema for name, found in contract.types.items()}
    endless = circles.endless(schemas)
    for name in endless:
        what = f"the type {name} is defined by itself"
        findings.add(contract.types[name].mark, what, "let it hold something before it refers back")
    deep = [] if endless else circles.too_deep(schemas)
    for name in deep:
        what = f"the type {name} judges a value by more than {circles.MOST_STEPS} schemas in a row"
        findings.add(contract.types[name].mark, what, "refer to the last of them directly")
    if endless or deep:
        return  # a value cannot be checked against a schema without an end
    for schema in chain(_schemas(contract), *(other.walk() for other in spare)):
        if stated(schema).keys().isdisjoint(_JUDGED):
            continue
        _check_discriminator(contract, schema, findings)
        if schema.mark.file in plain:
            continue
        values = [("default", schema.default.json, schema.default.mark)] if schema.default is not None else []
        values += [("example", value, schema.mark) for value in schema.examples]
        for what, value, mark in values:
            for reason in payload.rejections(contract, schema, value):
                said = f"the {what} does not fit its schema: {reason}"
                findings.add(mark, said, "correct one of the two", f"{what}-invalid")


def _schemas(contract: Contract) -> Iterator[Schema]:
    """Every schema of the contract."""
    for definition in contract.types.values():
        yield from definition.schema.walk()
    for channel in contract.channels.values():
        for message in channel.messages:
            yield from message.payload.walk()
            if message.headers is not None:
                yield from message.headers.walk()


def _check_discriminator(contract: Contract, schema: Schema, findings: Findings) -> None:
    """Each alternative has to fix the deciding property, so that a payload shows which one it is."""
    if schema.discriminator is None:
        return
    for branch in schema.one_of or schema.any_of:
        target = contract.resolve(branch)
        decides = target.properties.get(schema.discriminator, Schema())
        value = contract.resolve(decides)
        if schema.discriminator not in target.required or (value.const is None and not value.enum):
            what = f"the alternative {branch.ref or 'here'} does not fix {schema.discriminator!r}"
            findings.add(branch.mark, what, "make it required there and give it a const")


def _check_names(contract: Contract, findings: Findings) -> None:
    """Types and constants share the package's namespace; channels have one of their own."""
    taken: dict[str, Mark] = {name: found.mark for name, found in contract.types.items()}
    for constant in contract.constants.values():
        flat = names.upper(f"{constant.group}_{constant.name}")
        first = taken.setdefault(flat, constant.mark)
        if first != constant.mark:
            findings.add(constant.mark, f"the name {flat} is taken already at {first}", "rename one of them")
    channels: dict[str, Mark] = {}
    for channel in contract.channels.values():
        flat = names.upper(channel.key)
        first = channels.setdefault(flat, channel.mark)
        if first != channel.mark:
            findings.add(channel.mark, f"the name {flat} is taken already at {first}", "rename one of them")
    addresses: dict[str, Mark] = {}
    for channel in contract.channels.values():
        first = addresses.setdefault(channel.address, channel.mark)
        if first != channel.mark:
            what = f"the address {channel.address!r} is taken already at {first}"
            findings.add(channel.mark, what, "give each address one channel with all its messages")

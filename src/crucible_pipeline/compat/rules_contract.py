"""The rows about a contract's names: types, channels, messages, transitions, constants."""

from collections.abc import Iterator
from typing import TypeAlias

from crucible_pipeline.compat.rule import Asking, Finding, Root, Rule
from crucible_pipeline.contracts.model import (
    Channel,
    Constant,
    Contract,
    Message,
    Schema,
    StateMachine,
    TypeDef,
)
from crucible_pipeline.errors import Mark
from crucible_pipeline.version import Severity


class Both:
    """Two contracts as a whole.

    Args:
        old: the base.
        new: what is judged.
        asking: what a rule may ask about their schemas.
    """

    def __init__(self, old: Contract, new: Contract, asking: Asking) -> None:
        self.old = old
        self.new = new
        self.asking = asking
        self.heirs = asking.heirs
        named: list[TypeDef | Channel | StateMachine | Constant] = [
            *new.types.values(),
            *new.channels.values(),
            *new.machines.values(),
            *new.constants.values(),
        ]
        self._homes: dict[str, str] = {}
        for item in named:
            self._homes[item.module] = min(self._homes.get(item.module, item.mark.file), item.mark.file)

    def home(self, module: str) -> Mark | None:
        """A place in the new contract for what is gone from one of its modules."""
        return Mark(self._homes[module]) if module in self._homes else None


ContractRule: TypeAlias = Rule[Both]


def _type_added(both: Both) -> Iterator[Finding]:
    kept = {*both.heirs.types.values()}
    for name, item in both.new.types.items():
        if name not in kept:
            yield Finding("the type was added", element=name, mark=item.mark)


def _type_removed(both: Both) -> Iterator[Finding]:
    for name, item in both.old.types.items():
        if name not in both.heirs.types:
            yield Finding("the type was removed", element=name, mark=both.home(item.module))


def _moved(both: Both) -> Iterator[Finding]:
    for name, item in both.old.types.items():
        heir = both.heirs.types.get(name)
        if heir is not None and both.new.types[heir].module != item.module:
            after = both.new.types[heir]
            yield Finding(
                f"it moved from the module {item.module} to {after.module}", element=heir, mark=after.mark
            )
    homes: list[tuple[str, Channel | StateMachine, Channel | StateMachine]] = [
        (new.key, old, new) for old, new in channels(both)
    ]
    homes += [
        (enum, old, both.new.machines[enum])
        for enum, old in both.old.machines.items()
        if enum in both.new.machines
    ]
    for name, before, now in homes:
        if now.module != before.module:
            text = f"it moved from the module {before.module} to {now.module}"
            yield Finding(text, element=name, mark=now.mark)


def _package_renamed(both: Both) -> Iterator[Finding]:
    for what, name in (
        ("package", "distribution"),
        ("import package", "import_name"),
        ("npm package", "npm"),
    ):
        old, new = getattr(both.old.package, name), getattr(both.new.package, name)
        if old != new:
            yield Finding(f"the {what} {old} is called {new} now", element=new)


def _channel_added(both: Both) -> Iterator[Finding]:
    kept = {*both.heirs.channels.values()}
    for name, item in both.new.channels.items():
        if name not in kept:
            yield Finding(f"the channel {item.address} was added", element=name, mark=item.mark)


def _channel_removed(both: Both) -> Iterator[Finding]:
    for name, item in both.old.channels.items():
        if name not in both.heirs.channels:
            yield Finding(
                f"the channel {item.address} was removed", element=name, mark=both.home(item.module)
            )


def channels(both: Both) -> Iterator[tuple[Channel, Channel]]:
    """The channels of both contracts, renamed ones too."""
    for name, item in both.old.channels.items():
        heir = both.heirs.channels.get(name)
        if heir is not None:
            yield item, both.new.channels[heir]


def _address(both: Both) -> Iterator[Finding]:
    for old, new in channels(both):
        if old.address != new.address:
            yield Finding(
                f"the address changed from {old.address} to {new.address}", element=new.key, mark=new.mark
            )


def messages(old: Channel, new: Channel) -> Iterator[tuple[Message, Message]]:
    """The messages of a channel in both contracts, by name."""
    by_name = {message.name: message for message in new.messages}
    for message in old.messages:
        if message.name in by_name:
            yield message, by_name[message.name]


def payloads(channel: Channel) -> Schema:
    """Everything that may travel on a channel."""
    if len(channel.messages) == 1:
        return channel.messages[0].payload
    return Schema(any_of=tuple(message.payload for message in channel.messages))


def message_element(channel: Channel, message: Message) -> str:
    """The name of a message: that of its channel where it is the only one."""
    return channel.key if len(channel.messages) == 1 else f"{channel.key}.{message.name}"


def _message_added(both: Both) -> Iterator[Finding]:
    for old, new in channels(both):
        known = {message.name for message in old.messages}
        for message in (message for message in new.messages if message.name not in known):
            strange = all("forward" in both.asking.broken(o.payload, message.payload) for o in old.messages)
            yield Finding(
                f"the message {message.name} was added to {new.address}",
                breaks=("forward",) if strange else (),
                element=f"{new.key}.{message.name}",
                mark=message.mark,
                root=Root(payloads(old), payloads(new)),
            )


def _message_removed(both: Both) -> Iterator[Finding]:
    for old, new in channels(both):
        kept = {message.name for message in new.messages}
        for message in (message for message in old.messages if message.name not in kept):
            lost = all("backward" in both.asking.broken(message.payload, n.payload) for n in new.messages)
            yield Finding(
                f"the message {message.name} was removed from {new.address}",
                breaks=("backward", "source") if lost else ("source",),
                element=f"{new.key}.{message.name}",
                mark=new.mark,
                root=Root(payloads(old), payloads(new)),
            )


def _payload(both: Both) -> Iterator[Finding]:
    for channel, after in channels(both):
        for old, new in messages(channel, after):
            before, now = old.payload.ref, new.payload.ref
            if before != now and not (before and now and both.asking.same_type(before, now)):
                yield Finding(
                    f"the payload changed from {before or 'a schema of its own'} to "
                    f"{now or 'a schema of its own'}",
                    element=message_element(after, new),
                    mark=new.mark,
                )


_NAMES = "Code that uses the name fails."
RULES: tuple[ContractRule, ...] = (
    Rule(
        "type-added",
        (),
        Severity.ADDITIVE,
        "There is a new name to use.",
        "nothing is to be done",
        _type_added,
        provable=False,
    ),
    Rule(
        "type-removed",
        ("source",),
        Severity.ADDITIVE,
        _NAMES,
        "keep it within this line and remove it in the next one",
        _type_removed,
        provable=False,
    ),
    Rule(
        "module-changed",
        ("source",),
        Severity.ADDITIVE,
        "Code that imports it from the module of its contract file fails.",
        "leave it in its file within this line",
        _moved,
        provable=False,
    ),
    Rule(
        "package-renamed",
        ("source",),
        Severity.ADDITIVE,
        "Every import and every pin names the old package.",
        "publish the new package beside the old one",
        _package_renamed,
        provable=False,
    ),
    Rule(
        "channel-added",
        (),
        Severity.ADDITIVE,
        "There is a new channel to use.",
        "nothing is to be done",
        _channel_added,
        provable=False,
    ),
    Rule(
        "channel-removed",
        ("source",),
        Severity.ADDITIVE,
        "Code that uses the channel fails, and nobody reads what older services publish there.",
        "keep it within this line and remove it in the next one",
        _channel_removed,
        provable=False,
    ),
    Rule(
        "channel-address-changed",
        ("backward", "forward"),
        Severity.ADDITIVE,
        "Services of different releases publish and listen at different addresses and miss each other.",
        "add a channel with the new address beside the old one",
        _address,
        provable=False,
    ),
    Rule(
        "message-added",
        ("forward",),
        Severity.ADDITIVE,
        "A reader of the older release knows only the other messages of the channel.",
        "publish it on a channel of its own, or release the next line",
        _message_added,
    ),
    Rule(
        "message-removed",
        ("backward", "source"),
        Severity.ADDITIVE,
        "Code that names the message fails, and a newer reader may refuse what older services publish.",
        "keep it within this line and remove it in the next one",
        _message_removed,
    ),
    Rule(
        "payload-changed",
        ("source",),
        Severity.ADDITIVE,
        "Code that handles the old class on this channel fails; the wire has rows of its own.",
        "keep the type of the payload and change it compatibly",
        _payload,
        provable=False,
    ),
)

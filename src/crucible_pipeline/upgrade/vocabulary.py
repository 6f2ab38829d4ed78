"""The words of a contract, and what a literal of a service is to them. Pure."""

import difflib
import fnmatch
import re
from collections.abc import Iterator
from dataclasses import dataclass

from crucible_pipeline.contracts.model import Contract, Schema
from crucible_pipeline.contracts.names import upper, words
from crucible_pipeline.upgrade.literal import Literal, Place
from crucible_pipeline.upgrade.wanted import members_of

_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_-]{1,39}\Z")
_ADDRESS = re.compile(r"[\w:./{}*-]+\Z")
_HOLE = re.compile(r"\{[^{}]*\}")
_CHANNELS = frozenset({"channel", "channels", "topic", "topics"})
# So many things have a type or a name that only the contract's own full word for it counts.
_COMMON = frozenset(
    {"action", "category", "class", "code", "format", "kind", "level", "method", "mode", "name", "reason"}
    | {"role", "source", "type", "value"}
)
# A status of these is not the contract's, unless the contract speaks of them.
_FOREIGN = frozenset(
    {"axios", "build", "connection", "container", "deployment", "environ", "exit", "fetch", "health", "http"}
    | {"job", "liveness", "mutation", "node", "ping", "pod", "probe", "process", "promise", "query"}
    | {"readiness", "ready", "res", "resp", "response", "span", "task", "thread", "worker", "healthz"}
)
_OF_PROBES = frozenset({"health", "healthz", "liveness", "ping", "readiness", "ready"})
# What probes and promises say of themselves.
_OF_OTHERS = frozenset(
    {"alive", "degraded", "down", "healthy", "offline", "ok", "online", "ready", "unhealthy", "up"}
    | {"fulfilled", "rejected"}
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a literal is.

    Args:
        rule: id of the row.
        what: one sentence without a full stop.
        todo: what to use instead.
    """

    rule: str
    what: str
    todo: str


@dataclass(frozen=True, slots=True)
class _Enum:
    """An enum of strings.

    Args:
        name: of the type, or `Type.property` where it has no name.
        hints: what a name that means it ends with, each as words in small letters.
        sure: those of which any value has to be one of the enum's; others have a state or an outcome as well.
        members: value → how code writes it.
        is_open: whether others may come.
        fields: for each type that has it as a property, the other properties that it requires.
        former: former value → how code writes what it is called now.
    """

    name: str
    hints: frozenset[tuple[str, ...]]
    sure: frozenset[tuple[str, ...]]
    members: dict[str, str]
    is_open: bool
    fields: tuple[frozenset[str], ...]
    former: dict[str, str]


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The words.

    Args:
        enums: those of strings.
        channels: address → how code writes it.
        prefixes: how the addresses begin, their separator included.
        own: words that the contract's enums are named after.
        types: names of the contract's types.
    """

    enums: tuple[_Enum, ...]
    channels: dict[str, str]
    prefixes: frozenset[str]
    own: frozenset[str]
    types: frozenset[str]

    def judge(self, literal: Literal) -> Verdict | None:
        """What a literal is; None if it is nobody's business."""
        if self.channels and literal.value:
            found = self._channel(literal)
            if found is not None:
                return found
        return self._value(literal) if not literal.is_template else None

    # channels

    def _channel(self, literal: Literal) -> Verdict | None:
        address = _HOLE.sub("{}", literal.value)
        is_sent = literal.place is Place.SENT
        ends = [_small(name)[-1:] for name in (literal.name.name, literal.name.owner)]
        is_named = any(_CHANNELS & set(end) for end in ends)
        for known, code in self.channels.items():
            same = _HOLE.sub("{}", known) == address
            if same and (is_sent or is_named or _is_distinctive(known)):
                what = f"the address {_quoted(literal)} is written by hand"
                return Verdict("channel-by-hand", what, f"use {code}")
        if _ADDRESS.match(literal.value) is None:
            return None
        if "*" in address or literal.is_template:
            pattern = re.sub(r"[\[\]?]", "?", address.replace("{}", "*"))
            if any(fnmatch.fnmatchcase(known, pattern) for known in self.channels):
                if not literal.is_template or not (is_sent or is_named):
                    return None
                what = f"the address {_quoted(literal)} is put together by hand"
                return Verdict("channel-by-hand", what, f"choose among {self._all_channels()}")
        may_look_alike = not literal.is_template and literal.place is not Place.SETTING
        looks_alike = may_look_alike and literal.value.startswith(tuple(self.prefixes))
        if is_sent or (is_named and self._is_alike(literal)) or looks_alike:
            if literal.value in self.prefixes:
                return None
            what = f"the channel {_quoted(literal)} is in no contract"
            return Verdict("channel-unknown", what, self._nearest_channel(literal.value))
        return None

    def _is_alike(self, literal: Literal) -> bool:
        """Whether something called a channel is written as the addresses of the contract are."""
        separators = {prefix[-1] for prefix in self.prefixes}
        return literal.place is not Place.ARGUMENT and any(one in literal.value for one in separators)

    def _all_channels(self) -> str:
        return ", ".join(sorted(self.channels.values()))

    def _nearest_channel(self, value: str) -> str:
        near = difflib.get_close_matches(value, self.channels, n=1, cutoff=0.85)
        if near:
            return f"did you mean {self.channels[near[0]]}?"
        return f"declare it with its payload, or use one of {self._all_channels()}"

    # values of enums

    def _value(self, literal: Literal) -> Verdict | None:
        if literal.place in {Place.SENT, Place.ALONE} or not literal.name.name:
            return None
        meant = [(enum, hint) for enum in self.enums if (hint := _hint(enum, literal)) is not None]
        if not meant or self._is_foreign(literal, [enum for enum, _ in meant]):
            return None
        codes = [enum.members[literal.value] for enum, _ in meant if literal.value in enum.members]
        if codes:
            names = [enum.name for enum, _ in meant if literal.value in enum.members]
            what = f"{_quoted(literal)}, a value of {' and of '.join(names)}, is written by hand"
            return Verdict("value-by-hand", what, f"use {' or '.join(codes)}")
        now = [enum.former[literal.value] for enum, _ in meant if literal.value in enum.former]
        if now:
            what = f"{_quoted(literal)} is a former value: it is called otherwise now"
            return Verdict("value-unknown", what, f"use {' or '.join(now)}")
        if not self._is_surely_meant(literal, meant):
            return None
        what = f"{_quoted(literal)} is no value of {' or '.join(enum.name for enum, _ in meant)}"
        return Verdict("value-unknown", what, _nearest(literal.value, [enum for enum, _ in meant]))

    def _is_foreign(self, literal: Literal, enums: list[_Enum]) -> bool:
        """Whether the name is that of something else: `pod.status`, `http_status`."""
        if literal.name.owner in self.types or any(literal.name.name == enum.name for enum in enums):
            return False
        around = [set(_small(literal.name.name)[:-1])]
        around += [set(_small(part)) for part in literal.name.owner.split(".")]
        around += [set(_small(name)) & _OF_PROBES for name in literal.inside]
        return any(said & _FOREIGN and not said & self.own for said in around)

    def _is_surely_meant(self, literal: Literal, meant: list[tuple[_Enum, tuple[str, ...]]]) -> bool:
        """Whether a value that is in no enum was meant to be in one of these."""
        if any(enum.is_open for enum, _ in meant) or _WORD.match(literal.value) is None:
            return False
        if any(literal.name.name == enum.name for enum, _ in meant):
            return True
        if literal.place in {Place.ARGUMENT, Place.KEY} or literal.value.lower() in _OF_OTHERS:
            return False
        if not any(hint in enum.sure and hint[-1] not in _COMMON for enum, hint in meant):
            return False
        if not literal.siblings:
            return True
        # a mapping is one of the contract's messages if it has most of what such a message must have
        shapes = [fields for enum, _ in meant for fields in enum.fields if fields]
        return any(len(fields & literal.siblings) * 2 > len(fields) for fields in shapes)


def _hint(enum: _Enum, literal: Literal) -> tuple[str, ...] | None:
    """The hint with which the literal's name ends, in the singular or, for a list, in the plural."""
    said = _small(literal.name.name)
    for hint in enum.hints:
        # STATUS_COLOURS: the keys of the mapping are statuses
        if literal.place is Place.KEY and said[: len(hint)] == hint:
            return hint
        ends = {hint, (*hint[:-1], f"{hint[-1]}s"), (*hint[:-1], f"{hint[-1]}es")}
        last = said[-len(hint) :]
        if last in ends and (hint[-1] not in _COMMON or len(hint) > 1 or said == last):
            return hint
    return None


def _small(name: str) -> tuple[str, ...]:
    return tuple(word.lower() for word in words(name))


def _is_distinctive(address: str) -> bool:
    return re.search(r"\w[:./]\w", _HOLE.sub("x", address)) is not None


def _quoted(literal: Literal) -> str:
    return f'"{literal.value}"'


def _nearest(value: str, enums: list[_Enum]) -> str:
    members = {known: code for enum in enums for known, code in enum.members.items()}
    near = difflib.get_close_matches(value.lower(), members, n=1, cutoff=0.7)
    return f"did you mean {members[near[0]]}?" if near else f"take one of {', '.join(members.values())}"


def vocabulary(contract: Contract) -> Vocabulary:
    """The words of a contract."""
    channels: dict[str, str] = {}
    for channel in contract.channels.values():
        code = f"channels.{upper(channel.key)}"
        fill = ", ".join(f"{name}=..." for name in channel.parameters)
        channels[channel.address] = f"{code}.at({fill})" if fill else f"{code}.address"
    prefixes = {found[0] for one in channels if (found := re.match(r"\w+[:./]", one)) is not None}
    enums = tuple(_enums(contract))
    own = {word for enum in enums for word in _small(enum.name.split(".")[0])}
    return Vocabulary(enums, channels, frozenset(prefixes), frozenset(own), frozenset(contract.types))


def _enums(contract: Contract) -> Iterator[_Enum]:
    for name, found in contract.types.items():
        if _is_enum(found.schema):
            uses = list(_uses(contract, name))
            sure = {_small(prop) for _, prop in uses} or {_small(name)[-1:]}
            hints = {_small(name)[-1:], _small(name), *sure}
            if name in contract.machines:
                hints |= {("state",), ("transition",)}
            fields = tuple(frozenset(owner.required) - {prop} for owner, prop in uses)
            members = _members(name, found.schema)
            sure |= {_small(name)}
            former = _former(found.schema, members)
            is_open = found.schema.extensible
            yield _Enum(name, frozenset(hints), frozenset(sure), members, is_open, fields, former)
        for owner in found.schema.walk():
            for prop, schema in owner.properties.items():
                if schema.ref is None and _is_enum(schema):
                    fields = (frozenset(owner.required) - {prop},)
                    only, written = frozenset({_small(prop)}), f"{name}.{prop}"
                    members = _members(written, schema)
                    former = _former(schema, members)
                    yield _Enum(written, only, only, members, schema.extensible, fields, former)


def _is_enum(schema: Schema) -> bool:
    return any(isinstance(value, str) for value in schema.enum or ())


def _uses(contract: Contract, enum: str) -> Iterator[tuple[Schema, str]]:
    """The schemas with a property of an enum, and the property."""
    for found in contract.types.values():
        for owner in found.schema.walk():
            for prop, schema in owner.properties.items():
                if any(
                    part.ref == enum for part in (schema, schema.items, *schema.any_of) if part is not None
                ):
                    yield owner, prop


def _former(schema: Schema, members: dict[str, str]) -> dict[str, str]:
    """Former value → how code writes what it is called now; one that is a value again is none."""
    return {
        old: members[value]
        for value, said in schema.enum_renamed_from.items()
        for old in said
        if value in members and old not in members
    }


def _members(name: str, schema: Schema) -> dict[str, str]:
    """Value → how code writes it."""
    written = f"{name}." if "." not in name else f"the enum of {name}: "
    values = schema.enum or ()
    return {value: written + member for value, member in members_of(schema).items() if value in values}

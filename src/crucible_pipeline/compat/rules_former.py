"""The rows about declared renames, the former names that they keep, and what is given up.

A former name that generated code keeps breaks no code: it warns (see `contracts.former`).
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from operator import attrgetter

from crucible_pipeline.compat.heirs import Heirs
from crucible_pipeline.compat.rule import Finding, Rule
from crucible_pipeline.compat.rules_contract import (
    Both,
    ContractRule,
    channels,
)
from crucible_pipeline.contracts import former
from crucible_pipeline.contracts.model import Channel, Constant, Contract, Schema, TypeDef
from crucible_pipeline.errors import Mark
from crucible_pipeline.version import Severity


@dataclass(frozen=True, slots=True)
class _Kind:
    """What has a name of its own in code.

    Args:
        word: for it.
        named: all of a contract, by name.
        kept: former name → name, in a contract.
        heirs: old name → new name.
    """

    word: str
    named: Callable[[Contract], Mapping[str, TypeDef | Constant | Channel]]
    kept: Callable[[Contract], Mapping[str, str]]
    heirs: Callable[[Heirs], Mapping[str, str]]

    def renamed(self, both: Both) -> Iterator[Finding]:
        """What is called otherwise now; code of the old name goes on where that is kept."""
        kept, new = self.kept(both.new), self.named(both.new)
        for old in self.named(both.old):
            name = self.heirs(both.heirs).get(old)
            if name is None or name == old:
                continue
            warns = kept.get(old) == name
            text = f"the {self.word} {old} is called {name} now"
            text += ", and its former name warns" if warns else ""
            yield Finding(text, breaks=() if warns else ("source",), element=name, mark=new[name].mark)

    def dropped(self, both: Both) -> Iterator[Finding]:
        """Former names that only the old contract kept, though what they mean is there."""
        new = self.named(both.new)
        taken = {*new, *self.kept(both.new)}
        for old, now in self.kept(both.old).items():
            name = self.heirs(both.heirs).get(now)
            if name is not None and old not in taken:
                yield _gone(old, name, new[name].mark)


_TYPES = _Kind("type", attrgetter("types"), former.types, attrgetter("types"))
_CONSTANTS = _Kind("constant", attrgetter("constants"), former.constants, attrgetter("constants"))
_CHANNELS = _Kind("channel", attrgetter("channels"), former.channels, attrgetter("channels"))


def _dropped(both: Both) -> Iterator[Finding]:
    for kind in (_TYPES, _CONSTANTS, _CHANNELS):
        yield from kind.dropped(both)
    for name, before in both.old.types.items():
        heir = both.heirs.types.get(name)
        if heir is not None:
            after = both.new.types[heir]
            yield from _dropped_inside(before.schema, after.schema, heir, after.mark)


def _dropped_inside(old: Schema, new: Schema, element: str, mark: Mark) -> Iterator[Finding]:
    fields = former.properties(new)
    for name, before in former.properties(old).items():
        now = fields.get(before, before)
        if now in new.properties and name not in {*new.properties, *fields}:
            yield _gone(name, f"{element}.{now}", new.properties[now].mark)
    values = {member: value for value, member in former.member_names(new).items()}
    members = former.members(new)
    for name, before in former.members(old).items():
        now = members.get(before, before)
        if now in values and name not in {*values, *members}:
            yield _gone(name, f"{element}.{values[now]}", mark)
    for name, inner in old.properties.items():
        if name in new.properties and inner.enum is not None:
            after = new.properties[name]
            yield from _dropped_inside(inner, after, f"{element}.{name}", after.mark)


def _gone(name: str, element: str, mark: Mark) -> Finding:
    return Finding(f"the former name {name} is no longer kept", element=element, mark=mark)


def _channel_deprecated(both: Both) -> Iterator[Finding]:
    for old, new in channels(both):
        if old.deprecated != new.deprecated:
            text = "it is no longer deprecated" if new.deprecated is None else "it is deprecated now"
            if None not in {old.deprecated, new.deprecated}:
                text = "what to use instead of it changed"
            yield Finding(text, element=new.key, mark=new.mark)


_NAMES = "Code that uses the former name is warned, and fails where that name is not kept."
_KEEP = "keep x-renamed-from until the next line begins; `crucible upgrade` names each line to change"

RULES: tuple[ContractRule, ...] = (
    Rule(
        "type-renamed",
        ("source",),
        Severity.ADDITIVE,
        f"{_NAMES} Payloads carry no names of types, so they stay as they are.",
        _KEEP,
        _TYPES.renamed,
        provable=False,
    ),
    Rule(
        "constant-renamed",
        ("source",),
        Severity.ADDITIVE,
        _NAMES,
        _KEEP,
        _CONSTANTS.renamed,
        provable=False,
    ),
    Rule(
        "channel-renamed",
        ("source",),
        Severity.ADDITIVE,
        f"{_NAMES} The address decides who meets on it, not the name.",
        _KEEP,
        _CHANNELS.renamed,
        provable=False,
    ),
    Rule(
        "former-name-removed",
        ("source",),
        Severity.ADDITIVE,
        "Code that was warned and not changed yet fails.",
        "keep x-renamed-from within this line and remove it in the next one",
        _dropped,
        provable=False,
    ),
    Rule(
        "channel-deprecation-changed",
        (),
        Severity.NEUTRAL,
        "Editors, documentation and a warning where code uses it say so; nothing else changes.",
        "say in x-deprecated what to use instead",
        _channel_deprecated,
        provable=False,
    ),
)

"""The rows about declared renames, the former names that they keep, and what is given up.

A former name that generated code keeps breaks no code: it warns (see `contracts.former`).
"""

from collections.abc import Iterator

from crucible_pipeline.compat.rule import Finding, Rule
from crucible_pipeline.compat.rules_contract import (
    Both,
    ContractRule,
    channel_name,
    channels,
    constant_name,
    type_name,
)
from crucible_pipeline.contracts import former
from crucible_pipeline.contracts.model import Channel, Constant, Schema, TypeDef
from crucible_pipeline.errors import Mark
from crucible_pipeline.version import Severity


def _renamed(what: str, old: str, now: TypeDef | Constant | Channel, name: str, *, kept: bool) -> Finding:
    text = f"the {what} {old} is called {name} now"
    text += ", and its former name warns" if kept else ""
    return Finding(text, breaks=() if kept else ("source",), element=name, mark=now.mark)


def _type_renamed(both: Both) -> Iterator[Finding]:
    kept = former.types(both.new)
    for name in both.old.types:
        heir = type_name(both.old.types, both.new.types, name)
        if heir is not None and heir != name:
            yield _renamed("type", name, both.new.types[heir], heir, kept=kept.get(name) == heir)


def _constant_renamed(both: Both) -> Iterator[Finding]:
    kept = former.constants(both.new)
    for path in both.old.constants:
        heir = constant_name(both, path)
        if heir is not None and heir != path:
            yield _renamed("constant", path, both.new.constants[heir], heir, kept=kept.get(path) == heir)


def _channel_renamed(both: Both) -> Iterator[Finding]:
    kept = former.channels(both.new)
    for key in both.old.channels:
        heir = channel_name(both, key)
        if heir is not None and heir != key:
            yield _renamed("channel", key, both.new.channels[heir], heir, kept=kept.get(key) == heir)


def _dropped(both: Both) -> Iterator[Finding]:
    """Former names that the old contract kept and the new one does not, though what they mean is there."""
    for name, now in former.types(both.old).items():
        heir = type_name(both.old.types, both.new.types, now)
        if heir is not None and name not in {*both.new.types, *former.types(both.new)}:
            yield _gone(name, heir, both.new.types[heir].mark)
    for path, now in former.constants(both.old).items():
        heir = constant_name(both, now)
        if heir is not None and path not in {*both.new.constants, *former.constants(both.new)}:
            yield _gone(path, heir, both.new.constants[heir].mark)
    for key, now in former.channels(both.old).items():
        heir = channel_name(both, now)
        if heir is not None and key not in {*both.new.channels, *former.channels(both.new)}:
            yield _gone(key, heir, both.new.channels[heir].mark)
    for name, before in both.old.types.items():
        heir = type_name(both.old.types, both.new.types, name)
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
        _type_renamed,
        provable=False,
    ),
    Rule(
        "constant-renamed",
        ("source",),
        Severity.ADDITIVE,
        _NAMES,
        _KEEP,
        _constant_renamed,
        provable=False,
    ),
    Rule(
        "channel-renamed",
        ("source",),
        Severity.ADDITIVE,
        f"{_NAMES} The address decides who meets on it, not the name.",
        _KEEP,
        _channel_renamed,
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

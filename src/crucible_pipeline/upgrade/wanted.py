"""What to look for in a service: the names in code that breaking contract changes concern."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from crucible_pipeline.compat.change import Change
from crucible_pipeline.contracts import former, names
from crucible_pipeline.contracts.model import Contract, Schema
from crucible_pipeline.contracts.names import snake, upper
from crucible_pipeline.version import Severity

_MACHINE_RULES = frozenset({"state-machine-removed", "state-machine-renamed"})
_REQUIRED_RULES = frozenset({"property-added-required", "property-became-required"})
_VALUE_RULES = frozenset(
    {"enum-value-added", "enum-value-removed", "enum-member-renamed", "enum-value-renamed"}
)
# They break no code while the former name is kept, and still each use is to be changed.
_RENAMES = frozenset(
    {"type-renamed", "constant-renamed", "channel-renamed", "enum-member-renamed", "enum-value-renamed"}
)


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a name is looked for.

    Args:
        change: that concerns it.
        instead: the name to write in its place, as code has it; empty where no name takes its place.
    """

    change: Change
    instead: str = ""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Names of generated code, each with the change that concerns it.

    Args:
        types: types that are gone.
        shapes: types whose whole shape changed; only making one is concerned.
        members: (enum, member name).
        values: (enum, value).
        fields: (type, property).
        required: (type, property) that must be given from now on.
        constants: path of the constant, `limits.execution.max_timeout_seconds`.
        channels: generated name, `EVALUATION_QUEUED`.
        transitions: (enum, from, to).
        functions: of a state machine.
        paths: dotted names below the package that lead elsewhere now, as they are written in full.
        literals: strings that services may hold instead of a name: removed values, old addresses.
    """

    types: dict[str, Cause] = field(default_factory=dict[str, Cause])
    shapes: dict[str, Cause] = field(default_factory=dict[str, Cause])
    members: dict[tuple[str, str], Cause] = field(default_factory=dict[tuple[str, str], Cause])
    values: dict[tuple[str, str], Cause] = field(default_factory=dict[tuple[str, str], Cause])
    fields: dict[tuple[str, str], Cause] = field(default_factory=dict[tuple[str, str], Cause])
    required: dict[tuple[str, str], Cause] = field(default_factory=dict[tuple[str, str], Cause])
    constants: dict[str, Cause] = field(default_factory=dict[str, Cause])
    channels: dict[str, Cause] = field(default_factory=dict[str, Cause])
    transitions: dict[tuple[str, str, str], Cause] = field(default_factory=dict[tuple[str, str, str], Cause])
    functions: dict[str, Cause] = field(default_factory=dict[str, Cause])
    paths: dict[tuple[str, ...], Cause] = field(default_factory=dict[tuple[str, ...], Cause])
    literals: dict[str, Cause] = field(default_factory=dict[str, Cause])


def concerns_code(change: Change) -> bool:
    """Whether lines of services are to be looked for: they break, or use a name that has a new one."""
    return change.severity is Severity.BREAKING or change.rule in _RENAMES


def wanted(changes: Iterable[Change], old: Contract, new: Contract) -> Wanted:
    """The names that the changes from `old` to `new` concern, former names of the old contract too."""
    found = Wanted()
    # What breaks comes last, for it stands in the place of what only warns.
    for change in sorted(filter(concerns_code, changes), key=lambda change: change.severity):
        if change.rule == "former-name-removed":
            _add_dropped(found, change, old, new)
        else:
            _add(found, change, old, new)
    _add_former(found, old)
    return found


def _add_dropped(found: Wanted, change: Change, old: Contract, new: Contract) -> None:
    """Note the former names that the old contract kept for an element and the new one does not."""
    head, _, part = change.element.partition(".")
    name, cause = _former_type(head, old, new), Cause(change, change.element)
    if (path := _former_constant(change.element, old, new)) is not None:
        kept = {*new.constants, *former.constants(new)}
        place = Cause(change, _place(new, change.element))
        found.constants.update((one, place) for one in old.constants[path].renamed_from if one not in kept)
    elif name in old.types and not part:
        for one in old.types[name].schema.renamed_from:
            if one not in {*new.types, *former.types(new)}:
                found.paths[(one,)] = found.paths[snake(old.types[name].module), one] = cause
    elif name in old.types and part:
        before, after = (side.resolve(side.types[one].schema) for side, one in ((old, name), (new, head)))
        for one in former.properties(before).keys() - {*after.properties, *former.properties(after)}:
            found.fields[name, names.field(one)] = found.fields[name, one] = cause
        member = Cause(change, f"{head}.{former.member_names(after).get(part, part)}")
        kept = {*former.member_names(after).values(), *former.members(after)}
        found.members.update(((name, one), member) for one in former.members(before).keys() - kept)
    elif (key := _former_channel(head, old, new)) is not None:
        place = Cause(change, f"channels.{upper(change.element)}")
        kept = {*new.channels, *former.channels(new)}
        found.channels.update(
            (upper(one), place) for one in old.channels[key].renamed_from if one not in kept
        )


def _add_former(found: Wanted, old: Contract) -> None:
    """Note also the former names under which code reaches what is wanted; `scope` knows those of types."""
    for one, now in former.constants(old).items():
        if now in found.constants:
            found.constants.setdefault(one, found.constants[now])
    for one, now in former.channels(old).items():
        if upper(now) in found.channels:
            found.channels.setdefault(upper(one), found.channels[upper(now)])
    for owner in {owner for owner, _ in (*found.fields, *found.members)}:
        schema = old.resolve(old.types[owner].schema)
        for one, now in former.properties(schema).items():
            if (owner, now) in found.fields:
                found.fields.setdefault((owner, names.field(one)), found.fields[owner, now])
        for one, now in former.members(schema).items():
            if (owner, now) in found.members:
                found.members.setdefault((owner, one), found.members[owner, now])


def members_of(schema: Schema) -> Mapping[str, str]:
    """The values of an enum as text → their names in code."""
    return former.member_names(schema)


def _add(found: Wanted, change: Change, old: Contract, new: Contract) -> None:
    element, rule = change.element, change.rule
    head, _, part = element.partition(".")
    name = _former_type(head, old, new)
    if " → " in element:
        enum, _, states = element.partition(": ")
        before, _, after = states.partition(" → ")
        found.transitions[_former_type(enum, old, new), before, after] = Cause(change)
    elif (constant := _former_constant(element, old, new)) is not None:
        found.constants[constant] = Cause(change, _constant_heir(constant, new))
    elif rule in _MACHINE_RULES and name in old.machines:
        _add_machine(found, name, change, old, new)
    elif name in old.types and not part:
        _add_type(found, (name, head), change, old, new)
    elif name in old.types:
        _add_part(found, (name, head, part), change, old, new)
    elif (channel := _former_channel(head, old, new)) is not None:
        _add_channel(found, channel, change, old, new)


def _former_type(name: str, old: Contract, new: Contract) -> str:
    """The name that a type had in the old contract; a change calls a renamed one by its new name."""
    if name in old.types or name not in new.types:
        return name
    return next((one for one in new.types[name].schema.renamed_from if one in old.types), name)


def _former_constant(path: str, old: Contract, new: Contract) -> str | None:
    """The path that a constant had in the old contract; None if the path is that of none."""
    now = new.constants.get(path)
    former = now.renamed_from if now is not None and path not in old.constants else (path,)
    return next((one for one in former if one in old.constants), None)


def _constant_heir(path: str, new: Contract) -> str:
    """How code reaches what a constant is called now; empty if it is gone or has kept its name."""
    if path in new.constants:
        return ""
    heirs = (one for one in new.constants.values() if path in one.renamed_from)
    found = next(heirs, None)
    return _place(new, found.path) if found is not None else ""


def _place(contract: Contract, path: str) -> str:
    """How code reaches a constant."""
    found = contract.constants[path]
    parts = (snake(found.module), found.group.upper(), found.name.upper())
    return ".".join(part for part in parts if part)


def _former_channel(key: str, old: Contract, new: Contract) -> str | None:
    now = new.channels.get(key)
    former = now.renamed_from if now is not None and key not in old.channels else (key,)
    return next((one for one in former if one in old.channels), None)


def _add_machine(found: Wanted, name: str, change: Change, old: Contract, new: Contract) -> None:
    heirs = (machine for machine in new.machines.values() if _former_type(machine.enum, old, new) == name)
    heir = next(heirs, None)
    now = heir.names if heir is not None else dict[str, str]()
    for role, function in old.machines[name].names.items():
        if now.get(role) != function:
            found.functions[function] = Cause(change, now.get(role, ""))


def _add_type(found: Wanted, names: tuple[str, str], change: Change, old: Contract, new: Contract) -> None:
    """Note a type; `names` are its old and its new one."""
    name, heir = names
    if change.rule == "module-changed":
        found.paths[old.types[name].module, name] = Cause(change, f"{new.types[heir].module}.{heir}")
    elif name not in new.types:
        found.types[name] = Cause(change, heir if heir != name else "")
    else:
        found.shapes[name] = Cause(change)


def _add_channel(found: Wanted, key: str, change: Change, old: Contract, new: Contract) -> None:
    channel = old.channels[key]
    heir = next((one.key for one in new.channels.values() if key in one.renamed_from), key)
    now = new.channels.get(key) or new.channels.get(heir)
    instead = f"channels.{upper(now.key)}" if now is not None else ""
    if change.rule == "module-changed" and now is not None:
        place = f"{snake(now.module)}.{upper(now.key)}"
        found.paths[snake(channel.module), upper(key)] = Cause(change, place)
        return
    found.channels[upper(key)] = Cause(change, instead if now is not None and now.key != key else "")
    if now is None or now.address != channel.address:
        found.literals[channel.address] = Cause(change, instead)


def _add_part(
    found: Wanted, place: tuple[str, str, str], change: Change, old: Contract, new: Contract
) -> None:
    """Note a value of an enum or a property of a model; `place` is (old type, new type, what follows)."""
    name, heir, part = place
    schema = old.resolve(old.types[name].schema)
    if schema.enum is not None:
        _add_value(found, place, change, old, new)
        return
    prop = re.split(r"[.\[]", part, maxsplit=1)[0]
    after = new.resolve(new.types[heir].schema) if heir in new.types else Schema()
    now = properties_of(new, after).get(prop)
    if change.rule in _VALUE_RULES:
        # an enum written inside a property has no name in code, its values stand there as texts
        if change.rule == "enum-value-removed":
            found.literals[part.rsplit(".", 1)[-1]] = Cause(change)
    elif change.rule in _REQUIRED_RULES:
        found.required[name, prop] = Cause(change)
    elif now is not None and now.renamed_from:
        cause = Cause(change, f"{heir}.{field_of(prop, now)}")
        for former in now.renamed_from:
            _add_field(found, name, former, properties_of(old, schema), cause)
    elif prop in properties_of(old, schema):
        _add_field(found, name, prop, properties_of(old, schema), Cause(change))


def _add_field(found: Wanted, owner: str, prop: str, properties: Mapping[str, Schema], cause: Cause) -> None:
    """Note a property under the name that a payload has, and under the one that code has."""
    found.fields[owner, prop] = cause
    found.fields[owner, field_of(prop, properties.get(prop, Schema()))] = cause


def field_of(prop: str, schema: Schema) -> str:
    """What a property is called in Python."""
    return schema.python_name or names.field(prop)


def _add_value(
    found: Wanted, place: tuple[str, str, str], change: Change, old: Contract, new: Contract
) -> None:
    name, heir, value = place
    schema = old.resolve(old.types[name].schema)
    after = new.resolve(new.types[heir].schema) if heir in new.types else Schema()
    remaining = members_of(after)
    now = remaining.get(value)
    if change.rule == "enum-value-renamed":
        said = after.enum_renamed_from.get(value, ())
        value = next((one for one, called in members_of(schema).items() if {one, called} & {*said}), value)
    member = members_of(schema).get(value)
    if member is None or remaining.get(value) == member:
        return
    cause = Cause(change, f"{heir}.{now}" if now is not None else "")
    found.members[name, member] = cause
    if value not in remaining:
        found.values[name, value] = cause
        if value in (schema.enum or ()):
            found.literals[value] = cause


def properties_of(contract: Contract, schema: Schema) -> Mapping[str, Schema]:
    """The properties of a schema, those of its `allOf` parts included."""
    found: dict[str, Schema] = {}
    pending, seen = [schema], set[str]()
    while pending:
        part = pending.pop()
        if part.ref is not None and part.ref not in seen and part.ref in contract.types:
            seen.add(part.ref)
            pending.append(contract.types[part.ref].schema)
        found.update(part.properties)
        pending.extend(part.all_of)
    return found


def spellings(path: str) -> set[tuple[str, ...]]:
    """The dotted names below the package under which code may reach a constant."""
    module, *groups, last = path.split(".")
    module, name = snake(module), last.upper()
    if not groups:
        return {(module, name), (name,)}
    group = groups[0].upper()
    flat = f"{group}_{name}"
    return {(module, group, name), (group, name), (module, flat), (flat,), (module, name), (name,)}

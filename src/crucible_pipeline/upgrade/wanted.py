"""What to look for in a service: the names in code that breaking contract changes concern."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from crucible_pipeline.compat.change import Change
from crucible_pipeline.contracts.model import Contract, Schema
from crucible_pipeline.contracts.names import snake, upper
from crucible_pipeline.version import Severity

_MACHINE_RULES = frozenset({"state-machine-removed", "state-machine-renamed"})
_REQUIRED_RULES = frozenset({"property-added-required", "property-became-required"})
_VALUE_RULES = frozenset({"enum-value-added", "enum-value-removed", "enum-member-renamed"})


@dataclass(frozen=True, slots=True)
class Wanted:
    """Names of generated code, each with the rule of the change that concerns it.

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

    types: dict[str, str] = field(default_factory=dict[str, str])
    shapes: dict[str, str] = field(default_factory=dict[str, str])
    members: dict[tuple[str, str], str] = field(default_factory=dict[tuple[str, str], str])
    values: dict[tuple[str, str], str] = field(default_factory=dict[tuple[str, str], str])
    fields: dict[tuple[str, str], str] = field(default_factory=dict[tuple[str, str], str])
    required: dict[tuple[str, str], str] = field(default_factory=dict[tuple[str, str], str])
    constants: dict[str, str] = field(default_factory=dict[str, str])
    channels: dict[str, str] = field(default_factory=dict[str, str])
    transitions: dict[tuple[str, str, str], str] = field(default_factory=dict[tuple[str, str, str], str])
    functions: dict[str, str] = field(default_factory=dict[str, str])
    paths: dict[tuple[str, ...], str] = field(default_factory=dict[tuple[str, ...], str])
    literals: dict[str, str] = field(default_factory=dict[str, str])


def wanted(changes: Iterable[Change], old: Contract, new: Contract) -> Wanted:
    """The names that the breaking changes from `old` to `new` concern."""
    found = Wanted()
    for change in changes:
        if change.severity is Severity.BREAKING:
            _add(found, change, old, new)
    return found


def members_of(schema: Schema) -> Mapping[str, str]:
    """The values of an enum as text → their names in code."""
    values = schema.enum or ()
    names = schema.enum_names or tuple(upper(str(value)) for value in values)
    return {str(value): name for value, name in zip(values, names, strict=False)}


def _add(found: Wanted, change: Change, old: Contract, new: Contract) -> None:
    element, rule = change.element, change.rule
    head, _, part = element.partition(".")
    name = _former_type(head, old, new)
    if " → " in element:
        enum, _, states = element.partition(": ")
        before, _, after = states.partition(" → ")
        found.transitions[enum, before, after] = rule
    elif element in old.constants:
        found.constants[element] = rule
    elif rule in _MACHINE_RULES and element in old.machines:
        found.functions.update(dict.fromkeys(old.machines[element].names.values(), rule))
    elif name in old.types and not part:
        _add_type(found, name, rule, old, new)
    elif name in old.types:
        _add_part(found, (name, head, part), rule, old, new)
    elif head in old.channels:
        _add_channel(found, head, rule, old, new)


def _former_type(name: str, old: Contract, new: Contract) -> str:
    """The name that a type had in the old contract; a change calls a renamed one by its new name."""
    if name in old.types or name not in new.types:
        return name
    return new.types[name].schema.renamed_from or name


def _add_type(found: Wanted, name: str, rule: str, old: Contract, new: Contract) -> None:
    if name not in new.types:
        found.types[name] = rule
    elif rule == "module-changed":
        found.paths[old.types[name].module, name] = rule
    else:
        found.shapes[name] = rule


def _add_channel(found: Wanted, key: str, rule: str, old: Contract, new: Contract) -> None:
    channel, now = old.channels[key], new.channels.get(key)
    if rule == "module-changed":
        found.paths[snake(channel.module), upper(key)] = rule
        return
    found.channels[upper(key)] = rule
    if now is None or now.address != channel.address:
        found.literals[channel.address] = rule


def _add_part(found: Wanted, place: tuple[str, str, str], rule: str, old: Contract, new: Contract) -> None:
    """Note a value of an enum or a property of a model; `place` is (old type, new type, what follows)."""
    name, heir, part = place
    schema = old.resolve(old.types[name].schema)
    if schema.enum is not None:
        _add_value(found, (name, heir, part), rule, old, new)
        return
    prop = re.split(r"[.\[]", part, maxsplit=1)[0]
    after = new.resolve(new.types[heir].schema) if heir in new.types else Schema()
    now = properties_of(new, after).get(prop)
    if rule in _VALUE_RULES:
        # an enum written inside a property has no name in code, its values stand there as texts
        if rule == "enum-value-removed":
            found.literals[part.rsplit(".", 1)[-1]] = rule
    elif rule in _REQUIRED_RULES:
        found.required[name, prop] = rule
    elif now is not None and now.renamed_from is not None:
        found.fields[name, now.renamed_from] = rule
    elif prop in properties_of(old, schema):
        found.fields[name, prop] = rule


def _add_value(found: Wanted, place: tuple[str, str, str], rule: str, old: Contract, new: Contract) -> None:
    name, heir, value = place
    schema = old.resolve(old.types[name].schema)
    member = members_of(schema).get(value)
    after = new.resolve(new.types[heir].schema) if heir in new.types else Schema()
    remaining = members_of(after)
    if member is None or remaining.get(value) == member:
        return
    found.members[name, member] = rule
    if value not in remaining:
        found.values[name, value] = rule
        if value in (schema.enum or ()):
            found.literals[value] = rule


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


def spellings(contract: Contract, path: str) -> set[tuple[str, ...]]:
    """The dotted names below the package under which code may reach a constant."""
    constant = contract.constants[path]
    name, module = constant.name.upper(), snake(constant.module)
    if not constant.group:
        return {(module, name), (name,)}
    group = constant.group.upper()
    flat = f"{group}_{name}"
    return {(module, group, name), (group, name), (module, flat), (flat,), (module, name), (name,)}

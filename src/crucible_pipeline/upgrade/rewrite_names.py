"""What stands in the place of a name that has a new one: the name, and where the package has it. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from crucible_pipeline.contracts.model import Constant, Contract, Schema
from crucible_pipeline.contracts.names import snake, upper
from crucible_pipeline.upgrade.impact import Hit
from crucible_pipeline.upgrade.wanted import field_of, members_of, properties_of

# The dotted place of a name below the package; empty for the package itself.
Home: TypeAlias = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Written:
    """A name as it is to be written.

    Args:
        name: the last part.
        homes: where it can be imported from, the best first; none for a part of a type, which has no home.
    """

    name: str
    homes: tuple[Home, ...] = ()


def written(hit: Hit, token: str, old: Contract, new: Contract) -> Written | None:
    """What to write for a name.

    Args:
        hit: the use, whose cause has something to write instead.
        token: the name as it stands there.
        old: the contract that the service was written for.
        new: the contract it is to use.

    Returns:
        None where the new contract has nothing of the kind.
    """
    head, _, part = hit.cause.instead.partition(".")
    last = hit.cause.instead.rpartition(".")[2]
    if head in new.types and part:
        return Written(part)
    if last in new.types:
        return Written(last, ((), (snake(new.types[last].module),)))
    for constant in new.constants.values():
        if _place(constant) == hit.cause.instead:
            return _constant(constant, token, old)
    for channel in new.channels.values():
        if upper(channel.key) == last:
            return Written(last, ((snake(channel.module),), ("channels",)))
    for machine in new.machines.values():
        if last in machine.names.values():
            return Written(last, ((snake(machine.module),), ()))
    return None


def _place(constant: Constant) -> str:
    parts = (snake(constant.module), constant.group.upper(), constant.name.upper())
    return ".".join(part for part in parts if part)


def _constant(constant: Constant, token: str, old: Contract) -> Written:
    """A constant with a group has two names: one below its group, and a flat one beside it."""
    module, name, group = snake(constant.module), constant.name.upper(), constant.group.upper()
    flat = upper(f"{constant.group}_{constant.name}") if group else name
    if token in _flat_names(constant, old):
        return Written(flat, ((module,), ()))
    return Written(name, ((module, group),) if group else ((module,), ()))


def _flat_names(constant: Constant, old: Contract) -> Iterator[str]:
    for path in (constant.path, *constant.renamed_from):
        earlier = old.constants[path].renamed_from if path in old.constants else ()
        for one in (path, *earlier):
            yield upper("_".join(one.split(".")[1:]))


def literal(hit: Hit, said: str, old: Contract, new: Contract) -> str | None:
    """What to write for a text that names a member, a value or a property; None where that is not certain.

    Args:
        hit: the use, whose cause has a part of a type to write instead.
        said: the text as it stands there.
        old: the contract that the service was written for.
        new: the contract it is to use.
    """
    head, _, part = hit.cause.instead.partition(".")
    if head not in new.types or not part:
        return None
    schema = new.resolve(new.types[head].schema)
    if schema.enum is not None:
        values = {name: value for value, name in members_of(schema).items() if value in schema.enum}
        return values.get(part) if "(" in hit.symbol else part
    now = {field_of(prop, one): prop for prop, one in properties_of(new, schema).items()}
    if part not in now or now[part] == part:
        return part if part in now else None
    # Python may write no such name; a payload still does. Where the old text could be either, nobody knows.
    owner = hit.symbol.partition(".")[0]
    before = properties_of(old, old.types[owner].schema) if owner in old.types else dict[str, Schema]()
    return now[part] if said in before and field_of(said, before[said]) != said else None

"""The former names that generated code keeps beside the new ones, pure (`x-renamed-from`).

A former name lives as long as it is declared. One that means something else by now is none, and of two things
that claim the same one the first has it.
"""

from collections.abc import Container, Iterable

from crucible_pipeline.contracts import names
from crucible_pipeline.contracts.model import Contract, JsonValue, Schema


def types(contract: Contract) -> dict[str, str]:
    """Former name of a type → its name."""
    said = ((name, found.schema.renamed_from) for name, found in contract.types.items())
    return _kept(said, contract.types)


def constants(contract: Contract) -> dict[str, str]:
    """Former path of a constant → its path; its module and its names in there have to be free."""
    said = ((path, found.renamed_from) for path, found in contract.constants.items())
    homes = {found.module for found in contract.types.values()}
    homes |= {found.module for found in contract.machines.values()} | names.RESERVED_MODULES | {"contracts"}
    taken = {
        (found.module, names.upper(f"{found.group}_{found.name}")) for found in contract.constants.values()
    }
    return {
        path: now for path, now in _kept(said, contract.constants).items() if _is_free(path, homes, taken)
    }


def _is_free(path: str, homes: Container[str], taken: Container[tuple[str, str]]) -> bool:
    module, *inside = path.split(".")
    flat = (names.upper("_".join(inside)), names.upper(inside[0]) if len(inside) > 1 else "")
    return module not in homes and all((module, name) not in taken for name in flat)


def channels(contract: Contract) -> dict[str, str]:
    """Former key of a channel → its key."""
    found = _kept(((key, one.renamed_from) for key, one in contract.channels.items()), contract.channels)
    taken = {names.upper(key) for key in contract.channels}
    return {former: key for former, key in found.items() if names.upper(former) not in taken}


def properties(schema: Schema) -> dict[str, str]:
    """Former name of a property → its name, of one object."""
    said = ((name, inner.renamed_from) for name, inner in schema.properties.items())
    return _kept(said, schema.properties)


def members(schema: Schema) -> dict[str, str]:
    """Former name of an enum's member → its name."""
    if not schema.enum_renamed_from:
        return {}
    found = member_names(schema)
    said = (
        (found[str(value)], tuple(former_member(schema, one) for one in former))
        for value, former in schema.enum_renamed_from.items()
        if value in found
    )
    return _kept(said, set(found.values()))


def member_names(schema: Schema) -> dict[str, str]:
    """Value of an enum as text → the name of its member; null has none."""
    values = schema.enum or ()
    given = schema.enum_names
    if len(given) == len(values):
        pairs: Iterable[tuple[JsonValue, str]] = zip(values, given, strict=True)
    else:
        some = [value for value in values if value is not None]
        pairs = zip(some, given or tuple(map(names.member, some)), strict=False)
    named = [(value, name) for value, name in pairs if value is not None]
    # Where a text and a number look alike, the name is that of the text.
    named.sort(key=lambda pair: isinstance(pair[0], str))
    return {str(value): name for value, name in named}


def former_member(schema: Schema, said: str) -> str:
    """What the member was called that had this value, or that already is such a name: `queued` → QUEUED."""
    if said.isidentifier() and said == said.upper() and not said.startswith("_"):
        return said
    whole = all(isinstance(value, int) for value in schema.enum or () if value is not None)
    return names.member(int(said) if whole and said.lstrip("-").isdecimal() else said)


def _kept(said: Iterable[tuple[str, tuple[str, ...]]], taken: Container[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for now, every in said:
        for former in every:
            if former not in taken:
                found.setdefault(former, now)
    return found

"""Evidence confirmed by a second judge, such as the generated models of both versions; pure."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import TypeAlias

from crucible_pipeline.compat.change import Change
from crucible_pipeline.compat.matching import is_quick
from crucible_pipeline.contracts.model import Contract, JsonValue
from crucible_pipeline.contracts.payload import rejections

# Whether the named type of a contract accepts a payload.
Oracle: TypeAlias = Callable[[Contract, str, JsonValue], bool]


def by_schema(contract: Contract, name: str, payload: JsonValue) -> bool:
    """The judge that needs nothing: the schema itself."""
    return not rejections(contract, contract.types[name].schema, payload)


def type_of(change: Change) -> str:
    """The type that a change is inside: `Order` for `Order.lines[].size`."""
    return change.element.partition(".")[0].partition("[")[0]


def _patterns(contract: Contract) -> Iterator[str]:
    for item in contract.types.values():
        for schema in item.schema.walk():
            yield from schema.pattern_properties
            if schema.pattern is not None:
                yield schema.pattern


def _longest(payload: JsonValue) -> int:
    """The length of the longest text in a payload."""
    if isinstance(payload, str):
        return len(payload)
    if isinstance(payload, dict):
        return max((max(len(name), _longest(inner)) for name, inner in payload.items()), default=0)
    return max((_longest(inner) for inner in payload), default=0) if isinstance(payload, list) else 0


def confirmed(
    changes: Iterable[Change], old: Contract, new: Contract, oracle: Oracle = by_schema
) -> Iterator[Change]:
    """The changes, each payload asked again of the judge; one that it does not confirm is taken away.

    Args:
        changes: between the two contracts; those of types are asked, channels have no type of their own.
        old: the base.
        new: what was judged.
        oracle: judges a payload. It is not asked where one of the patterns would take it too long, for a
            generated model has no bound; the schemas have judged the payload already.
    """
    patterns = {pattern for contract in (old, new) for pattern in _patterns(contract)}
    for change in changes:
        shown, name = change.witness, type_of(change)
        if shown is None or name not in old.types or name not in new.types:
            yield change
            continue
        if not all(is_quick(pattern, _longest(shown.payload)) for pattern in patterns):
            yield change
            continue
        verdicts = [oracle(contract, name, shown.payload) for contract in (old, new)]
        if verdicts == [shown.direction == "backward", shown.direction == "forward"]:
            yield change
        else:
            message = f"{change.message}; the generated models do not tell the payload apart"
            yield replace(change, witness=None, message=message)

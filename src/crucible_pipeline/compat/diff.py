"""The comparison: two contracts become a list of changes, each with its evidence."""

from collections.abc import Iterator
from dataclasses import replace

from crucible_pipeline.compat.change import DIRECTIONS, Change
from crucible_pipeline.compat.rule import Place, Root, anything
from crucible_pipeline.compat.rules_contract import Both, channels, message_element, messages
from crucible_pipeline.compat.settle import settled, untold
from crucible_pipeline.compat.table import CONTRACT_RULES
from crucible_pipeline.compat.walk import Found, Walk
from crucible_pipeline.contracts.model import Contract


def findings(old: Contract, new: Contract) -> Iterator[Found]:
    """What every row finds, in the order of the rows and of the contract.

    Args:
        old: the base.
        new: what is judged.
    """
    yield from _found(Walk(old, new))


def _found(walk: Walk) -> Iterator[Found]:
    old, new = walk.old.contract, walk.new.contract
    both = Both(old, new, walk)
    for rule in CONTRACT_RULES:
        for finding in rule.find(both):
            yield Found(rule, None, finding)
    for place in compared(walk):
        yield from walk.root(place)


def compared(walk: Walk) -> Iterator[Place]:
    """Every pair of whole messages that is to be compared: the named types, the channels' payloads and heads.

    Args:
        walk: the two contracts.
    """
    old, new = walk.old.contract, walk.new.contract
    for name, before in old.types.items():
        heir = walk.heirs.types.get(name)
        if heir is not None and not walk.plainly_equal(before.schema, new.types[heir].schema):
            after = new.types[heir]
            root = Root(before.schema, after.schema)
            yield Place(walk, before.schema, after.schema, heir, after.mark, root)
    for channel, current in channels(Both(old, new, walk)):
        for one, other in messages(channel, current):
            element = message_element(current, other)
            root = Root(one.payload, other.payload)
            yield Place(walk, one.payload, other.payload, element, other.mark, root)
            head = Root(anything(one.headers), anything(other.headers))
            yield Place(walk, head.old, head.new, f"{element} headers", other.mark, head)


def diff(old: Contract, new: Contract, *, strict: bool = False) -> list[Change]:
    """Every change from one contract to another, the gravest first.

    The rows name what changed; whether it breaks the wire is decided by containment of the payloads. The
    result does not depend on the order of keys, files or alternatives, nor on where anything stands.

    Args:
        old: the base.
        new: what is judged.
        strict: whether objects are also held to what they may send without naming it; see `contain.Search`.
    """
    walk = Walk(old, new, strict=strict)
    changes: dict[tuple[str, str, str], Change] = {}
    told: list[tuple[Root | None, Change]] = []
    for found in _found(walk):
        change = settled(walk, found)
        if change is not None:
            _add(changes, change)
            told.append((found.place.root if found.place else None, change))
    for change in untold(walk, told):
        _add(changes, change)
    return sorted(changes.values(), key=lambda one: (-one.severity, one.element, one.rule, one.message))


def _add(changes: dict[tuple[str, str, str], Change], change: Change) -> None:
    """Keep a change; said twice of one element, it breaks what either breaks."""
    name = (change.rule, change.element, change.message)
    known = changes.setdefault(name, change)
    if not set(change.breaks) <= set(known.breaks):
        either = tuple(way for way in DIRECTIONS if way in {*known.breaks, *change.breaks})
        severity = max(known.severity, change.severity)
        witness = known.witness or change.witness
        changes[name] = replace(known, breaks=either, severity=severity, witness=witness)

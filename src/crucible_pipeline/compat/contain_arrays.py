"""Arrays: what each item may be, how many there are, and which have to be among them; pure."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from crucible_pipeline.compat.sequent import EMPTY, UNDECIDED, Answer, Asks, Claim, Found, Undecided, either
from crucible_pipeline.contracts.model import JsonValue, Schema, Value

MAX_LENGTH: Final = 200
MAX_NEEDS: Final = 6
MAX_WAYS: Final = 200


@dataclass(frozen=True, slots=True)
class _Need:
    """An item that has to be there: `left` accepts it, and it is what the denied `items` would reject."""

    left: tuple[Claim, ...] = ()
    denied: Claim | None = None


@dataclass(slots=True)
class _Asked:
    facts: list[Claim]
    low: int = 0
    high: int | None = None
    unique: bool = False
    equal: bool = False
    needs: list[_Need] = field(default_factory=list[_Need])
    none: list[Claim] = field(default_factory=list[Claim])
    unsure: bool = False

    def shorter(self, length: int) -> None:
        self.high = length if self.high is None else min(self.high, length)


def _at(claim: Claim, index: int) -> tuple[Claim, ...]:
    schema = claim.schema
    if index < len(schema.prefix_items):
        return (claim.of(schema.prefix_items[index]),)
    return () if schema.items is None else (claim.of(schema.items),)


def array(asks: Asks, facts: list[Claim], denied: list[Claim]) -> Answer:
    """An array that satisfies all facts and none of the denied keywords."""
    asked = _asked(asks, facts, denied)
    if asked.high is not None and (asked.low > asked.high or (asked.equal and asked.high < 2)):
        return EMPTY
    if asked.equal and asked.unique:
        return EMPTY
    fixed = max((len(claim.schema.prefix_items) for claim in (*facts, *denied)), default=0)
    for index in range(fixed + 1):
        if asked.high is not None and index >= asked.high:
            break
        if asks.ask(_claims(asked, index), tuple(asked.none)) is EMPTY:
            asked.shorter(index)
    if asked.high is not None and asked.low > asked.high:
        return EMPTY
    if len(asked.needs) > MAX_NEEDS:
        return UNDECIDED
    ways = _ways(asked, fixed)
    answer = either(_filled(asks, asked, chosen) for chosen in islice(ways, MAX_WAYS))
    more = asked.unsure or next(ways, None) is not None
    return UNDECIDED if answer is EMPTY and more else answer


def _claims(asked: _Asked, index: int) -> tuple[Claim, ...]:
    return tuple(claim for fact in asked.facts for claim in _at(fact, index))


def _asked(asks: Asks, facts: list[Claim], denied: list[Claim]) -> _Asked:
    asked = _Asked(facts)
    for claim in facts:
        schema = claim.schema
        asked.low = max(asked.low, schema.min_items or 0)
        if schema.max_items is not None:
            asked.shorter(schema.max_items)
        asked.unique = asked.unique or schema.unique_items
        least = 1 if schema.min_contains is None else schema.min_contains
        if schema.contains is not None and least:
            asked.low = max(asked.low, least)
            asked.needs += [_Need((claim.of(schema.contains),))] * min(least, MAX_NEEDS)
    for claim in denied:
        _refused(asks, asked, claim)
    return asked


def _refused(asks: Asks, asked: _Asked, claim: Claim) -> None:
    schema = claim.schema
    if schema.min_items is not None:
        asked.shorter(schema.min_items - 1)
    if schema.max_items is not None:
        asked.low = max(asked.low, schema.max_items + 1)
    asked.equal = asked.equal or schema.unique_items
    if schema.items is not None or schema.prefix_items:
        asked.needs.append(_Need(denied=claim))
    if schema.contains is not None and schema.max_contains is not None:
        many = schema.max_contains + 1
        asked.low = max(asked.low, many)
        asked.needs += [_Need((claim.of(schema.contains),))] * min(many, MAX_NEEDS + 1)
    elif schema.contains is not None:
        least = 1 if schema.min_contains is None else schema.min_contains
        inner = claim.of(schema.contains)
        if asks.ask(_everywhere(asked), (inner,)) is EMPTY and not _prefixed(asked):
            asked.shorter(least - 1)  # every item counts
        elif least == 1:
            asked.none.append(inner)
        else:
            asked.none.append(inner)
            asked.unsure = True  # some of them might still count


def _prefixed(asked: _Asked) -> bool:
    return any(fact.schema.prefix_items for fact in asked.facts)


def _everywhere(asked: _Asked) -> tuple[Claim, ...]:
    return tuple(fact.of(fact.schema.items) for fact in asked.facts if fact.schema.items is not None)


def _ways(asked: _Asked, fixed: int) -> Iterator[dict[int, tuple[_Need, ...]]]:
    """Where the needed items may stand: at each fixed place, or one after another behind them."""

    def place(
        rest: list[_Need], chosen: dict[int, tuple[_Need, ...]]
    ) -> Iterator[dict[int, tuple[_Need, ...]]]:
        if not rest:
            yield chosen
            return
        need, *others = rest
        behind = max((index + 1 for index in chosen if index >= fixed), default=fixed)
        for index in range(behind + 1):
            if asked.high is not None and index >= asked.high:
                return
            if not any(earlier.left and earlier.left == need.left for earlier in chosen.get(index, ())):
                yield from place(others, {**chosen, index: (*chosen.get(index, ()), need)})

    yield from place(asked.needs, {})


def _filled(asks: Asks, asked: _Asked, chosen: dict[int, tuple[_Need, ...]]) -> Answer:
    """An array with the needed items at their places and the smallest ones elsewhere."""
    length = max(asked.low, max(chosen, default=-1) + 1, 2 if asked.equal else 0)
    if asked.high is not None and length > asked.high:
        return EMPTY
    if length > MAX_LENGTH:
        return UNDECIDED
    items: list[JsonValue] = []
    undecided = False
    for index in range(length):
        answer = _item(asks, asked, index, chosen.get(index, ()), items)
        if answer is EMPTY:
            exhausted = asked.unique and items
            return UNDECIDED if exhausted and (chosen or _prefixed(asked)) else EMPTY
        if isinstance(answer, Undecided):
            undecided = True
        elif isinstance(answer, Found):
            items.append(answer.payload)
    if undecided:
        return UNDECIDED
    return _twins(asks, asked, chosen, items) if asked.equal else Found(items)


def _item(asks: Asks, asked: _Asked, index: int, needs: tuple[_Need, ...], taken: list[JsonValue]) -> Answer:
    left = [*_claims(asked, index), *(claim for need in needs for claim in need.left)]
    right = [*asked.none]
    for need in needs:
        if need.denied is not None:
            there = _at(need.denied, index)
            if not there:
                return EMPTY
            right += there
    if asked.unique and taken:
        side = asked.facts[0].side
        right += [Claim(side, Schema(const=Value(value))) for value in taken]
    return asks.ask(tuple(left), tuple(right))


def _twins(asks: Asks, asked: _Asked, chosen: dict[int, tuple[_Need, ...]], items: list[JsonValue]) -> Answer:
    """Two items made equal, for `uniqueItems` that is to fail."""
    undecided = False
    for second in range(1, len(items) + 1):
        if asked.high is not None and second >= asked.high:
            break
        for first in range(second):
            left = (*_claims(asked, first), *_claims(asked, second))
            answer = asks.ask(left, tuple(asked.none))
            undecided = undecided or answer is UNDECIDED
            if isinstance(answer, Found) and not {first, second} & chosen.keys():
                made = [*items, answer.payload][: max(len(items), second + 1)]
                made[first] = made[second] = answer.payload
                return Found(made)
            if isinstance(answer, Found):
                undecided = True
    if undecided or any(fact.schema.prefix_items for fact in asked.facts):
        return UNDECIDED
    return EMPTY

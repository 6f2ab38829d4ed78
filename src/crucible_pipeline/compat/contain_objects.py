"""Objects: which names there may be, which have to be there, and what each of them may hold; pure."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count, islice
from typing import Final

from crucible_pipeline.compat.matching import is_found
from crucible_pipeline.compat.merge import said
from crucible_pipeline.compat.normal import Side
from crucible_pipeline.compat.sequent import EMPTY, UNDECIDED, Answer, Asks, Claim, Found, either
from crucible_pipeline.contracts.model import JsonValue, Schema

MAX_PATTERNS: Final = 4
MAX_NEEDS: Final = 6
MAX_WAYS: Final = 400
MAX_FILLED: Final = 60
_TEXT = Schema(types=("string",))


@dataclass(slots=True)
class _Asked:
    """What is asked of an object.

    Args:
        facts: what it satisfies.
        side: any of the two sides.
        required: names that are there.
        absent: names that are not.
        low: how many names there are at least.
        high: and at the most.
        wrong: `properties` and the like, each of which has to be broken by some name.
        misnamed: `propertyNames`, each of which has to be broken by some name.
        named: every name that anything speaks of.
        patterns: every pattern of names.
    """

    facts: list[Claim]
    side: Side
    required: set[str] = field(default_factory=set[str])
    absent: set[str] = field(default_factory=set[str])
    low: int = 0
    high: int | None = None
    wrong: list[Claim] = field(default_factory=list[Claim])
    misnamed: list[Claim] = field(default_factory=list[Claim])
    named: set[str] = field(default_factory=set[str])
    patterns: set[str] = field(default_factory=set[str])
    fresh: list[tuple[str, ...]] | None = None

    def fewer(self, count: int) -> None:
        self.high = count if self.high is None else min(self.high, count)


def _members(claim: Claim, name: str) -> tuple[Claim, ...]:
    """What a claim says of the value under a name."""
    schema = claim.schema
    found = [schema.properties[name]] if name in schema.properties else []
    found += [inner for pattern, inner in schema.pattern_properties.items() if is_found(pattern, name)]
    if not found and schema.additional_properties is not None:
        found = [schema.additional_properties]
    return tuple(claim.of(inner) for inner in found)


def object_of(asks: Asks, facts: list[Claim], denied: list[Claim]) -> Answer:
    """An object that satisfies all facts and none of the denied keywords."""
    if not facts and not denied:
        return Found({})
    asked = _asked(facts, denied)
    if asked.required & asked.absent:
        return EMPTY
    if asked.high is not None and max(len(asked.required), asked.low) > asked.high:
        return EMPTY
    if len(asked.patterns) > MAX_PATTERNS or len(asked.wrong) + len(asked.misnamed) > MAX_NEEDS:
        return UNDECIDED
    undecided = False
    for name in sorted(asked.required):
        answer = _value(asks, asked, name, ())
        if answer is EMPTY:
            return EMPTY
        undecided = undecided or answer is UNDECIDED
    ways = _ways(asks, asked)
    found = either(_filled(asks, asked, chosen) for chosen in islice(ways, MAX_WAYS))
    more = undecided or next(ways, None) is not None
    return UNDECIDED if found is EMPTY and (more or asked.fresh == []) else found


def _asked(facts: list[Claim], denied: list[Claim]) -> _Asked:
    asked = _Asked(facts, (*facts, *denied)[0].side)
    for claim in facts:
        schema = claim.schema
        asked.required |= {*schema.required}
        asked.low = max(asked.low, schema.min_properties or 0)
        if schema.max_properties is not None:
            asked.fewer(schema.max_properties)
    for claim in denied:
        schema = claim.schema
        asked.absent |= {*schema.required}
        if schema.min_properties is not None:
            asked.fewer(schema.min_properties - 1)
        if schema.max_properties is not None:
            asked.low = max(asked.low, schema.max_properties + 1)
        if schema.property_names is not None:
            asked.misnamed.append(claim)
        if any(said(schema, name) for name in ("properties", "additional_properties", "pattern_properties")):
            asked.wrong.append(claim)
    asked.named = {*asked.required, *asked.absent}
    for claim in (*facts, *asked.wrong):
        asked.named |= {*claim.schema.properties}
        asked.patterns |= {*claim.schema.pattern_properties}
    return asked


def _known(asked: _Asked, name: str) -> bool:
    """Whether the left side itself speaks of a name, so that its writers may send it."""
    return any(
        name in claim.schema.properties
        or (claim.plain and name in claim.schema.required)
        or _members(claim, name)
        for claim in asked.facts
    )


def _value(asks: Asks, asked: _Asked, name: str, right: tuple[Claim, ...]) -> Answer:
    for claim in asked.facts:
        names = claim.schema.property_names
        if names is not None and claim.side.rejects(names, name):
            return EMPTY
    left = tuple(inner for claim in asked.facts for inner in _members(claim, name))
    return asks.ask(left, right)


def _fresh(asks: Asks, asked: _Asked) -> list[str]:
    """One name that nobody speaks of for each choice of patterns that it may match."""
    if asked.fresh is None:
        found: list[str] = []
        unsure = False
        side = asked.side
        if not _ruled(asked):
            asked.fresh = [(next(name for name in _names() if name not in asked.named),)]
            return [*asked.fresh[0]]
        known = Schema(enum=tuple(sorted(asked.named)))
        patterns = sorted(asked.patterns)
        names = [
            claim.of(claim.schema.property_names) for claim in asked.facts if claim.schema.property_names
        ]
        for choice in range(1 << len(patterns)):
            left, right = [Claim(side, _TEXT), *names], [Claim(side, known)] if asked.named else []
            for index, pattern in enumerate(patterns):
                (left if choice >> index & 1 else right).append(Claim(side, Schema(pattern=pattern)))
            answer = asks.ask(tuple(left), tuple(right))
            if isinstance(answer, Found) and isinstance(answer.payload, str):
                found.append(answer.payload)
            unsure = unsure or answer is UNDECIDED
        asked.fresh = [] if unsure else [tuple(found)]
    return list(asked.fresh[0]) if asked.fresh else []


def _ways(asks: Asks, asked: _Asked) -> Iterator[dict[str, tuple[Claim, ...]]]:
    """Which name breaks which of the denied keywords, with what its value must not satisfy."""

    def place(
        todo: list[Claim], chosen: dict[str, tuple[Claim, ...]]
    ) -> Iterator[dict[str, tuple[Claim, ...]]]:
        if not todo:
            yield chosen
            return
        claim, *rest = todo
        for name in _candidates(asks, asked, claim):
            if claim.schema.property_names is not None:
                if claim.side.rejects(claim.schema.property_names, name):
                    yield from place(rest, {**chosen, name: chosen.get(name, ())})
                continue
            for inner in _members(claim, name):
                yield from place(rest, {**chosen, name: (*chosen.get(name, ()), inner)})

    yield from place([*asked.wrong, *asked.misnamed], {})


def _candidates(asks: Asks, asked: _Asked, claim: Claim) -> Iterator[str]:
    names = claim.schema.property_names
    for name in sorted(asked.named - asked.absent):
        unsent = not asks.strict and claim.plain and name in claim.schema.properties
        if not (unsent and not _known(asked, name)):
            yield name
    if names is not None:
        yield from _misnamed(asks, asked, claim)
    else:
        yield from _fresh(asks, asked)


def _misnamed(asks: Asks, asked: _Asked, claim: Claim) -> Iterator[str]:
    """A name that nobody speaks of and that breaks `propertyNames`."""
    names = claim.schema.property_names
    side = asked.side
    allowed = [fact.of(fact.schema.property_names) for fact in asked.facts if fact.schema.property_names]
    known = Claim(side, Schema(enum=tuple(sorted(asked.named))))
    right = [*([known] if asked.named else []), *([claim.of(names)] if names is not None else [])]
    answer = asks.ask((Claim(side, _TEXT), *allowed), tuple(right))
    if isinstance(answer, Found) and isinstance(answer.payload, str):
        yield answer.payload
    elif answer is UNDECIDED:
        asked.fresh = []


def _filled(asks: Asks, asked: _Asked, chosen: dict[str, tuple[Claim, ...]]) -> Answer:
    """An object with the chosen names, the required ones, and as many more as there have to be."""
    names = {*asked.required, *chosen}
    if asked.high is not None and len(names) > asked.high:
        return EMPTY
    made: dict[str, JsonValue] = {}
    undecided = False
    for name in sorted(names, key=lambda name: (name not in chosen, name)):
        answer = _value(asks, asked, name, chosen.get(name, ()))
        if answer is EMPTY:
            return EMPTY
        if isinstance(answer, Found):
            made[name] = answer.payload
        else:
            undecided = True
    if undecided:
        return UNDECIDED
    return _grown(asks, asked, made)


def _grown(asks: Asks, asked: _Asked, made: dict[str, JsonValue]) -> Answer:
    if asked.low > MAX_FILLED:
        return UNDECIDED
    undecided = False
    spare = _fresh(asks, asked) if len(made) < asked.low else []
    # With no pattern nor rule of names one unspoken name stands for endlessly many.
    endless = [f"other{number}" for number in range(MAX_FILLED)] if spare and not _ruled(asked) else []
    for name in (*sorted(asked.named - asked.absent), *spare, *endless):
        if len(made) >= asked.low:
            break
        if name not in made and name not in asked.absent:
            answer = _value(asks, asked, name, ())
            if isinstance(answer, Found):
                made[name] = answer.payload
            undecided = undecided or answer is UNDECIDED
    if len(made) >= asked.low:
        return Found(made)
    return UNDECIDED if undecided or spare or asked.fresh == [] else EMPTY


def _names() -> Iterator[str]:
    """Endlessly many names."""
    yield "a"
    yield from (f"other{number}" for number in count())


def _ruled(asked: _Asked) -> bool:
    return bool(asked.patterns) or any(claim.schema.property_names is not None for claim in asked.facts)

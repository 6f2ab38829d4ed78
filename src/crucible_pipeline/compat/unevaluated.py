"""`unevaluated…` written out as cases, in each of which it is plain what is evaluated; pure.

What a schema evaluates counts where that schema holds (JSON Schema 2020-12, core, section 11), and the more
is evaluated, the more is accepted. So a case says which alternatives hold and need not say which do not.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Final

from crucible_pipeline.contracts.model import Schema, TypeDef
from crucible_pipeline.contracts.sparse import changed

MAX_CASES: Final = 32
MAX_DEPTH: Final = 12


@dataclass(frozen=True, slots=True)
class _Case:
    """What is evaluated where some conditions hold.

    Args:
        conditions: schemas that hold besides the whole one.
        names: properties that are evaluated.
        patterns: likewise, by pattern.
        first: how many items from the first one are evaluated.
        every: whether all properties, or all items, are.
    """

    conditions: tuple[Schema, ...] = ()
    names: frozenset[str] = frozenset()
    patterns: frozenset[str] = frozenset()
    first: int = 0
    every: bool = False

    def with_(self, other: "_Case") -> "_Case":
        """Where both hold."""
        return _Case(
            (*self.conditions, *other.conditions),
            self.names | other.names,
            self.patterns | other.patterns,
            max(self.first, other.first),
            self.every or other.every,
        )

    def if_(self, *conditions: Schema) -> "_Case":
        """The same under further conditions."""
        return replace(self, conditions=(*self.conditions, *conditions))


class _TooMuchError(Exception):
    """There are too many cases, or a circle of references, or an item is evaluated by what it holds."""


def spelled_out(schema: Schema, types: Mapping[str, TypeDef]) -> Schema | None:
    """A schema that accepts the same payloads and says nothing of unevaluated parts at its top.

    Args:
        schema: says `unevaluatedProperties` or `unevaluatedItems`.
        types: those that its references name.

    Returns:
        None where there are too many cases.
    """
    base = changed(schema, unevaluated_properties=None, unevaluated_items=None)
    try:
        if schema.unevaluated_properties is not None:
            found = list(_Cases(types, arrays=False).of(base))
            base = _closed(base, found, schema.unevaluated_properties)
        if schema.unevaluated_items is not None:
            found = list(_Cases(types, arrays=True).of(changed(schema, unevaluated_items=None)))
            base = _ended(base, found, schema.unevaluated_items)
    except _TooMuchError:
        return None
    return base


def _closed(base: Schema, cases: list[_Case], others: Schema) -> Schema:
    if len(cases) == 1:
        (case,) = cases
        if case.every:
            return base
        if base.pattern_properties.keys() >= case.patterns:
            named = {name: Schema() for name in sorted(case.names - base.properties.keys())}
            return changed(base, properties={**base.properties, **named}, additional_properties=others)
    return _either(base, [_closing(case, others) for case in cases])


def _closing(case: _Case, others: Schema) -> Schema:
    if case.every:
        return Schema(all_of=case.conditions)
    return Schema(
        all_of=case.conditions,
        properties={name: Schema() for name in sorted(case.names)},
        pattern_properties={pattern: Schema() for pattern in sorted(case.patterns)},
        additional_properties=others,
    )


def _ended(base: Schema, cases: list[_Case], others: Schema) -> Schema:
    if len(cases) == 1:
        (case,) = cases
        if case.every:
            return base
        if len(base.prefix_items) == case.first:
            return changed(base, items=others)
    ends = [
        Schema(all_of=case.conditions)
        if case.every
        else Schema(all_of=case.conditions, prefix_items=(Schema(),) * case.first, items=others)
        for case in cases
    ]
    return _either(base, ends)


def _either(base: Schema, ways: list[Schema]) -> Schema:
    """The base, where one of the ways holds too."""
    if len(ways) == 1:
        return changed(base, all_of=(*base.all_of, *ways))
    if base.any_of:
        return changed(base, all_of=(*base.all_of, Schema(any_of=tuple(ways))))
    return changed(base, any_of=tuple(ways))


class _Cases:
    """Finds the cases of schemas.

    Args:
        types: those that references name.
        arrays: whether items count; else properties do.
    """

    def __init__(self, types: Mapping[str, TypeDef], *, arrays: bool) -> None:
        self.types = types
        self.arrays = arrays

    def of(self, schema: Schema, depth: int = 0) -> list[_Case]:
        """The cases of one schema, each on the assumption that the schema holds."""
        if depth > MAX_DEPTH:
            raise _TooMuchError
        found = [self._own(schema)]
        for inner in schema.all_of:
            found = _both(found, self.of(inner, depth + 1))
        if schema.ref is not None:
            found = _both(found, self.of(self.types[schema.ref].schema, depth + 1))
        for ways in self._ways(schema, depth + 1):
            found = _both(found, _told_apart(ways))
        return found

    def _own(self, schema: Schema) -> _Case:
        if self.arrays:
            if schema.contains is not None:
                raise _TooMuchError
            every = schema.items is not None or schema.unevaluated_items is not None
            return _Case(first=len(schema.prefix_items), every=every)
        every = schema.additional_properties is not None or schema.unevaluated_properties is not None
        return _Case(
            names=frozenset(schema.properties), patterns=frozenset(schema.pattern_properties), every=every
        )

    def _ways(self, schema: Schema, depth: int) -> Iterator[list[_Case]]:
        """For each keyword that chooses: its cases, of which one holds."""
        if schema.any_of:
            yield list(self._some(schema.any_of, depth))
        if schema.one_of:
            yield [case.if_(inner) for inner in schema.one_of for case in self.of(inner, depth)]
        if schema.if_ is not None:
            passed = self.of(schema.if_, depth)
            if schema.then is not None:
                passed = _both(passed, self.of(schema.then, depth))
            failed = self.of(schema.else_, depth) if schema.else_ is not None else [_Case()]
            negation = Schema(not_=schema.if_)
            yield [*(case.if_(schema.if_) for case in passed), *(case.if_(negation) for case in failed)]
        for name, inner in schema.dependent_schemas.items():
            there = Schema(required=(name,))
            yield [_Case(), *(case.if_(there) for case in self.of(inner, depth))]

    def _some(self, branches: tuple[Schema, ...], depth: int) -> Iterator[_Case]:
        known = [[case.if_(inner) for case in self.of(inner, depth)] for inner in branches]
        if 1 << len(known) > MAX_CASES:
            known = [known[0]] if len({case for one in known for case in _bare(one)}) == 1 else known
        for size in range(1, len(known) + 1):
            for chosen in combinations(known, size):
                found = [_Case()]
                for one in chosen:
                    found = _both(found, one)
                yield from found


def _bare(cases: Iterable[_Case]) -> Iterator[_Case]:
    return (replace(case, conditions=()) for case in cases)


def _told_apart(ways: list[_Case]) -> list[_Case]:
    """One case without conditions where all evaluate the same: the keyword itself says that one holds."""
    bare = set(_bare(ways))
    return list(bare) if len(bare) == 1 else ways


def _both(one: list[_Case], other: list[_Case]) -> list[_Case]:
    if len(one) * len(other) > MAX_CASES:
        raise _TooMuchError
    return [first.with_(second) for first in one for second in other]

"""Random pairs of schemas, and for each direction that is called compatible a search for a counterexample."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

import jsonschema
from hypothesis import HealthCheck, Phase, given, seed, settings

from compat.test_soundness import PAYLOADS, pairs
from crucible_pipeline.compat.change import Direction
from crucible_pipeline.compat.diff import diff
from crucible_pipeline.compat.normal import Side
from crucible_pipeline.compat.witness import values
from crucible_pipeline.contracts.model import Contract, JsonValue
from crucible_pipeline.contracts.payload import json_schema

_EDGES = 60
ADDED = "property-added-optional"


@dataclass(slots=True)
class Tally:
    """What a search met.

    Args:
        pairs: of schemas.
        compatible: directions that were called compatible.
        breaking: directions that were called breaking.
        undecided: of those, how many without any payload.
        payloads: that were tried against compatible directions.
        wrong: compatible directions that a payload contradicts.
    """

    pairs: int = 0
    compatible: int = 0
    breaking: int = 0
    undecided: int = 0
    payloads: int = 0
    wrong: int = 0


def searched(count: int, start: int) -> Tally:
    """Draw so many pairs and search each.

    Args:
        count: of pairs.
        start: the seed of hypothesis.
    """
    tally = Tally()

    @seed(start)
    @settings(
        max_examples=count,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(pairs())
    def judged(pair: tuple[Contract, Contract]) -> None:
        _add(tally, *pair)

    judged()
    return tally


def _add(tally: Tally, old: Contract, new: Contract) -> None:
    tally.pairs += 1
    changes = diff(old, new)
    if any(change.rule == ADDED for change in changes):
        # That the lenient policy lets such a name pass is meant; what is searched is the strict verdict.
        changes = diff(old, new, strict=True)
    before, after = _Judge(old), _Judge(new)
    ways: tuple[tuple[Direction, _Judge, _Judge], ...] = (
        ("backward", before, after),
        ("forward", after, before),
    )
    for way, sends, reads in ways:
        told = [change for change in changes if way in change.breaks]
        if told:
            tally.breaking += 1
            tally.undecided += all(change.witness is None for change in told)
            continue
        tally.compatible += 1
        for payload in _payloads(sends, reads):
            tally.payloads += 1
            if sends.accepts(payload) and not reads.accepts(payload):
                tally.wrong += 1
                break


class _Judge:
    """The jsonschema library's opinion of a contract's main type."""

    def __init__(self, contract: Contract) -> None:
        self.side = Side(contract)
        self.schema = contract.types["Main"].schema
        self._validator = jsonschema.Draft202012Validator(json_schema(contract, self.schema))

    def accepts(self, payload: JsonValue) -> bool:
        return bool(self._validator.is_valid(payload))


def _payloads(sends: _Judge, reads: _Judge) -> Iterator[JsonValue]:
    """A few hundred that every schema is asked, and those at the edges of these two."""
    yield from PAYLOADS
    yield from islice(values(sends.side, sends.schema, reads.side, reads.schema), _EDGES)

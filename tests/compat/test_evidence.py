"""Evidence is small: from a payload that shows a break nothing can be dropped."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings

from compat.pairs_of import NAMES, one_side
from compat.test_soundness import pairs
from crucible_pipeline.compat.change import Change
from crucible_pipeline.compat.diff import diff
from crucible_pipeline.compat.minimal import smallest
from crucible_pipeline.compat.normal import Side
from crucible_pipeline.contracts.model import Contract, JsonValue


def less(payload: JsonValue) -> Iterator[JsonValue]:
    """Every payload that lacks one property or one item."""
    if isinstance(payload, dict):
        for name, inner in payload.items():
            yield {other: value for other, value in payload.items() if other != name}
            yield from ({**payload, name: smaller} for smaller in less(inner))
    elif isinstance(payload, list):
        for index, inner in enumerate(payload):
            yield [*payload[:index], *payload[index + 1 :]]
            yield from ([*payload[:index], smaller, *payload[index + 1 :]] for smaller in less(inner))


def shows(old: Contract, new: Contract, change: Change, payload: JsonValue) -> bool:
    name = change.element.partition(".")[0].partition("[")[0]
    likes, refuses = (old, new) if change.witness and change.witness.direction == "backward" else (new, old)
    return not Side(likes).rejects(likes.types[name].schema, payload) and Side(refuses).rejects(
        refuses.types[name].schema, payload
    )


def shown(old: Contract, new: Contract) -> Iterator[tuple[Change, JsonValue]]:
    for change in diff(old, new):
        name = change.element.partition(".")[0].partition("[")[0]
        if change.witness is not None and name in old.types and name in new.types:
            yield change, change.witness.payload


@pytest.mark.parametrize("name", NAMES)
def test_nothing_can_be_dropped_from_the_evidence_of_a_row(name: str) -> None:
    old, new = one_side(name, "old"), one_side(name, "new")
    for change, payload in shown(old, new):
        assert shows(old, new, change, payload)
        assert not [smaller for smaller in less(payload) if shows(old, new, change, smaller)]


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(pairs())
def test_nothing_but_what_changed_can_be_dropped_from_any_evidence(pair: tuple[Contract, Contract]) -> None:
    for change, payload in shown(*pair):
        assert shows(*pair, change, payload)
        if "." in change.element or "[" in change.element:
            continue  # the changed property itself stays, even where another one would show a break too
        assert not [smaller for smaller in less(payload) if shows(*pair, change, smaller)]


def test_what_is_shown_stays_and_the_search_for_less_ends() -> None:
    wide: JsonValue = {f"p{number}": [number, {"inner": number}] for number in range(50)}
    assert smallest(wide, lambda one: isinstance(one, dict) and "p7" in one) == {"p7": []}
    held = smallest(wide, lambda _: True, frozenset({"p7", "inner"}))
    assert isinstance(held, dict)
    assert "p7" in held
    deep: JsonValue = []
    for _ in range(200):
        deep = [deep, deep]
    assert smallest(deep, lambda _: False) is deep

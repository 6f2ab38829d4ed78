"""Containment: its answers are never wrong, decide what people write, and come in bounded time."""

import time

import pytest
from hypothesis import HealthCheck, given, settings

from compat.pairs_of import contract_of, package
from compat.test_soundness import PAYLOADS, accepted, pairs
from crucible_pipeline.compat.contain import Search
from crucible_pipeline.compat.diff import diff
from crucible_pipeline.compat.matching import matches
from crucible_pipeline.compat.normal import Side
from crucible_pipeline.compat.regular import UndecidedError, automaton, shortest
from crucible_pipeline.compat.sequent import EMPTY, Answer, Claim, Found
from crucible_pipeline.contracts.model import Contract, Schema, TypeDef, Value

TEXT, WHOLE = Schema(types=("string",)), Schema(types=("integer",))
CLOSED = Schema(always=False)


def main(schema: Schema) -> Contract:
    return Contract(package("shop"), {"Main": TypeDef("Main", "shop", schema)})


def record(**properties: Schema) -> Schema:
    return Schema(types=("object",), properties=properties)


def difference(old: Schema, new: Schema, *, strict: bool = True) -> Answer:
    one, other = Side(main(old)), Side(main(new))
    search = Search(one, other, strict=strict)
    return search.difference(Claim(one, old), Claim(other, new))


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(pairs())
def test_what_is_called_contained_has_no_payload_outside(pair: tuple[Contract, Contract]) -> None:
    one, other = map(Side, pair)
    search = Search(one, other, strict=True)
    before, after = (accepted(contract) for contract in pair)
    for likes, refuses, mine, theirs in ((one, other, before, after), (other, one, after, before)):
        ends = [Claim(side, side.contract.types["Main"].schema) for side in (likes, refuses)]
        outside = [p for p, yes, no in zip(PAYLOADS, mine, theirs, strict=True) if yes and not no]
        answer = search.difference(*ends)
        assert not (answer is EMPTY and outside)
        if isinstance(answer, Found):
            assert not likes.rejects(ends[0].schema, answer.payload)
            assert refuses.rejects(ends[1].schema, answer.payload)


CONTAINED: dict[str, tuple[Schema, Schema]] = {
    "a negation": (Schema(not_=TEXT), Schema(not_=Schema(types=("string",), min_length=2))),
    "a condition": (
        Schema(if_=WHOLE, then=Schema(minimum=3)),
        Schema(any_of=(Schema(not_=WHOLE), Schema(minimum=2))),
    ),
    "steps": (Schema(types=("number",), multiple_of=4), Schema(types=("number",), multiple_of=2)),
    "a grid of tenths": (Schema(types=("number",), multiple_of=0.3), Schema(multiple_of=0.1)),
    "patterns": (Schema(pattern="^[0-9]{3}$"), Schema(pattern=r"^\d+$")),
    "patterns and a length": (Schema(pattern="^a*$", max_length=2), Schema(pattern="^a{0,3}$")),
    "an item among others": (
        Schema(types=("array",), contains=WHOLE),
        Schema(types=("array",), contains=Schema(types=("number",))),
    ),
    "a closed tuple": (
        Schema(types=("array",), prefix_items=(WHOLE,), items=CLOSED),
        Schema(types=("array",), max_items=1),
    ),
    "names by pattern": (
        Schema(types=("object",), pattern_properties={"^ab": WHOLE}, additional_properties=CLOSED),
        Schema(types=("object",), pattern_properties={"^a": WHOLE}, additional_properties=CLOSED),
    ),
    "oneOf by a constant": (
        Schema(any_of=tuple(record(k=Schema(const=Value(i)), v=WHOLE) for i in range(2))),
        Schema(any_of=tuple(record(k=Schema(const=Value(i)), v=Schema(types=("number",))) for i in range(3))),
    ),
    "a type within itself": (
        record(child=Schema(ref="Main"), size=WHOLE),
        record(child=Schema(ref="Main"), size=Schema(types=("number",))),
    ),
}


@pytest.mark.parametrize("name", CONTAINED)
def test_containment_is_decided_both_ways(name: str) -> None:
    inner, outer = CONTAINED[name]
    assert difference(inner, outer) is EMPTY
    assert isinstance(difference(outer, inner), Found)


def test_three_different_booleans_are_too_many() -> None:
    flags = Schema(types=("array",), items=Schema(types=("boolean",)), unique_items=True, min_items=3)
    assert difference(flags, CLOSED) is EMPTY


def test_a_property_that_only_the_reader_names_is_not_sent_unless_strictly() -> None:
    old, new = record(a=TEXT), record(a=TEXT, b=WHOLE)
    assert difference(old, new, strict=False) is EMPTY
    assert isinstance(difference(old, new), Found)
    (lenient,), (strict,) = diff(main(old), main(new)), diff(main(old), main(new), strict=True)
    assert (lenient.breaks, strict.breaks) == ((), ("backward",))


def test_patterns_beyond_automata_are_undecided() -> None:
    with pytest.raises(UndecidedError):
        automaton("^(?=a)a")
    assert shortest([automaton("^a+$")], [automaton("^(a|aa)+$")], 0, None) is None
    assert shortest([automaton("^a+$")], [automaton("^a$")], 0, None) == "aa"
    assert shortest([automaton("^a+$")], [automaton("^a$")], 4, 5) == "aaaa"


def union(width: int, depth: int, inner: Schema) -> Schema:
    if not depth:
        return inner
    branches = (
        record(**{f"a{n}": union(width, depth - 1, inner), "b": Schema(const=Value(n))}) for n in range(width)
    )
    return Schema(any_of=tuple(branches))


def every(name: str) -> Schema:
    pairs_of = ((record(**{f"a{n}": TEXT}), record(**{f"{name}{n}": TEXT})) for n in range(14))
    return Schema(all_of=tuple(Schema(any_of=pair) for pair in pairs_of))


def nested(depth: int, inner: Schema) -> Schema:
    for _ in range(depth):
        inner = record(a=inner)
    return inner


ADVERSARIAL: dict[str, tuple[Schema, Schema]] = {
    "unions within unions": (union(4, 4, TEXT), union(4, 4, WHOLE)),
    "every combination": (every("b"), every("c")),
    "oneOf of many open objects": (
        Schema(one_of=tuple(record(**{f"a{n}": TEXT}) for n in range(12))),
        Schema(one_of=tuple(record(**{f"a{n}": WHOLE}) for n in range(12))),
    ),
    "patterns with exponentially many states": (
        Schema(types=("string",), pattern="^(a|b)*a(a|b){14}$"),
        Schema(types=("string",), pattern="^(a|b)*b(a|b){14}$"),
    ),
    "depth": (nested(90, TEXT), nested(90, WHOLE)),
}
DEAR = {"every combination", "patterns with exponentially many states"}


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.slow] * (name in DEAR)) for name in ADVERSARIAL]
)
def test_adversarial_schemas_end_soon_and_count_as_breaking(name: str) -> None:
    old, new = ADVERSARIAL[name]
    began = time.process_time()
    changes = diff(main(old), main(new))
    assert time.process_time() - began < 10
    assert {"backward", "forward"} <= {way for change in changes for way in change.breaks}


def test_json_schema_of_an_older_draft_is_compared_as_it_was_meant() -> None:
    head = '{"$schema": "http://json-schema.org/draft-07/schema#", "type": "array", '
    open_list, closed_list = (
        contract_of({"pair.json": f'{head}"items": [{{"type": "integer"}}], "additionalItems": {more}}}'})
        for more in ("true", "false")
    )
    assert {way for one in diff(open_list, closed_list) for way in one.breaks} == {"backward"}


POLYNOMIAL: dict[str, tuple[Schema, Schema, set[str]]] = {
    "anchored": (
        Schema(types=("string",), pattern="^a*a*a*$", min_length=4000),
        Schema(types=("string",), pattern="^a*a*a*b$", min_length=4000),
        {"backward", "forward"},
    ),
    "found anywhere": (
        Schema(types=("string",), min_length=4500),
        Schema(types=("string",), min_length=4500, pattern="a*a*a*c"),
        {"backward"},
    ),
    "of names": (
        Schema(types=("object",), property_names=Schema(min_length=3000)),
        Schema(types=("object",), property_names=Schema(min_length=3000, pattern="a*a*a*a*c")),
        {"backward"},
    ),
    "beyond automata": (
        Schema(types=("string",), min_length=4500),
        Schema(types=("string",), min_length=4500, pattern="(?=a)a*a*a*c"),
        {"backward"},
    ),
}


@pytest.mark.parametrize("name", POLYNOMIAL)
def test_patterns_of_polynomial_time_are_judged_soon_on_long_texts(name: str) -> None:
    old, new, broken = POLYNOMIAL[name]
    began = time.process_time()
    changes = diff(main(old), main(new))
    assert time.process_time() - began < 10
    assert broken <= {way for change in changes for way in change.breaks}


@pytest.mark.parametrize("pattern", ["a*b*c", "^(ab|a)*$", r"^\d+x?\d+$", "^[^a]*$|a$", "^$", "b+.c+"])
def test_a_text_is_read_by_the_automaton_as_by_the_matcher(
    pattern: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = ["", "a", "b", "ab", "abab", "aba", "12", "1x2", "x", "bxc", "aabbc", "a\n", "ä"]
    expected = [matches(pattern, one) for one in texts]
    monkeypatch.setattr("crucible_pipeline.compat.matching.MAX_TRIED", -1)
    assert [matches(pattern, one) for one in texts] == expected

"""The search for a counterexample to "compatible": random payloads of one version, read by the other.

The payloads are drawn from the schema itself; each is confirmed by the validator of its own version before
it counts as tried, so that an error here can only make the search weaker, never the answer wrong.
"""

import contextlib
import importlib
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, cast

from crucible_pipeline.compat import example as make
from crucible_pipeline.compat.change import WIRE, Direction, Witness
from crucible_pipeline.compat.diff import compared
from crucible_pipeline.compat.normal import Side
from crucible_pipeline.compat.pattern import texts
from crucible_pipeline.compat.rule import Place
from crucible_pipeline.compat.values import NUMBERS
from crucible_pipeline.compat.walk import Walk
from crucible_pipeline.compat.witness import values
from crucible_pipeline.contracts.model import Contract, JsonValue, Schema
from crucible_pipeline.contracts.sparse import changed
from crucible_pipeline.errors import CannotDo

MAX_NESTED = 4
A_ROUND = 50


@dataclass(frozen=True, slots=True)
class Tried:
    """How one message fared in one direction.

    Args:
        element: the type, or the message of a channel.
        direction: `backward`: payloads of the old version, read by the new one; `forward`: the reverse.
        payloads: how many different ones were tried.
        witness: the counterexample; None if none was found.
    """

    element: str
    direction: Direction
    payloads: int
    witness: Witness | None = None


@dataclass(frozen=True, slots=True)
class Effort:
    """How a search goes.

    Args:
        seed: the same seed draws the same payloads.
        seconds: for all messages together.
        strict: as in `diff`; else payloads with properties that only the other side names do not count.
        seen: told now and then which part of the time has passed, from 0 to 1.
    """

    seed: int
    seconds: float
    strict: bool
    seen: Callable[[float], None]


def prove(old: Contract, new: Contract, effort: Effort) -> list[Tried]:
    """Search in both directions for payloads that one version accepts and the other rejects.

    Args:
        old: the base.
        new: what is judged.
        effort: how long, and from which seed.

    Returns:
        What was tried of each message in each direction, which is nothing where the time was too short.

    Raises:
        CannotDo: hypothesis is not installed.
    """
    try:
        importlib.import_module("hypothesis")  # here, so that the import takes none of the search's time
    except ImportError:
        todo = "install crucible-pipeline[prove]"
        raise CannotDo("--prove needs hypothesis, which is not installed", todo) from None
    walk = Walk(old, new, strict=effort.strict)
    asked: list[tuple[Place, Direction]] = [(place, way) for place in compared(walk) for way in WIRE]
    results = {(place.element, way): Tried(place.element, way, 0) for place, way in asked}
    began, number = time.monotonic(), 0
    while asked and time.monotonic() - began < effort.seconds:
        left: list[tuple[Place, Direction]] = []
        for place, way in asked:
            if time.monotonic() - began >= effort.seconds:
                break
            new_round = _round(_sides(walk, place, way, effort), effort.seed + number)
            before = results[place.element, way]
            found = Witness(way, new_round.found[0]) if new_round.found else None
            total = before.payloads + new_round.payloads
            results[place.element, way] = replace(before, payloads=total, witness=found)
            if found is None and new_round.payloads:
                left.append((place, way))
            effort.seen(min(1.0, (time.monotonic() - began) / effort.seconds))
        asked, number = left, number + 1
    effort.seen(1.0)
    return list(results.values())


@dataclass(frozen=True, slots=True)
class _Sides:
    """Who sends and who reads; names that only the reader knows are either never sent, or sent too."""

    likes: Side
    here: Schema
    refuses: Side
    there: Schema
    unsent: frozenset[str]
    strange: frozenset[str]


def _sides(walk: Walk, place: Place, way: Direction, effort: Effort) -> _Sides:
    ends = ((walk.old, place.root.old), (walk.new, place.root.new))
    (likes, here), (refuses, there) = ends if way == "backward" else ends[::-1]
    strange = _named(refuses, there) - _named(likes, here)
    nothing: frozenset[str] = frozenset()
    sent, unsent = (strange, nothing) if effort.strict else (nothing, strange)
    return _Sides(likes, here, refuses, there, unsent, sent)


def _named(side: Side, schema: Schema) -> frozenset[str]:
    """Every property that a schema names, with the types it refers to."""
    found: set[str] = set()
    seen: set[str] = set()
    todo = [schema]
    while todo:
        for inner in todo.pop().walk():
            found |= {*inner.properties, *inner.required}
            if inner.ref is not None and inner.ref not in seen:
                seen.add(inner.ref)
                todo.append(side.contract.types[inner.ref].schema)
    return frozenset(found)


def _holds(payload: JsonValue, names: frozenset[str]) -> bool:
    if isinstance(payload, dict):
        return not names.isdisjoint(payload) or any(_holds(inner, names) for inner in payload.values())
    return isinstance(payload, list) and any(_holds(inner, names) for inner in payload)


@dataclass(slots=True)
class _Round:
    payloads: int
    found: list[JsonValue]


def _round(sides: _Sides, seed: int) -> _Round:
    """Some fifty payloads, and one that only one side accepts, made small by hypothesis."""
    import hypothesis  # noqa: PLC0415
    from hypothesis.errors import HypothesisException  # noqa: PLC0415

    result = _Round(0, [])

    def judged(payload: JsonValue) -> None:
        if _holds(payload, sides.unsent) or sides.likes.rejects(sides.here, payload):
            return
        result.payloads += 1
        if sides.refuses.rejects(sides.there, payload):
            result.found = [payload]  # the last failure that hypothesis replays is the smallest
            raise AssertionError

    settings = hypothesis.settings(
        max_examples=A_ROUND,
        deadline=None,
        database=None,
        suppress_health_check=tuple(cast("Iterable[hypothesis.HealthCheck]", hypothesis.HealthCheck)),
        print_blob=False,
        verbosity=hypothesis.Verbosity.quiet,
    )
    strategy = _payloads(sides)
    test = hypothesis.seed(seed)(settings(hypothesis.given(strategy)(judged)))  # type: ignore[no-untyped-call,unused-ignore]
    with contextlib.suppress(AssertionError, HypothesisException):
        test()
    return result


def _payloads(sides: _Sides) -> Any:
    """A strategy: random payloads of a schema, and those at the edges of both schemas."""
    from hypothesis import strategies as st  # noqa: PLC0415

    edges: list[JsonValue] = []
    for value in values(sides.likes, sides.here, sides.refuses, sides.there):
        edges.append(value)
        if len(edges) >= A_ROUND:
            break
    drawn: Any = drawing(sides.likes, sides.here, 0)
    if sides.strange:
        values_of = st.none() | st.integers(-3, 3) | st.text(max_size=3)
        more = st.dictionaries(st.sampled_from(sorted(sides.strange)), values_of, max_size=2)
        drawn = cast("Any", st.tuples(more, drawn)).map(_joined)
    return drawn | st.sampled_from(edges) if edges else drawn


def _joined(both: tuple[dict[str, JsonValue], JsonValue]) -> JsonValue:
    """A payload with further properties, where it is an object."""
    more, drawn = both
    return {**more, **drawn} if isinstance(drawn, dict) else drawn


def drawing(side: Side, schema: Schema, depth: int) -> Any:
    """A strategy for payloads that a schema probably accepts."""
    from hypothesis import strategies as st  # noqa: PLC0415

    form = side.expanded(schema)
    if form.enum and not form.extensible:
        return st.sampled_from(form.enum)
    branches = form.any_of or form.one_of
    if branches and depth <= MAX_NESTED:
        core = changed(form, any_of=(), one_of=())
        whole = [side.normal(Schema(all_of=(core, branch))) for branch in branches]
        return st.one_of(*(st.deferred(partial(drawing, side, one, depth + 1)) for one in whole))
    return st.one_of(*_kinds(side, form, depth)) if side.atoms(form) else st.nothing()


def _kinds(side: Side, form: Schema, depth: int) -> Iterator[Any]:
    from hypothesis import strategies as st  # noqa: PLC0415

    atoms = side.atoms(form)
    if "null" in atoms:
        yield st.none()
    if "boolean" in atoms:
        yield st.booleans()
    if atoms & NUMBERS:
        yield _numbers(form, whole="fraction" not in atoms)
    if "string" in atoms:
        yield _texts(form)
    if "array" in atoms and depth <= MAX_NESTED:
        most = form.max_items if form.max_items is not None else (form.min_items or 0) + 3
        items = drawing(side, make.item_of(form, 0), depth + 1)
        fixed = [drawing(side, inner, depth + 1) for inner in form.prefix_items]
        listed = st.lists(items, min_size=min(form.min_items or 0, 20), max_size=min(most, 20))
        yield st.tuples(*fixed).map(list) if fixed else listed
    if "object" in atoms and depth <= MAX_NESTED:
        yield _objects(side, form, depth)
    elif "object" in atoms:
        yield st.just(cast("dict[str, JsonValue]", {}))


def _numbers(form: Schema, *, whole: bool) -> Any:
    from hypothesis import strategies as st  # noqa: PLC0415

    low = form.minimum if form.minimum is not None else form.exclusive_minimum
    high = form.maximum if form.maximum is not None else form.exclusive_maximum
    small = st.integers(
        int(low) if low is not None else (int(high) - 50 if high is not None else -20),
        int(high) if high is not None else (int(low) + 50 if low is not None else 50),
    )
    near = st.sampled_from(list(make.numbers(form)) or [0])
    if form.multiple_of:
        near |= small.map(lambda count: count * (form.multiple_of or 1))
    halves = st.nothing() if whole else small.map(lambda number: number + 0.5)
    return near | small | halves


def _texts(form: Schema) -> Any:
    from hypothesis import strategies as st  # noqa: PLC0415

    known = list(make.strings(form)) + list(texts(form.pattern, 8) if form.pattern else ())
    if form.pattern is not None or form.format is not None:
        return st.sampled_from(known or [""]) | st.text(max_size=5)
    least = min(form.min_length or 0, 200)
    most = min(form.max_length if form.max_length is not None else least + 10, least + 50)
    return st.text(st.characters(exclude_categories=["Cs"]), min_size=least, max_size=max(least, most))


def _objects(side: Side, form: Schema, depth: int) -> Any:
    from hypothesis import strategies as st  # noqa: PLC0415

    named = {name: drawing(side, make.property_of(side, form, name), depth + 1) for name in form.properties}
    needed = {name: named.pop(name, st.booleans() | st.text(max_size=3)) for name in form.required}
    drawn = st.fixed_dictionaries(needed, optional=named)
    if form.additional_properties is None or form.additional_properties.always is False:
        return drawn
    inner = drawing(side, form.additional_properties, depth + 1)
    others = st.dictionaries(st.sampled_from(["other0", "other1", "z", "long-name"]), inner, max_size=2)
    return st.tuples(others, drawn).map(lambda both: {**both[0], **both[1]})

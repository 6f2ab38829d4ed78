"""The search for a payload that shows a break, built at the edges of both schemas and confirmed."""

from collections.abc import Iterator
from contextlib import suppress
from itertools import islice

from crucible_pipeline.compat import example as make
from crucible_pipeline.compat.change import Direction, Witness
from crucible_pipeline.compat.example import NoExampleError
from crucible_pipeline.compat.normal import MAX_LOOKS, Side
from crucible_pipeline.compat.pattern import texts
from crucible_pipeline.compat.rule import Asking, Finding, Place, Root, Step
from crucible_pipeline.compat.rules_objects import unnamed
from crucible_pipeline.compat.values import NUMBERS, atom
from crucible_pipeline.contracts.model import JsonValue, Schema
from crucible_pipeline.contracts.sparse import changed

MAX_TRIED = 150
MAX_PLACED = 8
_ODD = "unexpected"


def witness(asking: Asking, place: Place | None, finding: Finding, direction: Direction) -> Witness | None:
    """A confirmed payload for one direction of a finding.

    Args:
        asking: the two contracts.
        place: where the rule looked; None for a rule about the whole, which gives its root.
        finding: what it found.
        direction: `backward` or `forward`.

    Returns:
        None if none of the payloads that were tried shows it.
    """
    root = finding.root or (place.root if place else None)
    if root is None:
        return None
    old, new = (place.old, place.new) if place else (root.old, root.new)
    steps = place.steps if place else ()
    forward = direction == "forward"
    likes, refuses = (asking.new, asking.old) if forward else (asking.old, asking.new)
    here, there = (new, old) if forward else (old, new)
    whole = Root(root.new, root.old) if forward else root
    if any(_endless(side, form) for side, form in ((likes, here), (refuses, there))):
        return None
    likes.looks = refuses.looks = MAX_LOOKS
    tried = 0
    for value in _values(likes, here, refuses, there, finding):
        tried += 1
        if tried > MAX_TRIED:
            return None
        if likes.rejects(here, value) or not refuses.rejects(there, value):
            continue
        for payload in islice(_placed(likes, whole.old, steps, value), MAX_PLACED):
            shows = not likes.rejects(whole.old, payload)
            if shows and refuses.rejects(whole.new, payload):
                return Witness(direction, payload)
    return None


def _endless(side: Side, schema: Schema) -> bool:
    """Whether references lead only to each other, so that no validator comes to an end."""
    form = side.expanded(schema)
    return form.ref is not None or any(part.ref is not None for part in form.all_of)


def _values(likes: Side, here: Schema, refuses: Side, there: Schema, finding: Finding) -> Iterator[JsonValue]:
    yield from finding.hints
    here, there = likes.expanded(here), refuses.expanded(there)
    if finding.lacking is not None:
        with suppress(NoExampleError):
            needed = [name for name in there.required if name in here.properties and name != finding.lacking]
            value = make.obj(likes, here, tuple(needed))
            yield value
    if finding.carrying is not None:
        yield from _carrying(likes, here, refuses, there, finding.carrying)
    yield from values(likes, here, refuses, there)


def _carrying(likes: Side, here: Schema, refuses: Side, there: Schema, name: str) -> Iterator[JsonValue]:
    with suppress(NoExampleError):
        base = make.obj(likes, here, ())
        mine = here.properties.get(name) or unnamed(here, name) or Schema()
        other = there.properties.get(name) or unnamed(there, name) or Schema()
        for value in values(likes, mine, refuses, other):
            yield {**base, name: value}


def values(likes: Side, here: Schema, refuses: Side, there: Schema, depth: int = 0) -> Iterator[JsonValue]:
    """Values near the edges of both schemas, the likeliest first.

    Args:
        likes: the contract that should accept them.
        here: its schema.
        refuses: the contract that should reject them.
        there: its schema.
        depth: how deep the search has gone; it ends at two.
    """
    here, there = likes.expanded(here), refuses.expanded(there)
    yield from here.enum or ()
    with suppress(NoExampleError):
        yield make.example(likes, here)
    for branch in (*here.any_of, *here.one_of):
        if depth < 2:
            core = changed(here, any_of=(), one_of=())
            yield from values(likes, Schema(all_of=(core, branch)), refuses, there, depth + 1)
    for branch in (*there.any_of, *there.one_of):
        if depth < 2:
            yield from values(likes, here, refuses, branch, depth + 1)
    allowed = likes.atoms(here)
    if allowed & NUMBERS:
        yield from _numbers(here, there)
    if "string" in allowed:
        yield from _strings(here, there)
    if "array" in allowed:
        yield from _arrays(likes, here, refuses, there, depth)
    if "object" in allowed:
        yield from _objects(likes, here, refuses, there)
    yield from (value for value in (None, True, False) if atom(value) in allowed)
    yield from (value for value in there.enum or () if atom(value) in allowed)
    yield from (found.json for found in (here.default, there.default) if found is not None)
    yield from (*here.examples, *there.examples)


def _numbers(here: Schema, there: Schema) -> Iterator[JsonValue]:
    yield from make.numbers(here)
    for form in (there, here):
        bounds = (form.minimum, form.maximum, form.exclusive_minimum, form.exclusive_maximum)
        for bound in bounds:
            if bound is not None:
                yield from (bound - 1, bound, bound + 1, bound - 0.5, bound + 0.5)
                if form.multiple_of or here.multiple_of:
                    step = here.multiple_of or form.multiple_of or 1
                    nearest = bound // step * step
                    yield from (nearest - step, nearest, nearest + step)
    yield from (0, 1, -1, 0.5, -0.5, 1.5)


def _strings(here: Schema, there: Schema) -> Iterator[JsonValue]:
    yield from make.strings(here)
    for form in (there, here):
        for length in (form.min_length, form.max_length):
            if length is not None and length <= make.MAX_LENGTH:
                yield from ("a" * size for size in (length - 1, length, length + 1) if size >= 0)
    yield from ("", "a", "A", "0", " ", "no such value", "a-0", "ä")
    yield from make.strings(there)


def _arrays(likes: Side, here: Schema, refuses: Side, there: Schema, depth: int) -> Iterator[JsonValue]:
    lengths = {0, 1, 2, len(here.prefix_items), len(there.prefix_items), len(there.prefix_items) + 1}
    for bound in (here.min_items, here.max_items, there.min_items, there.max_items):
        if bound is not None and bound <= make.MAX_LENGTH:
            lengths |= {bound - 1, bound, bound + 1}
    for length in sorted(length for length in lengths if length >= 0):
        with suppress(NoExampleError):
            yield make.array(likes, here, length)
    with suppress(NoExampleError):
        item = make.example(likes, make.item_of(here, 0))
        yield [item, item]
    if depth < 2:
        inner = values(likes, make.item_of(here, 0), refuses, make.item_of(there, 0), depth + 1)
        yield from ([value] for value in islice(inner, 20))


def _objects(likes: Side, here: Schema, refuses: Side, there: Schema) -> Iterator[JsonValue]:
    names = sorted({*here.properties, *there.properties})
    with suppress(NoExampleError):
        least = make.obj(likes, here, ())
        yield least
        yield {**least, _ODD: True}
        for name in names:
            yield {**least, **make.obj(likes, here, (name,))}
        yield make.obj(likes, here, tuple(here.properties))
        for form in (here, there):
            for bound in (form.min_properties, form.max_properties):
                for size in range(max(0, (bound or 0) - 1), (bound or 0) + 2 if bound is not None else 0):
                    more = [f"other{number}" for number in range(size - len(least))]
                    yield {
                        **least,
                        **{name: make.example(likes, make.property_of(likes, here, name)) for name in more},
                    }
        for name, value in least.items():
            yield {other: inner for other, inner in least.items() if other != name}
            mine, other = make.property_of(likes, here, name), make.property_of(refuses, there, name)
            yield from (
                {**least, name: inner} for inner in islice(values(likes, mine, refuses, other, 2), 12)
            )
            del value


def _placed(side: Side, schema: Schema, steps: tuple[Step, ...], value: JsonValue) -> Iterator[JsonValue]:
    """Whole payloads that hold the value at the end of the steps."""
    if not steps:
        yield value
        return
    form = side.expanded(schema)
    branches = form.any_of or form.one_of
    if branches:
        core = changed(form, any_of=(), one_of=())
        for branch in branches:
            yield from _placed(side, Schema(all_of=(core, branch)), steps, value)
        return
    with suppress(NoExampleError):
        step, rest = steps[0], steps[1:]
        if step.kind == "item":
            yield from _in_array(side, form, step.index, rest, value)
        else:
            yield from _in_object(side, form, step, rest, value)


def _in_array(
    side: Side, form: Schema, index: int, rest: tuple[Step, ...], value: JsonValue
) -> Iterator[JsonValue]:
    length = max(form.min_items or 0, index + 1)
    for inner in _placed(side, make.item_of(form, index), rest, value):
        items = make.array(side, changed(form, items=Schema()), index)
        others = make.array(side, form, length)[index + 1 :] if length > index + 1 else []
        yield [*items, inner, *others]


def _in_object(
    side: Side, form: Schema, step: Step, rest: tuple[Step, ...], value: JsonValue
) -> Iterator[JsonValue]:
    if step.kind == "name":
        if isinstance(value, str):
            held = make.example(side, make.property_of(side, form, value))
            yield {**make.obj(side, form, ()), value: held}
        return
    name = step.name
    if step.kind == "additional":
        name = "other"
    elif step.kind == "pattern":
        name = next(texts(step.name), "other")
    base = make.obj(side, form, ())
    inside = make.property_of(side, form, name) if step.kind == "property" else unnamed(form, name)
    for inner in _placed(side, inside or Schema(), rest, value):
        yield {**base, name: inner}

"""Small payloads that a schema accepts. What is built here is a guess until a validator has confirmed it."""

from collections.abc import Iterator
from fractions import Fraction
from itertools import count, islice

from crucible_pipeline.compat.merge import said
from crucible_pipeline.compat.normal import KEYED, LISTED, NUMERIC, TEXTUAL, Side
from crucible_pipeline.compat.pattern import texts
from crucible_pipeline.compat.rule import anything
from crucible_pipeline.compat.values import NUMBERS, atoms_of, exact, key
from crucible_pipeline.contracts.model import JsonValue, Number, Schema
from crucible_pipeline.contracts.sparse import changed

MAX_DEPTH = 12
MAX_LENGTH = 5_000
FORMAT_EXAMPLES = {
    "date": "2026-01-31",
    "time": "10:00:00Z",
    "date-time": "2026-01-31T10:00:00Z",
    "duration": "PT30S",
    "email": "someone@packages.example",
    "idn-email": "someone@packages.example",
    "hostname": "packages.example",
    "idn-hostname": "packages.example",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "uri": "https://packages.example/a",
    "uri-reference": "/a",
    "iri": "https://packages.example/a",
    "iri-reference": "/a",
    "uuid": "7b0a3a3e-6c0f-4b8e-9d3c-0d6a3f1e2b4c",
    "regex": "a",
    "json-pointer": "/a",
    "relative-json-pointer": "0",
    "byte": "YQ==",
    "binary": "a",
    "decimal": "1.5",
}


class NoExampleError(Exception):
    """No payload could be built within the bounds."""


def example(side: Side, schema: Schema, depth: int = 0) -> JsonValue:
    """A small payload.

    Args:
        side: the contract of the schema.
        schema: any schema of it.
        depth: how deep the payload is already; recursion ends at `MAX_DEPTH`.

    Raises:
        NoExampleError: none was found; there may still be one.
    """
    side.looks -= 1
    if side.looks < 0 or depth > MAX_DEPTH:
        raise NoExampleError
    form = side.expanded(schema)
    if form.always is False:
        raise NoExampleError
    if form.enum:
        return form.enum[0]
    branches = form.any_of or form.one_of
    if branches:
        core = changed(form, any_of=(), one_of=())
        for branch in branches:
            try:
                return example(side, Schema(all_of=(core, branch)), depth + 1)
            except NoExampleError:
                continue
        raise NoExampleError
    kind = _kind(form)
    if kind == "object":
        return obj(side, form, (), depth)
    if kind == "array":
        return array(side, form, form.min_items or 0, depth)
    if kind == "string":
        return next(strings(form), "")
    if kind in NUMBERS:
        return next(numbers(form), 0)
    return kind == "boolean" or None


def _kind(form: Schema) -> str:
    """The atom to take: the only one, or the one that the keywords speak of."""
    atoms = atoms_of(form.types)
    spoken = (("object", KEYED), ("array", LISTED), ("string", TEXTUAL), ("integer", NUMERIC))
    for kind, names in spoken:
        if kind in atoms and any(said(form, name) for name in names):
            return kind
    for kind in ("string", "integer", "fraction", "boolean", "object", "array", "null"):
        if kind in atoms:
            return kind
    raise NoExampleError


def property_of(side: Side, form: Schema, name: str) -> Schema:
    """All that an object's form says of one property, parts of `allOf` included."""
    found = [form.properties[name]] if name in form.properties else []
    for part in form.all_of:
        inner = side.expanded(part)
        if name in inner.properties:
            found.append(inner.properties[name])
    if not found:
        return anything(form.additional_properties)
    return found[0] if len(found) == 1 else Schema(all_of=tuple(found))


def obj(side: Side, schema: Schema, extra: tuple[str, ...], depth: int = 0) -> dict[str, JsonValue]:
    """An object with the required properties.

    Args:
        side: the contract of the schema.
        schema: an object's.
        extra: names of properties to hold besides.
        depth: as in `example`.

    Raises:
        NoExampleError: as in `example`.
    """
    form = side.expanded(schema)
    parts = [side.expanded(part) for part in form.all_of]
    wanted = {*form.required, *extra, *(name for part in parts for name in part.required)}
    todo = list(wanted)
    while todo:
        new = {*form.dependent_required.get(todo.pop(), ())} - wanted
        wanted |= new
        todo += new
    for name in (*form.properties, *(f"other{number}" for number in range(MAX_DEPTH))):
        if len(wanted) >= (form.min_properties or 0):
            break
        wanted.add(name)
    return {
        name: example(side, property_of(side, form, name), depth + 1)
        for name in sorted(wanted, key=lambda name: (name not in form.properties, name))
    }


def array(side: Side, form: Schema, length: int, depth: int = 0) -> list[JsonValue]:
    """An array of a length; its items differ where they must.

    Raises:
        NoExampleError: as in `example`.
    """
    items: list[JsonValue] = []
    for index in range(min(length, MAX_LENGTH)):
        schema = item_of(form, index)
        value = example(side, schema, depth + 1)
        if form.unique_items and key(value) in {key(item) for item in items}:
            value = _another(side, schema, items)
        items.append(value)
    return items


def item_of(form: Schema, index: int) -> Schema:
    """What an array's form says of one item."""
    return form.prefix_items[index] if index < len(form.prefix_items) else anything(form.items)


def _another(side: Side, schema: Schema, taken: list[JsonValue]) -> JsonValue:
    form = side.expanded(schema)
    known = {key(item) for item in taken}
    guesses: Iterator[JsonValue] = iter(form.enum or ())
    if not form.enum:
        kind = _kind(form)
        longer = (letter * (form.min_length or 1) for letter in "abcdefghijkl")
        guesses = iter(numbers(form)) if kind in NUMBERS else iter(longer)
    for value in islice(guesses, MAX_DEPTH):
        if key(value) not in known:
            return value
    raise NoExampleError


def strings(form: Schema) -> Iterator[str]:
    """A few texts, the best guess first."""
    if form.pattern is not None:
        for text in texts(form.pattern):
            yield text + "a" * max(0, min(form.min_length or 0, MAX_LENGTH) - len(text))
    if form.format in FORMAT_EXAMPLES:
        yield FORMAT_EXAMPLES[form.format]
    yield "a" * min(max(form.min_length or 0, 1), MAX_LENGTH, form.max_length or MAX_LENGTH)


def numbers(form: Schema) -> Iterator[Number]:
    """Ascending numbers within the bounds, from the one nearest to zero."""
    step = exact(form.multiple_of) if form.multiple_of is not None else Fraction(1)
    whole = not atoms_of(form.types) & {"fraction"}
    if whole and step.denominator != 1:
        step = Fraction(step.numerator)
    low, above = form.minimum, form.exclusive_minimum
    high, below = form.maximum, form.exclusive_maximum
    start = Fraction(0)
    if low is not None or above is not None:
        floor = exact(low if low is not None else above or 0)
        start = max(start, -(-floor // step) * step) if floor > 0 else start
    if (high is not None or below is not None) and exact(high if high is not None else below or 0) <= 0:
        start = exact(high if high is not None else below or 0) // step * step
        step = -step
    for turn in islice(count(), MAX_DEPTH):
        value = start + turn * step
        if (above is not None and value <= exact(above)) or (below is not None and value >= exact(below)):
            continue
        yield int(value) if value.denominator == 1 else float(value)
    if not whole and above is not None and below is not None:
        yield float((exact(above) + exact(below)) / 2)

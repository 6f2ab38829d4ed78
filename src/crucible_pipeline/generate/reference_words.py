"""What a schema accepts, in words and links, pure."""

import json
import re
from collections.abc import Iterator

from crucible_pipeline.contracts.model import JsonValue, Number, Schema
from crucible_pipeline.generate import markup
from crucible_pipeline.generate.markup import Html, Part, join, listed, tag
from crucible_pipeline.generate.text import paragraphs

_LONGEST_VALUE = 200
_ANY = Html("any value")
_CODE = markup.frame("code")


def words(text: str | None) -> Html:
    """A description as paragraphs; what stands in backticks is code."""
    return join(tag("p", _with_code(part)) for part in paragraphs(text or ""))


def phrase(text: str | None) -> Html:
    """A description as one run of text."""
    return join([_with_code(part) for part in paragraphs(text)], " ") if text else markup.NOTHING


def _with_code(text: str) -> Html:
    if "`" not in text:
        return Html(markup.escape(text))
    pieces = re.split(r"`([^`]+)`", text)
    return join(tag("code", piece) if index % 2 else piece for index, piece in enumerate(pieces))


def value(given: JsonValue) -> Html:
    """A JSON value as code, shortened where it would fill the page."""
    text = markup.quoted(given) if isinstance(given, str) else json.dumps(given, ensure_ascii=False)
    return _CODE(text if len(text) <= _LONGEST_VALUE else text[:_LONGEST_VALUE] + "…")


def link(name: str) -> Html:
    """A link to a type of the contract."""
    return tag("a", tag("code", name), href=f"#{markup.anchor('type', name)}")


def whole(schema: Schema) -> Html:
    """Everything a schema says about a payload, in one run: kind, bounds and properties."""
    said = [kind(schema), *bounds(schema)]
    if schema.properties:
        said.append(join(["with ", listed((_property(schema, name) for name in schema.properties), "and")]))
    return join(said, ", ")


def _property(schema: Schema, name: str) -> Html:
    before = " (required: " if name in schema.required else " ("
    return join([tag("code", name), before, whole(schema.properties[name]), ")"])


def kind(schema: Schema) -> Html:
    """The kind of value: `string or null`, a link, `array of` something."""
    if schema.always is not None:
        return _ANY if schema.always else Html("nothing")
    found: list[Html] = []
    if schema.ref is not None:
        found.append(link(schema.ref))
    if schema.const is not None:
        found.append(join(["exactly ", value(schema.const.json)]))
    elif schema.enum is not None:
        found.append(listed(map(value, schema.enum), "or") if schema.enum else Html("nothing"))
    elif schema.types:
        found.append(listed([_typed(schema, name) for name in _ordered(schema.types)], "or"))
    elif schema.items is not None and not schema.properties:
        found.append(join(["any value; an array: ", _typed(schema, "array")]))
    for field, before, last in (
        ("any_of", "", "or"),
        ("one_of", "exactly one of ", "or"),
        ("all_of", "", "and"),
    ):
        parts: tuple[Schema, ...] = getattr(schema, field)
        if parts:
            told = before if len(parts) > 1 else ""
            found.append(join([told, listed([_grouped(part) for part in parts], last)]))
    return join(found, " and ") if found else Html("object") if schema.properties else _ANY


def _grouped(schema: Schema) -> Html:
    return _bracketed(whole(schema))


def _bracketed(told: Html) -> Html:
    """In brackets, where it is more than one word."""
    if told == _ANY or " " not in re.sub("<[^>]*>", "", told.text):
        return told
    return join(["(", told, ")"])


def _ordered(types: tuple[str, ...]) -> list[str]:
    return sorted(types, key=lambda name: (name == "null", name))


def _typed(schema: Schema, name: str) -> Html:
    if name == "string" and schema.format:
        return join(["string (", schema.format, ")"])
    if name == "array" and schema.prefix_items:
        first = join((whole(item) for item in schema.prefix_items), "; ")
        rest = join(["; then ", whole(schema.items)]) if schema.items is not None else None
        return join(["array [", first, rest, "]"])
    if name == "array" and schema.items is not None and schema.items.always is None:
        return join(["array of ", _grouped(schema.items)])
    if name == "object" and schema.additional_properties is not None and not schema.properties:
        other = schema.additional_properties
        if other.always is None:
            return join(["object with values: ", whole(other)])
    return Html(markup.escape(name))


def bounds(schema: Schema) -> Iterator[Html]:
    """Each further condition in a few words."""
    yield from _of_numbers(schema)
    if (told := _amount(schema.min_length, schema.max_length, "character")) is not None:
        yield told
    if schema.pattern is not None:
        yield join(["matches ", tag("code", schema.pattern)])
    if schema.format and "string" not in schema.types:
        yield join(["a string is a ", schema.format])
    yield from _of_arrays(schema)
    yield from _of_objects(schema)
    if schema.not_ is not None:
        yield join(["but not ", _grouped(schema.not_)])
    if schema.if_ is not None:
        yield _conditional(schema)
    if schema.discriminator:
        yield join(["told apart by ", tag("code", schema.discriminator)])


def _conditional(schema: Schema) -> Html:
    parts: list[Part] = ["if it is ", _grouped(schema.if_ or Schema())]
    for before, branch in ((", then ", schema.then), (", else ", schema.else_)):
        if branch is not None:
            parts += [before, _grouped(branch)]
    return join(parts)


def _number(given: Number) -> str:
    return json.dumps(given)


def _of_numbers(schema: Schema) -> Iterator[Html]:
    low, high = schema.minimum, schema.maximum
    if low is not None and high is not None:
        yield Html(f"from {_number(low)} to {_number(high)}")
    elif low is not None:
        yield Html(f"at least {_number(low)}")
    elif high is not None:
        yield Html(f"at most {_number(high)}")
    if schema.exclusive_minimum is not None:
        yield Html(f"more than {_number(schema.exclusive_minimum)}")
    if schema.exclusive_maximum is not None:
        yield Html(f"less than {_number(schema.exclusive_maximum)}")
    if schema.multiple_of is not None:
        yield Html(f"a multiple of {_number(schema.multiple_of)}")


def _of_arrays(schema: Schema) -> Iterator[Html]:
    if (told := _amount(schema.min_items, schema.max_items, "item")) is not None:
        yield told
    if schema.unique_items:
        yield Html("no item twice")
    if schema.contains is not None:
        least = 1 if schema.min_contains is None else schema.min_contains
        amount = _amount(least, schema.max_contains, "item") or Html("any number of items")
        yield join([amount, " being ", _grouped(schema.contains)])
    if schema.unevaluated_items is not None:
        yield _others(schema.unevaluated_items, "items")


def _of_objects(schema: Schema) -> Iterator[Html]:
    if (told := _amount(schema.min_properties, schema.max_properties, "property")) is not None:
        yield told
    absent = [name for name in schema.required if name not in schema.properties]
    if absent:
        yield join([listed((tag("code", name) for name in absent), "and"), " required"])
    for pattern, inner in schema.pattern_properties.items():
        yield join(["properties that match ", tag("code", pattern), ": ", _grouped(inner)])
    other = schema.additional_properties
    if other is not None and (schema.properties or other.always is False):
        yield _others(other, "properties")
    if schema.property_names is not None:
        yield join(["names of properties: ", _grouped(schema.property_names)])
    for name, others in schema.dependent_required.items():
        needed = listed((tag("code", one) for one in others), "and")
        yield join(["with ", tag("code", name), " also ", needed, " required"])
    for name, inner in schema.dependent_schemas.items():
        yield join(["with ", tag("code", name), " also ", _grouped(inner)])
    if schema.unevaluated_properties is not None:
        yield _others(schema.unevaluated_properties, "properties")


def _others(schema: Schema, what: str) -> Html:
    if schema.always is not None:
        return Html(f"other {what} allowed" if schema.always else f"no other {what}")
    return join([f"other {what}: ", _grouped(schema)])


def _amount(low: int | None, high: int | None, what: str) -> Html | None:
    many = "properties" if what == "property" else f"{what}s"
    if low is not None and high is not None and low > 0:
        return Html(
            f"exactly {low} {what if low == 1 else many}" if low == high else f"{low} to {high} {many}"
        )
    if low:
        return Html(f"at least {low} {what if low == 1 else many}")
    if high is not None:
        return Html(f"at most {high} {what if high == 1 else many}" if high else f"no {many}")
    return None

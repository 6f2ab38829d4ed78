"""A node becomes a Schema, pure: JSON Schema 2020-12, with OpenAPI 3.0's older forms translated.

Each keyword has a reader in one table. What the model cannot hold is refused with its place and reason.
"""

import difflib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from crucible_pipeline.contracts import names
from crucible_pipeline.contracts.model import ANNOTATIONS, KEYWORDS, JsonValue, Number, Schema, Value
from crucible_pipeline.contracts.nodes import Node, nearest
from crucible_pipeline.contracts.refs import Here, refers
from crucible_pipeline.contracts.values import same

TYPES = ("array", "boolean", "integer", "null", "number", "object", "string")
_DIRECTIONS = ("input", "output", "both")

# Words of the author that decide nothing about a payload.
_WORDS = frozenset(
    {"$comment", "$schema", "$id", "example", "externalDocs", "xml"}
    | {"contentEncoding", "contentMediaType", "contentSchema"}
)
_ELSEWHERE = frozenset({"$defs", "definitions"})
# Read together with their neighbours.
_FORMS = frozenset({"nullable", "discriminator", "$ref", "enum", "x-extensible-enum"})
_REFUSED: Mapping[str, tuple[str, str]] = {
    "$anchor": ("a name for a place inside a schema is not supported", "give the schema a place under $defs"),
    "$dynamicRef": ("dynamic references are not supported", "use $ref"),
    "$dynamicAnchor": ("dynamic references are not supported", "use $ref and $defs"),
    "$recursiveRef": ("recursive references are not supported", "use $ref"),
    "$recursiveAnchor": ("recursive references are not supported", "use $ref and $defs"),
    "$vocabulary": ("vocabularies are not supported", "remove it"),
    "dependencies": ("it was split in JSON Schema 2019-09", "use dependentRequired or dependentSchemas"),
    "additionalItems": ("it was replaced in JSON Schema 2020-12", "use prefixItems and items"),
    "id": ("it belongs to JSON Schema draft 4", "remove it"),
}


def read(node: Node, here: Here) -> Schema:
    """Read one schema and all inside it.

    Args:
        node: a mapping or a boolean.
        here: the file; its findings take the problems.

    Returns:
        What could be read. An unknown reference becomes a schema that accepts everything, so that one
        mistake is reported once.
    """
    if isinstance(node.value, bool):
        return Schema(always=node.value, mark=node.key)
    entries = here.findings.mapping(node, "a schema")
    found: dict[str, Any] = {}
    for keyword, child in entries.items():
        if keyword in _READERS:
            field, reader = _READERS[keyword]
            value = reader(_Keyword(keyword, child, here))
            if value is not None:
                found[field] = value
        elif keyword in _REFUSED:
            why, todo = _REFUSED[keyword]
            here.findings.add(child.key, f"{keyword!r} cannot be used: {why}", todo)
        elif keyword not in _WORDS | _FORMS | _ELSEWHERE:
            _unknown(keyword, child, here)
    _read_reference(entries, here, found)
    _read_enum(entries, here, found)
    _old_exclusive(entries, found)
    _read_discriminator(entries, here, found)
    schema = Schema(mark=node.key, **found)
    _check_ranges(schema, entries, here)
    if "nullable" in entries and here.findings.flag(entries["nullable"], "nullable"):
        return _nullable(schema)
    return schema


@dataclass(frozen=True, slots=True)
class _Keyword:
    """One keyword with its value."""

    name: str
    node: Node
    here: Here

    def wrong(self, what: str, todo: str) -> None:
        self.here.findings.add(self.node.mark, f"{self.name!r} {what}", todo)


def _unknown(keyword: str, child: Node, here: Here) -> None:
    known = [*KEYWORDS.values(), *_FORMS, *_WORDS, *_ELSEWHERE]
    if not keyword.startswith("x-"):
        todo = nearest(keyword, known, "remove it, or mark it as your own with x-")
        here.findings.add(child.key, f"{keyword!r} is no keyword of a schema", todo)
        return
    # An extension of the author passes unless it looks like a slip in one that decides.
    extensions = [name for name in known if name.startswith("x-")]
    close = difflib.get_close_matches(keyword, extensions, n=1, cutoff=0.9)
    if close:
        here.findings.add(child.key, f"{keyword!r} is no extension known here", f"did you mean {close[0]!r}?")


# readers of single keywords: None means that nothing usable was said


def _number(keyword: _Keyword) -> Number | None:
    value = keyword.here.literal(keyword.node)
    if isinstance(value, bool) and keyword.name.startswith("exclusive"):
        return None  # OpenAPI 3.0's form, see _old_exclusive
    if isinstance(value, bool) or not isinstance(value, int | float):
        if value is not None or refers(keyword.node) is None:
            keyword.wrong("has to be a number", "write a number or a $ref to a constant")
        return None
    if keyword.name == "multipleOf" and value <= 0:
        keyword.wrong("has to be above 0", "write a positive number")
        return None
    return _whole(value)


def _whole(value: Number) -> Number:
    """1.0 as 1, so that equal numbers are written alike; not where a float is no longer exact."""
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < 2**53 else value


def _count(keyword: _Keyword) -> int | None:
    value = keyword.here.literal(keyword.node)
    whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
    if isinstance(value, bool) or not isinstance(value, int | float) or not whole or value < 0:
        if value is not None or refers(keyword.node) is None:
            keyword.wrong(
                "has to be a whole number, 0 or above", "write such a number or a $ref to a constant"
            )
        return None
    return int(value)


def _text(keyword: _Keyword) -> str | None:
    return keyword.here.findings.text(keyword.node, keyword.name)


def _flag(keyword: _Keyword) -> bool:
    return keyword.here.findings.flag(keyword.node, keyword.name)


def _pattern(keyword: _Keyword) -> str | None:
    pattern = _text(keyword)
    return pattern if pattern is not None and _compiles(pattern, keyword.node, keyword.here) else None


def _compiles(pattern: str, node: Node, here: Here) -> bool:
    try:
        re.compile(pattern)
    except (re.error, RecursionError, OverflowError) as error:
        here.findings.add(
            node.mark, f"the pattern {pattern!r} is no regular expression: {error}", "correct the pattern"
        )
        return False
    return True


def _types(keyword: _Keyword) -> tuple[str, ...] | None:
    node, findings = keyword.node, keyword.here.findings
    given = [node] if isinstance(node.value, str) else list(findings.sequence(node, "type"))
    found: set[str] = set()
    for item in given:
        word = findings.text(item, "type")
        if word is not None and word not in TYPES:
            todo = nearest(word, TYPES, f"take one of {', '.join(TYPES)}")
            findings.add(item.mark, f"{word!r} is no type of JSON", todo)
        elif word is not None:
            found.add(word)
    return tuple(sorted(found))


def _schema(keyword: _Keyword) -> Schema | None:
    if keyword.name == "items" and isinstance(keyword.node.value, tuple):
        keyword.wrong("has to be one schema since JSON Schema 2020-12", "use prefixItems for a list")
        return None
    return read(keyword.node, keyword.here)


def _schemas(keyword: _Keyword) -> tuple[Schema, ...]:
    items = keyword.here.findings.sequence(keyword.node, keyword.name)
    if isinstance(keyword.node.value, tuple) and not items:
        keyword.wrong("has to hold at least one schema", "add one or remove the keyword")
    return tuple(read(item, keyword.here) for item in items)


def _named(keyword: _Keyword) -> dict[str, Schema]:
    entries = keyword.here.findings.mapping(keyword.node, keyword.name)
    if keyword.name == "patternProperties":
        entries = {
            name: child
            for name, child in entries.items()
            if _compiles(name, replace(child, mark=child.key), keyword.here)
        }
    if keyword.name == "properties":
        _check_property_names(entries, keyword.here)
    return {name: read(child, keyword.here) for name, child in entries.items()}


def _check_property_names(entries: Mapping[str, Node], here: Here) -> None:
    by_field: dict[str, str] = {}
    for name, child in entries.items():
        reason = names.why_no_field(name)
        if reason:
            here.findings.add(child.key, reason, "give it another name")
            continue
        first = by_field.setdefault(names.snake(name), name)
        if first != name:
            what = f"the properties {first!r} and {name!r} become the same field {names.snake(name)!r}"
            here.findings.add(child.key, what, "rename one of them")


def _names(keyword: _Keyword) -> tuple[str, ...]:
    found = keyword.here.findings.texts(keyword.node, keyword.name)
    return tuple(sorted(found)) if keyword.name == "required" else found


def _member_names(keyword: _Keyword) -> tuple[str, ...]:
    found = keyword.here.findings.texts(keyword.node, keyword.name)
    for name in found:
        if not names.is_usable(name):
            keyword.wrong(
                f"holds {name!r}, which cannot name a member", "take an identifier that is no keyword"
            )
    return found


def _member_words(keyword: _Keyword) -> tuple[str, ...]:
    # Two members may well have the same description.
    items = keyword.here.findings.sequence(keyword.node, keyword.name)
    return tuple(keyword.here.findings.text(item, f"an item of {keyword.name}") or "" for item in items)


def _dependent_required(keyword: _Keyword) -> dict[str, tuple[str, ...]]:
    entries = keyword.here.findings.mapping(keyword.node, keyword.name)
    return {
        name: tuple(sorted(keyword.here.findings.texts(child, f"{keyword.name} of {name!r}")))
        for name, child in entries.items()
    }


def _value(keyword: _Keyword) -> Value | None:
    ref = refers(keyword.node)
    value = keyword.here.literal(keyword.node)
    return None if ref is not None and value is None else Value(value, keyword.node.mark)


def _values(keyword: _Keyword) -> tuple[JsonValue, ...]:
    return tuple(item.json() for item in keyword.here.findings.sequence(keyword.node, keyword.name))


def _direction(keyword: _Keyword) -> str | None:
    word = _text(keyword)
    if word is not None and word not in _DIRECTIONS:
        keyword.wrong(f"is {word!r}", f"write one of {', '.join(_DIRECTIONS)}")
        return None
    return word


_SPECIAL: Mapping[str, Callable[[_Keyword], Any]] = {
    "types": _types,
    "const": _value,
    "default": _value,
    "examples": _values,
    "pattern": _pattern,
    "required": _names,
    "dependent_required": _dependent_required,
    "enum_names": _member_names,
    "enum_descriptions": _member_words,
    "direction": _direction,
}
_BY_KIND: Mapping[Callable[[_Keyword], Any], str] = {
    _number: "minimum maximum exclusive_minimum exclusive_maximum multiple_of",
    _count: "min_length max_length min_contains max_contains min_items max_items "
    "min_properties max_properties",
    _text: "format title description renamed_from",
    _flag: "unique_items deprecated read_only write_only",
    _schema: "items contains unevaluated_items additional_properties property_names unevaluated_properties "
    "not_ if_ then else_",
    _schemas: "prefix_items all_of any_of one_of",
    _named: "properties pattern_properties dependent_schemas",
}
_READERS: Mapping[str, tuple[str, Callable[[_Keyword], Any]]] = {
    KEYWORDS[field]: (field, reader)
    for field, reader in [
        *_SPECIAL.items(),
        *((field, reader) for reader, fields in _BY_KIND.items() for field in fields.split()),
    ]
}


# keywords that are read together


def _read_reference(entries: Mapping[str, Node], here: Here, found: dict[str, Any]) -> None:
    if "$ref" in entries:
        name = here.type_name(entries["$ref"])
        if name is not None:
            found["ref"] = name


def _read_enum(entries: Mapping[str, Node], here: Here, found: dict[str, Any]) -> None:
    node = entries.get("enum")
    open_enum = entries.get("x-extensible-enum")
    if open_enum is not None:
        if isinstance(open_enum.value, tuple) and node is None:
            node, found["extensible"] = open_enum, True
        elif node is None or not isinstance(open_enum.value, bool):
            here.findings.add(
                open_enum.key,
                "x-extensible-enum has no enum",
                "write `true` beside an enum, or a list in its place",
            )
        else:
            found["extensible"] = open_enum.value
    if node is None:
        for name in ("x-enum-varnames", "x-enum-descriptions"):
            if name in entries:
                here.findings.add(
                    entries[name].key, f"{name} has no enum beside it", "add the enum or remove it"
                )
                found.pop("enum_names" if name == "x-enum-varnames" else "enum_descriptions", None)
        return
    found["enum"] = _members(node, here)
    given = [value for value in found["enum"] if value is not None]
    for field in ("enum_names", "enum_descriptions"):
        if field in found and len(found[field]) not in {len(given), len(found["enum"])}:
            keyword = KEYWORDS[field]
            what = f"{keyword} has {len(found[field])} items for {len(found['enum'])} values of the enum"
            here.findings.add(entries[keyword].mark, what, "write one for each value, in the same order")
            del found[field]


def _members(node: Node, here: Here) -> tuple[JsonValue, ...]:
    members: list[JsonValue] = []
    items = here.findings.sequence(node, "enum")
    if isinstance(node.value, tuple) and not items:
        here.findings.add(node.mark, "the enum has no values", "add one or remove the keyword")
    for item in items:
        value = here.literal(item)
        if value is None and refers(item) is not None:
            continue
        if any(same(value, member) for member in members):
            here.findings.add(item.mark, f"the enum holds {value!r} twice", "remove one of them")
        else:
            members.append(value)
    return tuple(members)


def _old_exclusive(entries: Mapping[str, Node], found: dict[str, Any]) -> None:
    """OpenAPI 3.0: `exclusiveMinimum: true` beside `minimum`."""
    for new, old in (("exclusive_minimum", "minimum"), ("exclusive_maximum", "maximum")):
        node = entries.get(KEYWORDS[new])
        if node is not None and node.value is True and old in found:
            found[new] = found.pop(old)


def _read_discriminator(entries: Mapping[str, Node], here: Here, found: dict[str, Any]) -> None:
    node = entries.get("discriminator")
    if node is None:
        return
    parts = here.findings.mapping(node, "discriminator")
    here.findings.only(parts, ("propertyName", "mapping"), "discriminator")
    if isinstance(node.value, Mapping) and "propertyName" not in parts:
        here.findings.add(node.key, "discriminator has no propertyName", "name the property that decides")
    if "propertyName" in parts:
        found["discriminator"] = here.findings.text(parts["propertyName"], "propertyName")
    if not found.get("one_of") and not found.get("any_of"):
        what = "discriminator has no oneOf or anyOf beside it"
        here.findings.add(node.key, what, "list the alternatives, or remove it")
        found.pop("discriminator", None)
    if "mapping" in parts:
        branches = {branch.ref for branch in [*found.get("one_of", ()), *found.get("any_of", ())]}
        for child in here.findings.mapping(parts["mapping"], "mapping").values():
            name = here.type_name(child)
            if name is not None and name not in branches:
                what = f"the mapping leads to {name}, which is none of the alternatives"
                here.findings.add(child.mark, what, "add it to oneOf or remove it")


def _nullable(schema: Schema) -> Schema:
    """OpenAPI 3.0.3, `nullable: true`: null is accepted too."""
    bound = schema.ref or schema.all_of or schema.any_of or schema.one_of or schema.not_ or schema.const
    if bound or schema.if_:
        bare = Schema()
        kept = {name: getattr(schema, name) for name in ANNOTATIONS}
        inner = replace(schema, **{name: getattr(bare, name) for name in ANNOTATIONS})
        return Schema(any_of=(inner, Schema(types=("null",), mark=schema.mark)), mark=schema.mark, **kept)
    types = tuple(sorted({*schema.types, "null"})) if schema.types else ()
    enum = schema.enum
    if enum is not None and None not in enum:
        enum = (*enum, None)
    return replace(schema, types=types, enum=enum)


def _check_ranges(schema: Schema, entries: Mapping[str, Node], here: Here) -> None:
    pairs = [
        ("minimum", "maximum", False),
        ("exclusive_minimum", "maximum", True),
        ("minimum", "exclusive_maximum", True),
        ("exclusive_minimum", "exclusive_maximum", True),
        ("min_length", "max_length", False),
        ("min_items", "max_items", False),
        ("min_contains", "max_contains", False),
        ("min_properties", "max_properties", False),
    ]
    for low_name, high_name, strict in pairs:
        low, high = getattr(schema, low_name), getattr(schema, high_name)
        if low is None or high is None or (low < high if strict else low <= high):
            continue
        keyword = next(
            name for name in (KEYWORDS[high_name], KEYWORDS[low_name], "maximum") if name in entries
        )
        what = f"no value is from {KEYWORDS[low_name]} {low} to {KEYWORDS[high_name]} {high}"
        here.findings.add(entries[keyword].mark, what, "correct one of the two")

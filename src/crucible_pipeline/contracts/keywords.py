"""The keywords of a schema that are read one by one, pure: a reader for each, in one table."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from crucible_pipeline.contracts import names, patterns
from crucible_pipeline.contracts.ambiguity import is_exponential
from crucible_pipeline.contracts.model import KEYWORDS, JsonValue, Number, Schema, Value
from crucible_pipeline.contracts.nodes import Findings, Node, nearest
from crucible_pipeline.contracts.refs import Here, refers

TYPES = ("array", "boolean", "integer", "null", "number", "object", "string")
_ALONE = {word: (word,) for word in TYPES}
_DIRECTIONS = ("input", "output", "both")


class Keyword(NamedTuple):
    """One keyword with its value.

    Args:
        name: as it is written.
        node: its value.
        here: the file.
        read: reads a schema inside it.
    """

    name: str
    node: Node
    here: Here
    read: Callable[[Node, Here], Schema]

    def wrong(self, what: str, todo: str) -> None:
        """Report that the value cannot be used."""
        self.here.findings.add(self.node.mark, f"{self.name!r} {what}", todo)


# readers: None means that nothing usable was said


def _number(keyword: Keyword) -> Number | None:
    value = keyword.here.literal(keyword.node)
    if isinstance(value, bool) and keyword.name.startswith("exclusive"):
        return None  # OpenAPI 3.0's form, see forms.old_exclusive
    if isinstance(value, bool) or not isinstance(value, int | float):
        if value is not None or refers(keyword.node) is None:
            keyword.wrong("has to be a number", "write a number or a $ref to a constant")
        return None
    if keyword.name == "multipleOf" and value <= 0:
        keyword.wrong("has to be above 0", "write a positive number")
        return None
    return whole(value)


def whole(value: Number) -> Number:
    """1.0 as 1, so that equal numbers are written alike; not where a float is no longer exact."""
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < 2**53 else value


def _count(keyword: Keyword) -> int | None:
    value = keyword.here.literal(keyword.node)
    whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
    if isinstance(value, bool) or not isinstance(value, int | float) or not whole or value < 0:
        if value is not None or refers(keyword.node) is None:
            keyword.wrong(
                "has to be a whole number, 0 or above", "write such a number or a $ref to a constant"
            )
        return None
    return int(value)


def _text(keyword: Keyword) -> str | None:
    return keyword.here.findings.text(keyword.node, keyword.name)


def _flag(keyword: Keyword) -> bool:
    return keyword.here.findings.flag(keyword.node, keyword.name)


def _pattern(keyword: Keyword) -> str | None:
    pattern = _text(keyword)
    return pattern if pattern is not None and _compiles(pattern, keyword.node, keyword.here) else None


def _compiles(pattern: str, node: Node, here: Here) -> bool:
    try:
        translated = patterns.regex(pattern).pattern
    except ValueError as error:
        here.findings.add(node.mark, str(error), "write it with what ECMAScript and Python share")
        return False
    if is_exponential(translated):
        what = f"the pattern {pattern!r} takes exponential time on some text, or is too large to tell"
        todo = "let what repeats begin or end with a character of its own, as in ^[a-z]+(-[a-z]+)*$"
        here.findings.add(node.mark, what, todo)
        return False
    return True


def _types(keyword: Keyword) -> tuple[str, ...] | None:
    node, findings = keyword.node, keyword.here.findings
    alone = _ALONE.get(node.value) if isinstance(node.value, str) else None
    if alone is not None:
        return alone
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


def _schema(keyword: Keyword) -> Schema | None:
    if keyword.name == "items" and isinstance(keyword.node.value, tuple):
        keyword.wrong("has to be one schema since JSON Schema 2020-12", "use prefixItems for a list")
        return None
    return keyword.read(keyword.node, keyword.here)


def _schemas(keyword: Keyword) -> tuple[Schema, ...]:
    items = keyword.here.findings.sequence(keyword.node, keyword.name)
    if isinstance(keyword.node.value, tuple) and not items:
        keyword.wrong("has to hold at least one schema", "add one or remove the keyword")
    return tuple(keyword.read(item, keyword.here) for item in items)


def _named(keyword: Keyword) -> dict[str, Schema]:
    entries = keyword.here.findings.mapping(keyword.node, keyword.name)
    if keyword.name == "patternProperties":
        entries = {
            name: child
            for name, child in entries.items()
            if _compiles(name, Node(child.value, child.key, child.key), keyword.here)
        }
    if keyword.name == "properties":
        _check_property_names(entries, keyword.here)
    return {name: keyword.read(child, keyword.here) for name, child in entries.items()}


def _check_property_names(entries: Mapping[str, Node], here: Here) -> None:
    """In contracts of one's own every field has a name that its author chose; see `names.field`."""
    if here.foreign:
        return
    by_field: dict[str, str] = {}
    for name, child in entries.items():
        given = child.entries.get("x-python-name")
        said = given.value if given is not None else None
        if said is None and names.is_keyword(name):
            what = f"the property {name!r} is a keyword of Python"
            here.findings.add(child.key, what, f"give it another name, or x-python-name: {names.field(name)}")
            continue
        field = said if isinstance(said, str) else names.snake(names.field(name))
        first = by_field.setdefault(field, name)
        if first != name:
            what = f"the properties {first!r} and {name!r} become the same field {field!r}"
            here.findings.add(child.key, what, "rename one of them, or give it an x-python-name")


def _names(keyword: Keyword) -> tuple[str, ...]:
    found = keyword.here.findings.texts(keyword.node, keyword.name)
    return tuple(sorted(found)) if keyword.name == "required" else found


def _member_names(keyword: Keyword) -> tuple[str, ...]:
    found = keyword.here.findings.texts(keyword.node, keyword.name)
    for name in found:
        if not names.is_usable(name):
            keyword.wrong(
                f"holds {name!r}, which cannot name a member", "take an identifier that is no keyword"
            )
    return found


def _member_words(keyword: Keyword) -> tuple[str, ...]:
    # Two members may well have the same description.
    items = keyword.here.findings.sequence(keyword.node, keyword.name)
    return tuple(keyword.here.findings.text(item, f"an item of {keyword.name}") or "" for item in items)


def _dependent_required(keyword: Keyword) -> dict[str, tuple[str, ...]]:
    entries = keyword.here.findings.mapping(keyword.node, keyword.name)
    return {
        name: tuple(sorted(keyword.here.findings.texts(child, f"{keyword.name} of {name!r}")))
        for name, child in entries.items()
    }


def _value(keyword: Keyword) -> Value | None:
    ref = refers(keyword.node)
    value = keyword.here.literal(keyword.node)
    return None if ref is not None and value is None else Value(value, keyword.node.mark)


def _values(keyword: Keyword) -> tuple[JsonValue, ...]:
    return tuple(item.json() for item in keyword.here.findings.sequence(keyword.node, keyword.name))


def _format(keyword: Keyword) -> str | None:
    word = _text(keyword)
    if word in {"idn-email", "idn-hostname"}:
        keyword.wrong(
            f"{word!r} cannot be asserted: it needs Unicode's tables, whose edition differs between engines",
            "use email or hostname, or a pattern",
        )
        return None
    return word


def _python_name(keyword: Keyword) -> str | None:
    word = _text(keyword)
    if word is not None and (not names.is_usable(word) or word.startswith("_")):
        keyword.wrong(f"is {word!r}", "take an identifier that is no keyword and begins with a letter")
        return None
    return word


def former_names(node: Node, findings: Findings, what: str) -> tuple[str, ...]:
    """Former names: one text, or a list of them with the latest first."""
    if isinstance(node.value, tuple):
        return findings.texts(node, what)
    said = findings.text(node, what)
    return (said,) if said is not None else ()


def _former(keyword: Keyword) -> tuple[str, ...]:
    return former_names(keyword.node, keyword.here.findings, keyword.name)


def _former_values(keyword: Keyword) -> dict[str, tuple[str, ...]]:
    findings = keyword.here.findings
    return {
        value: former_names(child, findings, f"{keyword.name} of {value!r}")
        for value, child in findings.mapping(keyword.node, keyword.name).items()
    }


def _direction(keyword: Keyword) -> str | None:
    word = _text(keyword)
    if word is not None and word not in _DIRECTIONS:
        keyword.wrong(f"is {word!r}", f"write one of {', '.join(_DIRECTIONS)}")
        return None
    return word


_SPECIAL: Mapping[str, Callable[[Keyword], Any]] = {
    "types": _types,
    "const": _value,
    "default": _value,
    "examples": _values,
    "pattern": _pattern,
    "format": _format,
    "required": _names,
    "dependent_required": _dependent_required,
    "enum_names": _member_names,
    "enum_descriptions": _member_words,
    "enum_renamed_from": _former_values,
    "enum_deprecated": _values,
    "renamed_from": _former,
    "direction": _direction,
    "python_name": _python_name,
}
_BY_KIND: Mapping[Callable[[Keyword], Any], str] = {
    _number: "minimum maximum exclusive_minimum exclusive_maximum multiple_of",
    _count: "min_length max_length min_contains max_contains min_items max_items "
    "min_properties max_properties",
    _text: "title description",
    _flag: "unique_items deprecated read_only write_only",
    _schema: "items contains unevaluated_items additional_properties property_names unevaluated_properties "
    "not_ if_ then else_",
    _schemas: "prefix_items all_of any_of one_of",
    _named: "properties pattern_properties dependent_schemas",
}
READERS: Mapping[str, tuple[str, Callable[[Keyword], Any]]] = {
    KEYWORDS[field]: (field, reader)
    for field, reader in [
        *_SPECIAL.items(),
        *((field, reader) for reader, fields in _BY_KIND.items() for field in fields.split()),
    ]
}

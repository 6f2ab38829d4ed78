"""A node becomes a Schema, pure: JSON Schema 2020-12, with OpenAPI 3.0's older forms translated.

Each keyword has a reader in one table. What the model cannot hold is refused with its place and reason.
"""

import difflib
from collections.abc import Mapping
from typing import Any

from crucible_pipeline.contracts import forms
from crucible_pipeline.contracts.keywords import READERS, Keyword
from crucible_pipeline.contracts.model import KEYWORDS, MANY, NAMED, ONE, Schema
from crucible_pipeline.contracts.nodes import Node, nearest
from crucible_pipeline.contracts.places import DEFINITIONS
from crucible_pipeline.contracts.refs import Here
from crucible_pipeline.contracts.sparse import like, stated

# Words of the author that decide nothing about a payload.
_WORDS = frozenset(
    {"$comment", "example", "externalDocs", "xml"} | {"contentEncoding", "contentMediaType", "contentSchema"}
)
# Any text will do for these.
_TEXTS = frozenset({"title", "description"})
# What gives a place inside a file a name; only a file of JSON Schema is searched for them.
_ADDRESSES = frozenset({"$id", "$anchor", "$dynamicAnchor", "$dynamicRef"})
_ONLY_NAMED: Mapping[str, str] = {
    "$id": "put the schema into a file of its own",
    "$schema": "put the schema into a file of its own",
}
# Their values have marks of their own.
_PLACED = frozenset({"const", "default", *ONE, *MANY, *NAMED})
# Read together with their neighbours.
_FORMS = frozenset({"nullable", "discriminator", "$ref", "enum", "x-extensible-enum"})
_PASSED_OVER = _WORDS | _FORMS | _ONLY_NAMED.keys() | set(DEFINITIONS)
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


def read(node: Node, here: Here, *, named: bool = False) -> Schema:
    """Read one schema and all inside it.

    Args:
        node: a mapping or a boolean.
        here: the file; its findings take the problems.
        named: whether it is a type of its own; the definitions that it holds are types too, then.

    Returns:
        What could be read. An unknown reference becomes a schema that accepts everything, so that one
        mistake is reported once.
    """
    plain = None if named or here.path in here.declared.surveyed else node.plain()
    if plain is None:
        return _read(node, here, named=named)
    known = here.known.get(plain)
    if known is not None:
        return like(known, mark=node.key)
    before = len(here.findings.problems)
    found = _read(node, here, named=False)
    # What is wrong is reported at each of its places, and what has places inside is read at each.
    if len(here.findings.problems) == before and stated(found).keys().isdisjoint(_PLACED):
        here.known[plain] = found
    return found


def _read(node: Node, here: Here, *, named: bool) -> Schema:
    if isinstance(node.value, bool):
        return Schema(always=node.value, mark=node.key)
    entries = here.findings.mapping(node, "a schema")
    found: dict[str, Any] = {"mark": node.key}
    for keyword, child in entries.items():
        known = READERS.get(keyword)
        if known is None:
            _read_other(keyword, child, here, named=named)
        elif child.value.__class__ is str and known[0] in _TEXTS:
            found[known[0]] = child.value
        else:
            value = known[1](Keyword(keyword, child, here, read))
            if value is not None:
                found[known[0]] = value
    said = entries.keys()
    if not said.isdisjoint(forms.TOGETHER):
        forms.read_reference(entries, here, found)
        forms.read_enum(entries, here, found)
        forms.old_exclusive(entries, here, found)
        forms.read_discriminator(entries, here, found)
    forms.whole_values(found)
    schema = Schema(**found)
    if not said.isdisjoint(forms.BOUNDS):
        forms.check_ranges(schema, entries, here)
    if "nullable" in entries and here.findings.flag(entries["nullable"], "nullable"):
        return forms.nullable(schema)
    return schema


def _read_other(keyword: str, child: Node, here: Here, *, named: bool) -> None:
    """A keyword that becomes no field by itself."""
    if keyword in DEFINITIONS:
        for inner in here.findings.mapping(child, keyword).values() if not named else ():
            read(inner, here)
    elif keyword in _ADDRESSES and here.path in here.declared.surveyed:
        return
    elif keyword in _ONLY_NAMED and not named:
        here.findings.add(child.key, f"{keyword!r} stands inside a schema", _ONLY_NAMED[keyword])
    elif keyword in _REFUSED:
        why, todo = _REFUSED[keyword]
        here.findings.add(child.key, f"{keyword!r} cannot be used: {why}", todo)
    elif keyword not in _PASSED_OVER:
        _unknown(keyword, child, here)


def _unknown(keyword: str, child: Node, here: Here) -> None:
    known = [*KEYWORDS.values(), *_FORMS, *_WORDS, *_ONLY_NAMED, *DEFINITIONS]
    if not keyword.startswith("x-"):
        close = difflib.get_close_matches(keyword, known, n=1)
        if here.tolerant or (here.foreign and here.path.endswith(".json") and not close):
            return  # an annotation of somebody else (JSON Schema 2020-12 core, section 6.5)
        todo = nearest(keyword, known, "remove it, or mark it as your own with x-")
        here.findings.add(child.key, f"{keyword!r} is no keyword of a schema", todo)
        return
    # An extension of the author passes unless it looks like a slip in one that decides.
    extensions = [name for name in known if name.startswith("x-")]
    close = difflib.get_close_matches(keyword, extensions, n=1, cutoff=0.9)
    if close:
        here.findings.add(child.key, f"{keyword!r} is no extension known here", f"did you mean {close[0]!r}?")

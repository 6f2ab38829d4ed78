"""The keywords of a schema that are read together, pure: enums, discriminators, OpenAPI 3.0's older forms."""

from collections.abc import Hashable, Mapping
from dataclasses import replace
from typing import Any

from crucible_pipeline.contracts.keywords import whole
from crucible_pipeline.contracts.model import ANNOTATIONS, KEYWORDS, JsonValue, Schema
from crucible_pipeline.contracts.nodes import Node
from crucible_pipeline.contracts.refs import Here, refers
from crucible_pipeline.contracts.sparse import changed, stated
from crucible_pipeline.contracts.values import key as identity

_OF_ENUMS = ("enum_names", "enum_descriptions", "enum_renamed_from", "enum_deprecated")
# A schema without any of these has nothing to read together.
TOGETHER = frozenset(
    {"$ref", "$dynamicRef", "discriminator", "enum", "exclusiveMinimum", "exclusiveMaximum"}
    | {keyword for keyword in KEYWORDS.values() if "-enum" in keyword}
)
_PAIRS = (
    ("minimum", "maximum", False),
    ("exclusive_minimum", "maximum", True),
    ("minimum", "exclusive_maximum", True),
    ("exclusive_minimum", "exclusive_maximum", True),
    ("min_length", "max_length", False),
    ("min_items", "max_items", False),
    ("min_contains", "max_contains", False),
    ("min_properties", "max_properties", False),
)
_VALUES = frozenset({"const", "default", "enum", "examples"})
BOUNDS = frozenset(KEYWORDS[field] for pair in _PAIRS for field in pair[:2])


def whole_values(found: dict[str, Any]) -> None:
    """Write the values of an integer without a point: 30.0 is 30, and generated code says so."""
    types: tuple[str, ...] = found.get("types", ())
    if "integer" not in types or "number" in types or found.keys().isdisjoint(_VALUES):
        return
    for field in ("const", "default"):
        if field in found:
            found[field] = replace(found[field], json=_whole_or_other(found[field].json))
    for field in ("enum", "enum_deprecated", "examples"):
        if field in found:
            found[field] = tuple(map(_whole_or_other, found[field]))


def _whole_or_other(value: JsonValue) -> JsonValue:
    return whole(value) if isinstance(value, float) else value


def read_reference(entries: Mapping[str, Node], here: Here, found: dict[str, Any]) -> None:
    """`$ref`: the name of the type."""
    if "$ref" in entries:
        name = here.type_name(entries["$ref"])
        if name is not None:
            found["ref"] = name
    if "$dynamicRef" in entries and here.path in here.declared.surveyed:
        name = _dynamic(entries["$dynamicRef"], here)
        if name is not None and found.setdefault("ref", name) != name:
            found["all_of"] = (*found.get("all_of", ()), Schema(ref=name, mark=entries["$dynamicRef"].key))


def _dynamic(node: Node, here: Here) -> str | None:
    """`$dynamicRef` where it can only mean what `$ref` would (JSON Schema core, section 8.2.3.2)."""
    name = here.type_name(node)
    if name is None or not isinstance(node.value, str):
        return None
    anchor = node.value.rpartition("#")[2]
    places = here.declared.dynamic.get(anchor, [])
    if len(places) > 1 and name in {here.declared.type_at(place) for place in places}:
        what = f"the $dynamicRef {node.value!r} means another schema depending on where it is reached from"
        here.findings.add(node.mark, what, "use $ref")
        return None
    return name


def read_enum(entries: Mapping[str, Node], here: Here, found: dict[str, Any]) -> None:
    """`enum`, `x-extensible-enum` beside or in place of it, and the names and words of its values."""
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
        for field in _OF_ENUMS:
            name = KEYWORDS[field]
            if name in entries:
                here.findings.add(
                    entries[name].key, f"{name} has no enum beside it", "add the enum or remove it"
                )
                found.pop(field, None)
        return
    found["enum"] = _members(node, here)
    given = [value for value in found["enum"] if value is not None]
    for field in ("enum_names", "enum_descriptions"):
        if field in found and len(found[field]) not in {len(given), len(found["enum"])}:
            keyword = KEYWORDS[field]
            what = f"{keyword} has {len(found[field])} items for {len(found['enum'])} values of the enum"
            here.findings.add(entries[keyword].mark, what, "write one for each value, in the same order")
            del found[field]
    _check_values(entries, here, found)


def _check_values(entries: Mapping[str, Node], here: Here, found: dict[str, Any]) -> None:
    """Former names and deprecations are of values that the enum has; they stand in its order."""
    former: dict[str, tuple[str, ...]] = found.get("enum_renamed_from", {})
    given_up = {identity(value) for value in found.get("enum_deprecated", ())}
    texts = {str(value) for value in found["enum"]}
    wrong = [("enum_renamed_from", value) for value in former if value not in texts]
    known = {identity(value) for value in found["enum"]}
    wrong += [
        ("enum_deprecated", value)
        for value in found.get("enum_deprecated", ())
        if value is None or identity(value) not in known
    ]
    for field, value in wrong:
        keyword = KEYWORDS[field]
        what = f"{keyword} names {value!r}, which the enum does not have"
        here.findings.add(entries[keyword].mark, what, "name a value of the enum as it is called now")
    if former:
        found["enum_renamed_from"] = {
            str(value): former[str(value)] for value in found["enum"] if str(value) in former
        }
    if given_up:
        found["enum_deprecated"] = tuple(value for value in found["enum"] if identity(value) in given_up)


def _members(node: Node, here: Here) -> tuple[JsonValue, ...]:
    members: list[JsonValue] = []
    known: set[Hashable] = set()
    items = here.findings.sequence(node, "enum")
    if isinstance(node.value, tuple) and not items:
        here.findings.add(node.mark, "the enum has no values", "add one or remove the keyword")
    for item in items:
        value = here.literal(item)
        if value is None and refers(item) is not None:
            continue
        if identity(value) in known:
            here.findings.add(item.mark, f"the enum holds {value!r} twice", "remove one of them")
        else:
            known.add(identity(value))
            members.append(value)
    return tuple(members)


def old_exclusive(entries: Mapping[str, Node], here: Here, found: dict[str, Any]) -> None:
    """OpenAPI 3.0: `exclusiveMinimum: true` beside `minimum`."""
    for new, old in (("exclusive_minimum", "minimum"), ("exclusive_maximum", "maximum")):
        node = entries.get(KEYWORDS[new])
        if node is None or node.value is not True:
            continue
        if old in found:
            found[new] = found.pop(old)
        elif old not in entries:
            here.findings.add(node.key, f"{KEYWORDS[new]} has no {old} beside it", "write the number itself")


def read_discriminator(entries: Mapping[str, Node], here: Here, found: dict[str, Any]) -> None:
    """`discriminator` of OpenAPI: it helps to choose and decides nothing by itself."""
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
    if "mapping" in parts and found.get("discriminator"):
        _check_mapping(parts["mapping"], here, found)


def _check_mapping(node: Node, here: Here, found: dict[str, Any]) -> None:
    """A mapping may only repeat what the alternatives themselves say: they are what a validator reads."""
    branches = {branch.ref for branch in [*found.get("one_of", ()), *found.get("any_of", ())]}
    for key, child in here.findings.mapping(node, "mapping").items():
        name = here.type_name(child)
        if name is None:
            continue
        decides = here.declared.nodes[name].entries.get("properties", child).entries
        said = decides.get(found["discriminator"], child).entries
        values = [*(item.value for item in said.get("enum", child).items), said.get("const", child).value]
        if name not in branches:
            what = f"the mapping leads to {name}, which is none of the alternatives"
            here.findings.add(child.mark, what, "add it to oneOf or remove it")
        elif key not in values:
            what = f"the mapping calls {name} {key!r}, and {name} itself does not"
            here.findings.add(child.key, what, f"give {found['discriminator']} in {name} `const: {key}`")


def nullable(schema: Schema) -> Schema:
    """OpenAPI 3.0.3, `nullable: true`: null is accepted too."""
    bound = schema.ref or schema.all_of or schema.any_of or schema.one_of or schema.not_ or schema.const
    if bound or schema.if_:
        said = stated(schema)
        kept = {name: said[name] for name in ANNOTATIONS if name in said}
        inner = Schema(**{name: value for name, value in said.items() if name not in kept})
        return Schema(any_of=(inner, Schema(types=("null",), mark=schema.mark)), mark=schema.mark, **kept)
    types = tuple(sorted({*schema.types, "null"})) if schema.types else ()
    enum = schema.enum
    if enum is not None and None not in enum:
        enum = (*enum, None)
    return changed(schema, types=types, enum=enum)


def check_ranges(schema: Schema, entries: Mapping[str, Node], here: Here) -> None:
    """Report a lower bound above its upper bound; JSON Schema itself allows it."""
    if here.tolerant:
        return
    for low_name, high_name, strict in _PAIRS:
        low, high = getattr(schema, low_name), getattr(schema, high_name)
        if low is None or high is None or (low < high if strict else low <= high):
            continue
        keyword = next(
            name for name in (KEYWORDS[high_name], KEYWORDS[low_name], "maximum") if name in entries
        )
        what = f"no value is from {KEYWORDS[low_name]} {low} to {KEYWORDS[high_name]} {high}"
        here.findings.add(entries[keyword].mark, what, "correct one of the two")

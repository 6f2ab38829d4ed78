"""Types on the reference page: what each accepts, field by field, pure."""

import json
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

from crucible_pipeline.contracts.model import Contract, JsonValue, Package, Schema, TypeDef
from crucible_pipeline.contracts.sparse import changed, stated
from crucible_pipeline.generate import markup, typescript_enums
from crucible_pipeline.generate.markup import HOLE, NOTHING, Frame, Html, Part, form, frame, join, tag
from crucible_pipeline.generate.reference_words import bounds, kind, phrase, value, words

_PLAIN = frozenset({"types", "properties", "required", "title", "description", "mark"})
# What is said of a field beside what it takes; then what may be said so that the cell is a usual one.
_TAGGED = frozenset({"deprecated", "read_only", "write_only", "extensible", "direction", "renamed_from"})
_USUAL = frozenset({"types", "format", "mark", "title", "description", "default", "examples"}) | _TAGGED - {
    "extensible"
}
_TOLD = frozenset({"types", "format", "mark", "title", "description"})
_ROW, _FIRST = frame("tr", role="row"), frame("th", scope="row", role="rowheader")
_SELF, _CODE = frame("a", class_="self"), frame("code")
_MEANING = frame("td", role="cell", data_label="Meaning")
_REQUIRED = tag("span", "required", class_="need")
_OPTIONAL = tag("span", "optional", class_="may")
# Holes: the anchor, twice, the name, whether it is required, what is said of it in a word, the other cells.
_FIELD = form(_ROW(_FIRST(_SELF(_CODE(HOLE), href=f"#{HOLE}"), " ", HOLE, HOLE), HOLE, id_=HOLE))
_NONE = tag("span", "none", class_="soft none")
_NO_DEFAULT = frame("td", role="cell", data_label="Default")(_NONE)


class Row(NamedTuple):
    """One field.

    Args:
        path: names from the type inwards; `[]` stands for every item of an array.
        schema: of its values.
        required: whether the object around it needs it.
    """

    path: tuple[str, ...]
    schema: Schema
    required: bool


def type_section(contract: Contract, item: TypeDef) -> Html:
    """A type with its anchor, its words, how to import it, and its fields or values."""
    schema = flat(item.schema)
    listing = values(item) if schema.enum is not None and schema.ref is None else None
    return tag(
        "section",
        tag("h4", tag("code", item.name), *_tags(schema), permalink(markup.anchor("type", item.name))),
        words(schema.description or schema.title),
        _summary(schema, listed=listing is not None),
        listing,
        fields(schema, "type", item.name),
        _examples(schema),
        _use(contract.package, item),
        id=markup.anchor("type", item.name),
        class_="item",
    )


def flat(schema: Schema) -> Schema:
    """The schema with the properties of its plain inline parts of `allOf` as its own."""
    parts = [part for part in schema.all_of if _is_plain(part)]
    names = [name for part in (schema, *parts) for name in part.properties]
    if not parts or len(set(names)) < len(names):
        return schema
    return changed(
        schema,
        types=schema.types or ("object",),
        properties={name: inner for part in (schema, *parts) for name, inner in part.properties.items()},
        required=tuple(sorted({name for part in (schema, *parts) for name in part.required})),
        all_of=tuple(part for part in schema.all_of if part not in parts),
    )


def _is_plain(part: Schema) -> bool:
    if part.types != ("object",):
        return False
    return stated(part).keys() <= _PLAIN


def fields(schema: Schema, area: str, *owner: str) -> Html:
    """The table of an object's fields.

    Args:
        schema: of the object.
        area: kind of anchor of the fields.
        owner: names of what the fields are of.
    """
    rows = list(_rows(schema, ()))
    if not rows:
        return NOTHING
    head = ("Field", "Value", "Default", "Meaning")
    return table(head, [_field(row, markup.anchor(area, *owner, *row.path)) for row in rows], "fields")


def table(head: tuple[str, ...], rows: list[Html], class_: str) -> Html:
    """A table that a narrow screen shows row by row; the roles survive that."""
    cells = join(tag("th", name, scope="col", role="columnheader") for name in head)
    return tag(
        "table",
        tag("thead", tag("tr", cells, role="row"), role="rowgroup"),
        tag("tbody", *rows, role="rowgroup"),
        class_=class_,
        role="table",
    )


def cell(*parts: Part, label: str) -> Html:
    """A cell that says its column where the head is not shown."""
    return _labelled(label)(*parts)


@lru_cache(maxsize=64)
def _labelled(label: str) -> Frame:
    return frame("td", role="cell", data_label=label)


def first(*parts: Part) -> Html:
    """The cell that names a row."""
    return _FIRST(*parts)


def _rows(schema: Schema, path: tuple[str, ...]) -> Iterator[Row]:
    required = frozenset(schema.required)
    for name, inner in schema.properties.items():
        place = (*path, name)
        yield Row(place, inner, name in required)
        if inner.properties:
            yield from _rows(inner, place)
        if inner.items is not None and inner.items.properties:
            yield from _rows(inner.items, (*place, "[]"))


def _field(row: Row, anchor: str) -> Html:
    schema = row.schema
    need = _REQUIRED if row.required else _OPTIONAL
    name = ".".join(row.path).replace(".[]", "[]")
    if stated(schema).keys() <= _TOLD:
        tags, rest = None, _told(schema.types, schema.format, schema.description or schema.title)
    else:
        rest = _rest(schema)
        tags = join(_tags(schema))
    return _FIELD(anchor, anchor, name, need, tags, rest)


def _rest(schema: Schema) -> Html:
    """The cells of a field behind its name."""
    default = schema.default
    return join(
        [
            _accepted(schema),
            cell(value(default.json), label="Default") if default is not None else _NO_DEFAULT,
            _MEANING(phrase(schema.description or schema.title), _example_line(schema)),
        ]
    )


@lru_cache(maxsize=8192)
def _told(types: tuple[str, ...], format_: str | None, text: str | None) -> Html:
    """Those cells of nine fields out of ten; a large contract says the same ones again and again."""
    return _rest(Schema(types=types, format=format_, description=text))


def _accepted(schema: Schema) -> Html:
    """The cell that says what a field takes."""
    if stated(schema).keys() <= _USUAL:
        return _usual(schema.types, schema.format)
    limits = [tag("span", told, class_="bound") for told in bounds(schema)]
    return cell(kind(_shallow(schema)), *limits, label="Value")


@lru_cache(maxsize=256)
def _usual(types: tuple[str, ...], format_: str | None) -> Html:
    """That cell of nine fields out of ten, which say their types and a format at most."""
    schema = Schema(types=types, format=format_)
    limits = [tag("span", told, class_="bound") for told in bounds(schema)]
    return cell(kind(schema), *limits, label="Value")


def _shallow(schema: Schema) -> Schema:
    """Without the properties of its items, which have rows of their own."""
    if schema.items is None or not schema.items.properties:
        return schema
    return changed(schema, items=changed(schema.items, properties={}, required=()))


def _tags(schema: Schema) -> Iterator[Html]:
    if stated(schema).keys().isdisjoint(_TAGGED):
        return
    yield history(schema.renamed_from, given_up=schema.deprecated)
    said = {
        "read only": schema.read_only,
        "write only": schema.write_only,
        "open": schema.extensible,
        "input only": schema.direction == "input",
        "output only": schema.direction == "output",
    }
    for text, holds in said.items():
        if holds:
            yield join([" ", tag("span", text, class_="tag")])


def history(former: Iterable[str], *, given_up: bool) -> Html:
    """What something was called before, and whether it is given up."""
    said = ["deprecated"] if given_up else []
    names = ", ".join(former)
    said += [f"formerly {names}"] if names else []
    return join(join([" ", tag("span", text, class_="tag")]) for text in said)


def _summary(schema: Schema, *, listed: bool) -> Html:
    """What the table of fields or values does not say of the type as a whole."""
    shown = changed(schema, enum=None) if listed else schema
    said = [kind(shown), *bounds(shown)]
    plain = shown.properties and said == [Html("object")]
    notes = [] if plain else [tag("p", "Accepts: ", join(said, ", "), ".", class_="kind")]
    if schema.extensible:
        notes.append(
            tag("p", "Further values may come; readers keep a value that they do not know.", class_="soft")
        )
    if schema.default is not None:
        notes.append(tag("p", "Default: ", value(schema.default.json)))
    return join(notes)


def values(item: TypeDef) -> Html:
    """The table of an enum's values."""
    schema = item.schema
    given = schema.enum or ()
    names: dict[str, str] = {}
    if typescript_enums.is_named(schema):
        members = typescript_enums.members(schema)
        names = {json.dumps(one): name for name, one in members.items()}
    told = schema.enum_descriptions if len(schema.enum_descriptions) == len(given) else ("",) * len(given)
    rows = [_value(item, one, names, text) for one, text in zip(given, told, strict=True)]
    return table(("Value", "In code", "Meaning"), rows, "values") if rows else NOTHING


def value_anchor(name: str, one: JsonValue) -> str:
    """The anchor of a value of an enum; a text and another value that look alike have two."""
    text = one if isinstance(one, str) else json.dumps(one)
    return markup.anchor("value" if isinstance(one, str) else "json", name, text)


def _value(item: TypeDef, one: JsonValue, names: dict[str, str], text: str) -> Html:
    name, schema, member = item.name, item.schema, names.get(json.dumps(one))
    code = _CODE(f"{name}.{member}") if member else _NONE
    former = schema.enum_renamed_from.get(str(one), ())
    past = (
        history(former, given_up=one in schema.enum_deprecated) if schema.enum_deprecated or former else None
    )
    return _VALUE(value_anchor(name, one), value(one), past, code, phrase(text))


# Holes: the anchor, the value, what it was called, how code writes it, what it means.
_VALUE = form(_ROW(_FIRST(HOLE, HOLE), cell(HOLE, label="In code"), _MEANING(HOLE), id_=HOLE))


def _example_line(schema: Schema) -> Html | None:
    if not schema.examples:
        return None
    shown = join((value(one) for one in schema.examples), ", ")
    return tag("span", "For example ", shown, class_="bound")


def _examples(schema: Schema) -> Html:
    return join(
        tag("figure", tag("figcaption", "Example"), code_block(one), class_="example")
        for one in schema.examples
    )


def code_block(one: JsonValue) -> Html:
    """A JSON value over several lines; it takes the focus, for it may have to be scrolled."""
    return tag("pre", tag("code", json.dumps(one, ensure_ascii=False, indent=2)), tabindex=0)


def _use(package: Package, item: TypeDef) -> Html:
    named = typescript_enums.is_named(item.schema)
    imported = f"{item.name}, is{item.name}" if named else f"parse{item.name}, type {item.name}"
    return _IMPORTS(
        f"from {package.import_name} import {item.name}",
        f"import {{ {imported} }} from {markup.quoted(package.npm)};",
    )


def use(python: list[str], typescript: list[str]) -> Html:
    """How code of either language gets at something, line by line."""
    pairs = (("Python", python), ("TypeScript", typescript))
    return tag(
        "dl",
        *(
            tag("div", tag("dt", name), tag("dd", *(tag("code", line) for line in lines)))
            for name, lines in pairs
        ),
        class_="use",
    )


_IMPORTS = form(use([HOLE], [HOLE]))


def permalink(anchor: str) -> Html:
    """A link of a heading to itself."""
    return join([" ", tag("a", "#", href=f"#{anchor}", class_="self", aria_label="Link to this section")])

"""Inline enums of a contract get a name of their own, the same as in Python; pure."""

from collections.abc import Container
from dataclasses import replace
from functools import lru_cache

from crucible_pipeline.contracts import names
from crucible_pipeline.contracts.model import Contract, JsonValue, Schema, TypeDef
from crucible_pipeline.contracts.sparse import changed, stated
from crucible_pipeline.errors import InvalidInput, Problem
from crucible_pipeline.generate import python_names

# What stays where the enum stood, beside the reference; the rest is the enum's own.
_STAYS = (
    "title",
    "description",
    "default",
    "deprecated",
    "examples",
    "read_only",
    "write_only",
    "renamed_from",
)
_LISTING = frozenset(
    {"enum", "enum_names", "enum_descriptions", "enum_renamed_from", "enum_deprecated", *_STAYS}
    | {"types", "extensible", "direction", "mark"}
)
_HOLDING = frozenset({"properties", "items", "additional_properties", "any_of", "one_of", "all_of"})
_EMPTY = Schema()
_KINDS = ({"string"}, {"integer"}, {"number"}, set[str]())


def is_named(schema: Schema) -> bool:
    """Whether an enum has members that code can name: all strings or all integers, null aside."""
    if schema.enum is None:
        return False
    values = [value for value in schema.enum if value is not None]
    if not values or schema.ref is not None or set(schema.types) - {"null"} not in _KINDS:
        return False
    return all(isinstance(value, str) for value in values) or all(type(value) is int for value in values)


def members(schema: Schema) -> dict[str, JsonValue]:
    """Member name → value of a named enum; null has no name.

    Raises:
        InvalidInput: two members would share a name.
    """
    values = tuple(value for value in schema.enum or () if value is not None)
    given = python_names.members(values, beside(schema, schema.enum_names))
    found: dict[str, JsonValue] = dict(zip(given, values, strict=True))
    if len(found) < len(values):
        twice = sorted({name for name in given if given.count(name) > 1})
        what = f"two members of an enum would be called {' and '.join(twice)}"
        todo = "name every member with x-enum-varnames, in UPPER_SNAKE_CASE"
        raise InvalidInput([Problem(schema.mark, what, todo)])
    return found


def beside(schema: Schema, given: tuple[str, ...]) -> tuple[str, ...]:
    """Of what is given for the values of an enum, in their order, that which is not for null."""
    values = schema.enum or ()
    if len(given) != len(values):
        return given
    return tuple(word for word, value in zip(given, values, strict=True) if value is not None)


def with_named_enums(contract: Contract) -> Contract:
    """The same contract, each inline enum a type of the module where it stands.

    Its name is that of the type around it and the way to it: `EvaluationRequest.engine` becomes
    `EvaluationRequestEngine`.

    Raises:
        InvalidInput: a name is taken by another type.
    """
    found: dict[str, TypeDef] = {}
    problems: list[Problem] = []
    for item in contract.types.values():
        inner: list[TypeDef] = []
        called = (item.name, *item.schema.renamed_from)
        schema = _inside(item.schema, item.module, called, inner, contract.types)
        found[item.name] = TypeDef(item.name, item.module, schema, item.mark)
        for one in inner:
            same = found.setdefault(one.name, one)
            if one.name in contract.types or same != one:
                what = f"two types would both be called {one.name}"
                problems.append(Problem(one.mark, what, "rename one of them"))
    if problems:
        raise InvalidInput(problems)
    return replace(contract, types=found)


def _named(
    schema: Schema, module: str, called: tuple[str, ...], found: list[TypeDef], declared: Container[str]
) -> Schema:
    """A schema below the type's own: a reference in the place of an enum.

    `called` is what an enum is called that stands here, and what it was called before.
    """
    if not is_named(schema):
        return _inside(schema, module, called, found, declared)
    values = tuple(value for value in schema.enum or () if value is not None)
    nullable = None in (schema.enum or ()) and (not schema.types or "null" in schema.types)
    if nullable and not _only_lists(schema):
        return _inside(schema, module, called, found, declared)  # what else it says may be about null
    bare = {field: getattr(_EMPTY, field) for field in _STAYS if field not in {"title", "description"}}
    kinds = tuple(kind for kind in schema.types if kind != "null")
    own = changed(
        changed(schema, **bare),
        enum=values,
        types=kinds,
        enum_names=beside(schema, schema.enum_names),
        enum_descriptions=beside(schema, schema.enum_descriptions),
        renamed_from=called[1:],
    )
    name = names.inline(called[0], declared)
    if any(one.name == name and one.schema != own for one in found):
        return schema  # two members of an allOf each list values for one property; the first has the name
    found.append(TypeDef(name, module, own, schema.mark))
    kept = {field: value for field, value in stated(schema).items() if field in _STAYS}
    if nullable:
        return Schema(mark=schema.mark, any_of=(Schema(ref=name), Schema(types=("null",))), **kept)
    return Schema(mark=schema.mark, ref=name, **kept)


def _inside(
    schema: Schema, module: str, called: tuple[str, ...], found: list[TypeDef], declared: Container[str]
) -> Schema:
    """The schema with the enums inside it named."""
    if stated(schema).keys().isdisjoint(_HOLDING):
        return schema
    changes: dict[str, object] = {}
    if schema.properties:
        named = {
            key: _named(sub, module, _behind(called, key, *sub.renamed_from), found, declared)
            for key, sub in schema.properties.items()
        }
        changes["properties"] = named
    for field, suffix in (("items", "Item"), ("additional_properties", "Value")):
        sub: Schema | None = getattr(schema, field)
        if sub is not None:
            changes[field] = _named(sub, module, _behind(called, suffix), found, declared)
    for field in ("any_of", "one_of"):
        subs: tuple[Schema, ...] = getattr(schema, field)
        if subs:
            choices = [
                _named(sub, module, _behind(called, f"Choice{place}"), found, declared)
                for place, sub in enumerate(subs, 1)
            ]
            changes[field] = tuple(choices)
    if schema.all_of:
        changes["all_of"] = tuple(_inside(sub, module, called, found, declared) for sub in schema.all_of)
    if not changes:
        return schema
    return changed(schema, **changes)


def _only_lists(schema: Schema) -> bool:
    """Whether the enum's values and types are all that decides."""
    return stated(schema).keys() <= _LISTING


def _behind(called: tuple[str, ...], *keys: str) -> tuple[str, ...]:
    """The names of what stands under a key, or stood under another one; that of today is the first."""
    return tuple(dict.fromkeys(name + _pascal(key) for key in keys for name in called))


@lru_cache(maxsize=10_000)
def _pascal(key: str) -> str:
    return "".join(word[0].upper() + word[1:] for word in names.words(key)) or "Field"

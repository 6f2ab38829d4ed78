"""The conjunction of two schemas as one schema, where one schema can say it."""

from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any, TypeAlias, cast

from crucible_pipeline.compat.values import atoms_of, key, types_of
from crucible_pipeline.contracts.model import JsonValue, Schema, Value
from crucible_pipeline.contracts.sparse import changed, stated

NOTHING = Schema()
NEVER = Schema(always=False)
WORDS = frozenset(
    {"title", "description", "examples", "enum_descriptions", "renamed_from", "enum_renamed_from"}
    | {"enum_deprecated"}
)
ANNOTATIONS = WORDS | {
    *("default", "deprecated", "read_only", "write_only", "direction", "discriminator", "python_name")
}
ASSERTIONS = tuple(
    item.name for item in fields(Schema) if item.name not in ANNOTATIONS | {"mark", "enum_names"}
)

_LARGER = ("minimum", "exclusive_minimum", "min_length", "min_items", "min_properties")
_SMALLER = ("maximum", "exclusive_maximum", "max_length", "max_items", "max_properties")
_SAME_OR_ONE = ("multiple_of", "pattern", "format")
# Of each group only one side may say anything: two of them have no single form.
_ALONE = (
    ("contains", "min_contains", "max_contains"),
    ("if_", "then", "else_"),
    ("any_of",),
    ("one_of",),
    ("not_",),
    ("dependent_schemas",),
    ("prefix_items",),
)
# These speak of the properties that their own schema does not name, so they cannot move to another one.
_CLOSING = ("additional_properties", "pattern_properties")
UNEVALUATED = ("unevaluated_items", "unevaluated_properties")


# Keywords whose value is one schema.
SINGLE = frozenset(
    {"items", "contains", "unevaluated_items", "additional_properties", "property_names"}
    | {"unevaluated_properties", "not_", "if_", "then", "else_"}
)


# Identity → the schema, so that its identity stays taken, and its text.
Known: TypeAlias = dict[int, tuple[Schema, str]]
_UNDECIDING = frozenset({*ANNOTATIONS, "mark", "enum_names"})


def said(schema: Schema, name: str) -> bool:
    """Whether a schema gives a keyword."""
    return name in stated(schema)


def asserted(schema: Schema) -> tuple[str, ...]:
    """The keywords given that decide about a payload; `x-extensible-enum` alone decides nothing."""
    given = stated(schema)
    if given.keys() <= _UNDECIDING:
        return ()
    return tuple(
        name for name in ASSERTIONS if name in given and (name != "extensible" or schema.enum is not None)
    )


def annotated(schema: Schema, other: Schema) -> Schema:
    """`other` with the annotations and the mark of `schema`, where `schema` gives them."""
    given = {name: value for name, value in stated(schema).items() if name in ANNOTATIONS}
    if not given and other.mark is schema.mark:
        return other
    return changed(other, mark=schema.mark, **given)


def fingerprint(schema: Schema, *, words: bool = True, known: Known | None = None) -> str:
    """A text that two schemas share if they say the same, whatever the order of keys and of alternatives.

    Args:
        schema: references in it are compared by name.
        words: whether annotations count.
        known: the texts made so far with the same `words`, by identity; those made now are added.
    """
    known = {} if known is None else known
    made = known.get(id(schema))
    if made is None:
        parts: list[str] = []
        # No comprehension, which would take a frame more at each depth.
        for name, value in sorted(stated(schema).items()):
            if name != "mark" and (words or name not in _UNDECIDING):
                parts.append(f"{name}={_print(name, value, known, words=words)}")
        made = known[id(schema)] = (schema, "{" + ",".join(parts) + "}")
    return made[1]


def _print(name: str, value: Any, known: Known, *, words: bool) -> str:
    if isinstance(value, str):
        return repr(value)
    if isinstance(value, Schema):
        return fingerprint(value, words=words, known=known)
    if isinstance(value, Value):
        return key(value.json)
    if isinstance(value, tuple):
        items: tuple[Any, ...] = value  # pyright: ignore[reportUnknownVariableType]
        if name in {"enum", "examples"}:
            return f"[{','.join(key(item) for item in items)}]"
        printed = [_print("", item, known, words=words) for item in items]
        return f"[{','.join(sorted(printed) if name in {'all_of', 'any_of', 'one_of'} else printed)}]"
    if isinstance(value, Mapping):
        inside = cast("Mapping[str, Any]", value)
        listed = [f"{inner!r}:{_print('', inside[inner], known, words=words)}" for inner in sorted(inside)]
        return f"({','.join(listed)})"
    return key(value)


def _one_says(one: Schema, other: Schema, names: tuple[str, ...]) -> bool:
    return not (any(said(one, name) for name in names) and any(said(other, name) for name in names))


def _separable(one: Schema, other: Schema) -> bool:
    if any(said(schema, name) for schema in (one, other) for name in (*UNEVALUATED, "ref", "all_of")):
        return False
    if not all(_one_says(one, other, names) for names in _ALONE):
        return False
    if (one.prefix_items and other.items) or (other.prefix_items and one.items):
        return False
    return _leaves_open(one, other) and _leaves_open(other, one)


def _leaves_open(closing: Schema, naming: Schema) -> bool:
    """Whether what one schema says of further properties is about none that the other one names."""
    if not any(said(closing, name) for name in _CLOSING):
        return True
    return not any(said(naming, name) for name in _CLOSING) and naming.properties.keys() <= (
        closing.properties.keys()
    )


def _both(one: Schema | None, other: Schema | None) -> Schema | None:
    if one is None or other is None:
        return one or other
    return Schema(all_of=(one, other), mark=one.mark)


def _named(one: Mapping[str, Schema], other: Mapping[str, Schema]) -> dict[str, Schema]:
    found = {name: _both(one.get(name), other.get(name)) for name in (*one, *other)}
    return {name: schema for name, schema in found.items() if schema is not None}


def _chosen(choose: Callable[..., Any], one: Any, other: Any) -> Any:
    return (
        choose(value for value in (one, other) if value is not None) if (one, other) != (None, None) else None
    )


def _enum(one: Schema, other: Schema) -> dict[str, Any] | None:
    """The enum of both; None where an open enum meets another one."""
    if one.enum is None or other.enum is None:
        holder = one if one.enum is not None else other
        return {name: getattr(holder, name) for name in ("enum", "enum_names", "extensible")}
    if one.extensible or other.extensible:
        return None
    allowed = {key(value) for value in other.enum}
    kept: tuple[JsonValue, ...] = tuple(value for value in one.enum if key(value) in allowed)
    names = one.enum_names if len(one.enum_names) == len(one.enum) else ()
    kept_names = tuple(name for name, value in zip(names, one.enum, strict=False) if key(value) in allowed)
    return {"enum": kept, "enum_names": kept_names, "extensible": False}


def merged(one: Schema, other: Schema) -> Schema | None:
    """A schema that accepts what both accept; annotations of `one` win.

    Args:
        one: without references and `allOf`, its `const` written as `enum`.
        other: likewise.

    Returns:
        None where no single schema without `allOf` says it.
    """
    if one.always is False or other.always is False:
        return annotated(one, NEVER)
    enum = _enum(one, other)
    if enum is None or not _separable(one, other):
        return None
    if any(said(one, n) and said(other, n) and getattr(one, n) != getattr(other, n) for n in _SAME_OR_ONE):
        return None
    atoms = atoms_of(one.types) & atoms_of(other.types)
    if not atoms:
        return annotated(one, NEVER)
    given: dict[str, Any] = {
        name: getattr(one, name) if said(one, name) else getattr(other, name)
        for names in (*_ALONE, _CLOSING, _SAME_OR_ONE)
        for name in names
    }
    given |= {name: _chosen(max, getattr(one, name), getattr(other, name)) for name in _LARGER}
    given |= {name: _chosen(min, getattr(one, name), getattr(other, name)) for name in _SMALLER}
    both = Schema(
        **given,
        **enum,
        types=types_of(atoms),
        unique_items=one.unique_items or other.unique_items,
        items=_both(one.items, other.items),
        properties=_named(one.properties, other.properties),
        property_names=_both(one.property_names, other.property_names),
        required=tuple(sorted({*one.required, *other.required})),
        dependent_required={
            name: tuple(
                sorted({*one.dependent_required.get(name, ()), *other.dependent_required.get(name, ())})
            )
            for name in (*one.dependent_required, *other.dependent_required)
        },
    )
    return annotated(one, annotated(other, both))

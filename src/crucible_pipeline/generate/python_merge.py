"""Schemas made simpler without changing what they accept, pure."""

from crucible_pipeline.contracts.model import KEYWORDS, Contract, Schema
from crucible_pipeline.contracts.sparse import changed, stated

_WORDS = (
    "title",
    "description",
    "default",
    "examples",
    "deprecated",
    "read_only",
    "write_only",
    "direction",
    "renamed_from",
    "python_name",
    "discriminator",
)
_EMPTY = Schema()
_DECIDING = frozenset(KEYWORDS) - set(_WORDS)
# What members of `allOf` may say and still be merged into one object.
_OBJECT = frozenset({"types", "properties", "required", "min_properties", "max_properties"})


def said(schema: Schema) -> set[str]:
    """The fields that decide about a payload."""
    return {name for name in stated(schema) if name in _DECIDING}


def without(schema: Schema, names: set[str]) -> Schema:
    """The schema without some of its keywords."""
    return changed(schema, **{name: getattr(_EMPTY, name) for name in names}) if names else schema


def simplified(contract: Contract, schema: Schema) -> tuple[Schema, bool]:
    """Fold `allOf`, and a `$ref` with more beside it, into one schema where that is possible.

    Returns:
        A schema that accepts all that the given one accepts, and whether it accepts nothing else.
    """
    if schema.always is not None or (not schema.all_of and (schema.ref is None or said(schema) == {"ref"})):
        return schema, True
    words = {name: getattr(schema, name) for name in _WORDS if getattr(schema, name)}
    own = without(schema, {"all_of", "ref"})
    parts = [*schema.all_of, *([Schema(ref=schema.ref)] if schema.ref else []), *([own] if said(own) else [])]
    if len(parts) == 1:
        return changed(parts[0], **words), True
    merged, exact, is_object = Schema(mark=schema.mark, **words), True, False
    for part in _flattened(contract, parts, {}):
        if part is None or not said(part) <= _OBJECT or part.types not in {(), ("object",)}:
            exact = False
        else:
            is_object = is_object or part.types == ("object",)
            merged = _with(merged, part)
    if is_object:
        return changed(merged, types=("object",)), exact
    # Each member alone is wider than all together; one with a name or a type says most.
    widest = next((part for part in (*parts[::-1], own) if part.types or part.ref), own)
    return changed(widest, **words), False


def _flattened(contract: Contract, parts: list[Schema], done: dict[str, bool]) -> list[Schema | None]:
    """The members of `allOf`, references followed, each once; None for one that leads back to itself.

    `done` has the references met so far, and whether all inside each has been looked at.
    """
    found: list[Schema | None] = []
    for part in parts:
        if part.ref is not None and said(part) == {"ref"}:
            if part.ref not in done:
                done[part.ref] = False
                found += _flattened(contract, [contract.types[part.ref].schema], done)
                done[part.ref] = True
            elif not done[part.ref]:
                found.append(None)
        elif part.all_of and said(part) <= {"all_of"} | _OBJECT:
            rest = without(part, {"all_of"})
            found += _flattened(contract, [*part.all_of, *([rest] if said(rest) else [])], done)
        else:
            found.append(part)
    return found


def _with(one: Schema, other: Schema) -> Schema:
    properties = dict(one.properties)
    for name, schema in other.properties.items():
        mine = properties.get(name)
        properties[name] = schema if mine is None or mine == schema else Schema(all_of=(mine, schema))
    return changed(
        one,
        properties=properties,
        required=tuple(sorted({*one.required, *other.required})),
        min_properties=max((one.min_properties, other.min_properties), key=lambda bound: bound or 0),
        max_properties=min(
            (one.max_properties, other.max_properties),
            key=lambda bound: float("inf") if bound is None else bound,
        ),
    )


def disjoint(contract: Contract, schemas: tuple[Schema, ...]) -> bool:
    """Whether no payload can fit two of the schemas: by their JSON types, or by a property that tells."""
    return all(
        _apart(contract.resolve(one), contract.resolve(other))
        for index, one in enumerate(schemas)
        for other in schemas[index + 1 :]
    )


def _apart(one: Schema, other: Schema) -> bool:
    if not one.types or not other.types:
        return False
    shared = set(one.types) & set(other.types)
    numbers = {"integer", "number"}
    if not shared and not (numbers & set(one.types) and numbers & set(other.types)):
        return True
    if one.types != ("object",) or other.types != ("object",):
        return False
    for name in set(one.required) & set(other.required):
        mine, theirs = (_values(schema.properties.get(name, _EMPTY)) for schema in (one, other))
        if mine and theirs and not mine & theirs:
            return True
    return False


def _values(schema: Schema) -> frozenset[str]:
    """The texts that a schema allows, where it lists them all."""
    listed = (schema.const.json,) if schema.const else () if schema.extensible else schema.enum or ()
    texts = frozenset(value for value in listed if isinstance(value, str))
    return texts if len(texts) == len(listed) else frozenset()


def is_model(schema: Schema) -> bool:
    """Whether it is an object with named properties, and nothing else."""
    return schema.types == ("object",) and bool(schema.properties or schema.required) and schema.enum is None


def is_enum(schema: Schema) -> bool:
    """Whether all values are texts, or all are integers, as the given types allow."""
    values = [value for value in schema.enum or () if value is not None]
    kinds = set(schema.types) - {"null"}
    if schema.extensible and kinds not in ({"string"}, {"integer"}):
        return False
    if not values or (None in (schema.enum or ()) and schema.types and "null" not in schema.types):
        return False
    if all(isinstance(value, str) for value in values):
        return kinds <= {"string"}
    return all(isinstance(value, int) and not isinstance(value, bool) for value in values) and kinds in (
        {"integer"},
        {"number"},
        set(),
    )


def is_literal(schema: Schema) -> bool:
    """Whether `const` is a text or an integer, as the given types allow."""
    value = schema.const.json if schema.const else None
    if isinstance(value, str):
        return set(schema.types) <= {"string", "null"} and (not schema.types or "string" in schema.types)
    return (
        isinstance(value, int)
        and not isinstance(value, bool)
        and schema.types in {(), ("integer",), ("number",)}
    )

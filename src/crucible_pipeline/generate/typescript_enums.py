"""Inline enums of a contract get a name of their own, pure."""

from dataclasses import replace

from crucible_pipeline.contracts import names
from crucible_pipeline.contracts.model import Contract, JsonValue, Schema, TypeDef

# What stays beside the reference where the enum stood; the rest is the enum's own.
_STAYS = (
    "description",
    "default",
    "deprecated",
    "examples",
    "read_only",
    "write_only",
    "renamed_from",
    "title",
)
_EMPTY = Schema()


def is_named(schema: Schema) -> bool:
    """Whether an enum has members that code can name: all strings, or all integers with names given."""
    values = [value for value in schema.enum or () if value is not None]
    if not values or schema.ref is not None:
        return False
    if all(isinstance(value, str) for value in values):
        return True
    return bool(schema.enum_names) and all(type(value) is int for value in values)


def members(schema: Schema) -> dict[str, JsonValue]:
    """Member name → value of a named enum; null has no name."""
    values = schema.enum or ()
    given = schema.enum_names or tuple(_member(value) for value in values)
    return {name: value for name, value in zip(given, values, strict=False) if value is not None}


def _member(value: JsonValue) -> str:
    name = names.upper(str(value))
    return name if name.isidentifier() else f"VALUE_{name}"


def with_named_enums(contract: Contract) -> Contract:
    """The same contract, each inline enum a type of the module where it stands.

    Its name is that of the type around it and the path of properties to it: `EvaluationRequest.engine`
    becomes `EvaluationRequestEngine`.
    """
    types: dict[str, TypeDef] = {}
    for item in contract.types.values():
        found: dict[str, TypeDef] = {}
        inner = _inside(item.schema, item, item.name, found)
        types[item.name] = replace(item, schema=inner)
        types.update((name, one) for name, one in found.items() if name not in contract.types)
    return replace(contract, types=types)


def _named(schema: Schema, owner: TypeDef, name: str, found: dict[str, TypeDef]) -> Schema:
    """A schema below the type's own: a reference in the place of an enum."""
    if not is_named(schema):
        return _inside(schema, owner, name, found)
    values = tuple(value for value in schema.enum or () if value is not None)
    nullable = None in (schema.enum or ()) and (not schema.types or "null" in schema.types)
    bare = {field: getattr(_EMPTY, field) for field in _STAYS if field not in {"description", "title"}}
    kinds = tuple(kind for kind in schema.types if kind != "null")
    found[name] = TypeDef(name, owner.module, replace(schema, enum=values, types=kinds, **bare), schema.mark)
    kept = {field: getattr(schema, field) for field in _STAYS}
    if nullable:
        return Schema(mark=schema.mark, any_of=(Schema(ref=name), Schema(types=("null",))), **kept)
    return Schema(mark=schema.mark, ref=name, **kept)


def _inside(schema: Schema, owner: TypeDef, name: str, found: dict[str, TypeDef]) -> Schema:
    """The schema with the enums of its properties and items named."""
    changes: dict[str, object] = {}
    if schema.properties:
        changes["properties"] = {
            key: _named(sub, owner, name + names.pascal(key), found) for key, sub in schema.properties.items()
        }
    if schema.items is not None:
        changes["items"] = _named(schema.items, owner, f"{name}Item", found)
    for field in ("all_of", "any_of", "one_of"):
        subs: tuple[Schema, ...] = getattr(schema, field)
        if subs:
            changes[field] = tuple(_inside(sub, owner, name, found) for sub in subs)
    return replace(schema, **changes) if changes else schema  # type: ignore[arg-type]

"""The schemas that are checked at run time, as the module `_schemas.py`, pure."""

from collections.abc import Iterable, Mapping
from typing import Any, cast

from crucible_pipeline.contracts.model import KEYWORDS, Contract, JsonValue, Schema, Value
from crucible_pipeline.contracts.sparse import stated
from crucible_pipeline.generate.runtime._schema import KEYWORDS as CHECKED
from crucible_pipeline.generate.text import HEADER, assignment, docstring, imports, literal

_SAID = {field: keyword for field, keyword in KEYWORDS.items() if keyword in CHECKED}
_PLACES = {field: place for place, field in enumerate(_SAID)}


def schemas_module(contract: Contract, checks: Mapping[str, Schema]) -> str:
    """The module with the checked schemas and every type that they refer to.

    Args:
        contract: has the types that they refer to.
        checks: key → schema.
    """
    found: dict[str, JsonValue] = {}
    todo = dict(checks)
    while todo:
        name, schema = todo.popitem()
        found[name] = keywords(schema)
        for inner in schema.walk():
            if inner.ref is not None and inner.ref not in found and inner.ref not in todo:
                todo[inner.ref] = contract.types[inner.ref].schema
    table = assignment("SCHEMAS", "Final[Mapping[str, Any]]", literal(dict(sorted(found.items()))))
    needed = [("__future__", "annotations", "annotations"), ("typing", "TYPE_CHECKING", "TYPE_CHECKING")]
    return (
        HEADER
        + docstring("Schemas that are checked on the JSON value, because types alone cannot say them.")
        + "\n"
        + imports(needed)
        + "\nif TYPE_CHECKING:\n    from collections.abc import Mapping\n"
        + "    from typing import Any, Final\n\n"
        + table
        + "\n"
    )


def keywords(schema: Schema) -> JsonValue:
    """A schema as JSON Schema; a reference holds the name of a type, an open enum accepts every value."""
    if schema.always is not None:
        return schema.always
    found: dict[str, JsonValue] = {}
    said = stated(schema)
    for field in sorted([name for name in said if name in _SAID], key=_PLACES.__getitem__):
        if field != "enum" or not schema.extensible:
            found[_SAID[field]] = _json(said[field])
    return found


def _json(value: Any) -> JsonValue:
    if isinstance(value, str):
        return value
    if isinstance(value, Schema):
        return keywords(value)
    if isinstance(value, Value):
        return value.json
    if isinstance(value, tuple):
        return [_json(item) for item in cast("Iterable[Any]", value)]
    if isinstance(value, Mapping):
        return {name: _json(item) for name, item in cast("Mapping[str, Any]", value).items()}
    return cast("JsonValue", value)

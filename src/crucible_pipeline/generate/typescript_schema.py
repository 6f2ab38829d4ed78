"""A Schema as the JSON Schema object that the TypeScript runtime judges by, pure."""

import re
from collections.abc import Mapping

from crucible_pipeline.contracts.model import KEYWORDS, JsonValue, Schema, Value

REF = "#/$defs/"

# Words for people stand in the types; what the runtime needs of a schema is what decides, and defaults.
_LEFT_OUT = frozenset(
    {"title", "description", "examples", "deprecated", "read_only", "write_only", "extensible"}
    | {"enum_names", "enum_descriptions", "direction", "renamed_from", "discriminator"}
)
_FIELDS = tuple((field, keyword) for field, keyword in KEYWORDS.items() if field not in _LEFT_OUT)
_EMPTY = Schema()

# Characters that may stand behind a backslash with the `u` flag (ECMA-262, IdentityEscape and ClassEscape).
_SYNTAX = frozenset("^$\\.*+?()[]{}|/")


def data(schema: Schema) -> JsonValue:
    """The schema with its references as `#/$defs/Name`.

    An open enum (`x-extensible-enum`) only names values, so it decides nothing.
    """
    if schema.always is not None:
        return schema.always
    found: dict[str, JsonValue] = {}
    for field, keyword in _FIELDS:
        value = getattr(schema, field)
        if value != getattr(_EMPTY, field) and not (field == "enum" and schema.extensible):
            found[keyword] = _keyword(field, value)
    return found


def _keyword(field: str, value: object) -> JsonValue:
    if isinstance(value, Schema):
        return data(value)
    if isinstance(value, Value):
        return value.json
    if field == "ref":
        return f"{REF}{value}"
    if field == "pattern":
        return unicode_pattern(str(value))
    if field == "types" and isinstance(value, tuple) and len(value) == 1:
        return str(value[0])
    if isinstance(value, Mapping):
        rename = unicode_pattern if field == "pattern_properties" else str
        return {rename(key): _keyword("", item) for key, item in value.items()}
    if isinstance(value, tuple):
        return [_keyword("", item) for item in value]
    return value  # type: ignore[return-value]  # what is left is a JSON value already


def unicode_pattern(pattern: str) -> str:
    r"""The same pattern for the `u` flag.

    It allows no needless escape such as `\_`, and no bare brace or bracket where it opens or ends nothing.
    """
    out: list[str] = []
    inside = False
    for part in re.findall(r"\\.|\{\d+(?:,\d*)?\}|.", pattern, flags=re.DOTALL):
        if part[0] == "\\":
            needless = not part[1:].isalnum() and part[1:] not in _SYNTAX
            out.append(part[1:] if needless and not (inside and part == r"\-") else part)
        elif inside:
            inside = part != "]"
            out.append(part)
        else:
            inside = part == "["
            out.append("\\" + part if part in {"{", "}", "]"} else part)
    return "".join(out)

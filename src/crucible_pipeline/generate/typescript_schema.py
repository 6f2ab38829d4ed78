"""A Schema as the JSON Schema object that the TypeScript runtime judges by, pure."""

import re
from collections.abc import Callable, Mapping
from typing import Any, cast

from crucible_pipeline.contracts.model import KEYWORDS, JsonValue, Schema
from crucible_pipeline.contracts.sparse import stated

REF = "#/$defs/"

# Words for people stand in the types; what the runtime needs of a schema is what decides, and defaults.
_LEFT_OUT = frozenset(
    {"title", "description", "examples", "deprecated", "read_only", "write_only", "extensible"}
    | {
        "enum_names",
        "enum_descriptions",
        "enum_renamed_from",
        "enum_deprecated",
        "direction",
        "renamed_from",
        "python_name",
        "discriminator",
    }
)
_PLACES = {field: place for place, field in enumerate(KEYWORDS) if field not in _LEFT_OUT}

# Characters that may stand behind a backslash with the `u` flag (ECMA-262, IdentityEscape and ClassEscape).
_SYNTAX = frozenset("^$\\.*+?()[]{}|/")


def data(schema: Schema) -> JsonValue:
    """The schema with its references as `#/$defs/Name`.

    An open enum (`x-extensible-enum`) only names values, so it decides nothing.
    """
    if schema.always is not None:
        return schema.always
    found: dict[str, JsonValue] = {}
    said = stated(schema)
    for field in sorted([name for name in said if name in _PLACES], key=_PLACES.__getitem__):
        if field != "enum" or not schema.extensible:
            value = said[field]
            found[KEYWORDS[field]] = _READERS[field](value) if field in _READERS else _plain(value)
    return found


def _plain(value: Any) -> JsonValue:
    if isinstance(value, Schema):
        return data(value)
    if isinstance(value, Mapping):
        named = cast("Mapping[str, Any]", value)
        return {key: _plain(item) for key, item in named.items()}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]  # pyright: ignore[reportUnknownVariableType]
    return cast("JsonValue", value)


def unicode_pattern(pattern: str) -> str:
    r"""The same pattern for the `u` flag.

    It allows no needless escape such as `\_`, and no bare brace or bracket where it opens or ends nothing.
    """
    out: list[str] = []
    inside = False
    for part in re.findall(r"\\u\{[0-9a-fA-F]+\}|\\.|\{\d+(?:,\d*)?\}|.", pattern, flags=re.DOTALL):
        if part[0] == "\\":
            needless = not part[1].isalnum() and part[1:] not in _SYNTAX
            out.append(part[1:] if needless and not (inside and part == r"\-") else part)
        elif inside:
            inside = part != "]"
            out.append(part)
        else:
            inside = part == "["
            out.append("\\" + part if part in {"{", "}", "]"} else part)
    return "".join(out)


_READERS: Mapping[str, Callable[[Any], JsonValue]] = {
    "ref": lambda name: f"{REF}{name}",
    "types": lambda types: types[0] if len(types) == 1 else list(types),
    "enum": list,
    "const": lambda value: value.json,
    "default": lambda value: value.json,
    "pattern": unicode_pattern,
    "pattern_properties": lambda schemas: {unicode_pattern(key): data(sub) for key, sub in schemas.items()},
}

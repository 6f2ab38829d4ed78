"""JSON values and words of a contract as JavaScript text, pure; nothing of them can become code."""

import json
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from json.encoder import encode_basestring

from crucible_pipeline.contracts.model import JsonValue

WIDTH = 100
_STEP = "  "
_ENCODE = json.JSONEncoder(ensure_ascii=False).encode
# U+2028 and U+2029 end a line for some tools, and a lone surrogate has no UTF-8 form.
_UNSAFE = re.compile("[\u2028\u2029\x7f-\x9f\ud800-\udfff]")
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_IDENTIFIER = re.compile("[A-Za-z_][A-Za-z0-9_]*")


def literal(value: JsonValue) -> str:
    """A JSON value on one line; text that a source file cannot hold is escaped."""
    return _flat(value, {})


def _flat(value: JsonValue, known: dict[int, str]) -> str:
    """The value on one line, and by their identity also all objects and lists inside it."""
    if isinstance(value, dict):
        members = [f"{member(key)}: {_flat(item, known)}" for key, item in value.items()]
        known[id(value)] = shown = f"{{ {', '.join(members)} }}" if members else "{}"
        return shown
    if isinstance(value, list):
        known[id(value)] = shown = f"[{', '.join([_flat(item, known) for item in value])}]"
        return shown
    shown = encode_basestring(value) if isinstance(value, str) else _ENCODE(value)
    if shown.isascii() and "\x7f" not in shown:
        return shown
    return _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", shown)


@lru_cache(maxsize=4096)
def member(key: str) -> str:
    """A key of an object literal; `"__proto__": x` would set the prototype, the computed key does not."""
    return '["__proto__"]' if key == "__proto__" else literal(key)


def pretty(value: JsonValue) -> str:
    """A JSON value over as many lines as it needs."""
    known: dict[int, str] = {}
    _flat(value, known)
    return _laid(value, "", known)


def _laid(value: JsonValue, indent: str, known: dict[int, str]) -> str:
    if not isinstance(value, dict | list):
        return literal(value)
    flat = known[id(value)]
    if len(indent) + len(flat) <= WIDTH or not value:
        return flat
    deeper = indent + _STEP
    if isinstance(value, dict):
        lines = [f"{deeper}{member(key)}: {_laid(item, deeper, known)}," for key, item in value.items()]
        return "\n".join(["{", *lines, f"{indent}}}"])
    lines = [f"{deeper}{_laid(item, deeper, known)}," for item in value]
    return "\n".join(["[", *lines, f"{indent}]"])


@lru_cache(maxsize=4096)
def name(key: str) -> str:
    """A property name of a type: bare where it is an identifier of ASCII."""
    return key if _IDENTIFIER.fullmatch(key) else literal(key)


def doc(description: str | None, tags: Mapping[str, str] | None = None) -> list[str]:
    """Lines of a JSDoc comment, none if there is nothing to say.

    A line that begins with `@` would be read as a tag, or as an order to the compiler.
    """
    if tags is None and not description:
        return []
    said = _CONTROL.sub(" ", description or "").strip()
    lines = [re.sub(r"^\s*@", r"\\@", line.rstrip()) for line in said.splitlines()]
    for tag, value in (tags or {}).items():
        lines.append(f"@{tag} {value}".rstrip())
    lines = [line.replace("*/", r"*\/") for line in lines]
    if not lines:
        return []
    if len(lines) == 1:
        return [f"/** {lines[0]} */"]
    return ["/**", *(f" * {line}".rstrip() for line in lines), " */"]


def frozen(name: str, values: Mapping[str, str], former: Mapping[str, str]) -> str:
    """An exported object that cannot be changed.

    Args:
        name: of the constant.
        values: member → its value, both as code.
        former: members under former names: they can be read and are not listed.
    """
    lines = [f"{key}: {value}," for key, value in values.items()]
    if not former:
        return block(f"export const {name} = $freeze({{", lines, "});")
    hidden = [f"{key}: {{ value: {value} }}," for key, value in former.items()]
    inner = [block("{", lines, "},"), block("{", hidden, "},")]
    whole = block("Object.defineProperties(", inner, "),")
    return block(f"export const {name} = $freeze(", [whole], ");")


def block(opening: str, lines: Iterable[str], closing: str) -> str:
    """Lines between an opening and a closing one, a step deeper."""
    inner = [_STEP + line if line else line for item in lines for line in item.split("\n")]
    return "\n".join([opening, *inner, closing])

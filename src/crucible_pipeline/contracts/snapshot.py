"""`contract.json`, pure: the one canonical form of a contract, and the way back.

Sorted and without places in files, so that equal contracts are equal texts. The form has a number; a
newer one is refused rather than half understood.
"""

import json
from collections.abc import Iterable, Mapping
from json.encoder import encode_basestring
from typing import Any, cast

from crucible_pipeline.contracts.model import (
    KEYWORDS,
    MANY,
    NAMED,
    ONE,
    RENAMED,
    Channel,
    Constant,
    Contract,
    JsonValue,
    Message,
    Package,
    Schema,
    StateMachine,
    TypeDef,
    Value,
)
from crucible_pipeline.contracts.sparse import stated
from crucible_pipeline.contracts.waiver import Waiver
from crucible_pipeline.errors import Mark, Refused

FORMAT = 1
_TYPES = "#/types/"


def dump(contract: Contract) -> str:
    """Write a contract in its canonical form; `restore` reads it back to an equal one."""
    document: dict[str, Any] = {
        "format": FORMAT,
        "package": _fields(contract.package, "distribution", "import_name", "npm"),
        "types": {
            name: {"module": found.module, "schema": found.schema} for name, found in contract.types.items()
        },
        "channels": {key: _channel(found) for key, found in contract.channels.items()},
        "machines": {enum: _machine(found) for enum, found in contract.machines.items()},
        "constants": {
            path: _fields(found, "module", "group", "name", "value", "description") | _former(found)
            for path, found in contract.constants.items()
        },
        "waivers": [_fields(waiver, "rule", "element", "reason", "expires") for waiver in contract.waivers],
        "module_descriptions": dict(contract.module_descriptions),
        "group_descriptions": dict(contract.group_descriptions),
    }
    return _written(document, "\n") + "\n"


# Of one value the standard encoder is quick, of a document with indents it is not.
_ENCODE = json.JSONEncoder(ensure_ascii=False, allow_nan=False, default=dict).encode


def _written(value: Any, line: str) -> str:
    """A value as `json.dumps(value, indent=2, sort_keys=True)` writes it; `line` begins its last one."""
    if value.__class__ is str:
        return encode_basestring(value)
    inner = f"{line}  "
    if value.__class__ is Schema:
        value = _keywords(value)
    if value.__class__ is dict and value:
        parts = [f"{encode_basestring(key)}: {_written(value[key], inner)}" for key in sorted(value)]
        return f"{{{inner}{(',' + inner).join(parts)}{line}}}"
    if isinstance(value, list | tuple) and value:
        items = [_written(item, inner) for item in cast("Iterable[Any]", value)]
        return f"[{inner}{(',' + inner).join(items)}{line}]"
    if isinstance(value, Value):
        return _written(value.json, line)
    if value and isinstance(value, Mapping):
        return _written(dict(cast("Mapping[str, Any]", value)), line)
    return _ENCODE(value)


def _keywords(schema: Schema) -> bool | dict[str, Any]:
    """Keyword → value; what is inside is left as it is."""
    if schema.always is not None:
        return schema.always
    found = {KEYWORDS[field]: value for field, value in stated(schema).items() if field in KEYWORDS}
    if schema.ref is not None:
        found["$ref"] = _TYPES + schema.ref
    return found | _former(schema, RENAMED)


def _fields(value: object, *names: str) -> dict[str, JsonValue]:
    """The fields of a dataclass that say something."""
    return {name: found for name in names if (found := getattr(value, name)) is not None}


def _former(item: Schema | Channel | Constant, name: str = "renamed_from") -> dict[str, JsonValue]:
    """The former names; a single one stands alone, as when there was never more than one."""
    found = item.renamed_from
    return {name: found[0] if len(found) == 1 else list(found)} if found else {}


def _channel(channel: Channel) -> dict[str, Any]:
    return {
        **_fields(channel, "module", "address", "description", "deprecated"),
        **_former(channel),
        "parameters": dict(channel.parameters),
        "messages": [
            {
                **_fields(message, "name", "description"),
                "payload": message.payload,
                **({"headers": message.headers} if message.headers is not None else {}),
            }
            for message in channel.messages
        ],
    }


def _machine(machine: StateMachine) -> dict[str, Any]:
    # A list, for the order has a meaning: the first state is where everything begins.
    steps = [{"from": state, "to": list(after)} for state, after in machine.transitions.items()]
    return {**_fields(machine, "module", "description"), "names": dict(machine.names), "transitions": steps}


class _OddError(Exception):
    """Something in the text is not as `dump` writes it."""


def restore(text: str, origin: str) -> Contract:
    """Read a contract from its canonical form.

    Args:
        text: what `dump` wrote, perhaps long ago.
        origin: where it comes from, for the error and for every mark.

    Raises:
        Refused: it is no snapshot, or one of a newer form.
    """
    try:
        document = json.loads(text)
        return _Restorer(Mark(origin)).contract(document)
    except (ValueError, RecursionError, _OddError) as error:
        raise Refused(
            f"{origin} is no snapshot of a contract: {error}", "write it again with `crucible generate`"
        ) from None


def _entries(value: Any, what: str, known: frozenset[str] | None = None) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _OddError(f"{what} is no object")
    entries = cast("dict[str, Any]", value)
    unknown = entries.keys() - known if known is not None else set[str]()
    if unknown:
        raise _OddError(f"{what} holds the unknown {min(unknown)!r}")
    return entries


def _text(value: Any, what: str) -> str:
    if not isinstance(value, str):
        raise _OddError(f"{what} is no string")
    return value


def _maybe(value: Any, what: str) -> str | None:
    return None if value is None else _text(value, what)


def _list(value: Any, what: str) -> list[Any]:
    if not isinstance(value, list):
        raise _OddError(f"{what} is no list")
    return list(cast("Iterable[Any]", value))


def _texts(value: Any, what: str) -> tuple[str, ...]:
    return tuple(_text(item, what) for item in _list(value, what))


def _one_or_more(value: Any, what: str) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else _texts(value, what)


def _words(value: Any, what: str) -> dict[str, str]:
    return {name: _text(item, what) for name, item in _entries(value, what).items()}


class _Restorer:
    """Reads each part; every place is the origin."""

    def __init__(self, mark: Mark) -> None:
        self.mark = mark
        self.names: frozenset[str] = frozenset()

    def contract(self, value: Any) -> Contract:
        found = _entries(value, "the document")
        if found.get("format") != FORMAT:
            raise _OddError(f"its format is {found.get('format')!r}, understood is {FORMAT}")
        _entries(found, "the document", _PARTS)
        package = _words(found.get("package"), "package")
        types = _entries(found.get("types", {}), "types")
        self.names = frozenset(types)
        if set(package) != {"distribution", "import_name", "npm"}:
            raise _OddError("package is incomplete")
        return Contract(
            Package(**package),
            {name: self.type(name, part) for name, part in types.items()},
            {key: self.channel(key, part) for key, part in self.part(found, "channels")},
            {enum: self.machine(enum, part) for enum, part in self.part(found, "machines")},
            {path: self.constant(path, part) for path, part in self.part(found, "constants")},
            tuple(self.waiver(part) for part in _list(found.get("waivers", []), "waivers")),
            _words(found.get("module_descriptions", {}), "module_descriptions"),
            _words(found.get("group_descriptions", {}), "group_descriptions"),
        )

    def part(self, found: dict[str, Any], name: str) -> list[tuple[str, Any]]:
        return list(_entries(found.get(name, {}), name).items())

    def type(self, name: str, value: Any) -> TypeDef:
        found = _entries(value, name, frozenset({"module", "schema"}))
        return TypeDef(
            name, _text(found.get("module"), name), self.schema(found.get("schema"), name), self.mark
        )

    def channel(self, key: str, value: Any) -> Channel:
        found = _entries(value, key, _OF_CHANNELS)
        messages = tuple(self.message(key, part) for part in _list(found.get("messages"), key))
        if not messages:
            raise _OddError(f"{key} has no message")
        return Channel(
            key,
            _text(found.get("module"), key),
            _text(found.get("address"), key),
            messages,
            _words(found.get("parameters", {}), key),
            _maybe(found.get("description"), key),
            self.mark,
            _one_or_more(found.get("renamed_from", []), key),
            _maybe(found.get("deprecated"), key),
        )

    def message(self, key: str, value: Any) -> Message:
        found = _entries(value, key, frozenset({"name", "description", "payload", "headers"}))
        headers = self.schema(found["headers"], key) if "headers" in found else None
        payload = self.schema(found.get("payload"), key)
        name, words = _text(found.get("name"), key), _maybe(found.get("description"), key)
        return Message(name, payload, headers, words, self.mark)

    def machine(self, enum: str, value: Any) -> StateMachine:
        found = _entries(value, enum, frozenset({"module", "description", "names", "transitions"}))
        if enum not in self.names:
            raise _OddError(f"the state machine's enum {enum!r} is not there")
        transitions: dict[str, tuple[str, ...]] = {}
        for step in _list(found.get("transitions"), enum):
            parts = _entries(step, enum, frozenset({"from", "to"}))
            transitions[_text(parts.get("from"), enum)] = _texts(parts.get("to"), enum)
        return StateMachine(
            enum,
            _text(found.get("module"), enum),
            transitions,
            _words(found.get("names", {}), enum),
            _maybe(found.get("description"), enum),
            self.mark,
            dict.fromkeys(transitions, self.mark),
        )

    def constant(self, path: str, value: Any) -> Constant:
        found = _entries(value, path, _OF_CONSTANTS)
        module, group, name = (_text(found.get(part), path) for part in ("module", "group", "name"))
        if "value" not in found:
            raise _OddError(f"{path} has no value")
        words, former = _maybe(found.get("description"), path), found.get("renamed_from", [])
        return Constant(module, group, name, found["value"], words, self.mark, _one_or_more(former, path))

    def waiver(self, value: Any) -> Waiver:
        found = _words(value, "a waiver")
        if set(found) != {"rule", "element", "reason", "expires"}:
            raise _OddError("a waiver is incomplete")
        return Waiver(**found, mark=self.mark)

    def schema(self, value: Any, what: str) -> Schema:
        if isinstance(value, bool):
            return Schema(always=value, mark=self.mark)
        found: dict[str, Any] = {}
        for keyword, part in _entries(value, f"a schema of {what}").items():
            field = _FIELDS.get(keyword)
            if field is None:
                raise _OddError(f"{what} holds the unknown keyword {keyword!r}")
            found[field] = self.keyword(field, part, f"{keyword} of {what}")
        return Schema(mark=self.mark, **found)

    def keyword(self, field: str, value: Any, what: str) -> Any:
        if field == "ref":
            name = _text(value, what).removeprefix(_TYPES)
            if name not in self.names:
                raise _OddError(f"{what} names {name!r}, which is not there")
            return name
        if field in {"const", "default"}:
            return Value(value, self.mark)
        shape = getattr(_UNSAID, field)
        if field in ONE:
            return self.schema(value, what)
        if field in MANY:
            return tuple(self.schema(item, what) for item in _list(value, what))
        if field in NAMED:
            return {name: self.schema(item, what) for name, item in _entries(value, what).items()}
        if field == "renamed_from":
            return _one_or_more(value, what)
        if field in {"enum", "enum_deprecated", "examples"}:
            return tuple(_list(value, what))
        if field in {"dependent_required", "enum_renamed_from"}:
            return {name: _texts(item, what) for name, item in _entries(value, what).items()}
        if isinstance(shape, tuple):
            return _texts(value, what)
        wanted = bool if isinstance(shape, bool) else (int | float if field in _NUMBERS else str)
        if not isinstance(value, wanted) or (isinstance(value, bool) and wanted is not bool):
            raise _OddError(f"{what} is {value!r}")
        return value


_UNSAID = Schema()
_FIELDS: Mapping[str, str] = {keyword: field for field, keyword in KEYWORDS.items()}
_PARTS = frozenset(
    {"format", "package", "types", "channels", "machines", "constants", "waivers"}
    | {"module_descriptions", "group_descriptions"}
)
_OF_ANY = {"module", "description", "renamed_from"}
_OF_CHANNELS = frozenset({"address", "parameters", "messages", "deprecated", *_OF_ANY})
_OF_CONSTANTS = frozenset({"group", "name", "value", *_OF_ANY})
_NUMBERS = frozenset(
    field for field in KEYWORDS if field.startswith(("min", "max", "exclusive_", "multiple_"))
)

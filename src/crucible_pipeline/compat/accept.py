"""Whether a contract accepts a payload, asked many times of one contract; pure, by the jsonschema library.

It says what `contracts.payload.rejections` says without the reasons. The types are written out once for all
questions, so that a question costs nothing for the types it does not reach.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from typing import Any, cast

from crucible_pipeline.compat.matching import matches
from crucible_pipeline.compat.regular import UndecidedError
from crucible_pipeline.compat.values import exact
from crucible_pipeline.contracts import formats, patterns
from crucible_pipeline.contracts.model import MANY, NAMED, ONE, Contract, JsonValue, Number, Schema
from crucible_pipeline.contracts.payload import json_schema
from crucible_pipeline.contracts.sparse import changed, stated


def _asserts(name: str) -> Callable[[object], bool]:
    return lambda value: not isinstance(value, str) or formats.has_format(value, name)


def _multiple(_: object, step: Number, value: object, __: object) -> Iterator[object]:
    """A number as it is written: 0.3 is a multiple of 0.1."""
    from jsonschema import ValidationError  # noqa: PLC0415

    if isinstance(value, int | float) and not isinstance(value, bool) and exact(value) % exact(step):
        yield ValidationError("it is no multiple")


def _text(_: object, pattern: str, value: object, __: object) -> Iterator[object]:
    from jsonschema import ValidationError  # noqa: PLC0415

    if isinstance(value, str) and not _found(pattern, value):
        yield ValidationError("it does not match")


def _named(validator: Any, named: Mapping[str, Any], value: object, __: object) -> Iterator[object]:
    """`patternProperties`."""
    if isinstance(value, dict):
        inside = cast("dict[str, Any]", value)
        for pattern, inner in named.items():
            for name in (name for name in inside if _found(pattern, name)):
                yield from validator.descend(inside[name], inner)


def _others(validator: Any, inner: Any, value: object, schema: Mapping[str, Any]) -> Iterator[object]:
    """`additionalProperties`."""
    if isinstance(value, dict):
        inside = cast("dict[str, Any]", value)
        known, patterns = schema.get("properties", {}), schema.get("patternProperties", {})
        for name in inside.keys() - known.keys():
            if not any(_found(pattern, name) for pattern in patterns):
                yield from validator.descend(inside[name], inner)


@cache
def _library() -> tuple[Any, Any]:
    """The validator's class and our formats; imported late, for contracts that are equal never need them."""
    from jsonschema import Draft202012Validator, FormatChecker  # noqa: PLC0415
    from jsonschema.validators import extend  # noqa: PLC0415  # pyright: ignore[reportUnknownVariableType]

    checker = FormatChecker(formats=())
    for name in formats.FORMATS:
        checker.checks(name)(_asserts(name))
    ours = {
        "multipleOf": _multiple,
        "pattern": _text,
        "patternProperties": _named,
        "additionalProperties": _others,
    }
    return extend(Draft202012Validator, ours), checker  # type: ignore[no-untyped-call]


def _translated(schema: Schema) -> Schema:
    """A schema with its patterns in the library's dialect."""
    inside: dict[str, Any] = {}
    for name, value in stated(schema).items():
        if name == "pattern":
            inside[name] = _pattern(value)
        elif name in ONE:
            inside[name] = _translated(value)
        elif name in MANY:
            inside[name] = tuple(_translated(inner) for inner in value)
        elif name in NAMED:
            written = _pattern if name == "pattern_properties" else str
            inside[name] = {written(key): _translated(inner) for key, inner in value.items()}
    return changed(schema, **inside) if inside else schema


# In the library's dialect → as the contract says it.
_ORIGINALS: dict[str, str] = {}


def _pattern(pattern: str) -> str:
    try:
        written = f"(?a:{patterns.regex(pattern).pattern})"
    except ValueError:
        return pattern  # of a snapshot that an older version wrote
    _ORIGINALS[written] = pattern
    return written


def _found(written: str, text: str) -> bool:
    """Whether a pattern in the library's dialect is found in a text."""
    original = _ORIGINALS.get(written)
    if original is None:
        return re.search(written, text) is not None
    return matches(original, text)


class _Definitions(Mapping[str, Any]):
    """The types of a contract as the library reads them, each written when a reference leads to it."""

    def __init__(self, contract: Contract) -> None:
        self._types = contract.types
        # The names without what they mean: json_schema would follow the references of each.
        meant = {name: replace(item, schema=Schema()) for name, item in contract.types.items()}
        self._names = replace(contract, types=meant)
        self._written: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._written:
            self._written[name] = self.document(self._types[name].schema)
        return self._written[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._types)

    def __len__(self) -> int:
        return len(self._types)

    def document(self, schema: Schema) -> dict[str, Any]:
        """A schema, all types beside it."""
        document = {**json_schema(self._names, _translated(schema)), "$defs": self}
        del document["$schema"]  # it would make the library take its own class in place of ours
        return document


class Acceptance:
    """Answers for the schemas of one contract.

    Args:
        contract: whose types references name.
    """

    def __init__(self, contract: Contract) -> None:
        self._definitions = _Definitions(contract)
        self._known: dict[int, tuple[Schema, Any]] = {}
        # Schemas whose references lead only to each other: found out once, for that takes long.
        self._endless: set[int] = set()

    def rejects(self, schema: Schema, value: JsonValue) -> bool:
        """Whether a schema of the contract rejects a value; also where the check has no end, or none soon."""
        if id(schema) in self._endless:
            return True
        known = self._known.get(id(schema))
        if known is None:
            library, checker = _library()
            document = self._definitions.document(schema)
            known = self._known[id(schema)] = (schema, library(document, format_checker=checker))
        try:
            return not known[1].is_valid(value)
        except UndecidedError:
            return True
        except RecursionError:
            self._endless.add(id(schema))
            return True

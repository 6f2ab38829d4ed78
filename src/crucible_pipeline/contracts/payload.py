"""What a contract says about a payload, pure, judged by the jsonschema library.

It is the second opinion beside the generated models: both have to agree on every payload.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, cast

from crucible_pipeline.contracts import formats
from crucible_pipeline.contracts.model import KEYWORDS, Contract, JsonValue, Schema, Value
from crucible_pipeline.contracts.plain import fits_plainly

if TYPE_CHECKING:
    from jsonschema import ValidationError

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_MOST_REASONS = 5
_LONGEST_REASON = 300
_OURS = frozenset(
    {"direction", "renamed_from", "enum_names", "enum_descriptions", "extensible", "discriminator"}
)


def _asserts(name: str) -> Callable[[object], bool]:
    return lambda value: not isinstance(value, str) or formats.has_format(value, name)


@cache
def _library() -> tuple[Any, Any]:
    """The validator's class and our formats; imported late, for most values need no library of 0.1 s."""
    from jsonschema import Draft202012Validator, FormatChecker  # noqa: PLC0415

    checker = FormatChecker(formats=())
    for name in formats.FORMATS:
        checker.checks(name)(_asserts(name))
    return Draft202012Validator, checker


def json_schema(contract: Contract, schema: Schema) -> dict[str, Any]:
    """Write a schema as a JSON Schema 2020-12 document that stands alone.

    An open enum is written without its values: its readers accept others too.

    Returns:
        The document; the types that it needs are under `$defs`.
    """
    document = _keywords(schema)
    root: dict[str, Any] = document if isinstance(document, dict) else {"allOf": [document]}
    needed = _needed(contract, schema)
    if needed:
        definitions = {name: _keywords(contract.types[name].schema) for name in sorted(needed)}
        root = {**root, "$defs": definitions}
    return {"$schema": DIALECT, **root}


def rejections(contract: Contract, schema: Schema, value: JsonValue) -> list[str]:
    """Why a schema of a contract rejects a value.

    1.0 is an integer and true is no number, as JSON Schema says; formats are asserted.

    Returns:
        One sentence for each reason, at most five; none if it is accepted.
    """
    if fits_plainly(schema, value):
        return []
    validator, checker = _library()
    found: list[str] = []
    try:
        errors: Iterator[ValidationError] = validator(
            json_schema(contract, schema), format_checker=checker
        ).iter_errors(value)
        for error in errors:
            where = "".join(
                f"[{part}]" if isinstance(part, int) else f".{part}" for part in error.absolute_path
            )
            said = f"{where.lstrip('.')}: {error.message}" if where else error.message
            found.append(said if len(said) <= _LONGEST_REASON else said[:_LONGEST_REASON] + " …")
            if len(found) == _MOST_REASONS:
                break
    except RecursionError:
        return ["it is nested too deeply to be checked"]
    return sorted(found)


def _needed(contract: Contract, schema: Schema) -> set[str]:
    """Every type that a schema refers to, directly or not."""
    found: set[str] = set()
    todo = [schema]
    while todo:
        for inner in todo.pop().walk():
            if inner.ref is not None and inner.ref not in found:
                found.add(inner.ref)
                todo.append(contract.types[inner.ref].schema)
    return found


def _keywords(schema: Schema) -> bool | dict[str, Any]:
    if schema.always is not None:
        return schema.always
    document: dict[str, Any] = {}
    for field, keyword in KEYWORDS.items():
        value = getattr(schema, field)
        if (
            field in _OURS
            or value is None
            or value is False
            or (not isinstance(value, Value | int | float) and not value)
        ):
            continue
        if field == "enum" and schema.extensible:
            continue
        document[keyword] = f"#/$defs/{value}" if field == "ref" else _plain(value)
    return document


def _plain(value: Any) -> Any:
    if isinstance(value, Schema):
        return _keywords(value)
    if isinstance(value, Value):
        return value.json
    if isinstance(value, tuple):
        return [_plain(item) for item in cast("Iterable[Any]", value)]
    if isinstance(value, Mapping):
        return {name: _plain(item) for name, item in cast("Mapping[str, Any]", value).items()}
    return value

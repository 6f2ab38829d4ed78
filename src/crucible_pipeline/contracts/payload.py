"""What a contract says about a payload, pure, judged by the jsonschema library.

It is the second opinion beside the generated models: both have to agree on every payload.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from fractions import Fraction
from functools import cache
from typing import TYPE_CHECKING, Any, cast

from crucible_pipeline.contracts import formats, patterns
from crucible_pipeline.contracts.ambiguity import tries
from crucible_pipeline.contracts.model import KEYWORDS, Contract, JsonValue, Schema, Value
from crucible_pipeline.contracts.plain import fits_plainly
from crucible_pipeline.contracts.sparse import changed, stated

if TYPE_CHECKING:
    from jsonschema import ValidationError

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_MOST_REASONS = 5
_LONGEST_REASON = 300
# References that one judgement may follow; where alternatives nest, they double at each level.
_MOST_STEPS = 20_000
# Ways that a pattern may have to try on one text.
_MOST_TRIES = 1_000_000_000
# References within references that one judgement may follow. Python's own limit may be met inside the
# library's compiled part, which then panics in place of raising RecursionError.
_DEEPEST = 64
_OURS = frozenset(
    {
        "direction",
        "renamed_from",
        "enum_names",
        "enum_descriptions",
        "enum_renamed_from",
        "enum_deprecated",
        "extensible",
        "discriminator",
    }
)
_WRITTEN = {field: keyword for field, keyword in KEYWORDS.items() if field not in _OURS}


def _asserts(name: str) -> Callable[[object], bool]:
    return lambda value: not isinstance(value, str) or formats.has_format(value, name)


@cache
def _library() -> tuple[Any, Any]:
    """The validator's class and our formats; imported late, for most values need no library of 0.1 s."""
    from jsonschema import (  # noqa: PLC0415
        Draft202012Validator,
        FormatChecker,
        ValidationError,
        validators,
    )

    class Formats(FormatChecker):
        """Ours, with the number of references that the judgement may still follow, and within each other."""

        steps = _MOST_STEPS
        depth = _DEEPEST

    follow = Draft202012Validator.VALIDATORS["$ref"]

    def counted(validator: Any, ref: str, value: object, schema: object) -> "Iterator[ValidationError]":
        left = validator.format_checker
        left.steps -= 1
        if left.steps < 0:
            raise _TooLongError
        if left.depth == 0:
            raise RecursionError
        left.depth -= 1
        try:
            yield from follow(validator, ref, value, schema)
        finally:
            left.depth += 1

    def multiple(_: object, step: float, value: Any, __: object) -> "Iterator[ValidationError]":
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if number and Fraction(repr(value)) % Fraction(repr(step)):
            yield ValidationError(f"{value!r} is not a multiple of {step!r}")

    judge = Draft202012Validator.VALIDATORS["pattern"]

    def bounded(validator: Any, pattern: str, value: object, schema: object) -> "Iterator[ValidationError]":
        if isinstance(value, str) and tries(pattern, len(value)) > _MOST_TRIES:
            raise _TooLongError
        yield from judge(validator, pattern, value, schema)

    Formats.checkers = {name: (_asserts(name), ()) for name in formats.FORMATS}
    extend = cast("Any", validators).extend
    ours = {"$ref": counted, "multipleOf": multiple, "pattern": bounded}
    return extend(Draft202012Validator, ours), Formats


class _TooLongError(Exception):
    pass


def _python_pattern(pattern: str) -> str:
    """A pattern in the dialect of Python, which is the library's."""
    try:
        return f"(?a:{patterns.regex(pattern).pattern})"
    except ValueError:
        return pattern  # of a snapshot that an older version wrote


def json_schema(contract: Contract, schema: Schema) -> dict[str, Any]:
    """Write a schema as a JSON Schema 2020-12 document that stands alone.

    An open enum is written without its values: its readers accept others too.

    Returns:
        The document; the types that it needs are under `$defs`.
    """
    return {"$schema": DIALECT, **_document(contract, schema, str)}


def _document(contract: Contract, schema: Schema, pattern: Callable[[str], str]) -> dict[str, Any]:
    document = _keywords(schema, pattern)
    root: dict[str, Any] = document if isinstance(document, dict) else {"allOf": [document]}
    needed = sorted(_needed(contract, schema))
    definitions = {name: _keywords(contract.types[name].schema, pattern) for name in needed}
    return {**root, "$defs": definitions} if needed else root


def rejections(contract: Contract, schema: Schema, value: JsonValue) -> list[str]:
    """Why a schema of a contract rejects a value.

    1.0 is an integer and true is no number, as JSON Schema says; formats are asserted.

    Returns:
        One sentence for each reason, at most five; none if it is accepted.
    """
    if _fits_plainly(contract, schema, value):
        return []
    validator, checker = _library()
    written: dict[str, str] = {}  # in the library's dialect → as the contract says it

    def translated(pattern: str) -> str:
        found = _python_pattern(pattern)
        written[found] = pattern
        return found

    found: list[str] = []
    try:
        document = _document(contract, schema, translated)
        errors: Iterator[ValidationError] = validator(document, format_checker=checker()).iter_errors(value)
        for error in errors:
            where = "".join(
                f"[{part}]" if isinstance(part, int) else f".{part}" for part in error.absolute_path
            )
            message = error.message
            for pattern, original in written.items():
                message = message.replace(repr(pattern), repr(original))
            said = f"{where.lstrip('.')}: {message}" if where else message
            found.append(said if len(said) <= _LONGEST_REASON else said[:_LONGEST_REASON] + " …")
            if len(found) == _MOST_REASONS:
                break
    except RecursionError:
        return ["it is nested too deeply to be checked"]
    except _TooLongError:
        why = "alternatives nest in alternatives, or a pattern repeats too much"
        return [f"to check it takes too many steps: {why}"]
    return sorted(found)


def _fits_plainly(contract: Contract, schema: Schema, value: JsonValue) -> bool:
    """Whether a value plainly fits the schema and all that its references lead to."""
    for _ in range(_DEEPEST):
        if schema.ref is None:
            return fits_plainly(schema, value)
        if not fits_plainly(changed(schema, ref=None), value) or schema.ref not in contract.types:
            return False
        schema = contract.types[schema.ref].schema
    return False


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


def _keywords(schema: Schema, pattern: Callable[[str], str]) -> bool | dict[str, Any]:
    if schema.always is not None:
        return schema.always
    document: dict[str, Any] = {}
    given = stated(schema)
    for field, keyword in _WRITTEN.items():
        if field not in given:
            continue
        value = given[field]
        if not isinstance(value, Value | int | float) and not value:
            continue
        if field == "enum" and schema.extensible:
            continue
        if field == "pattern":
            document[keyword] = pattern(cast("str", value))
        elif field == "pattern_properties":
            named = cast("Mapping[str, Schema]", value).items()
            document[keyword] = {pattern(name): _keywords(inner, pattern) for name, inner in named}
        else:
            document[keyword] = f"#/$defs/{value}" if field == "ref" else _plain(value, pattern)
    return document


def _plain(value: Any, pattern: Callable[[str], str]) -> Any:
    if isinstance(value, Schema):
        return _keywords(value, pattern)
    if isinstance(value, Value):
        return value.json
    if isinstance(value, tuple):
        return [_plain(item, pattern) for item in cast("Iterable[Any]", value)]
    if isinstance(value, Mapping):
        return {name: _plain(item, pattern) for name, item in cast("Mapping[str, Any]", value).items()}
    return value

"""Lint of words, pure: names that code and people read, and the descriptions beside them."""

import re
from collections.abc import Iterator

from crucible_pipeline.contracts.lint_rule import WARNING, Finding, Row, Rule, Subject
from crucible_pipeline.contracts.model import Contract, Schema
from crucible_pipeline.contracts.names import pascal, snake, words

_PASCAL = re.compile(r"[A-Z][A-Za-z0-9]*\Z")
_SNAKE = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*\Z")
# The ways to write a value of an enum; a single word in small letters fits several.
_STYLES = {
    "snake_case": _SNAKE,
    "kebab-case": re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*\Z"),
    "dotted": re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)*\Z"),
    "coloned": re.compile(r"[a-z][a-z0-9_]*(:[a-z0-9_]+)*\Z"),
    "camelCase": re.compile(r"[a-z][A-Za-z0-9]*\Z"),
    "PascalCase": _PASCAL,
    "UPPER_CASE": re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)*\Z"),
}
# Quantities that mean nothing without a unit; a count, a rate or a size of a queue has none.
_NEED_A_UNIT = frozenset(
    {"age", "delay", "duration", "interval", "latency", "period", "timeout", "ttl", "uptime", "wait"}
    | {"bandwidth", "memory"}
)


def _type_names(subject: Subject) -> Iterator[Finding]:
    for name, found in subject.contract.types.items():
        if _PASCAL.match(name) is None and name.isascii():
            yield Finding(
                found.mark, f"the type {name!r} is not in PascalCase", f"call it {pascal(snake(name))}"
            )


def _property_names(subject: Subject) -> Iterator[Finding]:
    for prop in subject.properties:
        if prop.name.isascii() and _SNAKE.match(prop.name) is None:
            what = f"the property {prop.name!r} of {prop.owner} is not in snake_case"
            yield Finding(prop.schema.mark, what, f"call it {snake(prop.name)}")


def _enum_values(subject: Subject) -> Iterator[Finding]:
    for owner, schema in subject.schemas:
        common = set(_STYLES)
        for value in schema.enum or ():
            if not isinstance(value, str):
                continue
            if value != value.strip():
                what = f"the value {value!r} of {owner} begins or ends with a space"
                yield Finding(schema.mark, what, "remove the space")
            fitting = {name for name, style in _STYLES.items() if style.match(value)}
            # what fits no style, such as +1 or UTF-8, is a name from elsewhere
            if fitting and not common & fitting:
                what = f"the value {value!r} of {owner} is not written as those before it"
                yield Finding(schema.mark, what, f"write every value in {min(common)}")
                break
            common = common & fitting or common


def _units(subject: Subject) -> Iterator[Finding]:
    for constant in subject.contract.constants.values():
        last = words(constant.name)[-1:]
        is_number = isinstance(constant.value, int | float) and not isinstance(constant.value, bool)
        if is_number and last and last[0].lower() in _NEED_A_UNIT:
            what = f"the constant {constant.path} does not say in which unit it is"
            yield Finding(constant.mark, what, f"add the unit, such as {constant.name}_{_unit(last[0])}")


def _unit(quantity: str) -> str:
    return {"memory": "mb", "bandwidth": "bytes_per_second"}.get(quantity.lower(), "seconds")


def _descriptions(subject: Subject) -> Iterator[Finding]:
    contract = subject.contract
    todo = "add a description: it becomes the text that editors show"
    for name, found in contract.types.items():
        if not _is_described(contract, found.schema):
            yield Finding(found.mark, f"the type {name} has no description", todo)
    for prop in subject.properties:
        # `false` forbids a property and needs no words
        if prop.schema.always is not False and not _is_described(contract, prop.schema):
            what = f"the property {prop.owner}.{prop.name} has no description"
            yield Finding(prop.schema.mark, what, todo)
    for channel in contract.channels.values():
        if not channel.description:
            yield Finding(channel.mark, f"the channel {channel.key} has no description", todo)
    for constant in contract.constants.values():
        if not constant.description:
            what = f"the constant {constant.path} has no description"
            yield Finding(
                constant.mark, what, "write it as `{value: ..., description: ...}` and say what it bounds"
            )


def _is_described(contract: Contract, schema: Schema) -> bool:
    """Whether a schema, or the type that it refers to, has words of its own."""
    seen: set[str] = set()
    while not (schema.description or "").strip():
        if schema.ref is None or schema.ref in seen:
            return False
        seen.add(schema.ref)
        schema = contract.types[schema.ref].schema
    return True


RULES = (
    Rule(
        Row(
            "type-name",
            WARNING,
            "A type's name becomes a class in Python and TypeScript, where readers expect PascalCase.",
            "write the name in PascalCase, without underscores",
        ),
        _type_names,
    ),
    Rule(
        Row(
            "property-name",
            WARNING,
            "One spelling on the wire: who has to look up whether it is evalId or eval_id will guess wrong.",
            "write the name in snake_case, and the former one as x-renamed-from where it is in use",
        ),
        _property_names,
    ),
    Rule(
        Row(
            "enum-value-style",
            WARNING,
            "Values of one enum in several spellings, or with a space at an end, are mistyped by hand.",
            "write the values of an enum alike",
        ),
        _enum_values,
    ),
    Rule(
        Row(
            "constant-without-unit",
            WARNING,
            "A time or an amount of memory without its unit is read as seconds here and milliseconds there.",
            "end the name with the unit: _seconds, _ms, _mb, _bytes",
        ),
        _units,
    ),
    Rule(
        Row(
            "description-missing",
            WARNING,
            "Descriptions become docstrings and reference pages; without one, readers ask the author.",
            "say in one sentence what it means to a reader, with the unit of a number",
        ),
        _descriptions,
    ),
)

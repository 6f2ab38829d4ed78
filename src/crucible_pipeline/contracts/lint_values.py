"""Lint of values, pure: what contradicts its own schema."""

import difflib
import json
from collections.abc import Iterator

from crucible_pipeline.contracts.lint_rule import ERROR, Finding, Row, Rule, Subject
from crucible_pipeline.contracts.model import Schema
from crucible_pipeline.contracts.plain import types_of


def _misspelled(subject: Subject) -> Iterator[Finding]:
    for _, schema in subject.schemas:
        for name, close in _nearly(schema):
            yield Finding(
                schema.mark, f"the required property {name!r} is not described", f"did you mean {close!r}?"
            )


def _nearly(schema: Schema) -> Iterator[tuple[str, str]]:
    free = [known for known in schema.properties if known not in schema.required]
    for name in schema.required:
        if name not in schema.properties:
            for close in difflib.get_close_matches(name, free, n=1, cutoff=0.75):
                yield name, close


def _impossible(subject: Subject) -> Iterator[Finding]:
    for _, schema in subject.schemas:
        for value in schema.enum or ():
            if schema.types and not types_of(value).intersection(schema.types):
                what = f"the value {json.dumps(value)} of the enum is of no type that is allowed"
                yield Finding(schema.mark, what, "extend the type or remove the value")


RULES = (
    Rule(
        Row(
            "required-misspelled",
            ERROR,
            "A required property that is not described has no type: it is nearly always a slip in its name.",
            "write the name as under properties, or describe the property",
        ),
        _misspelled,
    ),
    Rule(
        Row(
            "enum-impossible",
            ERROR,
            "A value that the type beside it rules out looks allowed, and is refused by every reader.",
            "extend the type, or remove the value from the enum",
        ),
        _impossible,
    ),
)
# Found while the contracts are read, for code cannot be made of a default that does not fit.
FOUND_BY_THE_LOADER = (
    Row(
        "default-invalid",
        ERROR,
        "A default that its own schema refuses makes a message that every reader refuses.",
        "correct the default or the schema beside it",
    ),
    Row(
        "example-invalid",
        ERROR,
        "An example is what people copy first; one that does not fit teaches the wrong thing.",
        "correct the example or the schema beside it",
    ),
)

"""Lint of values, pure: what contradicts its own schema."""

import difflib
import json
from collections.abc import Iterator

from crucible_pipeline.contracts.formats import FORMATS
from crucible_pipeline.contracts.lint_rule import ERROR, WARNING, Finding, Row, Rule, Subject
from crucible_pipeline.contracts.model import Schema
from crucible_pipeline.contracts.plain import types_of

# Words of OpenAPI 3 (section 4.4.2) that say how a value is held or shown, not which texts are allowed.
_ONLY_TOLD = frozenset({"binary", "double", "float", "int32", "int64", "password"})


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


def _not_asserted(subject: Subject) -> Iterator[Finding]:
    for _, schema in subject.schemas:
        word = schema.format
        if word is not None and word not in FORMATS and word not in _ONLY_TOLD:
            close = difflib.get_close_matches(word, FORMATS, n=1, cutoff=0.8)
            todo = f"did you mean {close[0]!r}?" if close else "say with a pattern what has to hold"
            yield Finding(schema.mark, f"no reader checks the format {word!r}", todo)


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
    Rule(
        Row(
            "format-not-asserted",
            WARNING,
            "A format that is not known here is a word to people, and any value passes. That is so for regex "
            "too: what is a regular expression in one language is none in the next.",
            "use a known format, or say with a pattern what has to hold; else leave it as a word to people",
        ),
        _not_asserted,
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

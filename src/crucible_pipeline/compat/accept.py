"""Whether a contract accepts a payload, asked many times of one contract; pure, by the jsonschema library.

It says what `contracts.payload.rejections` says without the reasons. The types are written out once for all
questions, so that a question costs nothing for the types it does not reach.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import cache, cached_property
from typing import Any

from crucible_pipeline.contracts import formats
from crucible_pipeline.contracts.model import Contract, JsonValue, Schema
from crucible_pipeline.contracts.payload import json_schema


def _asserts(name: str) -> Callable[[object], bool]:
    return lambda value: not isinstance(value, str) or formats.has_format(value, name)


@cache
def _library() -> tuple[Any, Any]:
    """The validator's class and our formats; imported late, for contracts that are equal never need them."""
    from jsonschema import Draft202012Validator, FormatChecker  # noqa: PLC0415

    checker = FormatChecker(formats=())
    for name in formats.FORMATS:
        checker.checks(name)(_asserts(name))
    return Draft202012Validator, checker


class Acceptance:
    """Answers for the schemas of one contract.

    Args:
        contract: whose types references name.
    """

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        # The names without what they mean: json_schema would follow the references for each question.
        self._names = replace(
            contract,
            types={name: replace(item, schema=Schema()) for name, item in contract.types.items()},
        )
        self._known: dict[int, tuple[Schema, Any]] = {}
        # Schemas whose references lead only to each other: found out once, for that takes long.
        self._endless: set[int] = set()

    @cached_property
    def _definitions(self) -> dict[str, Any]:
        every = Schema(any_of=tuple(Schema(ref=name) for name in self._contract.types))
        found: dict[str, Any] = json_schema(self._contract, every).get("$defs", {})
        return found

    def rejects(self, schema: Schema, value: JsonValue) -> bool:
        """Whether a schema of the contract rejects a value; also where the check has no end."""
        if id(schema) in self._endless:
            return True
        known = self._known.get(id(schema))
        if known is None:
            document = json_schema(self._names, schema) | {"$defs": self._definitions}
            library, checker = _library()
            known = self._known[id(schema)] = (schema, library(document, format_checker=checker))
        try:
            return not known[1].is_valid(value)
        except RecursionError:
            self._endless.add(id(schema))
            return True

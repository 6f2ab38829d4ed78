"""A schema with other values of some of its keywords, pure."""

from dataclasses import fields
from operator import attrgetter
from typing import Any

from crucible_pipeline.contracts.model import Schema

_SLOTS = tuple(item.name for item in fields(Schema))
_ALL = attrgetter(*_SLOTS)
_put = object.__setattr__


def changed(schema: Schema, **changes: Any) -> Schema:
    """What `dataclasses.replace` makes of a schema, in a fifth of its time: large contracts need many."""
    found = object.__new__(Schema)
    for name, value in zip(_SLOTS, _ALL(schema), strict=True):
        _put(found, name, changes.get(name, value))
    return found

"""What a type of the contract is in Python, as values: an enum, a model, or another name for a type."""

from dataclasses import dataclass
from typing import TypeAlias

from crucible_pipeline.contracts.model import JsonValue, Schema
from crucible_pipeline.generate.text import Expression


@dataclass(frozen=True, slots=True)
class Property:
    """One field of a model.

    Args:
        wire: its name in the contract.
        annotation: its type.
        optional: not required.
    """

    wire: str
    annotation: Expression
    schema: Schema
    optional: bool


@dataclass(frozen=True, slots=True)
class EnumShape:
    """An enum of texts or of integers."""

    name: str
    module: str
    schema: Schema
    values: tuple[JsonValue, ...]
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ModelShape:
    """An object with named properties.

    Args:
        check: key of its schema, where fields alone do not say everything.
        closed: whether unknown properties are refused.
    """

    name: str
    module: str
    schema: Schema
    properties: tuple[Property, ...]
    check: str | None
    closed: bool


@dataclass(frozen=True, slots=True)
class AliasShape:
    """Any other named type."""

    name: str
    module: str
    schema: Schema
    annotation: Expression


Shape: TypeAlias = EnumShape | ModelShape | AliasShape

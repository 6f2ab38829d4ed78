"""What a name in a service may mean: something of the package, or a value of one of its types."""

from dataclasses import dataclass, field
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Named:
    """A dotted name of the package.

    Args:
        path: without the package itself; empty for the package.
        is_imported: an import statement bound it.
    """

    path: tuple[str, ...]
    is_imported: bool = field(default=False, compare=False)


@dataclass(frozen=True, slots=True)
class Instance:
    """A value of a type of the contract."""

    type: str


@dataclass(frozen=True, slots=True)
class Many:
    """A container whose items are of a type of the contract."""

    type: str


@dataclass(frozen=True, slots=True)
class Returns:
    """A function of the service, by what it returns."""

    value: "Named | Instance | Many | Returns | Local | None"


@dataclass(frozen=True, slots=True)
class Local:
    """A module or a folder of modules of the service itself, by its path without the ending."""

    module: str


Meaning: TypeAlias = Named | Instance | Many | Returns | Local | None

"""What a name in a service may mean: something of the package, or a value of one of its types."""

import ast
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

    value: "Meaning"


@dataclass(frozen=True, slots=True)
class Local:
    """A module or a folder of modules of the service itself, by its path without the ending."""

    module: str


@dataclass(frozen=True, slots=True)
class Keys:
    """A dictionary made of a value of a type of the contract."""

    type: str


@dataclass(frozen=True, slots=True)
class Written:
    """A dictionary that is written out in the file itself, in braces or as a call of `dict`."""

    node: ast.Dict | ast.Call


Meaning: TypeAlias = Named | Instance | Many | Returns | Local | Keys | Written | None

# Part of every generated package whose contract renames or gives up names.
"""Names that a contract replaced or gives up: whoever uses one is warned, and no other name costs more."""

from __future__ import annotations

import sys
import warnings
from enum import EnumType
from typing import TYPE_CHECKING, ClassVar

from ._base import Frozen

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def former(
    module: str, names: Mapping[str, tuple[str, str]], level: int = 2
) -> Callable[[str], object]:
    """The `__getattr__` of a module for names that are replaced or given up.

    Args:
        module: its name.
        names: name → where it is found below the package, and what the warning says.
        level: of whoever asks, as `warnings.warn` counts.
    """

    def found(name: str) -> object:
        if name not in names:
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        return _replaced(*names[name], level + 1)

    return found


def _replaced(path: str, message: str, level: int) -> object:
    warnings.warn(message, DeprecationWarning, stacklevel=level)
    found: object = sys.modules[__package__ or __name__.rpartition(".")[0]]
    for part in path.split("."):
        found = getattr(found, part)
    return found


class Members(EnumType):
    """The metaclass of an enum with members that were renamed or are given up: naming one warns.

    Reading the value of one does not: whoever sent it is the one who has to change.
    """

    # Former name of a member → its name; name of one that is given up → what the warning says.
    __former__: ClassVar[Mapping[str, str]] = {}
    __aged__: ClassVar[Mapping[str, str]] = {}

    if not TYPE_CHECKING:

        def __init__(cls, *args, **kwargs):
            super().__init__(*args, **kwargs)
            # Out of the way, so that `__getattr__` is asked for them.
            for name in cls.__aged__.keys() & cls.__dict__.keys():
                type.__delattr__(cls, name)

        def __getattr__(cls, name):
            found = None if name.startswith("_") else cls._named(name)
            if found is None:
                what = f"type object {cls.__name__!r} has no attribute {name!r}"
                raise AttributeError(what)
            return found

        def __getitem__(cls, name):
            found = cls._named(name)
            if found is None:
                raise KeyError(name)
            return found

        def _named(cls, name):
            now = cls.__former__.get(name, name)
            message = cls.__aged__.get(name)
            if now != name:
                message = f"{cls.__name__}.{name} is called {now} now"
            if message is not None:
                warnings.warn(message, DeprecationWarning, stacklevel=3)
            return cls._member_map_.get(now)


class Group(Frozen):
    """The metaclass of a group of constants with names that were replaced."""

    # Former name → where the constant is found below the package, and what the warning says.
    __former__: ClassVar[Mapping[str, tuple[str, str]]] = {}

    if not TYPE_CHECKING:

        def __getattr__(self, name):
            if name not in self.__former__:
                what = f"type object {self.__name__!r} has no attribute {name!r}"
                raise AttributeError(what)
            return _replaced(*self.__former__[name], 3)

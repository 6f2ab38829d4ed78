# Part of every generated package whose contract renames properties.
"""Models with properties that had other names."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, ClassVar

from ._model import Model

if TYPE_CHECKING:
    from collections.abc import Mapping


class RenamedModel(Model):
    """An object with properties that had other names: using such a name in code warns.

    In a payload it is the name of a property that the contract does not know.
    """

    __former__: ClassVar[Mapping[str, str]]

    if not TYPE_CHECKING:

        def __init__(self, /, **data):
            for name, now in type(self).__former__.items():
                if name in data and now not in data:
                    _warn(self, name, now)
                    data[now] = data.pop(name)
            super().__init__(**data)

        # Tells pydantic that this is no constructor of a user, so that reading JSON never passes through it.
        __init__.__pydantic_base_init__ = True

        def __getattr__(self, name):
            now = type(self).__former__.get(name)
            if now is None:
                return super().__getattr__(name)
            _warn(self, name, now)
            return getattr(self, now)

        def __setattr__(self, name, value):
            now = type(self).__former__.get(name)
            if now is not None:
                _warn(self, name, now)
            super().__setattr__(now or name, value)


def _warn(model: RenamedModel, name: str, now: str) -> None:
    message = f"{type(model).__name__}.{name} is called {now} now"
    warnings.warn(message, DeprecationWarning, stacklevel=3)

"""Stands in for the generated module of this name, so that the files beside it can be type-checked here."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, Final

SCHEMAS: Final[Mapping[str, Any]] = {}

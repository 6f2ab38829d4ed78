"""The option that asks a type checker which lines of a service are certain to break."""

from pathlib import Path
from typing import Annotated

import typer

from crucible_pipeline.upgrade.checker import find_checker
from crucible_pipeline.upgrade.typed import Types

TypesOption = Annotated[
    bool | None,
    typer.Option(
        "--types/--no-types",
        help="Ask mypy or pyright which lines are certain to break, some seconds for each service that uses"
        " what breaks; on for services that are named, off for a list.",
        show_default=False,
    ),
]


def types_for(asked: bool | None, cache: Path, *, usually: bool) -> Types | None:
    """Who is asked; None for nobody.

    Args:
        asked: what the user said; None for nothing.
        cache: folder of the program's caches.
        usually: what holds if the user said nothing.
    """
    return Types(find_checker(), cache / "types") if (usually if asked is None else asked) else None

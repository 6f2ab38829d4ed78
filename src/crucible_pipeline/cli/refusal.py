"""How `release` and `publish` print objections: on stderr as text, and on stdout as the one JSON document."""

import contextlib
from collections.abc import Generator
from enum import StrEnum

from crucible_pipeline.cli.app import print_json
from crucible_pipeline.release.plan import NotReady


class Format(StrEnum):
    """What `--format` takes."""

    TEXT = "text"
    JSON = "json"


@contextlib.contextmanager
def objections_shown(wanted: Format) -> Generator[None]:
    """Print the objections of the block as JSON where that was asked for; they are raised all the same."""
    try:
        yield
    except NotReady as error:
        if wanted is Format.JSON:
            rows = [{"check": it.check, "what": it.what, "todo": it.todo} for it in error.objections]
            print_json({"objections": rows})
        raise

"""The command line: the thinnest room. Only here is anything printed and are exit codes known."""

import gc
import sys
from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; see `app.main`."""
    from crucible_pipeline.cli import app  # noqa: PLC0415  `run` has something to do before

    return app.main(argv)


def run() -> None:
    """The entry point of the `crucible` script."""
    # What a start imports stays, and to look through it for garbage is a tenth of the start; each command
    # begins with the collector on.
    gc.disable()
    sys.exit(main())

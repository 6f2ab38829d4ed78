"""The `crucible` program: its commands, and the one table from errors to exit codes."""

import importlib
import importlib.util
import json
import sys
from collections.abc import Sequence
from typing import Annotated

import typer
from rich.console import Console

from crucible_pipeline.errors import CrucibleError

# In the order in which a contract travels; each module registers the command (or group) of its name.
COMMANDS = ("demo", "generate", "check", "release", "publish", "serve", "index", "upgrade")


def console(*, stderr: bool = True) -> Console:
    """A console that colours and animates only on a terminal; progress goes to stderr."""
    return Console(stderr=stderr, highlight=False, soft_wrap=True)


def print_json(document: object) -> None:
    """Print one JSON document on stdout."""
    sys.stdout.write(json.dumps(document, indent=2, ensure_ascii=False) + "\n")


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version  # noqa: PLC0415  a look-up that only --version pays for

        print(version("crucible-pipeline"))
        raise typer.Exit


def application() -> typer.Typer:
    """The program with all its commands."""
    app = typer.Typer(
        name="crucible",
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode="rich",
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
        help="Contracts to typed packages, with a compatibility verdict, an index and upgrades of services.",
    )

    @app.callback()
    def root(
        version: Annotated[
            bool,
            typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit."),
        ] = False,
    ) -> None:
        pass

    for name in COMMANDS:
        if importlib.util.find_spec(f"{__package__}.{name}"):
            importlib.import_module(f"{__package__}.{name}").register(app)
    return app


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        argv: the arguments after the program's name; the process's own if None.

    Returns:
        0 fine, 1 the answer is no, 2 could not do it (bad usage included).
    """
    try:
        application()(list(argv) if argv is not None else None, prog_name="crucible")
    except CrucibleError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else int(stop.code is not None)
    return 0


def run() -> None:
    """The entry point of the `crucible` script."""
    sys.exit(main())

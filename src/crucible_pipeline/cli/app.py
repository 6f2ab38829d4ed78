"""The `crucible` program: its commands, and the one table from errors to exit codes."""

import gc
import importlib
import json
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from crucible_pipeline.errors import CrucibleError

if TYPE_CHECKING:
    from rich.console import Console

# In the order in which a contract travels; the module of the same name registers the command or group.
COMMANDS = (
    "demo",
    "init",
    "generate",
    "check",
    "release",
    "publish",
    "verify",
    "serve",
    "index",
    "upgrade",
    "impact",
    "status",
    "migrate",
)


def console(*, stderr: bool = True) -> "Console":
    """A console that colours and animates only on a terminal; progress goes to stderr."""
    from rich.console import Console  # noqa: PLC0415  a program that prints plain text starts without it

    return Console(stderr=stderr, highlight=False, soft_wrap=True)


def print_json(document: object) -> None:
    """Print one JSON document on stdout."""
    sys.stdout.write(json.dumps(document, indent=2, ensure_ascii=False) + "\n")


def text_or_json(form: str) -> str:
    """The value of a `--format` option that takes these two; a callback of typer's.

    Raises:
        typer.BadParameter: it is neither.
    """
    if form not in {"text", "json"}:
        raise typer.BadParameter(f"{form!r} is none of text, json")
    return form


class Commands(TyperGroup):
    """The commands, each imported when it is asked for: `crucible generate` pays for no web server."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002  the signature is the group's
        """Their names, in order."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002  likewise
        """One of them, or None."""
        if cmd_name not in COMMANDS:
            return None
        holder = typer.Typer(rich_markup_mode="rich", add_completion=False)
        importlib.import_module(f"{__package__}.{cmd_name}").register(holder)
        gc.enable()
        return typer.main.get_group(holder).commands[cmd_name]


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version  # noqa: PLC0415  a look-up that only --version pays for

        print(version("crucible-pipeline"))
        raise typer.Exit


def application() -> typer.Typer:
    """The program with all its commands."""
    app = typer.Typer(
        name="crucible",
        cls=Commands,
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

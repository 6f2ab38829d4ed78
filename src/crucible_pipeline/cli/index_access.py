"""`crucible index token`: who may upload and read."""

import sys
from collections.abc import Callable
from datetime import timedelta
from typing import Annotated

import typer

from crucible_pipeline.cli.app import print_json
from crucible_pipeline.cli.index_options import Data, Format
from crucible_pipeline.cli.serve import DEFAULT_DATA
from crucible_pipeline.errors import Refused
from crucible_pipeline.index.access import INCLUDES, Access, Action
from crucible_pipeline.index.place import store_at
from crucible_pipeline.index.store import Store


def register(group: typer.Typer, existing: Callable[[str], Store]) -> None:
    """Add the commands.

    Args:
        group: `crucible index`.
        existing: gives the store of an index that is there.
    """
    token = typer.Typer(help="Tokens: who may upload and read.", no_args_is_help=True)
    group.add_typer(token, name="token")
    _register_create(token)
    _register_list(token, existing)

    @token.command(name="revoke")
    def revoke(token_id: Annotated[str, typer.Argument(metavar="ID")], data: Data = DEFAULT_DATA) -> None:
        """Refuse a token from now on."""
        Access(existing(data)).revoke(token_id)
        print(f"token {token_id} is revoked")


def _register_create(token: typer.Typer) -> None:
    @token.command(name="create")
    def create(
        project: Annotated[
            list[str], typer.Option("--project", help="A project it is for; * for all. May be repeated.")
        ],
        action: Annotated[
            list[str] | None,
            typer.Option(
                "--allow",
                help="upload (all of these), yank, pins (of services) or read; each reads too.",
            ),
        ] = None,
        days: Annotated[
            int | None, typer.Option(min=1, max=36500, help="Days until it expires; never if not given.")
        ] = None,
        data: Data = DEFAULT_DATA,
        form: Format = "text",
    ) -> None:
        """Make a token and print it, once, on stdout; give it to twine as the password of __token__."""
        lifetime = timedelta(days=days) if days is not None else None
        made, secret = Access(store_at(data)).create(tuple(project), _actions(action or ["upload"]), lifetime)
        if form == "json":
            print_json({"id": made.id, "token": secret, "projects": made.projects, "expires": made.expires})
            return
        sys.stderr.write(f"token {made.id} for {', '.join(made.projects)}; it is shown only now:\n")
        print(secret)


def _register_list(token: typer.Typer, existing: Callable[[str], Store]) -> None:
    @token.command(name="list")
    def show(data: Data = DEFAULT_DATA, form: Format = "text") -> None:
        """List the tokens, without their secrets, and when each was last used, to the hour."""
        access = Access(existing(data))
        rows = [(each, access.used.of(each.id)) for each in access.tokens()]
        if form == "json":
            print_json(
                [
                    {
                        "id": each.id,
                        "projects": list(each.projects),
                        "actions": list(each.actions),
                        "created": each.created,
                        "expires": each.expires,
                        "last_used": used,
                    }
                    for each, used in rows
                ]
            )
            return
        for each, used in rows:
            what = f"{'+'.join(each.actions)} {','.join(each.projects)}"
            print(f"{each.id}  {what}  until {each.expires or 'revoked'}  last used {used or 'never'}")


def _actions(names: list[str]) -> tuple[Action, ...]:
    known: dict[str, Action] = {action: action for action in INCLUDES}
    if wrong := [name for name in names if name not in known]:
        raise Refused(f"a token cannot allow {', '.join(map(repr, wrong))}", f"allow {' or '.join(known)}")
    return tuple(known[name] for name in names)

"""`crucible index`: care of the index in a folder, also while it is served."""

import sys
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from crucible_pipeline.cli import index_care, index_projects
from crucible_pipeline.cli.app import print_json
from crucible_pipeline.cli.serve import DEFAULT_DATA
from crucible_pipeline.errors import Refused
from crucible_pipeline.index.access import Access, Action
from crucible_pipeline.index.catalog import Catalog
from crucible_pipeline.index.names import normalized
from crucible_pipeline.index.place import is_bucket, store_at
from crucible_pipeline.index.store import Store
from crucible_pipeline.version import parse

Data = Annotated[str, typer.Option(help="The folder, or s3://, gs:// or az:// address, of the index.")]
Format = Annotated[str, typer.Option(help="text or json.")]


def register(app: typer.Typer) -> None:
    """Add the group of commands."""
    group = typer.Typer(help="Care of an index: tokens, yanking, verifying.", no_args_is_help=True)
    app.add_typer(group, name="index")
    _register_tokens(group)
    _register_releases(group)
    index_projects.register(group, _existing)
    index_care.register(group, _existing)


def _register_tokens(group: typer.Typer) -> None:
    token = typer.Typer(help="Tokens: who may upload and read.", no_args_is_help=True)
    group.add_typer(token, name="token")

    @token.command(name="create")
    def create(
        project: Annotated[
            list[str], typer.Option("--project", help="A project it is for; * for all. May be repeated.")
        ],
        action: Annotated[
            list[str] | None, typer.Option("--allow", help="upload (which reads too) or read.")
        ] = None,
        days: Annotated[
            int | None, typer.Option(min=1, help="Days until it expires; never if not given.")
        ] = None,
        data: Data = DEFAULT_DATA,
    ) -> None:
        """Make a token and print it, once, on stdout; give it to twine as the password of __token__."""
        lifetime = timedelta(days=days) if days is not None else None
        made, secret = Access(store_at(data)).create(tuple(project), _actions(action or ["upload"]), lifetime)
        sys.stderr.write(f"token {made.id} for {', '.join(made.projects)}; it is shown only now:\n")
        print(secret)

    @token.command(name="list")
    def show(data: Data = DEFAULT_DATA, form: Annotated[str, typer.Option("--format")] = "text") -> None:
        """List the tokens, without their secrets."""
        rows = [
            {
                "id": each.id,
                "projects": list(each.projects),
                "actions": list(each.actions),
                "created": each.created,
                "expires": each.expires,
            }
            for each in Access(_existing(data)).tokens()
        ]
        if form == "json":
            print_json(rows)
            return
        for row in rows:
            what = f"{'+'.join(row['actions'] or ())} {','.join(row['projects'] or ())}"
            print(f"{row['id']}  {what}  until {row['expires'] or 'revoked'}")

    @token.command(name="revoke")
    def revoke(token_id: Annotated[str, typer.Argument(metavar="ID")], data: Data = DEFAULT_DATA) -> None:
        """Refuse a token from now on."""
        Access(_existing(data)).revoke(token_id)
        print(f"token {token_id} is revoked")


def _register_releases(group: typer.Typer) -> None:
    @group.command(name="yank")
    def yank(
        project: str,
        version: str,
        reason: Annotated[str, typer.Option(help="Installers show it to those who pinned the release.")] = "",
        data: Data = DEFAULT_DATA,
    ) -> None:
        """Let installers avoid a release unless it is pinned exactly; its files stay."""
        Catalog(_existing(data)).yank(normalized(project), parse(version), reason)
        print(f"{project} {version} is yanked")

    @group.command(name="unyank")
    def unyank(project: str, version: str, data: Data = DEFAULT_DATA) -> None:
        """Take a yank back."""
        Catalog(_existing(data)).yank(normalized(project), parse(version), None)
        print(f"{project} {version} is no longer yanked")


def _existing(data: str) -> Store:
    """The store of an index that is there.

    Raises:
        Refused: there is none.
    """
    if not is_bucket(data) and not Path(data).is_dir():
        raise Refused(f"there is no index in {data}", "give its folder to --data")
    return store_at(data)


def _actions(names: list[str]) -> tuple[Action, ...]:
    found: list[Action] = []
    for name in names:
        if name == "upload":
            found.append("upload")
        elif name == "read":
            found.append("read")
        else:
            raise Refused(f"a token cannot allow {name!r}", "allow upload or read")
    return tuple(found)

"""`crucible index`: care of the index in a folder, also while it is served."""

from pathlib import Path
from typing import Annotated

import typer

from crucible_pipeline.cli import (
    index_access,
    index_audit,
    index_care,
    index_gate,
    index_pins,
    index_projects,
    index_publishers,
)
from crucible_pipeline.cli.index_options import Data
from crucible_pipeline.cli.serve import DEFAULT_DATA
from crucible_pipeline.errors import Refused
from crucible_pipeline.index.audit import Ledger, this_user
from crucible_pipeline.index.catalog import Catalog
from crucible_pipeline.index.names import normalized
from crucible_pipeline.index.place import is_bucket, store_at
from crucible_pipeline.index.store import Store
from crucible_pipeline.version import parse


def register(app: typer.Typer) -> None:
    """Add the group of commands."""
    group = typer.Typer(
        help="Care of an index: tokens, publishers, yanking, verifying, the audit log.", no_args_is_help=True
    )
    app.add_typer(group, name="index")
    _register_releases(group)
    index_access.register(group, _existing)
    index_publishers.register(group, _existing)
    index_audit.register(group, _existing)
    index_projects.register(group, _existing)
    index_care.register(group, _existing)
    index_gate.register(group, _existing)
    index_pins.register(group)


def _register_releases(group: typer.Typer) -> None:
    @group.command(name="yank")
    def yank(
        project: str,
        version: str,
        reason: Annotated[str, typer.Option(help="Installers show it to those who pinned the release.")] = "",
        data: Data = DEFAULT_DATA,
    ) -> None:
        """Let installers avoid a release unless it is pinned exactly; its files stay."""
        store, name, release = _existing(data), normalized(project), parse(version)
        with Ledger(store).change(this_user(), "yank", name, version=str(release), reason=reason):
            Catalog(store).yank(name, release, reason)
        print(f"{project} {version} is yanked")

    @group.command(name="unyank")
    def unyank(project: str, version: str, data: Data = DEFAULT_DATA) -> None:
        """Take a yank back."""
        store, name, release = _existing(data), normalized(project), parse(version)
        with Ledger(store).change(this_user(), "unyank", name, version=str(release)):
            Catalog(store).yank(name, release, None)
        print(f"{project} {version} is no longer yanked")


def _existing(data: str) -> Store:
    """The store of an index that is there.

    Raises:
        Refused: there is none.
    """
    if not is_bucket(data) and not Path(data).is_dir():
        raise Refused(f"there is no index in {data}", "give its folder to --data")
    return store_at(data)

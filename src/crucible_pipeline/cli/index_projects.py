"""`crucible index status` and `crucible index reserve`: how a project stands, and which names are ours."""

from collections.abc import Callable
from typing import Annotated

import typer

from crucible_pipeline.cli.app import print_json
from crucible_pipeline.cli.index_options import Data, Format
from crucible_pipeline.cli.serve import DEFAULT_DATA
from crucible_pipeline.errors import Refused
from crucible_pipeline.index.audit import Ledger, this_user
from crucible_pipeline.index.catalog import Catalog
from crucible_pipeline.index.names import normalized
from crucible_pipeline.index.page import MARKERS, Status
from crucible_pipeline.index.reserved import Reserved
from crucible_pipeline.index.store import Store


def register(group: typer.Typer, existing: Callable[[str], Store]) -> None:
    """Add the commands.

    Args:
        group: `crucible index`.
        existing: gives the store of an index that is there.
    """

    @group.command(name="status")
    def status(
        project: str,
        marker: Annotated[
            str | None, typer.Argument(help=f"{', '.join(MARKERS)}; shown if not given.")
        ] = None,
        *,
        reason: Annotated[str, typer.Option(help="Shown to people and by installers.")] = "",
        data: Data = DEFAULT_DATA,
        form: Format = "text",
    ) -> None:
        """Say how a project stands: an archived one takes no uploads, a quarantined one offers no files."""
        store, name = existing(data), normalized(project)
        catalog = Catalog(store)
        if marker is not None:
            wanted = _status(marker, reason)
            with Ledger(store).change(this_user(), "status", name, status=marker, reason=reason):
                catalog.set_status(name, wanted)
        stands = catalog.project(name).status
        if form == "json":
            print_json({"project": name, "status": stands.marker, "reason": stands.reason})
        else:
            print(f"{name} is {stands.marker}{f': {stands.reason}' if stands.reason else ''}")

    @group.command(name="reserve")
    def reserve(
        prefix: Annotated[
            str | None, typer.Argument(help="As crucible-; the reserved ones if not given.")
        ] = None,
        *,
        remove: Annotated[bool, typer.Option("--remove", help="Take it back.")] = False,
        data: Data = DEFAULT_DATA,
        form: Format = "text",
    ) -> None:
        """Keep a beginning of names for this index: such a name is never asked for in the upstream."""
        store = existing(data)
        reserved = Reserved(store)
        if prefix is not None:
            action = "unreserved" if remove else "reserved"
            with Ledger(store).change(this_user(), action, None, prefix=prefix):
                (reserved.remove if remove else reserved.add)(prefix)
        if form == "json":
            print_json(list(reserved.prefixes()))
        else:
            print("\n".join(reserved.prefixes()) or "nothing is reserved")


def _status(marker: str, reason: str) -> Status:
    for each in MARKERS:
        if each == marker:
            return Status(each, reason)
    raise Refused(f"{marker[:40]!r} is no status of a project", f"choose one of {', '.join(MARKERS)}")

"""`crucible index audit`: who changed what, when and from where."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated

import typer

from crucible_pipeline.cli.app import print_json
from crucible_pipeline.cli.index_options import Data, Format
from crucible_pipeline.cli.serve import DEFAULT_DATA
from crucible_pipeline.errors import Refused
from crucible_pipeline.index.audit import Entry, Ledger
from crucible_pipeline.index.clock import stamp
from crucible_pipeline.index.names import normalized
from crucible_pipeline.index.store import Store


def register(group: typer.Typer, existing: Callable[[str], Store]) -> None:
    """Add the command.

    Args:
        group: `crucible index`.
        existing: gives the store of an index that is there.
    """

    @group.command(name="audit")
    def audit(
        *,
        project: Annotated[str | None, typer.Option(help="Only what concerns it.")] = None,
        since: Annotated[
            str | None, typer.Option(metavar="TIME", help="As 2026-01-31 or 2026-01-31T12:00:00Z; UTC.")
        ] = None,
        data: Data = DEFAULT_DATA,
        form: Format = "text",
    ) -> None:
        """Show every change of the index, oldest first.

        An entry is written before its change; an entry `failed` tells of one that did not come to pass.
        `crucible index verify` finds removed and altered entries.
        """
        name = str(normalized(project)) if project is not None else None
        start = _time(since) if since is not None else ""
        entries = [
            each
            for each in Ledger(existing(data)).entries()
            if each.at >= start and (name is None or _concerns(each, name))
        ]
        if form == "json":
            print_json([_row(each) for each in entries])
            return
        for each in entries:
            print(_line(each))


def _concerns(entry: Entry, project: str) -> bool:
    return entry.project == project or project in entry.details.get("projects", "").split(",")


def _row(entry: Entry) -> dict[str, object]:
    return {
        "number": entry.number,
        "at": entry.at,
        "action": entry.action,
        "project": entry.project,
        "who": entry.who,
        "from": entry.source,
        "details": dict(entry.details),
        "previous": entry.previous,
    }


def _line(entry: Entry) -> str:
    told = " ".join(f"{name}={value}" for name, value in entry.details.items())
    source = f" from {entry.source}" if entry.source else ""
    line = f"{entry.at}  {entry.action}  {entry.project or '-'}  by {entry.who}{source}  {told}"
    # Some of it comes from clients, and a terminal obeys control characters.
    return "".join(each if each.isprintable() else "?" for each in line).rstrip()


def _time(text: str) -> str:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Refused(f"{text[:80]!r} is no time", "write it as 2026-01-31") from None
    return stamp(moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC))

"""`crucible status`: who pins what, who is behind, who would break."""

import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum
from functools import partial
from typing import Annotated

import typer
from packaging.utils import canonicalize_name

from crucible_pipeline.cli import fleet
from crucible_pipeline.cli.app import console, print_json
from crucible_pipeline.cli.service_index import service_index
from crucible_pipeline.errors import CannotDo, CrucibleError
from crucible_pipeline.index.reporting import Upgrade, send
from crucible_pipeline.upgrade.clones import Clones
from crucible_pipeline.upgrade.fleet import opened, unexpected
from crucible_pipeline.upgrade.services_file import Listed
from crucible_pipeline.upgrade.shelf import Shelf
from crucible_pipeline.upgrade.status import Standing, as_json, as_text, standing, unseen


class Format(StrEnum):
    """How the standing is printed."""

    TEXT = "text"
    JSON = "json"
    HTML = "html"


def register(app: typer.Typer) -> None:
    """Add the command to the program."""

    @app.command("status")
    def command(
        targets: Annotated[
            list[str] | None,
            typer.Argument(metavar="TARGET...", help="Services: folders or git URLs.", show_default=False),
        ] = None,
        *,
        listed: fleet.Services = None,
        shard: fleet.ShardOption = "",
        label: fleet.Labels = None,
        index_url: Annotated[
            str, typer.Option(help="The index; CRUCIBLE_INDEX_URL or pip's own if not given.")
        ] = "",
        package: Annotated[str, typer.Option(help="The package that is pinned.")] = "crucible-shared",
        report: Annotated[
            bool,
            typer.Option(
                "--report", help="Tell the index, for the project's page; the token is CRUCIBLE_TOKEN."
            ),
        ] = False,
        jobs: fleet.Jobs = 0,
        cache: fleet.Cache = None,
        output: Annotated[Format, typer.Option("--format", help="How to print it.")] = Format.TEXT,
    ) -> None:
        """Show which services pin what, which are behind, and which the newest version would break.

        Nothing is changed. Of a repository the newest commit is read, in a folder the one checked out.
        Exit code 2: a service could not be looked at.

        Example: [bold]crucible status --services services.toml --format html > status.html[/bold]
        """
        services = fleet.wanted(targets or [], listed, shard, label or [])
        name = canonicalize_name(package)
        folder = fleet.cache_folder(cache)
        clones = fleet.clones_in(folder)
        token = os.environ.get("CRUCIBLE_TOKEN", "")
        if report and not token:
            raise CannotDo(
                "a report needs a token",
                "set CRUCIBLE_TOKEN, made with crucible index token create --allow pins",
            )
        with service_index(index_url, folder) as index:
            shelf = Shelf(index, name)
            standings = [
                found for _, found in fleet.with_progress(services, partial(_seen, clones, shelf), jobs)
            ]
            addresses = {one.name: _address(one) for one in services}
            if report:
                _report(index.url, token, name, standings, addresses)
        for one in standings:
            for note in one.notes:
                console().print(f"{one.service}: {note}", markup=False)
        _print(name, standings, addresses, output)
        raise typer.Exit(2 if any(one.error for one in standings) else 0)


def _seen(clones: Clones, shelf: Shelf, service: Listed) -> Standing:
    try:
        with opened(service, clones) as found:
            return standing(found, shelf)
    except CrucibleError as error:
        return unseen(service.name, error)
    except Exception as error:  # noqa: BLE001  a service that nobody thought of stops no other
        return unseen(service.name, unexpected(error))


def _address(listed: Listed) -> str:
    """Where a person finds the source; empty where its address is none for a browser."""
    return listed.url.removesuffix(".git") if listed.url.startswith(("https://", "http://")) else ""


def _report(
    url: str, token: str, package: str, standings: Sequence[Standing], addresses: dict[str, str]
) -> None:
    for one in standings:
        if not one.error:
            upgrade = Upgrade(str(one.target), one.verdict) if one.target and one.verdict else None
            send(url, token, one.service, addresses[one.service], {package: one.requirement}, upgrade=upgrade)


def _print(package: str, standings: Sequence[Standing], addresses: dict[str, str], output: Format) -> None:
    match output:
        case Format.JSON:
            print_json(as_json(package, standings))
        case Format.HTML:
            # Here, since only this form needs templates.
            from crucible_pipeline.upgrade.status_page import as_html  # noqa: PLC0415

            sys.stdout.write(as_html(package, standings, addresses, datetime.now(UTC)))
        case Format.TEXT:
            sys.stdout.write(as_text(package, standings))

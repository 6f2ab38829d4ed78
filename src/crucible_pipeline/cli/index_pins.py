"""`crucible index pins`: tells the index what a service pins, from the service's own CI."""

import os
from pathlib import Path
from typing import Annotated

import typer

from crucible_pipeline.errors import CannotDo
from crucible_pipeline.upgrade.encoding import decode
from crucible_pipeline.upgrade.pin_files import find_pins
from crucible_pipeline.upgrade.service import open_service, read_requirements


def register(group: typer.Typer) -> None:
    """Add the command.

    Args:
        group: `crucible index`.
    """

    @group.command(name="pins")
    def pins(
        targets: Annotated[list[str], typer.Argument(metavar="TARGET...", help="Folders of services.")],
        *,
        package: Annotated[
            list[str] | None, typer.Option(help="A project to report; may be repeated.")
        ] = None,
        repository: Annotated[str, typer.Option(help="The web address of the source.")] = "",
        index_url: Annotated[str, typer.Option(help="The index; CRUCIBLE_INDEX_URL if not given.")] = "",
        dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the report and send nothing.")] = False,
    ) -> None:
        """Report which releases services pin, for the project's page; the token is in CRUCIBLE_TOKEN.

        What a service's files say together is one specifier; without one, an earlier report
        of that service is taken back.
        """
        url, token = index_url or os.environ.get("CRUCIBLE_INDEX_URL", ""), os.environ.get("CRUCIBLE_TOKEN")
        if not dry_run and not (url and token):
            raise CannotDo(
                "a report needs an index and a token",
                "give --index-url, and CRUCIBLE_TOKEN made with crucible index token create --allow pins",
            )
        for target in targets:
            name, found = _pinned(Path(target), package or ["crucible-shared"])
            if not dry_run and token:
                # Here, since the HTTP client takes a tenth of a second to load.
                from crucible_pipeline.index.reporting import send  # noqa: PLC0415

                send(url, token, name, repository, found)
            for project, specifier in found.items():
                print(f"{name}: {project} {'is not pinned' if specifier is None else specifier or 'any'}")


def _pinned(target: Path, projects: list[str]) -> tuple[str, dict[str, str | None]]:
    """The service's name, and what its files say of each project."""
    service = open_service(target)
    found: dict[str, str | None] = {}
    for project in projects:
        files = read_requirements(service, project).files
        pins = [
            pin for path, content in files.items() for pin in find_pins(path, decode(content).text, project)
        ]
        specifiers = dict.fromkeys(pin.specifier for pin in pins if pin.specifier)
        found[project] = ",".join(specifiers) if pins else None
    return service.name, found

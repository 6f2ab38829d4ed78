"""`crucible impact`: which lines of services a change of the contracts breaks, before anything is tagged."""

import os
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache as cache_of
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from crucible_pipeline.cli.app import console, print_json
from crucible_pipeline.cli.base import base_of
from crucible_pipeline.cli.checker import TypesOption, types_for
from crucible_pipeline.cli.fleet import cache_folder
from crucible_pipeline.cli.impact_moved import Asked, Comment, Pinned, PinsSince, show_moved
from crucible_pipeline.compat.bases import Base
from crucible_pipeline.compat.change import Change
from crucible_pipeline.compat.verdict import judge
from crucible_pipeline.contracts.model import Contract
from crucible_pipeline.contracts.project import Project, find_project, load_project
from crucible_pipeline.errors import CannotDo, CrucibleError, Refused
from crucible_pipeline.generate.python import code as python_code
from crucible_pipeline.git import clone
from crucible_pipeline.upgrade.impact import Hit, impact, needles
from crucible_pipeline.upgrade.impact_report import (
    Report,
    Service,
    as_github,
    as_json,
    as_markdown,
    as_text,
)
from crucible_pipeline.upgrade.sources import read_sources
from crucible_pipeline.upgrade.typed import Package, Types, Versions, with_types
from crucible_pipeline.upgrade.wanted import concerns_code

_URL = re.compile(r"[a-z][a-z0-9+.-]*://|[^/@\s]+@[^/:\s]+:", re.IGNORECASE)
_WITH_PASSWORD = re.compile(r"://[^/@]*:[^/@]*@")


class Format(StrEnum):
    """How the report is printed."""

    TEXT = "text"
    JSON = "json"
    GITHUB = "github"
    MARKDOWN = "markdown"


@dataclass(frozen=True, slots=True)
class _Comparison:
    """What changed.

    Args:
        base: what the contracts are compared with; None if nothing is released.
        contract: as it is in the work tree.
        changes: those that break; a waived one among them, for agreeing to it mends no service.
    """

    base: Base | None
    contract: Contract
    changes: tuple[Change, ...]


class _Look:
    """How a service is looked at.

    Args:
        compared: what changed.
        types: the type checker; None asks none.
    """

    def __init__(self, compared: _Comparison, types: Types | None) -> None:
        base = compared.base
        self._new, self._changes, self._types = compared.contract, compared.changes, types
        self._old = base.contract if base is not None else compared.contract
        self._packages = cache_of(lambda: (_generated(self._old), _generated(self._new)))

    def at(self, path: Path) -> tuple[Sequence[Hit], Sequence[str]]:
        """The hits of the service in a folder, and what was not looked at.

        Raises:
            CrucibleError: it cannot be read.
        """
        sources = read_sources(path, needles(self._changes, self._old, self._new))
        found = impact(self._changes, self._old, self._new, sources.files)
        if self._types is not None:
            versions = Versions(self._changes, self._old, self._new, self._packages)
            found = with_types(found, sources.files, versions, self._types)
        return found.hits, (*sources.notes, *found.unread, *found.notes)


def _generated(contract: Contract) -> Package:
    return {path: text.encode() for path, text in python_code(contract).items()}


def register(app: typer.Typer) -> None:
    """Add the command to the program."""

    @app.command("impact")
    def command(
        targets: Annotated[
            list[str], typer.Argument(metavar="TARGET...", help="Services: folders, clones or git URLs.")
        ],
        *,
        contracts: Annotated[
            Path | None, typer.Option(metavar="DIR", help="The contracts; the project's if not given.")
        ] = None,
        against: Annotated[
            str,
            typer.Option(
                metavar="BASE", help="A git ref, a folder, a wheel or a version; the newest release if empty."
            ),
        ] = "",
        output: Annotated[Format, typer.Option("--format", help="How to print the report.")] = Format.TEXT,
        index_url: Annotated[str, typer.Option(help="The index that has BASE; or CRUCIBLE_INDEX_URL.")] = "",
        types: TypesOption = None,
        pins_since: PinsSince = "",
        comment: Comment = 0,
        package: Pinned = "crucible-shared",
    ) -> None:
        """Name the lines of services that the contracts, as they are now, would break.

        Of a repository the commit that is checked out is read. Exit code 1: a line breaks.

        With --pins-since two releases are compared: what the pins of a service install now, and did before.
        So the pull request of another program is judged.

        In a workflow, --format github annotates the contracts and adds a table to the run's summary.

        Example: [bold]crucible impact ../storage-service ../api --against v0.3.0[/bold]
        """
        if pins_since:
            raise typer.Exit(show_moved(targets, Asked(pins_since, comment, package, index_url)))
        url = index_url or os.environ.get("CRUCIBLE_INDEX_URL", "")
        project = find_project(contracts)
        compared = _comparison(project, against, url)
        look = _Look(compared, types_for(types, cache_folder(None), usually=True))
        services = [_service(target, look) for target in dict.fromkeys(targets)]
        base = compared.base.name if compared.base is not None else None
        report = Report(project.package.distribution, base, services)
        _print(report, output)
        raise typer.Exit(report.exit_code)


def _comparison(project: Project, against: str, url: str) -> _Comparison:
    try:
        contract = load_project(project)
    except Refused as error:
        raise CannotDo(f"the contracts have problems:\n{error}", "mend them first") from None
    base = base_of(project, against, url)
    if base is None:
        return _Comparison(None, contract, ())
    verdict = judge(
        contract,
        {base.name: base.contract},
        package=project.package.distribution,
        newest=base.version,
        mode=project.mode,
    )
    waived = (item.change for item in verdict.waived)
    return _Comparison(base, contract, (*filter(concerns_code, verdict.changes), *waived))


def _service(target: str, look: _Look) -> Service:
    if not _URL.match(target) or Path(target).exists():
        path = Path(target)
        return _searched(path, path.resolve().name, "" if target == "." else target.rstrip("/"), look)
    name = re.split(r"[/:]", target.rstrip("/"))[-1].removesuffix(".git") or "service"
    try:
        if _WITH_PASSWORD.search(target):
            raise Refused("the URL holds a password", "leave it to git's credential helper")
        with TemporaryDirectory(prefix="crucible-") as folder:
            return _searched(clone(target, Path(folder, name), newest=True).root, name, name, look)
    except CrucibleError as error:
        return Service(name, error=str(error))


def _searched(path: Path, name: str, shown: str, look: _Look) -> Service:
    try:
        hits, notes = look.at(path)
    except CrucibleError as error:
        return Service(name, shown, error=str(error))
    for note in notes:
        console().print(f"{name}: {note}", markup=False)
    return Service(name, shown, hits)


def _print(report: Report, output: Format) -> None:
    match output:
        case Format.JSON:
            print_json(as_json(report))
        case Format.MARKDOWN:
            sys.stdout.write(as_markdown(report))
        case Format.GITHUB:
            sys.stdout.write(as_github(report))
            _add_to_summary(as_markdown(report))
        case Format.TEXT:
            sys.stdout.write(as_text(report))


def _add_to_summary(text: str) -> None:
    """Append to the page of the workflow run, where there is one."""
    path = os.environ.get("GITHUB_STEP_SUMMARY", "")
    if not path:
        return
    try:
        with Path(path).open("a", encoding="utf-8", errors="replace") as file:
            file.write(text)
    except OSError as error:
        raise CannotDo(f"the summary cannot be written to {path}: {error.strerror}") from None

"""`crucible upgrade`: the newest allowed version into every pin of services."""

import os
import re
import sys
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer
from packaging.utils import canonicalize_name

from crucible_pipeline.cli.app import console, print_json
from crucible_pipeline.cli.service_index import service_index
from crucible_pipeline.errors import CannotDo, CrucibleError, Refused
from crucible_pipeline.git import clone
from crucible_pipeline.upgrade.forge_place import Access
from crucible_pipeline.upgrade.outcome import Outcome, as_json, failed
from crucible_pipeline.upgrade.shelf import Shelf
from crucible_pipeline.upgrade.upgrade import Request, upgrade
from crucible_pipeline.version import parse

_URL = re.compile(r"[a-z][a-z0-9+.-]*://|[^/@\s]+@[^/:\s]+:", re.IGNORECASE)
_WITH_PASSWORD = re.compile(r"://[^/@]*:[^/@]*@")


class Format(StrEnum):
    """How the outcome is printed."""

    TEXT = "text"
    JSON = "json"


_Targets = Annotated[
    list[str],
    typer.Argument(metavar="TARGET...", help="Services: folders of clones; with --push also git URLs."),
]
_To = Annotated[str, typer.Option(help="The version; the newest allowed one if not given.")]
_IndexUrl = Annotated[str, typer.Option(help="The index; CRUCIBLE_INDEX_URL or pip's own if not given.")]
_Package = Annotated[str, typer.Option(help="The package whose pins move.")]
_Proposal = Annotated[Path | None, typer.Option(help="Also write the proposal to this file.")]
_DryRun = Annotated[bool, typer.Option("--dry-run", help="Show the change and the proposal, change nothing.")]
_Push = Annotated[bool, typer.Option("--push", help="Push the branch.")]
_PullRequest = Annotated[
    bool,
    typer.Option("--pr", help="Push and propose; the token is in GITHUB_TOKEN, GITLAB_TOKEN or GITEA_TOKEN."),
]
_Forge = Annotated[
    str, typer.Option("--forge", help="github, gitlab or gitea; told from the remote's host if not given.")
]
_ForgeUrl = Annotated[str, typer.Option(help="The root of the forge's REST API, if not the usual one.")]
_Automerge = Annotated[
    bool, typer.Option("--automerge", help="Merge what is safe once its checks passed; with --pr.")
]
_Output = Annotated[Format, typer.Option("--format", help="How to print the outcome.")]


def register(app: typer.Typer) -> None:
    """Add the command to the program."""

    @app.command("upgrade")
    def command(  # noqa: PLR0917  typer reads the options from the signature
        targets: _Targets,
        to: _To = "",
        index_url: _IndexUrl = "",
        package: _Package = "crucible-shared",
        proposal: _Proposal = None,
        dry_run: _DryRun = False,
        push: _Push = False,
        pr: _PullRequest = False,
        forge: _Forge = "",
        forge_url: _ForgeUrl = "",
        automerge: _Automerge = False,
        output: _Output = Format.TEXT,
    ) -> None:
        """Move every pin of a service to the newest allowed version, on a branch of its own.

        The work tree and the checked out branch stay as they are.
        """
        request = Request(
            to=parse(to) if to else None,
            dry_run=dry_run,
            push=push or pr,
            forge=Access(os.environ, forge, forge_url) if pr else None,
            automerge=automerge,
        )
        with service_index(index_url) as index:
            shelf = Shelf(index, canonicalize_name(package))
            outcomes = [_outcome(target, shelf, request) for target in dict.fromkeys(targets)]
        if proposal is not None:
            _write(proposal, "\n".join(one.proposal for one in outcomes if one.proposal))
        if output is Format.JSON:
            print_json(as_json(outcomes))
        for outcome in outcomes:
            _show(outcome, request, quiet=output is Format.JSON)
        raise typer.Exit(max(outcome.exit_code for outcome in outcomes))


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8", errors="replace")
    except OSError as error:
        raise CannotDo(f"the proposal cannot be written to {path}: {error.strerror}") from None


def _outcome(target: str, shelf: Shelf, request: Request) -> Outcome:
    if not _URL.match(target) or Path(target).exists():
        return upgrade(Path(target), shelf, request)
    name = re.split(r"[/:]", target.rstrip("/"))[-1].removesuffix(".git") or "service"
    try:
        if _WITH_PASSWORD.search(target):
            raise Refused("the URL holds a password", "leave it to git's credential helper")
        if not request.push:
            raise Refused(f"{target} is a URL", "give a folder, or --push so that the clone is of use")
        with TemporaryDirectory(prefix="crucible-") as folder:
            return upgrade(clone(target, Path(folder, name)).root, shelf, request)
    except CrucibleError as error:
        return failed(name, error)


def _show(outcome: Outcome, request: Request, *, quiet: bool) -> None:
    stderr = console()
    for note in outcome.notes:
        stderr.print(f"{outcome.rows[0].service}: {note}", markup=False)
    if quiet:
        return
    for row in outcome.rows:
        place = f"{row.service}: {row.file}:{row.line}" if row.file else row.service
        if row.skipped:
            print(f"{place} stays: {row.skipped}")
        else:
            print(f"{place} {row.before} -> {row.after}")
    moved = next((row for row in outcome.rows if row.branch), None)
    if moved is not None and moved.commit:
        print(f"branch {moved.branch}, commit {moved.commit}")
    if moved is not None and moved.pull_request:
        print(f"pull request {moved.pull_request}")
    if request.dry_run:
        sys.stdout.write(f"\n{outcome.diff}")
    if outcome.proposal:
        shown = outcome.proposal.encode("utf-8", "replace").decode("utf-8")
        sys.stdout.write(f"\n{shown}\n")

"""`crucible upgrade`: the newest allowed version into every pin of services."""

import os
import sys
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Annotated, Any, Self

import typer
from packaging.utils import canonicalize_name

from crucible_pipeline.cli import checker, fleet
from crucible_pipeline.cli.app import console, print_json
from crucible_pipeline.cli.service_index import service_index
from crucible_pipeline.errors import CannotDo
from crucible_pipeline.upgrade.fleet import upgrade_listed
from crucible_pipeline.upgrade.forge_place import Access
from crucible_pipeline.upgrade.outcome import Outcome, as_json
from crucible_pipeline.upgrade.services_file import Listed
from crucible_pipeline.upgrade.shelf import Shelf
from crucible_pipeline.upgrade.trial import Terms, check_seconds, parse_command
from crucible_pipeline.upgrade.upgrade import Request
from crucible_pipeline.version import parse


class Format(StrEnum):
    """How the outcome is printed."""

    TEXT = "text"
    JSON = "json"


_Targets = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="TARGET...",
        help="Services: folders of clones; with --push or --dry-run also git URLs.",
        show_default=False,
    ),
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
_RefreshLocks = Annotated[
    bool,
    typer.Option(
        "--refresh-locks",
        help="Refresh locks by uv, poetry, pdm, npm and their like; they may run the service's code.",
    ),
]
_RunTests = Annotated[
    str,
    typer.Option(
        help="Run this command on the branch, in a clean environment with the new version; no shell reads it."
    ),
]
_OwnTests = Annotated[
    bool,
    typer.Option(
        "--allow-test-command",
        help="Run the test_command of the service's own settings; whoever writes to it runs code here then.",
    ),
]
_TestSeconds = Annotated[int, typer.Option(help="How many seconds the tests may take.")]
_Output = Annotated[Format, typer.Option("--format", help="How to print the outcome.")]


def register(app: typer.Typer) -> None:
    """Add the command to the program."""

    @app.command("upgrade")
    def command(
        targets: _Targets = None,
        *,
        listed: fleet.Services = None,
        shard: fleet.ShardOption = "",
        label: fleet.Labels = None,
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
        refresh_locks: _RefreshLocks = False,
        run_tests: _RunTests = "",
        allow_test_command: _OwnTests = False,
        test_seconds: _TestSeconds = Terms().seconds,
        types: checker.TypesOption = None,
        jobs: fleet.Jobs = 0,
        cache: fleet.Cache = None,
        output: _Output = Format.TEXT,
    ) -> None:
        """Move every pin of a service to the newest allowed version, on a branch of its own.

        The work tree and the checked out branch stay as they are; of an address a clone is kept.
        With --services the exit code is 1 if one of the list failed.

        Example: [bold]crucible upgrade --services services.toml --pr --shard 1/4[/bold]
        """
        services = fleet.wanted(targets or [], listed, shard, label or [])
        folder = fleet.cache_folder(cache)
        request = Request(
            to=parse(to) if to else None,
            dry_run=dry_run,
            push=push or pr,
            forge=Access(os.environ, forge, forge_url) if pr else None,
            automerge=automerge,
            refresh_locks=refresh_locks,
            tests=_terms(run_tests, test_seconds, own=allow_test_command),
            types=checker.types_for(types, folder, usually=listed is None),
        )
        clones = fleet.clones_in(folder)
        told = _Told(request, output, proposal, whole=len(services) == 1 or dry_run)
        with service_index(index_url, folder) as index, told:
            shelf = Shelf(index, canonicalize_name(package))

            def act(service: Listed) -> Outcome:
                return upgrade_listed(service, clones, shelf, request)

            for _, outcome in fleet.with_progress(services, act, jobs):
                told.tell(outcome)
        # a list was worked through; that one of it failed is an answer about the list
        raise typer.Exit(min(told.exit_code, 1) if listed is not None else told.exit_code)


def _terms(command: str, seconds: int, *, own: bool) -> Terms:
    return Terms(parse_command(command) if command else (), check_seconds(seconds), own)


class _Told:
    """Prints each outcome as it comes and keeps no more of it than the JSON document needs.

    Args:
        request: what was asked for.
        output: how to print.
        path: of a file that gets the proposals; None for none.
        whole: print the proposals as well.
    """

    def __init__(self, request: Request, output: Format, path: Path | None, *, whole: bool) -> None:
        self._request, self._output, self._path, self._whole = request, output, path, whole
        self._rows: list[dict[str, Any]] = []
        self._counts = {"moved": 0, "stayed": 0, "failed": 0}
        self._proposals = 0
        self.exit_code = 0

    def __enter__(self) -> Self:
        if self._path is not None:
            self._write(self._path, "w", "")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            return
        if self._output is Format.JSON:
            print_json(self._rows)
        elif sum(self._counts.values()) != 1:
            parts = (f"{count} {word}" for word, count in self._counts.items() if count)
            print(f"{sum(self._counts.values())} services: {', '.join(parts) or 'nothing to do'}")

    def tell(self, outcome: Outcome) -> None:
        """Print an outcome, or keep what JSON says of it."""
        moves = any(row.after is not None for row in outcome.rows)
        self._counts["failed" if outcome.exit_code else "moved" if moves else "stayed"] += 1
        self.exit_code = max(self.exit_code, outcome.exit_code)
        if self._path is not None and outcome.proposal:
            self._write(self._path, "a", ("\n" if self._proposals else "") + outcome.proposal)
            self._proposals += 1
        if self._output is Format.JSON:
            self._rows += as_json([outcome])
        _show(outcome, self._request, quiet=self._output is Format.JSON, whole=self._whole)

    def _write(self, path: Path, mode: str, text: str) -> None:
        try:
            with path.open(mode, encoding="utf-8", errors="replace") as file:
                file.write(text)
        except OSError as error:
            raise CannotDo(f"the proposal cannot be written to {path}: {error.strerror}") from None


def _show(outcome: Outcome, request: Request, *, quiet: bool, whole: bool) -> None:
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
    if moved is not None and moved.trial is not None:
        why = f": {moved.trial.why}" if moved.trial.why else ""
        print(f"tests {moved.trial.result.value}{why}")
    if request.dry_run:
        sys.stdout.write(f"\n{outcome.diff}")
    if outcome.proposal and whole:
        shown = outcome.proposal.encode("utf-8", "replace").decode("utf-8")
        sys.stdout.write(f"\n{shown}\n")

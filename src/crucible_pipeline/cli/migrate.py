"""`crucible migrate`: a service from a copied folder of contracts to the package."""

import difflib
import sys
from pathlib import Path
from typing import Annotated

import typer
from packaging.utils import canonicalize_name

from crucible_pipeline.cli.app import console, print_json, text_or_json
from crucible_pipeline.cli.service_index import service_index
from crucible_pipeline.errors import Refused
from crucible_pipeline.migrate.change import applied, line_of
from crucible_pipeline.migrate.package import Package, read_package
from crucible_pipeline.migrate.plan import Plan, left_of, plan
from crucible_pipeline.migrate.work_tree import WorkTree, check_committed, read_work_tree, write_all
from crucible_pipeline.upgrade.encoding import printable
from crucible_pipeline.version import parse

_Target = Annotated[
    Path, typer.Argument(metavar="TARGET", help="The folder of a service, or of a repository.")
]
_PackageName = Annotated[str, typer.Option(help="The package that takes the place of the copy.")]
_Shared = Annotated[str, typer.Option(help="The name of the copied folder, as it is imported.")]
_To = Annotated[str, typer.Option(help="The package's version; the newest if not given.")]
_IndexUrl = Annotated[str, typer.Option(help="The index; CRUCIBLE_INDEX_URL or pip's own if not given.")]
_DryRun = Annotated[bool, typer.Option("--dry-run", help="Print the difference, change nothing.")]
_Output = Annotated[str, typer.Option("--format", help="text or json.", callback=text_or_json)]


def register(app: typer.Typer) -> None:
    """Add the command to the program."""

    @app.command("migrate")
    def command(  # noqa: PLR0917  typer reads the options from the signature
        target: _Target,
        package: _PackageName = "crucible-shared",
        shared: _Shared = "shared",
        to: _To = "",
        index_url: _IndexUrl = "",
        dry_run: _DryRun = False,
        output: _Output = "text",
    ) -> None:
        """Take a service from a copied folder of contracts, PYTHONPATH and sys.path to the package.

        Imports, lines about sys.path, Dockerfiles and requirements are edited in place, where that is safe.
        What is not safe is left and listed. Git has to have the files, so that it can bring them back.

        Modules of the copy that hold no contract stay. A second run changes nothing.

        Example: [bold]crucible migrate ../storage-service --dry-run[/bold]
        """
        if not shared.isidentifier():
            raise Refused(f"{shared!r} is no name of a Python package", "give the one that imports name")
        work = read_work_tree(target)
        with service_index(index_url) as index:
            offered = read_package(index, canonicalize_name(package), parse(to) if to else None)
        texts = {path: one.text for path, one in work.texts.items()}
        planned = plan(texts, work.tree, offered, shared)
        changed = {
            path: applied(texts[path], found.edits) for path, found in planned.files.items() if found.edits
        }
        if not dry_run:
            check_committed(work, list(changed))
            write_all(work, changed)
        _notes(work)
        if output == "json":
            print_json(_document(work, offered, planned))
        else:
            _show(work, planned, changed, dry_run=dry_run)


def _notes(work: WorkTree) -> None:
    stderr = console()
    for note in work.notes:
        stderr.print(note, markup=False)
    if not work.is_versioned:
        stderr.print("The folder is in no git repository: nothing brings the files back.", markup=False)


def _changes(work: WorkTree, planned: Plan) -> list[tuple[str, int, str]]:
    """What is edited, by file and line."""
    return [
        (path, line_of(work.texts[path].text, edit.start), edit.why)
        for path, found in sorted(planned.files.items())
        for edit in sorted(found.edits)
    ]


def _document(work: WorkTree, offered: Package, planned: Plan) -> dict[str, object]:
    return {
        "service": work.root.name if work.tree.target == "." else work.tree.target.rpartition("/")[2],
        "package": offered.distribution,
        "version": str(offered.version),
        "changed": [
            {"file": printable(path), "line": line, "what": why}
            for path, line, why in _changes(work, planned)
        ],
        "left": [
            {"file": printable(path), "line": told.line, "what": told.what, "todo": told.todo}
            for path, told in left_of(planned)
        ],
    }


def _show(work: WorkTree, planned: Plan, changed: dict[str, str], *, dry_run: bool) -> None:
    if dry_run:
        for path, text in changed.items():
            before = work.texts[path].text
            lines = difflib.unified_diff(
                before.splitlines(keepends=True), text.splitlines(keepends=True), f"a/{path}", f"b/{path}"
            )
            for line in lines:
                end = "" if line.endswith("\n") else "\n\\ No newline at end of file\n"
                sys.stdout.write(printable(line) + end)
    changes = _changes(work, planned)
    for path, number, why in changes if not dry_run else ():
        print(f"{printable(path)}:{number}: {why}")
    left = left_of(planned)
    if left:
        print("\nLeft for a person:")
    for path, told in left:
        print(f"{printable(path)}:{told.line}: {printable(told.what)}; {told.todo}")
    if not changes and not left:
        print("Nothing to do.")

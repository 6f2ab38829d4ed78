"""`crucible release`: check, roll the changelog, commit, tag."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from crucible_pipeline.cli.app import print_json
from crucible_pipeline.cli.refusal import Format, objections_shown
from crucible_pipeline.contracts.project import find_project
from crucible_pipeline.git import Repository
from crucible_pipeline.release import changelog
from crucible_pipeline.release.cut import Plan, carry_out, plan
from crucible_pipeline.release.packages import chosen, packages_of
from crucible_pipeline.version import parse

HELP = (
    "Check everything, roll the changelog, commit and tag a release.\n\n"
    "Every objection is named at once, and nothing is done while one stands. The version is what the"
    " comparison with earlier releases asks for (auto), or the one given if it is enough.\n\n"
    "Examples:\n\n"
    "  crucible release                   the smallest version that is enough\n\n"
    "  crucible release 0.4.0 --push      this version; branch and tag are pushed\n\n"
    "  crucible release auto --dry-run    what would happen\n\n"
    "  crucible release --package crucible-pipeline    another package of this repository, from its own tags"
)


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command(name="release", help=HELP)
    def command(
        version: Annotated[str, typer.Argument(metavar="auto|V", help="auto, or three numbers.")] = "auto",
        *,
        dry_run: Annotated[
            bool, typer.Option("--dry-run", help="Print what would happen; do nothing.")
        ] = False,
        push: Annotated[
            bool, typer.Option("--push", help="Push branch and tag to origin, both at once.")
        ] = False,
        branch: Annotated[
            str | None, typer.Option(help="The branch releases come from, in place of the default one.")
        ] = None,
        package: Annotated[
            str | None, typer.Option(help="The distribution, where the repository releases several.")
        ] = None,
        contracts: Annotated[
            Path | None, typer.Option(help="The folder of contracts, if not that of this project.")
        ] = None,
        format_: Annotated[Format, typer.Option("--format", help="How to print the outcome.")] = Format.TEXT,
    ) -> None:
        project = find_project(contracts)
        wanted = None if version == "auto" else parse(version)
        today = datetime.now(UTC).date()
        repository = Repository.containing(project.root)
        with objections_shown(format_):
            released = chosen(packages_of(project, repository), package, None)
            made = plan(released, wanted, today, branch, os.environ)
            commit = None if dry_run else carry_out(made, repository, push=push)
        if format_ is Format.JSON:
            print_json(_document(made, commit, push=push))
        else:
            print(_text(made, commit, push=push))


def _document(made: Plan, commit: str | None, *, push: bool) -> dict[str, object]:
    return {
        "package": made.package,
        "version": str(made.version),
        "tag": made.tag,
        "branch": made.branch,
        "base": str(made.base) if made.base else None,
        "required_bump": str(made.required),
        "changelog": changelog.entry(made.text, str(made.version)),
        "commit": commit,
        "pushed": commit is not None and push,
    }


def _text(made: Plan, commit: str | None, *, push: bool) -> str:
    pushed = f"push {made.branch} and {made.tag} to origin, both at once"
    if commit is not None:
        rest = "pushed" if push else f"publish it: git push --atomic origin {made.branch} {made.tag}"
        return f"{made.package} {made.version} is commit {commit[:12]}, tagged {made.tag}; {rest}"
    since = f"{made.required} bump since {made.base}" if made.base else "the first release"
    entry = changelog.entry(made.text, str(made.version)) or ""
    lines = [
        f"Would release {made.package} {made.version} ({since}):",
        f"1. roll {made.path}; the entry of {made.version}:",
        "",
        *(f"     {line}".rstrip() for line in entry.splitlines()),
        "",
        f'2. commit {made.path} on {made.branch}: "{made.subject}"',
        f"3. put the annotated tag {made.tag} on it, with the entry as its message",
        *([f"4. {pushed}"] if push else []),
        "Nothing was done.",
    ]
    return "\n".join(lines)

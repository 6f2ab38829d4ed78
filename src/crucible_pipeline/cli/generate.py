"""`crucible generate`: contracts to Python and TypeScript."""

import gc
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from crucible_pipeline.cli.app import print_json, text_or_json
from crucible_pipeline.contracts.project import Project, find_project, load_project
from crucible_pipeline.errors import CannotDo
from crucible_pipeline.generate.apart import carry_out

_HELP = """Generate the Python and the TypeScript package from the contracts.

Examples:

  crucible generate                                   into this project, as its pyproject.toml says

  crucible generate --check                           what CI runs: exit 1 if anything is stale

  crucible generate --contracts ./my-contracts --out ./generated
                                                      any folder of contracts, in no project at all
"""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("generate", help=_HELP)(_generate)


def _generate(
    contracts: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Folder of the contracts; default: that of the project around you."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Write DIR/python/<package>/ and DIR/typescript/ instead."),
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit 1 and name the files that are stale.")
    ] = False,
    form: Annotated[
        str, typer.Option("--format", metavar="text|json", help="How to report.", callback=text_or_json)
    ] = "text",
) -> None:
    project = find_project(contracts)
    targets = _targets(project, out)
    gc.disable()  # trees without circles are built, and looking for circles would be a fifth of the time
    try:
        outcome = carry_out(load_project(project), targets, check=check)
    finally:
        gc.enable()
    shown = [_shown(path) for path in outcome.changed]
    if form == "json":
        found = {"stale" if check else "written": shown}
        print_json({**found, "targets": _as_text(targets), "files": outcome.count})
    elif check:
        for name in shown:
            print(f"{name}: stale; run `crucible generate` and commit what it writes")
    else:
        for path, name in zip(outcome.changed, shown, strict=True):
            print(f"{'wrote' if path.exists() else 'removed'} {name}")
    if form == "text" and not outcome.changed:
        print(f"{outcome.count} generated files are up to date")
    if check and outcome.changed:
        raise typer.Exit(1)


def _targets(project: Project, out: Path | None) -> dict[str, Path]:
    if out is not None:
        return {"python": out / "python" / project.package.import_name, "typescript": out / "typescript"}
    found = {"python": project.python, "typescript": project.typescript}
    targets = {name: folder for name, folder in found.items() if folder is not None}
    if not targets:
        raise CannotDo(
            f"no place is known for the code of {project.contracts}",
            "give one with --out, or set python and typescript in [tool.crucible] of a pyproject.toml",
        )
    return targets


def _as_text(targets: Mapping[str, Path]) -> dict[str, str]:
    return {name: _shown(folder) for name, folder in targets.items()}


def _shown(path: Path) -> str:
    """A path as the user would type it: from the working directory where it lies below it."""
    whole, here = path.resolve(), Path.cwd().resolve()
    return whole.relative_to(here).as_posix() if whole.is_relative_to(here) else path.as_posix()

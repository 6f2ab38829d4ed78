"""`crucible publish`: a tag becomes a release in an index."""

import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from crucible_pipeline.cli.app import console, print_json
from crucible_pipeline.cli.refusal import Format, objections_shown
from crucible_pipeline.contracts.project import find_project
from crucible_pipeline.release.publish import Order, Publication, publish
from crucible_pipeline.release.steps import Step, Steps
from crucible_pipeline.release.target import Target, target

HELP = (
    "Build a tag from a fresh clone, verify it, upload it and confirm it by installing.\n\n"
    "The same on a laptop and in CI. Run it again after a failure: it continues, and accepts only equal"
    " bytes. The credential comes from TWINE_USERNAME and TWINE_PASSWORD, from CRUCIBLE_TOKEN, or from"
    " ~/.pypirc.\n\n"
    "Examples:\n\n"
    "  crucible publish --dry-run --dist dist              build, verify and keep\n\n"
    "  crucible publish --repository https://packages.example/legacy/\n\n"
    "  crucible publish --repository own --tag v0.3.0      an entry of ~/.pypirc"
)


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command(name="publish", help=HELP)
    def command(
        *,
        repository: Annotated[
            str | None,
            typer.Option(
                metavar="URL|NAME",
                envvar="CRUCIBLE_REPOSITORY",
                help="Where files are uploaded: an address, or an entry of ~/.pypirc.",
            ),
        ] = None,
        index_url: Annotated[
            str | None, typer.Option(help="The index's simple API, if not /simple/ of the same host.")
        ] = None,
        dist: Annotated[
            Path | None, typer.Option(help="Keep the artifacts here; take those of this version found here.")
        ] = None,
        dry_run: Annotated[bool, typer.Option("--dry-run", help="Everything but the upload.")] = False,
        tag: Annotated[str | None, typer.Option(help="The tag, if not the one on HEAD.")] = None,
        branch: Annotated[
            str | None, typer.Option(help="The branch releases come from, in place of the default one.")
        ] = None,
        format_: Annotated[Format, typer.Option("--format", help="How to print the outcome.")] = Format.TEXT,
    ) -> None:
        order = Order(
            find_project(None), os.environ, tag, branch, _target(repository, index_url), dist, trial=dry_run
        )
        with objections_shown(format_), _watched() as steps:
            published = publish(order, steps)
        if format_ is Format.JSON:
            print_json(_document(published))
        else:
            print(_text(published))


def _target(repository: str | None, index_url: str | None) -> Target | None:
    if repository is None:
        return None
    pypirc = Path.home() / ".pypirc"
    return target(repository, pypirc.read_text() if pypirc.is_file() else "", index_url)


@contextmanager
def _watched() -> Generator[Steps]:
    """Steps that print a line each, and turn a wheel meanwhile on a terminal; the failed one is named."""
    screen = console()
    status = screen.status("")
    under_way: list[str] = []

    def begun(name: str) -> None:
        under_way.append(name)
        status.update(name)
        if screen.is_terminal:
            status.start()

    def ended(step: Step) -> None:
        status.stop()
        under_way.clear()
        screen.print(f"{step.name:<14}{step.seconds:6.1f} s  {step.told}", markup=False)

    try:
        yield Steps(begun, ended)
    finally:
        status.stop()
        for name in under_way:
            screen.print(f"{name:<14}failed", markup=False)


def _document(published: Publication) -> dict[str, object]:
    return {
        "package": published.package,
        "version": str(published.version),
        "tag": published.tag,
        "commit": published.commit,
        "files": [{"name": name, "sha256": sha256} for name, sha256 in sorted(published.files.items())],
        "uploaded": list(published.uploaded) if published.confirmed else [],
        "confirmed": published.confirmed,
        "steps": [{"name": it.name, "seconds": it.seconds, "told": it.told} for it in published.steps],
    }


def _text(published: Publication) -> str:
    named = f"{published.package} {published.version}"
    if published.confirmed is None:
        return f"{named} is ready: it would upload {', '.join(published.uploaded) or 'nothing'}"
    return f'{named} is published: pip install "{published.package}=={published.version}" takes it'

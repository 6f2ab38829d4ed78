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
from crucible_pipeline.errors import Refused
from crucible_pipeline.release.npm import registry_of
from crucible_pipeline.release.publish import Order, Publication, publish
from crucible_pipeline.release.steps import Step, Steps
from crucible_pipeline.release.tagged import Wanted
from crucible_pipeline.release.target import Target, target

HELP = (
    "Build a tag twice from fresh clones, compare, judge, try and sign it, upload it, confirm it.\n\n"
    "The same on a laptop and in CI. Run it again after a failure: it continues, and accepts only equal"
    " bytes. The credential comes from TWINE_USERNAME and TWINE_PASSWORD, from CRUCIBLE_TOKEN, or from"
    " ~/.pypirc; that of npm from CRUCIBLE_NPM_TOKEN.\n\n"
    "Examples:\n\n"
    "  crucible publish --dry-run --dist dist              build, verify and keep\n\n"
    "  crucible publish --repository https://packages.example/legacy/\n\n"
    "  crucible publish --repository own --tag v0.3.0      an entry of ~/.pypirc\n\n"
    "  crucible publish --preview --repository https://preview.example/legacy/\n\n"
    "  crucible publish --from https://staging.example/simple/ --repository own"
)


_Repository = Annotated[
    str | None,
    typer.Option(
        metavar="URL|NAME",
        envvar="CRUCIBLE_REPOSITORY",
        help="Where files are uploaded: an address, or an entry of ~/.pypirc.",
    ),
]
_IndexUrl = Annotated[
    str | None, typer.Option(help="The index's simple API, if not /simple/ of the same host.")
]
_Npm = Annotated[
    str | None,
    typer.Option(
        metavar="URL",
        envvar="CRUCIBLE_NPM_REGISTRY",
        help="Where the npm package goes; without it, it is only built.",
    ),
]
_From = Annotated[
    str | None,
    typer.Option(
        "--from", metavar="URL|NAME", help="Promote: take the files from this simple API; build nothing."
    ),
]
_Preview = Annotated[
    bool, typer.Option("--preview", help="Publish HEAD as X.Y.Z.devN, to an index for previews.")
]
_Dist = Annotated[
    Path | None, typer.Option(help="Keep the artifacts here; take those of this version found here.")
]
_Key = Annotated[
    Path | None, typer.Option(envvar="CRUCIBLE_SIGNING_KEY", help="A file with an Ed25519 key in PEM.")
]
_Python = Annotated[
    list[str] | None,
    typer.Option(help="Try the wheel in this Python only, such as 3.12; may be repeated."),
]
_Package = Annotated[
    str | None, typer.Option(help="The distribution, where the repository releases several.")
]
_Tag = Annotated[str | None, typer.Option(help="The tag, if not the one on HEAD.")]
_Branch = Annotated[
    str | None, typer.Option(help="The branch releases come from, in place of the default one.")
]
_Trial = Annotated[bool, typer.Option("--dry-run", help="Everything but the upload.")]
_Format = Annotated[Format, typer.Option("--format", help="How to print the outcome.")]


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command(name="publish", help=HELP)
    def command(
        *,
        repository: _Repository = None,
        index_url: _IndexUrl = None,
        npm_registry: _Npm = None,
        dist: _Dist = None,
        from_: _From = None,
        preview: _Preview = False,
        signing_key: _Key = None,
        python: _Python = None,
        package: _Package = None,
        tag: _Tag = None,
        branch: _Branch = None,
        dry_run: _Trial = False,
        format_: _Format = Format.TEXT,
    ) -> None:
        _together(preview=preview, tag=tag, from_=from_)
        order = Order(
            wanted=Wanted(find_project(None), os.environ, package, tag, branch),
            target=_target(repository, index_url),
            registry=registry_of(npm_registry, os.environ) if npm_registry else None,
            dist=dist,
            key=signing_key,
            pythons=tuple(python) if python else None,
            staging=_staging(from_),
            preview=preview,
            trial=dry_run,
        )
        with objections_shown(format_), _watched() as steps:
            published = publish(order, steps)
        if format_ is Format.JSON:
            print_json(_document(published))
        else:
            print(_text(published))


def _together(*, preview: bool, tag: str | None, from_: str | None) -> None:
    if preview and (tag or from_):
        raise Refused("a preview is made of HEAD, without --tag and --from", "leave --preview away")


def _target(repository: str | None, index_url: str | None) -> Target | None:
    if repository is None:
        return None
    pypirc = Path.home() / ".pypirc"
    return target(repository, pypirc.read_text() if pypirc.is_file() else "", index_url)


def _staging(given: str | None) -> Target | None:
    """Where a staged release lies: the address of a simple API, or an entry of .pypirc."""
    if given is None:
        return None
    return _target(given, given if "://" in given else None)


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
        "signed_by": published.signer,
        "steps": [{"name": it.name, "seconds": it.seconds, "told": it.told} for it in published.steps],
    }


def _text(published: Publication) -> str:
    named = f"{published.package} {published.version}"
    if published.confirmed is None:
        return f"{named} is ready: it would upload {', '.join(published.uploaded) or 'nothing'}"
    return f'{named} is published: pip install "{published.package}=={published.version}" takes it'

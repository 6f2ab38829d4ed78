"""`crucible init`: a repository of contracts for another organisation."""

from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer
from packaging.version import Version

from crucible_pipeline.cli.app import print_json, text_or_json
from crucible_pipeline.start.begin import begin
from crucible_pipeline.start.scaffold import named, scaffold

_HELP = """Make a repository of contracts with an example, its generated code, tests, a demo and workflows.

It passes its own `make test` and `make demo` and is ready for `crucible release 0.1.0`.

Example: [bold]crucible init acme-contracts[/bold]
"""
_TO_TYPE = """\
{name} is in {folder}, with one commit. Now:
  cd {folder}
  make test                   lint, the verdict, the tests
  make demo                   the whole road, in a temporary place
then put your own contracts in place of the example, and
  .venv/bin/crucible release 0.1.0
  .venv/bin/crucible publish --repository https://packages.example/legacy/"""


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command("init", help=_HELP)
    def command(
        name: Annotated[str, typer.Argument(help="Of the package, such as acme-contracts.")],
        folder: Annotated[
            Path | None, typer.Option("--dir", metavar="D", help="Where it goes; default: ./NAME.")
        ] = None,
        form: Annotated[
            str, typer.Option("--format", metavar="text|json", help="How to report.", callback=text_or_json)
        ] = "text",
    ) -> None:
        names = named(name)
        files = scaffold(names, Version(version("crucible-pipeline")))
        made = begin(folder or Path(names.distribution), files)
        if form == "json":
            written = {"package": names.distribution, "import": names.package, "commit": made.head()}
            print_json({**written, "folder": str(made.root)})
        else:
            print(_TO_TYPE.format(name=names.distribution, folder=made.root))

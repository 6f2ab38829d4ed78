"""The options that the commands of `crucible index` share."""

from typing import Annotated

import typer

Data = Annotated[str, typer.Option(help="The folder, or s3://, gs:// or az:// address, of the index.")]
Format = Annotated[str, typer.Option("--format", help="text or json.")]

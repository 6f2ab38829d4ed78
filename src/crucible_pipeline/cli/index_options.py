"""The options that the commands of `crucible index` share."""

from typing import Annotated, Literal

import typer

Data = Annotated[str, typer.Option(help="The folder, or s3://, gs:// or az:// address, of the index.")]
Format = Annotated[Literal["text", "json"], typer.Option("--format", help="How to print the outcome.")]

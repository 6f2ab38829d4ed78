"""How `crucible check` prints: a verdict on stdout, problems in the form that was asked for."""

import sys
from collections.abc import Iterable
from enum import StrEnum
from typing import NoReturn

import typer

from crucible_pipeline.cli.app import print_json
from crucible_pipeline.compat import report
from crucible_pipeline.compat.verdict import Verdict
from crucible_pipeline.errors import Problem

_MANY = 50


class Format(StrEnum):
    """How the report is printed."""

    TEXT = "text"
    JSON = "json"
    GITHUB = "github"
    SARIF = "sarif"
    MARKDOWN = "markdown"


def refuse(problems: Iterable[Problem], output: Format) -> NoReturn:
    """Print problems that leave no verdict, and end the command."""
    listed = sorted(problems)
    if output in {Format.TEXT, Format.MARKDOWN}:
        _print_lines(listed)
    else:
        print_problems(listed, output)
    raise typer.Exit(1)


def print_problems(problems: Iterable[Problem], output: Format) -> None:
    """Print problems on stdout: they are the answer."""
    listed = sorted(problems)
    match output:
        case Format.JSON:
            print_json(report.problems_json(listed))
        case Format.SARIF:
            print_json(report.problems_sarif(listed))
        case Format.GITHUB:
            sys.stdout.write(report.problems_github(listed))
        case Format.TEXT | Format.MARKDOWN:
            sys.stdout.write("".join(f"{problem}\n" for problem in listed))


def print_verdict(verdict: Verdict, warnings: Iterable[Problem], output: Format) -> None:
    """Print a verdict on stdout; the warnings stand beside it where the form has a place for them."""
    listed = sorted(warnings)
    match output:
        case Format.JSON:
            _print_some(listed)  # the document has exactly the keys of the design
            print_json(report.as_json(verdict))
        case Format.SARIF:
            print_json(report.as_sarif(verdict, listed))
        case Format.GITHUB:
            sys.stdout.write(report.as_github(verdict) + report.problems_github(listed))
        case Format.TEXT:
            _print_some(listed)
            sys.stdout.write(report.as_text(verdict))
        case Format.MARKDOWN:
            _print_some(listed)
            parts = [report.summary(verdict), report.as_markdown(verdict)]
            sys.stdout.write("\n\n".join(part.rstrip("\n") for part in parts if part) + "\n")


def _print_some(warnings: list[Problem]) -> None:
    """Print warnings beside a verdict, which they must not bury."""
    _print_lines(warnings[:_MANY])
    if len(warnings) > _MANY:
        sys.stderr.write(f"and {len(warnings) - _MANY} more warnings; --format sarif lists them all\n")


def _print_lines(problems: Iterable[Problem]) -> None:
    sys.stderr.write("".join(f"{problem}\n" for problem in problems))

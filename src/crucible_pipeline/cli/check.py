"""`crucible check`: lint the contracts, compare them with what is released, name the version they need."""

import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from packaging.version import Version

from crucible_pipeline.cli.base import named, released_in, repository_of, tagged
from crucible_pipeline.cli.check_output import Format, print_verdict, refuse
from crucible_pipeline.cli.check_prove import Search, proved
from crucible_pipeline.compat.bases import Base
from crucible_pipeline.compat.diff import diff
from crucible_pipeline.compat.verdict import BEFORE_ALL, MODES, Verdict, judge
from crucible_pipeline.contracts.check import idle_renames, lint
from crucible_pipeline.contracts.lint_rule import Subject
from crucible_pipeline.contracts.model import Contract
from crucible_pipeline.contracts.project import Project, find_project, load_project
from crucible_pipeline.errors import CannotDo, InvalidInput, Problem
from crucible_pipeline.release.candidate import rivals
from crucible_pipeline.version import is_enough, parse


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked.

    Args:
        contracts: their folder; that of the project around the working directory if None.
        against: the base; empty for the releases of the newest line.
        wanted: the version that should be enough.
        output: how to print the report.
        mode: which directions count; empty for the project's own.
        index_url: the index that knows a base; empty if none does.
        search: how to look for a payload that contradicts the verdict; None for not at all.
    """

    contracts: Path | None
    against: str
    wanted: Version | None
    output: Format
    mode: str
    index_url: str
    search: Search | None = None


def register(app: typer.Typer) -> None:
    """Add the command to the program."""

    @app.command("check")
    def check(  # noqa: PLR0917  typer reads the options from the signature
        targets: Annotated[
            list[Path] | None, typer.Argument(metavar="TARGET...", help="With --services: their folders.")
        ] = None,
        services: Annotated[
            bool, typer.Option("--services", help="Look for strings that the contracts have a name for.")
        ] = False,
        contracts: Annotated[
            Path | None,
            typer.Option(metavar="DIR", help="The contracts, a folder or a file; else the project's."),
        ] = None,
        against: Annotated[
            str, typer.Option(metavar="BASE", help="A git ref, a folder, a file, a wheel or a version.")
        ] = "",
        version: Annotated[str, typer.Option(metavar="V", help="Fail if V is smaller than required.")] = "",
        output: Annotated[Format, typer.Option("--format", help="How to print the report.")] = Format.TEXT,
        mode: Annotated[str, typer.Option(help="full, backward, forward, strict; else the project's.")] = "",
        explain: Annotated[
            str, typer.Option(metavar="RULE", help="Only explain a rule, or all of them.")
        ] = "",
        index_url: Annotated[str, typer.Option(help="The index that has BASE; or CRUCIBLE_INDEX_URL.")] = "",
        prove: Annotated[
            bool, typer.Option("--prove", help="Search for a payload that contradicts the verdict.")
        ] = False,
        seed: Annotated[int, typer.Option(help="With --prove: where the search begins.")] = 0,
        seconds: Annotated[float, typer.Option(help="With --prove: how long it searches.")] = 10,
    ) -> None:
        """Say what a change of the contracts breaks, with the payload that proves it, and the version it needs.

        Without --against it compares with every release of the newest line that is tagged. With --services it
        compares nothing, and reads services for channels and statuses that are written by hand.

        Example: [bold]crucible check --against v0.3.0 --version 0.3.1[/bold]
        """  # noqa: E501  the first line is the command's summary
        if explain:
            from crucible_pipeline.cli.check_explain import explanation_of  # noqa: PLC0415  few ask for it

            print(explanation_of(explain, output), end="")
            return
        if services or targets:
            raise typer.Exit(_services(targets or [], contracts, output, asked=services))
        if mode and mode not in MODES:
            raise CannotDo(f"there is no mode {mode!r}", f"give one of {', '.join(MODES)}")
        url = index_url or os.environ.get("CRUCIBLE_INDEX_URL", "")
        wanted = parse(version) if version else None
        search = Search(seed, seconds) if prove else None
        raise typer.Exit(_check(Request(contracts, against, wanted, output, mode, url, search)))


def _services(targets: list[Path], contracts: Path | None, output: Format, *, asked: bool) -> int:
    if not asked or not targets:
        what = "services are named without --services" if targets else "--services names no service"
        raise CannotDo(what, "type crucible check --services TARGET...")
    from crucible_pipeline.cli.check_services import check_services  # noqa: PLC0415  it reads code, slowly

    contract, _ = _clean(find_project(contracts), output)
    return check_services(targets, contract, output)


def _check(request: Request) -> int:
    project = find_project(request.contracts, single=True)
    contract, warnings = _clean(project, request.output)
    bases, newest = _bases(request, project, contract)
    verdict = judge(
        contract,
        {base.name: base.contract for base in bases},
        package=project.package.distribution,
        newest=newest,
        mode=request.mode or project.mode,
        today=datetime.now(UTC).date(),
    )
    if not verdict.compatible:
        # A former name goes when a line ends; before, code of the same line may still use it.
        warnings += idle_renames(contract, [base.contract for base in bases])
    missed = False
    if request.search is not None:
        known = {base.name: base.contract for base in bases}
        search = replace(request.search, newest=newest)
        verdict, missed = proved(verdict, contract, known, request.mode or project.mode, search)
    if verdict.problems:
        refuse(verdict.problems, request.output)
    print_verdict(verdict, warnings, request.output)
    return 1 if missed else _answer(verdict, request.wanted, newest)


def _clean(project: Project, output: Format) -> tuple[Contract, list[Problem]]:
    """The contracts with their warnings; where there is an error, all is printed and the command ends."""
    found: tuple[Problem, ...] = ()
    try:
        contract = load_project(project)
    except InvalidInput as error:
        found = error.problems
        contract = _compared(project, found, output)
    problems = [*found, *lint(contract)]
    if any(problem.severity == "error" for problem in problems):
        problems = list(_advised(contract, problems))
    if any(problem.severity == "error" for problem in problems):
        refuse(problems, output)
    return contract, problems


def _compared(project: Project, problems: tuple[Problem, ...], output: Format) -> Contract:
    """The contracts, where no code could be made of them, and yet JSON Schema allows all that they say."""
    try:
        return load_project(project, compared=True)
    except InvalidInput:
        refuse(problems, output)


def _advised(contract: Contract, problems: Iterable[Problem]) -> Iterator[Problem]:
    """The problems, of which those in JSON Schema that somebody else wrote are only warnings.

    What is compared need not be ours: a schema that is valid JSON Schema has a verdict, however odd it is.
    """
    plain = tuple(
        f"/{path}"
        for path, source in Subject(contract).sources.items()
        if source.kind == "schema" and path.endswith(".json")
    )
    for problem in problems:
        theirs = f"/{problem.mark.file}".endswith(plain) if plain else False
        yield replace(problem, severity="warning") if theirs else problem


def _answer(verdict: Verdict, wanted: Version | None, newest: Version | None) -> int:
    """1 if the wanted version is too small, else 0; on stderr why, so that stdout stays one document."""
    if wanted is None or verdict.base is None:
        return 0
    if is_enough(wanted, newest or BEFORE_ALL, verdict.required_bump):
        return 0
    sys.stderr.write(
        f"{wanted} is too small: the changes since {verdict.base} need a {verdict.required_bump} release; "
        f"take {verdict.next_version}\n"
        if wanted > (newest or BEFORE_ALL)
        else f"{wanted} does not follow {newest or BEFORE_ALL}; take {verdict.next_version} or a later one\n"
    )
    return 1


def _refuse_newer(base: Base, released: list[Version]) -> None:
    """A base from after what is checked out would turn the question round."""
    if base.version is not None and released and base.version > released[-1]:
        what = f"{base.name} is newer than what is checked out, which follows {released[-1]}"
        raise CannotDo(what, "check out what follows it, or compare with an older release")


def _bases(request: Request, project: Project, contract: Contract) -> tuple[list[Base], Version | None]:
    """What to compare with, and the newest release, after which the bump is counted."""
    repository = repository_of(project)
    released = released_in(repository)
    if request.against:
        base = named(request.against, project, repository, request.index_url)
        _refuse_newer(base, released)
        return [base], base.version or (released[-1] if released else None)
    if repository is None or not released:
        return [], None
    wanted = request.wanted
    if wanted is not None and (
        wanted < released[0] or (wanted in released and diff(tagged(wanted, project, repository), contract))
    ):
        wanted = None  # it follows nothing, or is taken by another contract: the answer names the right one
    others = rivals(released, wanted)
    bases = [Base(str(other), tagged(other, project, repository), other) for other in others]
    return bases, others[-1] if others else None

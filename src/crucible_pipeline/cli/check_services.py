"""`crucible check --services`: the strings of services that the contracts have a name for."""

import sys
from collections.abc import Iterable
from pathlib import Path

from crucible_pipeline.cli.check_output import Format, print_problems
from crucible_pipeline.contracts.model import Contract
from crucible_pipeline.errors import Problem
from crucible_pipeline.upgrade.code import read_code
from crucible_pipeline.upgrade.literals import literals


def check_services(targets: Iterable[Path], contract: Contract, output: Format) -> int:
    """Print what the strings of services show.

    Returns:
        1 if one of them is in no contract; one that a contract has a name for decides nothing.
    """
    problems: set[Problem] = set()
    services = 0
    for target in dict.fromkeys(targets):
        services += 1
        code = read_code(target)
        found = literals(code.sources, contract)
        problems.update(found.problems)
        sys.stderr.write("".join(f"{note}\n" for note in (*code.notes, *found.unread)))
    print_problems(problems, output)
    unknown = sum(problem.severity == "error" for problem in problems)
    if output is Format.TEXT:
        what = "1 service" if services == 1 else f"{services} services"
        print(f"{what}: {unknown} in no contract, {len(problems) - unknown} written by hand")
    return 1 if unknown else 0

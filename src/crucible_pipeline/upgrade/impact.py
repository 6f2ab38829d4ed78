"""Impact: the lines of a service that use a name which a breaking contract change concerns.

Names are resolved within a file, by Python's scopes and by the annotations and calls that give a variable
its type. Nothing of the service is imported or run.
"""

import ast
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from crucible_pipeline.compat.change import Change
from crucible_pipeline.contracts.model import Contract
from crucible_pipeline.upgrade.uses import Uses
from crucible_pipeline.upgrade.wanted import Wanted, wanted


@dataclass(frozen=True, slots=True, order=True)
class Hit:
    """One line that a change concerns.

    Args:
        file: path as it was given.
        line: 1-based.
        symbol: the name as code has it (`EvaluationStatus.QUEUED`, `EvaluationRequest.timeout`); in quotes
            where it is a string equal to a removed value or address, which may be another one by chance.
        rule: id of the change's rule.
    """

    file: str
    line: int
    symbol: str
    rule: str


@dataclass(frozen=True, slots=True)
class Impact:
    """What a release breaks in a service.

    Args:
        hits: sorted by file and line.
        unread: files that are no Python, with why.
    """

    hits: tuple[Hit, ...] = ()
    unread: tuple[str, ...] = ()


def impact(changes: Iterable[Change], old: Contract, new: Contract, sources: Mapping[str, bytes]) -> Impact:
    """Find the lines of a service that breaking changes concern.

    Args:
        changes: from `old` to `new`; those that break nothing do not count.
        old: the contract that the service was written for.
        new: the contract it is to use.
        sources: path → content of its Python files.
    """
    names = wanted(changes, old, new)
    hits: set[Hit] = set()
    unread: list[str] = []
    for path, content in sources.items():
        try:
            hits |= _hits_in(path, content, names, old)
        except (SyntaxError, ValueError) as error:
            place = f":{error.lineno}" if isinstance(error, SyntaxError) and error.lineno else ""
            unread.append(f"{path}{place} is no Python and was not searched")
        except (RecursionError, MemoryError):
            unread.append(f"{path} is nested too deeply and was not searched")
    return Impact(tuple(sorted(hits)), tuple(sorted(unread)))


def needles(changes: Iterable[Change], old: Contract, new: Contract) -> tuple[str, ...]:
    """Strings of which a file must hold one to be concerned; empty if no change concerns any code."""
    names = wanted(changes, old, new)
    if names == Wanted():
        return ()
    texts = (one for one in names.literals if "\0" not in one)
    return (old.package.import_name, *(f"{quote}{one}{quote}" for one in texts for quote in "'\""))


def _hits_in(path: str, content: bytes, names: Wanted, old: Contract) -> set[Hit]:
    # ast honours a byte order mark and a declared encoding (PEP 263) only in bytes
    uses = Uses(names, old)
    uses.read(ast.parse(content))
    return {Hit(path, line, symbol, rule) for line, symbol, rule in uses.found}

"""Strings of a service that a contract has a name for, or that only look like its words. Pure.

A word such as queued is nothing in a log line. It counts where it is compared with, given to or listed under
a name that means the enum (`status`), or where an address is published or subscribed to.
"""

import posixpath
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from crucible_pipeline.contracts.lint_rule import ERROR, WARNING, Row
from crucible_pipeline.contracts.model import Contract
from crucible_pipeline.errors import Mark, Problem
from crucible_pipeline.upgrade.literals_python import read as read_python
from crucible_pipeline.upgrade.literals_script import read as read_script
from crucible_pipeline.upgrade.literals_yaml import read as read_yaml
from crucible_pipeline.upgrade.vocabulary import Vocabulary, vocabulary

ROWS = (
    Row(
        "channel-by-hand",
        WARNING,
        "An address that is written by hand stays behind when the contract changes, and nothing checks what "
        "is sent there.",
        "use the channel of the package, which encodes and decodes its events",
    ),
    Row(
        "channel-unknown",
        ERROR,
        "A channel that is in no contract has no payload that anybody could check, and perhaps no reader.",
        "use a channel of the contract, or declare this one with its payload",
    ),
    Row(
        "value-by-hand",
        WARNING,
        "A value that is written by hand survives every rename and removal, until it fails at run time.",
        "use the member of the enum, which a type checker follows",
    ),
    Row(
        "value-unknown",
        ERROR,
        "A value that is in no contract is refused by every reader, or compared with and never equal.",
        "use a value of the enum, or add this one to the contract",
    ),
)
PYTHON = (".py",)
SCRIPT = (".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs")
SETTINGS = (".yaml", ".yml")
_READERS = {
    **dict.fromkeys(PYTHON, read_python),
    **dict.fromkeys(SCRIPT, read_script),
    **dict.fromkeys(SETTINGS, read_yaml),
}
# What was installed or built is nobody's writing, and a test names the wire's words on purpose.
_NOT_WRITTEN = frozenset(
    {"node_modules", "dist", "build", "vendor", "venv", ".venv", "site-packages", ".git", ".github"}
)
_TESTS = frozenset({"test", "tests", "__tests__", "__mocks__", "fixtures"})


def is_source(path: str) -> bool:
    """Whether a file of a service, by its path from its folder, is code that it runs or a setting."""
    *folders, name = path.split("/")
    stem, ending = posixpath.splitext(name)
    if ending not in _READERS or not (_NOT_WRITTEN | _TESTS).isdisjoint(folders):
        return False
    is_test = stem.startswith("test_") or stem.endswith(("_test", ".test", ".spec")) or stem == "conftest"
    return not is_test and not stem.endswith((".d", ".min"))


@dataclass(frozen=True, slots=True)
class Found:
    """What a service's strings show.

    Args:
        problems: sorted by place.
        unread: files that could not be read, with why.
    """

    problems: tuple[Problem, ...]
    unread: tuple[str, ...]


def literals(sources: Mapping[str, bytes], contract: Contract) -> Found:
    """Look at every string of a service.

    Args:
        sources: path, as it is to be shown → content.
        contract: the one that the service should use.
    """
    words = vocabulary(contract)
    problems: list[Problem] = []
    unread: list[str] = []
    for path, content in sources.items():
        try:
            problems += _in_file(path, content, words)
        except (SyntaxError, ValueError) as error:
            place = f":{error.lineno}" if isinstance(error, SyntaxError) and error.lineno else ""
            language = "YAML" if path.endswith(SETTINGS) else "Python"
            unread.append(f"{path}{place} is no {language} and was not searched")
        except (RecursionError, MemoryError):
            unread.append(f"{path} is nested too deeply and was not searched")
    return Found(tuple(sorted(problems)), tuple(sorted(unread)))


def _in_file(path: str, content: bytes, words: Vocabulary) -> Iterable[Problem]:
    severities = {row.id: row.severity for row in ROWS}
    for literal in _READERS[posixpath.splitext(path)[1]](content):
        verdict = words.judge(literal)
        if verdict is not None:
            mark = Mark(path, literal.line, literal.column)
            yield Problem(mark, verdict.what, verdict.todo, verdict.rule, severities[verdict.rule])

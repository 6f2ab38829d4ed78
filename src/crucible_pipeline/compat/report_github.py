"""Reports as workflow commands, with which GitHub annotates the lines of a pull request. Pure.

GitHub shows ten annotations of each level for a step, in the order in which they are printed; the gravest
changes come first.
"""

from collections.abc import Iterable

from crucible_pipeline.compat.change import Change
from crucible_pipeline.compat.report_words import evidence, summary
from crucible_pipeline.compat.table import explained
from crucible_pipeline.compat.verdict import Verdict
from crucible_pipeline.errors import Mark, Problem
from crucible_pipeline.version import Severity


def as_github(verdict: Verdict) -> str:
    """Workflow commands for a verdict, and its summary; each line ends with a newline."""
    lines = [
        annotation(
            "error" if change.breaks else "notice",
            change.mark,
            change.rule,
            _told(change, verdict),
        )
        for change in verdict.changes
        if change.severity is not Severity.NEUTRAL
    ]
    return "".join([*lines, f"{summary(verdict)}\n"])


def _told(change: Change, verdict: Verdict) -> str:
    """What changed, why it matters, and the payload on a line of its own."""
    first = f"{change.element}: {change.message}. {explained()[change.rule].why}"
    shown = evidence(change, verdict)
    return f"{first}\n{shown}" if shown else first


def problems_github(problems: Iterable[Problem]) -> str:
    """Workflow commands that annotate the lines with problems."""
    return "".join(
        annotation(
            problem.severity, problem.mark, problem.rule or "contract", f"{problem.what}; {problem.todo}"
        )
        for problem in problems
    )


def annotation(level: str, mark: Mark | None, title: str, message: str) -> str:
    """One workflow command, with a newline.

    Args:
        level: `error`, `warning` or `notice`.
        mark: the line; None for a message about no line of this repository.
        title: of the annotation.
        message: may have several lines.
    """
    place = f"file={_value(mark.file)},line={mark.line},col={mark.column}," if mark is not None else ""
    return f"::{level} {place}title={_value(title)}::{_data(message)}\n"


def _data(text: str) -> str:
    """Escaped as the runner undoes it; other characters that end a line would end the command."""
    plain = "".join(letter if letter.isprintable() or letter in "\r\n" else " " for letter in text)
    return plain.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _value(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")

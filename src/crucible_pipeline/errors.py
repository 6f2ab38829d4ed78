"""The error root: every error says what is wrong, where, and what to do.

The command line maps the two branches to exit codes: `Refused` is 1 (the answer is no), `CannotDo` is 2
(the question could not be answered).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True, order=True)
class Mark:
    """A place in a text.

    Args:
        file: path as the user knows it, relative to the folder that was given.
        line: 1-based.
        column: 1-based, in characters.
    """

    file: str
    line: int = 1
    column: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing that is wrong in an input.

    Args:
        mark: where.
        what: what is wrong there, without a full stop.
        todo: what the author can do about it, in the imperative.
        rule: the lint rule's id; empty where no rule has a page about it.
        severity: `error`, or `warning` for what does not decide about the answer.
    """

    mark: Mark
    what: str
    todo: str
    rule: str = ""
    severity: str = "error"

    def __str__(self) -> str:
        rule = f" [{self.rule}]" if self.rule else ""
        level = "" if self.severity == "error" else f"{self.severity}: "
        return f"{self.mark}: {level}{self.what}; {self.todo}{rule}"


class CrucibleError(Exception):
    """The root. Use one of its two branches.

    Args:
        what: what happened, one sentence without a full stop.
        todo: what to do now, in the imperative; may be empty where `what` says it.
    """

    exit_code: ClassVar[int] = 2

    def __init__(self, what: str, todo: str = "") -> None:
        self.what = what
        self.todo = todo
        super().__init__(f"{what}; {todo}" if todo else what)


class Refused(CrucibleError):
    """The answer is no: the input is wrong or a rule forbids what was asked."""

    exit_code: ClassVar[int] = 1


class CannotDo(CrucibleError):
    """The question could not be answered: something outside failed or is missing."""

    exit_code: ClassVar[int] = 2


class InvalidInput(Refused):
    """An input has problems; all of them, sorted by place.

    Args:
        problems: at least one.
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(set(problems)))
        super().__init__("\n".join(str(problem) for problem in self.problems))

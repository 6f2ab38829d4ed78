"""An error that a type checker reports."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One error of a checker.

    Args:
        file: as it was given.
        line: 1-based.
        end_line: of what is wrong.
        code: of the kind of error.
        message: one line, without what the checker would rather have seen.
        is_first: whether the old version has no error in the line at all.
    """

    file: str
    line: int
    end_line: int
    code: str
    message: str
    is_first: bool = field(default=True, compare=False)

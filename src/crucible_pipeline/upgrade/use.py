"""One use of a name of the package: where it stands, and how sure it is that the change concerns it."""

from dataclasses import dataclass
from enum import StrEnum


class Tier(StrEnum):
    """How sure a hit is."""

    # a type checker accepts the place with the old version and refuses it with the new one
    CERTAIN = "certain"
    # the name was resolved in the syntax tree
    LIKELY = "likely"
    # a text equal to what is gone, or a name that a text gives
    POSSIBLE = "possible"


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """The place of one name or one literal: the last part of `EvaluationStatus.QUEUED`, a keyword, a key.

    Args:
        line: 1-based.
        column: of the first character, 0-based, in code points.
        end_line: 1-based.
        end_column: behind the last character.
    """

    line: int
    column: int
    end_line: int
    end_column: int

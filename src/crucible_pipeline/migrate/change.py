"""What is done to a file and what is left of it for a person, as values. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from crucible_pipeline.errors import Refused


@dataclass(frozen=True, slots=True, order=True)
class Edit:
    """Some characters of a text and what stands there instead.

    Args:
        start: offset of the first character.
        end: offset behind the last one.
        new: what replaces them.
        why: one sentence without a full stop.
    """

    start: int
    end: int
    new: str
    why: str


@dataclass(frozen=True, slots=True, order=True)
class Left:
    """What a person has to look at.

    Args:
        line: 1-based.
        what: stands there, one sentence without a full stop.
        todo: in the imperative.
    """

    line: int
    what: str
    todo: str


@dataclass(frozen=True, slots=True)
class Found:
    """What one look at a text yields.

    Args:
        edits: that do not overlap.
        left: for a person.
    """

    edits: tuple[Edit, ...] = ()
    left: tuple[Left, ...] = ()

    def __add__(self, other: "Found") -> "Found":
        return Found(self.edits + other.edits, self.left + other.left)


def applied(text: str, edits: Iterable[Edit]) -> str:
    """The text with its edits.

    Raises:
        Refused: two of them want the same characters.
    """
    pieces: list[str] = []
    position = 0
    for edit in sorted(edits):
        if edit.start < position:
            raise Refused(f"two changes meet at character {edit.start}", "make them by hand")
        pieces += [text[position : edit.start], edit.new]
        position = edit.end
    return "".join([*pieces, text[position:]])


def line_of(text: str, offset: int) -> int:
    """The 1-based number of the line that holds an offset; lines end as Python's do."""
    before = text[:offset]
    return 1 + before.count("\n") + before.count("\r") - before.count("\r\n")


def newline_of(text: str) -> str:
    """How the lines of a text end: as its first one does."""
    end = text.find("\n")
    return "\r\n" if end > 0 and text[end - 1] == "\r" else "\n"

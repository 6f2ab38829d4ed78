"""The lines of a requirements file as pip reads them: continuations joined, comments gone, options parsed."""

import optparse
import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NoReturn

_COMMENT = re.compile(r"(^|\s+)#.*$")
# Taken by pip in a requirements file; a flag takes no value.
_VALUED = (
    ("-r", "--requirement"),
    ("-c", "--constraint"),
    ("-e", "--editable"),
    ("-i", "--index-url", "--pypi-url"),
    ("--extra-index-url",),
    ("-f", "--find-links"),
    ("--no-binary",),
    ("--only-binary",),
    ("--trusted-host",),
    ("--use-feature",),
    ("--global-option",),
    ("--hash",),
    ("-C", "--config-settings"),
)
_FLAGS = (("--no-index",), ("--prefer-binary",), ("--require-hashes",), ("--pre",))


@dataclass(frozen=True, slots=True)
class Include:
    """Another file that a requirements file names by `-r` or `-c`.

    Args:
        line: 1-based.
        target: as written.
    """

    line: int
    target: str


@dataclass(frozen=True, slots=True)
class Line:
    """A logical line: its characters, and where each of them stands in the file."""

    characters: str
    offsets: Sequence[int]

    def cut(self, start: int, end: int) -> "Line":
        """A part of it, by positions among its characters."""
        return Line(self.characters[start:end], self.offsets[start:end])


def logical_lines(text: str) -> Iterator[Line]:
    """Join continuation lines, drop comments and outer blanks; empty lines are left out."""
    joined: list[str] = []
    offsets: list[int] = []
    begin = 0
    for physical in text.splitlines(keepends=True):
        content = physical.splitlines()[0]
        is_comment = _COMMENT.match(content) is not None
        continues = content.endswith("\\") and not is_comment
        kept, first = content, begin
        if continues:
            # pip takes backslashes from both ends
            kept = content.strip("\\")
            first += len(content) - len(content.lstrip("\\")) if kept else 0
        elif is_comment:
            joined.append(" ")
            offsets.append(begin)
        joined.append(kept)
        offsets.extend(range(first, first + len(kept)))
        begin += len(physical)
        if not continues:
            yield from _stripped("".join(joined), offsets)
            joined, offsets = [], []
    yield from _stripped("".join(joined), offsets)


def _stripped(characters: str, offsets: list[int]) -> Iterator[Line]:
    comment = _COMMENT.search(characters)
    end = len(characters[: comment.start() if comment else None].rstrip())
    start = len(characters[:end]) - len(characters[:end].lstrip())
    if start < end:
        yield Line(characters[start:end], offsets[start:end])


def options_at(characters: str) -> int:
    """Where the options of a line begin: at the first word with a dash; words end at a space only."""
    position = 0
    for word in characters.split(" "):
        if word.startswith("-"):
            return position
        position += len(word) + 1
    return len(characters)


class Unreadable(Exception):
    """pip would not read these options either."""


class _Options(optparse.OptionParser):
    """The options of one line, with pip's own library: abbreviations are legal there."""

    def __init__(self) -> None:
        super().__init__(add_help_option=False)
        for names in _VALUED:
            self.add_option(*names, action="append", dest=names[min(1, len(names) - 1)])
        for names in _FLAGS:
            self.add_option(*names, action="store_true")

    def error(self, msg: str) -> NoReturn:
        raise Unreadable(msg)


def options_of(characters: str) -> dict[str, list[str] | None]:
    """The options of a line: long name → values.

    Raises:
        Unreadable: pip refuses them.
    """
    try:
        values, _ = _Options().parse_args(shlex.split(characters))
    except ValueError as error:
        raise Unreadable(str(error)) from None
    return dict(vars(values))


def find_includes(text: str) -> list[Include]:
    """The files that a requirements file includes, in its order; a target may be a URL."""
    found: list[Include] = []
    for line in logical_lines(text):
        if not line.characters.startswith("-"):
            continue
        try:
            options = options_of(line.characters)
        except Unreadable:
            continue
        # pip reads one file per line, and `-r` before `-c`
        targets = options["--requirement"] or options["--constraint"]
        if targets and not options["--editable"]:
            found.append(Include(line_at(text, line.offsets[0]), targets[0]))
    return found


def line_at(text: str, offset: int) -> int:
    """The 1-based number of the line that holds an offset."""
    return len((text[:offset] + "x").splitlines())

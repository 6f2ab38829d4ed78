"""A service's own tests with the new version: what the caller allows, and what came of it. Pure."""

import re
import shlex
from dataclasses import dataclass
from enum import StrEnum

from crucible_pipeline.errors import Refused

MAX_SECONDS = 24 * 3600
# A reader wants the end, where the failures are counted.
SHOWN_LINES = 40
_TIMES = re.compile(r"\b\d+(?:\.\d+)? ?(?:s|ms|seconds?)\b|\bin \d+:\d\d:\d\d\b")
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|[\x00-\x08\x0b-\x1f\x7f]")


class Result(StrEnum):
    """What came of the tests."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_RUN = "not run"


@dataclass(frozen=True, slots=True)
class Terms:
    """What the caller allows to run.

    Args:
        command: program and arguments; of the service's own settings if empty and `own` says so.
        seconds: that it may take, and its installation as long again.
        own: a command in the service's own settings counts. Whoever can write to the service then runs code
            here.
    """

    command: tuple[str, ...] = ()
    seconds: int = 600
    own: bool = False


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of one run.

    Args:
        result: of it.
        command: as it would be typed.
        why: it failed or was not run; empty where it passed.
        output: the end of what was printed, the same for equal runs.
    """

    result: Result
    command: str
    why: str = ""
    output: str = ""

    def as_json(self) -> dict[str, str]:
        """The object that JSON documents hold."""
        return {"result": self.result.value, "command": self.command, "why": self.why}


def parse_command(text: str) -> tuple[str, ...]:
    """Split a command as a shell would; no shell ever runs it.

    Raises:
        Refused: a quote is open, or there is nothing.
    """
    try:
        found = tuple(shlex.split(text))
    except ValueError as error:
        raise Refused(f"the test command {text!r} cannot be split: {error}", "close the quote") from None
    if not found:
        raise Refused("the test command is empty", "give a program and its arguments")
    return found


def check_seconds(seconds: int) -> int:
    """A time limit as it is, if it is one.

    Raises:
        Refused: it is none.
    """
    if not 1 <= seconds <= MAX_SECONDS:
        raise Refused(f"{seconds} seconds are no time limit", f"give a number from 1 to {MAX_SECONDS}")
    return seconds


def shown(output: bytes, folder: str) -> str:
    """The end of what a command printed, without colours, times and the place where it ran.

    Equal runs give equal texts, so that a proposal is not written again for nothing.

    Args:
        output: as it came.
        folder: in which everything lay.
    """
    text = _ESCAPES.sub("", output.decode("utf-8", "replace").replace("\r\n", "\n"))
    lines = [_TIMES.sub("… s", line.replace(folder, "…")).rstrip() for line in text.strip().splitlines()]
    return "\n".join(line[:500] for line in lines[-SHOWN_LINES:])

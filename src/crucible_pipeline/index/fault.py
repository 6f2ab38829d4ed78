"""What is wrong with a file that wants to enter: all at once, each in one sentence with what to do."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from crucible_pipeline.errors import Refused

_SHOWN = 20
_NAME = 100
_PLAIN = re.compile(r"[\w./@+!=-]+", re.ASCII)


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One thing that keeps a file out.

    Args:
        rule: the id of the rule, stable.
        what: what is wrong, as the end of a sentence that begins with the file's name.
        todo: what its author can do about it, in the imperative.
    """

    rule: str
    what: str
    todo: str

    def __str__(self) -> str:
        return f"{self.what}; {self.todo} [{self.rule}]"


class Faulty(Refused):
    """A file that stays out.

    Args:
        filename: how the file is called.
        faults: at least one; they are told in this order.
    """

    def __init__(self, filename: str, faults: Iterable[Fault]) -> None:
        self.faults = tuple(dict.fromkeys(faults))
        told = [f"{filename} {fault}" for fault in self.faults[:_SHOWN]]
        if len(self.faults) > _SHOWN:
            told.append(f"{filename} has {len(self.faults) - _SHOWN} more faults; mend these first")
        super().__init__("\n".join(told))


def quoted(text: str) -> str:
    """An untrusted text in one line of printable ASCII, of bounded length; bare where nothing is odd."""
    short = text if len(text) <= _NAME else f"{text[:_NAME]}..."
    return short if _PLAIN.fullmatch(short) else ascii(short)


def plain(text: str) -> str:
    """Somebody else's sentence in one line of printable ASCII, of bounded length."""
    line = " ".join(text.split())[:300]
    return line if line.isascii() and line.isprintable() else ascii(line)[1:-1]

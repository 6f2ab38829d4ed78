"""The steps of a publication, each with its name and time, told to whoever watches."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class Step:
    """One step that succeeded.

    Args:
        name: in the order of the work.
        seconds: how long it took.
        told: what came of it, in a few words.
    """

    name: str
    seconds: float
    told: str


def _unheard(_: object) -> None:
    """Nobody watches."""


@dataclass(frozen=True, slots=True)
class Steps:
    """Runs steps one after the other.

    Args:
        begun: called with a step's name before it.
        ended: called with the step after it; not where it raised.
    """

    begun: Callable[[str], None] = _unheard
    ended: Callable[[Step], None] = _unheard
    done: list[Step] = field(default_factory=list[Step])

    def run(self, name: str, do: Callable[[], _Result], told: Callable[[_Result], str]) -> _Result:
        """Run one step and return what it gives.

        Args:
            name: of the step.
            do: the work.
            told: what came of it, in a few words.
        """
        self.begun(name)
        start = time.monotonic()
        result = do()
        step = Step(name, round(time.monotonic() - start, 3), told(result))
        self.done.append(step)
        self.ended(step)
        return result

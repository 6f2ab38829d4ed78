"""Whether a text matches a pattern, in a time that grows with the text and no faster; pure.

A matcher that goes back and tries again needs time to the power of the pattern's repetitions. Where that
would be long, an automaton reads the text once.
"""

from functools import cache
from typing import Final

from crucible_pipeline.compat.regular import Automaton, UndecidedError, automaton, has
from crucible_pipeline.contracts.ambiguity import tries
from crucible_pipeline.contracts.patterns import regex

MAX_TRIED: Final = 1_000_000
MAX_STEPS: Final = 1_000_000


def matches(pattern: str, text: str) -> bool:
    """Whether a pattern is found anywhere in a text.

    Args:
        pattern: as `contracts.patterns` reads it.
        text: of any length.

    Raises:
        UndecidedError: it would take too long, and no automaton says what the pattern says.
        ValueError: the pattern is none.
    """
    if is_quick(pattern, len(text)):
        return regex(pattern).search(text) is not None
    return _read(_machine(pattern), text)


def is_found(pattern: str, text: str) -> bool:
    """Likewise; False also where that is not known."""
    try:
        return matches(pattern, text)
    except (UndecidedError, ValueError):
        return False


def is_quick(pattern: str, length: int) -> bool:
    """Whether a matcher that tries all ways ends soon on every text of a length."""
    return tries(pattern, length) <= MAX_TRIED


@cache
def _machine(pattern: str) -> Automaton:
    return automaton(pattern)


def _read(machine: Automaton, text: str) -> bool:
    nothing: frozenset[str] = frozenset()
    known: dict[tuple[frozenset[int], str], frozenset[int]] = {}
    inside = machine.closure((0,), frozenset({"start"}))
    left = MAX_STEPS
    for letter in text:
        after = known.get((inside, letter))
        if after is None:
            left -= len(inside)
            if left < 0:
                raise UndecidedError
            reached = {
                target
                for state in inside
                for ranges, target in machine.steps[state]
                if has(ranges, ord(letter))
            }
            after = known[inside, letter] = machine.closure(reached, nothing)
        inside = after
    holds = frozenset({"end"} if text else {"start", "end"})
    return machine.final in machine.closure(inside, holds)

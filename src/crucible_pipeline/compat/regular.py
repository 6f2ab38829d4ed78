"""Whether a text matches some patterns and none of others, decided with automata; pure.

A pattern means what `contracts.patterns` makes of it, and is found anywhere in a text. Look-around and
references back are beyond an automaton: with one of them nothing is decided. Counted steps bound a search.
"""

import importlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise
from typing import Any, Final

from crucible_pipeline.contracts.patterns import regex

# The parser of `re` itself: what it reads is by construction what `re.search` reads.
_parser: Any = importlib.import_module("re._parser")
LAST: Final = 0x10FFFF
MAX_STATES = 3_000
MAX_STEPS = 20_000
_ANY: tuple[tuple[int, int], ...] = ((0, LAST),)
Ranges = tuple[tuple[int, int], ...]


class UndecidedError(Exception):
    """A pattern is beyond automata, or the search beyond its bound."""


def _inverse(ranges: Iterable[tuple[int, int]]) -> Ranges:
    found: list[tuple[int, int]] = []
    start = 0
    for low, high in sorted(ranges):
        if low > start:
            found.append((start, low - 1))
        start = max(start, high + 1)
    return (*found, (start, LAST)) if start <= LAST else tuple(found)


# As `re` understands them with its flag ASCII; `contracts.patterns` writes `\\s` out.
_CATEGORIES: dict[str, Ranges] = {
    "DIGIT": ((48, 57),),
    "SPACE": ((9, 13), (32, 32)),
    "WORD": ((48, 57), (65, 90), (95, 95), (97, 122)),
}


def _of_category(name: str) -> Ranges:
    words = name.removeprefix("CATEGORY_")
    ranges = _CATEGORIES.get(words.removeprefix("NOT_"))
    if ranges is None:
        raise UndecidedError
    return _inverse(ranges) if words.startswith("NOT_") else ranges


def _members(argument: Any) -> Ranges:
    found: list[tuple[int, int]] = []
    negated = False
    for operation, inner in argument:
        match str(operation):
            case "NEGATE":
                negated = True
            case "LITERAL":
                found.append((inner, inner))
            case "RANGE":
                found.append((inner[0], inner[1]))
            case "CATEGORY":
                found += _of_category(str(inner))
            case _:
                raise UndecidedError
    return _inverse(found) if negated else tuple(sorted(found))


@dataclass(slots=True)
class Automaton:
    """A nondeterministic automaton; state 0 is where it starts, and `final` where it ends.

    Args:
        steps: state → pairs of characters and the next state.
        jumps: state → pairs of a condition and the next state: "" for none, `start` or `end` of the text.
    """

    steps: list[list[tuple[Ranges, int]]] = field(default_factory=list[list[tuple[Ranges, int]]])
    jumps: list[list[tuple[str, int]]] = field(default_factory=list[list[tuple[str, int]]])
    final: int = 0

    def new(self) -> int:
        """One more state."""
        if len(self.steps) >= MAX_STATES:
            raise UndecidedError
        self.steps.append([])
        self.jumps.append([])
        return len(self.steps) - 1

    def closure(self, states: Iterable[int], holds: frozenset[str]) -> frozenset[int]:
        """The states reached without reading, under the conditions that hold."""
        found = set(states)
        todo = list(found)
        while todo:
            for condition, target in self.jumps[todo.pop()]:
                if target not in found and (not condition or condition in holds):
                    found.add(target)
                    todo.append(target)
        return frozenset(found)

    def sequence(self, parsed: Any, state: int) -> int:
        """Add what a parsed pattern reads after a state; gives the state after it."""
        for operation, argument in parsed:
            state = self._part(str(operation), argument, state)
        return state

    def read(self, state: int, ranges: Ranges) -> int:
        """Add one character."""
        after = self.new()
        self.steps[state].append((ranges, after))
        return after

    def jump(self, state: int, condition: str = "") -> int:
        """Add a step that reads nothing."""
        after = self.new()
        self.jumps[state].append((condition, after))
        return after

    def _part(self, operation: str, argument: Any, state: int) -> int:
        match operation:
            case "LITERAL":
                return self.read(state, ((argument, argument),))
            case "NOT_LITERAL":
                return self.read(state, _inverse([(argument, argument)]))
            case "ANY":
                return self.read(state, _inverse([(10, 10)]))
            case "IN":
                return self.read(state, _members(argument))
            case "BRANCH":
                return self._branch(argument[1], state)
            case "SUBPATTERN":
                if argument[1] or argument[2]:
                    raise UndecidedError
                return self.sequence(argument[3], state)
            case "MAX_REPEAT" | "MIN_REPEAT":
                return self._repeat(argument, state)
            case "AT":
                return self._at(str(argument), state)
            case _:
                raise UndecidedError

    def _branch(self, branches: Any, state: int) -> int:
        ends = [self.sequence(branch, self.jump(state)) for branch in branches]
        after = self.new()
        for end in ends:
            self.jumps[end].append(("", after))
        return after

    def _repeat(self, argument: Any, state: int) -> int:
        least, most, inner = argument
        for _ in range(int(least)):
            state = self.sequence(inner, self.jump(state))
        if int(most) >= int(_parser.MAXREPEAT):
            start = self.jump(state)
            end = self.sequence(inner, start)
            self.jumps[end].append(("", start))
            return self.jump(start)
        after = self.new()
        for _ in range(int(most) - int(least)):
            self.jumps[state].append(("", after))
            state = self.sequence(inner, self.jump(state))
        self.jumps[state].append(("", after))
        return after

    def _at(self, place: str, state: int) -> int:
        match place:
            case "AT_BEGINNING" | "AT_BEGINNING_STRING":
                return self.jump(state, "start")
            case "AT_END_STRING":
                return self.jump(state, "end")
            case "AT_END":  # also before a last line break
                after = self.jump(state, "end")
                self.jumps[self.read(state, ((10, 10),))].append(("end", after))
                return after
            case _:
                raise UndecidedError


@cache
def automaton(pattern: str) -> Automaton:
    """The automaton of all texts in which a pattern is found.

    Raises:
        UndecidedError: it asks for more than an automaton can know.
    """
    try:
        compiled = regex(pattern)
        parsed = _parser.parse(compiled.pattern, compiled.flags)
    except (ValueError, RecursionError, OverflowError):
        raise UndecidedError from None
    if parsed.state.flags & ~re.ASCII.value:
        raise UndecidedError
    made = Automaton()
    state = made.new()
    made.steps[state].append((_ANY, state))
    made.final = made.sequence(parsed, made.jump(state))
    made.steps[made.final].append((_ANY, made.final))
    return made


def listing(words: Iterable[str]) -> Automaton:
    """The automaton of a few texts."""
    made = Automaton()
    start = made.new()
    made.final = made.new()
    for word in words:
        state = start
        for letter in word:
            state = made.read(state, ((ord(letter), ord(letter)),))
        made.jumps[state].append(("end", made.final))
    return made


def _letters(machines: Iterable[Automaton]) -> list[int]:
    """One character for each kind that the automata tell apart, readable ones first."""
    sets = {ranges for machine in machines for steps in machine.steps for ranges, _ in steps}
    numbered = list(sets)
    edges: dict[int, set[int]] = {0: set(), LAST + 1: set()}
    for index, ranges in enumerate(numbered):
        for low, high in ranges:
            edges.setdefault(low, set()).symmetric_difference_update({index})
            edges.setdefault(high + 1, set()).symmetric_difference_update({index})
    kinds: dict[frozenset[int], int] = {}
    inside: set[int] = set()
    points = sorted(edges)
    for low, after in pairwise(points):
        inside ^= edges[low]
        letter = next((code for code in _readable(low, after)), low)
        known = kinds.get(frozenset(inside))
        if 0xD800 <= letter <= 0xDFFF:
            continue
        if known is None or _rank(letter) < _rank(known):
            kinds[frozenset(inside)] = letter
    return sorted(kinds.values(), key=lambda code: (_rank(code), code))


def _readable(low: int, after: int) -> Iterator[int]:
    for code in (97, 65, 48, 45, 32):
        if low <= code < after:
            yield code
    if low < 127 and after > 33:
        yield max(low, 33)


def _rank(code: int) -> int:
    return 0 if 97 <= code < 123 else 1 if 48 <= code < 91 else 2 if 32 <= code < 127 else 3


def has(ranges: Ranges, code: int) -> bool:
    """Whether a character is among others."""
    return any(low <= code <= high for low, high in ranges)


def shortest(
    wanted: Iterable[Automaton], unwanted: Iterable[Automaton], least: int, most: int | None
) -> str | None:
    """The shortest text that all wanted automata accept and no unwanted one.

    Args:
        wanted: automata.
        unwanted: likewise.
        least: how long it has to be.
        most: how long it may be.

    Returns:
        None if there is no such text.

    Raises:
        UndecidedError: the bound is reached before the answer.
    """
    good = list(wanted)
    machines = [*good, *unwanted]
    letters = _letters(machines)
    nothing: frozenset[str] = frozenset()
    start = tuple(machine.closure((0,), frozenset({"start"})) for machine in machines)
    layer: dict[tuple[frozenset[int], ...], str] = {start: ""}
    seen: set[tuple[tuple[frozenset[int], ...], int]] = set()
    cached: dict[tuple[int, frozenset[int], int], frozenset[int]] = {}
    steps, length = 0, 0
    while layer and (most is None or length <= most):
        for states, text in layer.items():
            if length >= least and _accepted(machines, states, len(good), first=not length):
                return text
        after: dict[tuple[frozenset[int], ...], str] = {}
        for states, text in layer.items():
            for letter in letters:
                steps += 1
                if steps > MAX_STEPS:
                    raise UndecidedError
                found: list[frozenset[int]] = []
                for index, (machine, inside) in enumerate(zip(machines, states, strict=True)):
                    known = cached.get((index, inside, letter))
                    if known is None:
                        reached = {
                            target
                            for state in inside
                            for ranges, target in machine.steps[state]
                            if has(ranges, letter)
                        }
                        known = cached[index, inside, letter] = machine.closure(reached, nothing)
                    found.append(known)
                if not all(found[: len(good)]):
                    continue
                key = (tuple(found), min(length + 1, least))
                if key not in seen:
                    seen.add(key)
                    after[tuple(found)] = text + chr(letter)
        layer = after
        length += 1
    return None


def _accepted(
    machines: list[Automaton], states: tuple[frozenset[int], ...], good: int, *, first: bool
) -> bool:
    holds = frozenset({"end", "start"}) if first else frozenset({"end"})
    return all(
        (machine.final in machine.closure(inside, holds)) is (index < good)
        for index, (machine, inside) in enumerate(zip(machines, states, strict=True))
    )

"""Patterns that take exponential time on some text, pure.

A matcher that goes back and tries again, as Python's and JavaScript's do, takes exponential time exactly
where a repetition can read one text in two ways and come back to where it was. So a pattern becomes an
automaton with a state for each of its characters (Glushkov, "The abstract theory of automata", 1961), and two
copies of it walk the same text: if they can part and meet again inside a loop, the pattern is refused.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

# A repetition up to fewer times is written out; one up to more is taken for one without an end.
_FEW = 4
_MOST_STATES = 400
_MOST_STEPS = 200_000
_CLASS = re.compile(r"\\.|\[(?:\\.|[^\\\]])*\]", re.DOTALL)
_ENDLESS = re.compile(r"[*+]|\{[0-9]+,[0-9]*\}")
_REPEATED_GROUP = re.compile(r"\)[*+{]")
_ATOM = re.compile(r"\\[dDwW]|\\x[0-9a-f]{2}|\\.|\[\^?(?:\\.|[^\\\]])+\]|.", re.DOTALL)
_MANY = re.compile(r"(?:([*+?])|\{([0-9]+)(,?)([0-9]*)\})\??")
_OPENING = re.compile(r"\((\?(?:P<\w+>|:|<?[=!]))?")
_USUAL = "aZz09_ -.\n\x00\x85\xa0\u00e9\u2028\U0001f600"


def is_exponential(pattern: str) -> bool:
    """Whether a pattern of Python, as `patterns.regex` writes them, takes exponential time on some text.

    One that is too large to tell counts as such.
    """
    if _REPEATED_GROUP.search(pattern) is None:
        return False
    try:
        automaton = _Automaton(pattern)
        automaton.choice()
        return automaton.parts_and_meets()
    except (_TooLargeError, RecursionError):
        return True


def tries(pattern: str, length: int) -> int:
    """About how many ways a matcher may have to try on a text of a length, at the worst.

    Each repetition without an end, and the search for the place where the pattern begins, takes the text to
    one power more.
    """
    plain = _CLASS.sub("", pattern).removeprefix("(?a:")
    loops = len(_ENDLESS.findall(plain)) + (not plain.startswith("^"))
    return int(length) ** loops if loops else 1


class _TooLargeError(Exception):
    pass


@dataclass(frozen=True, slots=True)
class _Piece:
    """A part of the pattern.

    Args:
        empty: whether it matches the empty text.
        first: states in which it may begin.
        last: states in which it may end.
    """

    empty: bool = True
    first: frozenset[int] = frozenset()
    last: frozenset[int] = frozenset()

    def optional(self) -> "_Piece":
        return _Piece(True, self.first, self.last)


@dataclass(slots=True)
class _Automaton:
    """The automaton of a pattern while it is read.

    Args:
        states: the characters that lead into each state, out of those that tell the pattern's parts apart.
        follow: state → the states that may come next.
        twice: steps that the pattern allows in two ways.
    """

    pattern: str
    at: int = 0
    states: list[frozenset[str]] = field(default_factory=list[frozenset[str]])
    follow: list[set[int]] = field(default_factory=list[set[int]])
    twice: set[tuple[int, int]] = field(default_factory=set[tuple[int, int]])
    steps: int = 0
    sample: str = ""

    def __post_init__(self) -> None:
        codes = {ord(char) for char in self.pattern} | {
            int(code, 16) for code in re.findall(r"\\x([0-9a-f]{2})", self.pattern)
        }
        near = {code + step for code in codes for step in (-1, 0, 1) if 0 <= code + step <= 0x10FFFF}
        self.sample = "".join(sorted({*map(chr, near), *_USUAL}))

    def choice(self) -> _Piece:
        found = self.sequence()
        while self.pattern.startswith("|", self.at):
            self.at += 1
            other = self.sequence()
            found = _Piece(found.empty or other.empty, found.first | other.first, found.last | other.last)
        return found

    def sequence(self) -> _Piece:
        found = _Piece()
        while self.at < len(self.pattern) and self.pattern[self.at] not in "|)":
            found = self.then(found, self.repeated())
        return found

    def repeated(self) -> _Piece:
        start = self.at
        piece = self.atom()
        many = _MANY.match(self.pattern, self.at)
        if many is None:
            return piece
        sign, low, comma, high = many.groups()
        least = int(low) if low else {"*": 0, "+": 1, "?": 0}[sign]
        most = 1 if sign == "?" else int(high or (0 if comma else low or 0)) or (None if sign or comma else 0)
        if most == 0:
            piece = _Piece()
        elif most is None or most > _FEW:
            self.link(piece.last, piece.first)
            piece = piece if least else piece.optional()
        else:
            copies = [piece, *(self.again(start) for _ in range(most - 1))]
            piece = _Piece()
            for number in range(most, 0, -1):
                piece = self.then(copies[number - 1], piece)
                piece = piece if number <= least else piece.optional()
        self.at = many.end()
        return piece

    def again(self, start: int) -> _Piece:
        self.at = start
        return self.atom()

    def atom(self) -> _Piece:
        opening = _OPENING.match(self.pattern, self.at)
        if opening is not None:
            self.at = opening.end()
            piece = self.choice()
            self.at += 1
            return _Piece() if (opening[1] or "")[-1:] in {"=", "!"} else piece
        match = _ATOM.match(self.pattern, self.at)
        if match is None:
            raise _TooLargeError
        self.at = match.end()
        if match[0] in {"^", r"\Z", r"\b"}:
            return _Piece()
        return self.state(frozenset(re.findall(match[0], self.sample, re.ASCII | re.DOTALL)))

    def state(self, characters: frozenset[str]) -> _Piece:
        if len(self.states) >= _MOST_STATES:
            raise _TooLargeError
        self.states.append(characters)
        self.follow.append(set())
        found = frozenset({len(self.states) - 1})
        return _Piece(False, found, found)

    def then(self, one: _Piece, other: _Piece) -> _Piece:
        self.link(one.last, other.first)
        return _Piece(
            one.empty and other.empty,
            one.first | other.first if one.empty else one.first,
            one.last | other.last if other.empty else other.last,
        )

    def link(self, last: Iterable[int], first: frozenset[int]) -> None:
        for state in last:
            self.twice |= {(state, following) for following in first & self.follow[state]}
            self.follow[state] |= first

    def parts_and_meets(self) -> bool:
        """Whether two walks over the same text can part and meet again inside a loop."""
        back: list[set[int]] = [set() for _ in self.states]
        for state, following in enumerate(self.follow):
            for other in following:
                back[other].add(state)
        for start in range(len(self.states)):
            loop = self.reached(start, self.follow) & self.reached(start, back)
            if any(state in loop and following in loop for state, following in self.twice):
                return True
            if self.pairs(start, self.follow, loop) & self.pairs(start, back, loop):
                return True
        return False

    def reached(self, start: int, steps: list[set[int]]) -> set[int]:
        found: set[int] = set()
        todo = [start]
        while todo:
            new = steps[todo.pop()] - found
            found |= new
            todo += new
        return found

    def pairs(self, start: int, steps: list[set[int]], loop: set[int]) -> set[tuple[int, int]]:
        """The pairs of two different states that two walks reach together from one state, inside a loop."""
        found: set[tuple[int, int]] = set()
        todo = [(start, start)] if start in loop else []
        while todo:
            one, other = todo.pop()
            for left in steps[one] & loop:
                for right in steps[other] & loop:
                    self.steps += 1
                    if self.steps > _MOST_STEPS:
                        raise _TooLargeError
                    if (left, right) not in found and self.states[left] & self.states[right]:
                        found.add((left, right))
                        todo.append((left, right))
        return {(one, other) for one, other in found if one != other}

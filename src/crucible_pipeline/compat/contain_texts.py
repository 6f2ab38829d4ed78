"""Texts: lengths, patterns, formats and single values; pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from crucible_pipeline.compat.example import FORMAT_EXAMPLES
from crucible_pipeline.compat.regular import Automaton, UndecidedError, automaton, listing, shortest
from crucible_pipeline.compat.sequent import EMPTY, UNDECIDED, Answer, Claim, Found
from crucible_pipeline.contracts.formats import FORMATS, has_format

MAX_LENGTH: Final = 5_000
_LETTERS = "a0A -ä~"


@dataclass(slots=True)
class _Asked:
    low: int = 0
    high: int | None = None
    patterns: set[str] = field(default_factory=set[str])
    formats: set[str] = field(default_factory=set[str])
    no_patterns: set[str] = field(default_factory=set[str])
    no_formats: set[str] = field(default_factory=set[str])
    taken: set[str] = field(default_factory=set[str])

    def shorter(self, length: int) -> None:
        self.high = length if self.high is None else min(self.high, length)


def text(facts: Iterable[Claim], denied: Iterable[Claim]) -> Answer:
    """A text that satisfies all facts and none of the denied keywords."""
    asked = _asked(facts, denied)
    if asked.high is not None and asked.low > asked.high:
        return EMPTY
    if asked.patterns & asked.no_patterns or asked.formats & asked.no_formats:
        return EMPTY
    if asked.high == 0 and "" in asked.taken:
        return EMPTY
    if asked.low > MAX_LENGTH:
        return UNDECIDED
    for guess in _guesses(asked):
        if all(has_format(guess, name) for name in asked.formats) and not any(
            has_format(guess, name) for name in asked.no_formats
        ):
            return Found(guess)
    if not asked.patterns and not asked.no_patterns:
        return UNDECIDED
    return _by_automata(asked)


def _asked(facts: Iterable[Claim], denied: Iterable[Claim]) -> _Asked:
    asked = _Asked()
    for claim in facts:
        schema = claim.schema
        asked.low = max(asked.low, schema.min_length or 0)
        if schema.max_length is not None:
            asked.shorter(schema.max_length)
        if schema.pattern is not None:
            asked.patterns.add(schema.pattern)
        if schema.format in FORMATS and schema.format is not None:
            asked.formats.add(schema.format)
    for claim in denied:
        schema = claim.schema
        if schema.min_length is not None:
            asked.shorter(schema.min_length - 1)
        if schema.max_length is not None:
            asked.low = max(asked.low, schema.max_length + 1)
        if schema.pattern is not None:
            asked.no_patterns.add(schema.pattern)
        if schema.format is not None:
            asked.no_formats.add(schema.format)
        values = [*(schema.enum or ()), *([schema.const.json] if schema.const else [])]
        asked.taken |= {value for value in values if isinstance(value, str)}
    return asked


def _fits(asked: _Asked, guess: str) -> bool:
    return len(guess) >= asked.low and (asked.high is None or len(guess) <= asked.high)


def _guesses(asked: _Asked) -> Iterator[str]:
    """Texts that satisfy all but perhaps the formats; a few of them."""
    if asked.patterns or asked.no_patterns:
        try:
            found = shortest(*_automata(asked), asked.low, asked.high)
        except UndecidedError:
            return
        if found is not None:
            yield found
        return
    for name in asked.formats:
        example = FORMAT_EXAMPLES.get(name, "")
        if _fits(asked, example) and example not in asked.taken:
            yield example
    lengths = [asked.low, asked.low + 1] if asked.low else [1, 0, 2]
    for length in lengths:
        for letter in _LETTERS:
            guess = letter * length
            if _fits(asked, guess) and guess not in asked.taken:
                yield guess
    for number in range(len(asked.taken)):
        guess = f"{number}".rjust(max(asked.low, 1), "b")
        if _fits(asked, guess) and guess not in asked.taken:
            yield guess


def _automata(asked: _Asked) -> tuple[list[Automaton], list[Automaton]]:
    good: list[Automaton] = [automaton(pattern) for pattern in sorted(asked.patterns)]
    bad: list[Automaton] = [automaton(pattern) for pattern in sorted(asked.no_patterns)]
    if asked.taken:
        bad.append(listing(sorted(asked.taken)))
    return good, bad


def _by_automata(asked: _Asked) -> Answer:
    """Whether patterns alone leave no text; what formats add to them is not known."""
    try:
        found = shortest(*_automata(asked), asked.low, asked.high)
    except UndecidedError:
        return UNDECIDED
    return EMPTY if found is None else UNDECIDED

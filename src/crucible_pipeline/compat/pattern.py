"""Texts that match a regular expression, for examples."""

import importlib
import re
from collections.abc import Iterator
from itertools import islice
from typing import Any

from crucible_pipeline.compat.matching import is_found

# The parser of `re` itself: what it reads is by construction what `re.search` reads.
_parser: Any = importlib.import_module("re._parser")
_LONGEST = 200
_FILLING = "a0A _-.:/@"


def texts(pattern: str, wanted: int = 4) -> Iterator[str]:
    """A few short texts that match a pattern; none where it asks for more than this knows.

    Args:
        pattern: an invalid one matches nothing.
        wanted: how many at the most.
    """
    try:
        parsed = _parser.parse(pattern)
    except (re.error, RecursionError, OverflowError):
        return
    seen: set[str] = set()
    for variant in range(wanted * 2):
        text = _sequence(parsed, variant)
        if text is not None and text not in seen and len(text) <= _LONGEST and is_found(pattern, text):
            seen.add(text)
            yield text
            if len(seen) == wanted:
                return


def _sequence(parsed: Any, variant: int) -> str | None:
    parts: list[str] = []
    for operation, argument in parsed:
        part = _part(str(operation), argument, variant)
        if part is None:
            return None
        parts.append(part)
    return "".join(parts)


def _part(operation: str, argument: Any, variant: int) -> str | None:
    match operation:
        case "LITERAL":
            return chr(argument)
        case "NOT_LITERAL":
            return next(letter for letter in _FILLING if ord(letter) != argument)
        case "ANY":
            return _FILLING[variant % 3]
        case "IN":
            return _member(argument, variant)
        case "BRANCH":
            branches = argument[1]
            return _sequence(branches[variant % len(branches)], variant)
        case "SUBPATTERN":
            return _sequence(argument[-1], variant)
        case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
            least, most, inner = argument
            times = min(int(most), int(least) + variant // 2)
            pieces = [_sequence(inner, variant + turn) for turn in range(min(times, _LONGEST))]
            return "".join(piece for piece in pieces if piece is not None) if None not in pieces else None
        case "AT" | "ASSERT" | "ASSERT_NOT":
            return ""  # the finished text is searched for the whole pattern anyway
        case _:
            return None


def _member(argument: Any, variant: int) -> str | None:
    letters = [chr(code) for code in range(32, 127)]
    kept = list(islice((letter for letter in (*_FILLING, *letters) if _holds(argument, letter)), 8))
    return kept[variant % len(kept)] if kept else None


def _holds(argument: Any, letter: str) -> bool:
    found = False
    negated = False
    for operation, inner in argument:
        match str(operation):
            case "NEGATE":
                negated = True
            case "LITERAL":
                found |= ord(letter) == inner
            case "RANGE":
                found |= inner[0] <= ord(letter) <= inner[1]
            case "CATEGORY":
                found |= _category(str(inner), letter)
            case _:
                return False
    return found is not negated


def _category(name: str, letter: str) -> bool:
    kind = name.removeprefix("CATEGORY_").removeprefix("NOT_")
    holds = {
        "DIGIT": letter.isdigit(),
        "SPACE": letter.isspace(),
        "WORD": letter.isalnum() or letter == "_",
    }.get(kind, False)
    return holds is not ("NOT_" in name)

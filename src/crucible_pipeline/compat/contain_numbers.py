"""Numbers: bounds, steps and single values, decided exactly in fractions; pure."""

import math
from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import Final

from crucible_pipeline.compat.sequent import EMPTY, UNDECIDED, Answer, Claim, Found, whole_only
from crucible_pipeline.compat.values import exact
from crucible_pipeline.contracts.model import Number

MAX_TRIED: Final = 2_000
# A lower or upper bound, and whether it is itself outside.
_Bound = tuple[Fraction, bool]


def number(facts: Iterable[Claim], denied: Iterable[Claim]) -> Answer:
    """A number that satisfies all facts and none of the denied keywords."""
    lows, highs, step = _positive(facts)
    steps: list[Fraction] = []
    points: set[Fraction] = set()
    for claim in denied:
        schema = claim.schema
        if whole_only(schema):
            steps.append(Fraction(1))
        if schema.multiple_of is not None:
            steps.append(exact(schema.multiple_of))
        if schema.minimum is not None:
            highs.append((exact(schema.minimum), True))
        if schema.exclusive_minimum is not None:
            highs.append((exact(schema.exclusive_minimum), False))
        if schema.maximum is not None:
            lows.append((exact(schema.maximum), True))
        if schema.exclusive_maximum is not None:
            lows.append((exact(schema.exclusive_maximum), False))
        values = [*(schema.enum or ()), *([schema.const.json] if schema.const else [])]
        points |= {exact(one) for one in values if isinstance(one, int | float) and not isinstance(one, bool)}
    low = max(lows, default=None)
    high = min(highs, key=lambda bound: (bound[0], not bound[1]), default=None)
    apart = low is not None and high is not None and low[0] > high[0]
    touch = low is not None and high is not None and low[0] == high[0] and (low[1] or high[1])
    if apart or touch:
        return EMPTY
    if any((step / other).denominator == 1 for other in steps if step):
        return EMPTY
    for tried, value in enumerate(_between(low, high, step)):
        if tried == MAX_TRIED:
            return UNDECIDED
        if value not in points and all((value / other).denominator != 1 for other in steps):
            return Found(_written(value))
    return EMPTY


def _positive(facts: Iterable[Claim]) -> tuple[list[_Bound], list[_Bound], Fraction | None]:
    lows: list[_Bound] = []
    highs: list[_Bound] = []
    step: Fraction | None = None
    for claim in facts:
        schema = claim.schema
        for bound, into, outside in (
            (schema.minimum, lows, False),
            (schema.exclusive_minimum, lows, True),
            (schema.maximum, highs, False),
            (schema.exclusive_maximum, highs, True),
        ):
            if bound is not None:
                into.append((exact(bound), outside))
        if whole_only(schema):
            step = _common(step, Fraction(1))
        if schema.multiple_of is not None:
            step = _common(step, exact(schema.multiple_of))
    return lows, highs, step


def _common(one: Fraction | None, other: Fraction) -> Fraction:
    """The smallest step that both steps divide."""
    if one is None:
        return other
    return Fraction(math.lcm(one.numerator, other.numerator), math.gcd(one.denominator, other.denominator))


def _between(low: _Bound | None, high: _Bound | None, step: Fraction | None) -> Iterator[Fraction]:
    """All numbers of a grid within the bounds; without a grid enough of them to stand for the others."""
    if step is None:
        yield from _dense(low, high)
        return
    if low is None and (high is None or high[0] >= 0):
        yield from _upwards(Fraction(0), high, step)
        yield from _downwards(-step, low, step)
    elif low is None:
        top = high[0] // step * step if high is not None else Fraction(0)
        yield from _downwards(top - step if high is not None and high == (top, True) else top, low, step)
    else:
        start = -(-low[0] // step) * step
        yield from _upwards(start + step if low == (start, True) else start, high, step)


def _upwards(start: Fraction, high: _Bound | None, step: Fraction) -> Iterator[Fraction]:
    while high is None or start < high[0] or (start == high[0] and not high[1]):
        yield start
        start += step


def _downwards(start: Fraction, low: _Bound | None, step: Fraction) -> Iterator[Fraction]:
    while low is None or start > low[0] or (start == low[0] and not low[1]):
        yield start
        start -= step


def _dense(low: _Bound | None, high: _Bound | None) -> Iterator[Fraction]:
    """Numbers of an interval: where it is no single number, no few points and no grid fill it."""
    if low is not None and high is not None and low[0] == high[0]:
        yield low[0]
        return
    bottom = low[0] if low is not None else (high[0] - 2 if high is not None else Fraction(0))
    top = high[0] if high is not None else bottom + 2
    nearest = -(-bottom // 1)
    for whole in (nearest, nearest + 1, nearest + 2, Fraction(0)):
        inside = (low is None or whole > bottom or (whole == bottom and not low[1])) and (
            whole < top or (high is not None and whole == top and not high[1])
        )
        if inside:
            yield Fraction(whole)
    if low is not None and not low[1]:
        yield bottom
    if high is not None and not high[1]:
        yield top
    if low is None or high is None or low[0] < high[0]:
        for part in (2, 4, 8, 16, *range(3, MAX_TRIED)):
            yield bottom + (top - bottom) / part


def _written(value: Fraction) -> Number:
    return int(value) if value.denominator == 1 else float(value)

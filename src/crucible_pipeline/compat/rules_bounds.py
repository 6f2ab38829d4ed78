"""The rows about constraints: each comes as a pair, tightened and loosened."""

from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import TypeAlias

from crucible_pipeline.compat.change import Direction
from crucible_pipeline.compat.rule import Finding, Place, Rule
from crucible_pipeline.compat.values import exact
from crucible_pipeline.contracts.formats import FORMATS
from crucible_pipeline.contracts.model import Number, Schema
from crucible_pipeline.version import Severity

# A bound, and whether the bound itself is excluded.
Bound: TypeAlias = tuple[Number, bool] | None
SchemaRule: TypeAlias = Rule[Place]

TIGHTER = "A service of the older release may send what was allowed until now; the newer one refuses it."
LOOSER = "A service of the newer release may send what was not allowed before; the older one refuses it."
KEEP_OLD = "keep the old bound within this line, or release the change as the next line"
KEEP_NEW = "let readers upgrade first: keep the old bound within this line, or release the next line"


def tightened(name: str, message: Callable[[Place], str | None], todo: str = KEEP_OLD) -> SchemaRule:
    """A row for a constraint that accepts less than before."""
    return Rule(name, ("backward",), Severity.ADDITIVE, TIGHTER, todo, _finding(message))


def loosened(name: str, message: Callable[[Place], str | None], todo: str = KEEP_NEW) -> SchemaRule:
    """A row for a constraint that accepts more than before."""
    return Rule(name, ("forward",), Severity.ADDITIVE, LOOSER, todo, _finding(message))


def _finding(message: Callable[[Place], str | None]) -> Callable[[Place], Iterator[Finding]]:
    def find(place: Place) -> Iterator[Finding]:
        text = message(place)
        if text is not None:
            yield Finding(text)

    return find


def _lower(schema: Schema) -> Bound:
    if schema.exclusive_minimum is not None:
        return schema.exclusive_minimum, True
    return None if schema.minimum is None else (schema.minimum, False)


def _upper(schema: Schema) -> Bound:
    if schema.exclusive_maximum is not None:
        return schema.exclusive_maximum, True
    return None if schema.maximum is None else (schema.maximum, False)


def _plain(name: str) -> Callable[[Schema], Bound]:
    def bound(schema: Schema) -> Bound:
        number: Number | None = getattr(schema, name)
        return None if number is None else (number, False)

    return bound


def _height(bound: Bound, *, lower: bool) -> tuple[Fraction, int]:
    """How much a bound excludes, as a number that grows with it; no bound is the least."""
    if bound is None:
        return Fraction(-(10**400)), 0
    number = exact(bound[0])
    return (number if lower else -number), int(bound[1])


def _words(bound: Bound) -> str:
    if bound is None:
        return "no bound"
    return f"{bound[0]} (itself excluded)" if bound[1] else str(bound[0])


def _bound_rows(
    words: str, atoms: tuple[str, ...], bound: Callable[[Schema], Bound], *, lower: bool
) -> tuple[SchemaRule, SchemaRule]:
    """The two rows of a bound: `<words>-raised` and `<words>-lowered`."""

    def moved(place: Place, *, tighter: bool) -> str | None:
        if not any(place.shares(atom) for atom in atoms):
            return None
        old, new = bound(place.old), bound(place.new)
        if old == new:
            return None
        before, after = _height(old, lower=lower), _height(new, lower=lower)
        if before == after or (after > before) is not tighter:
            return None
        return f"{words} changed from {_words(old)} to {_words(new)}"

    up, down = f"{words.replace(' ', '-')}-raised", f"{words.replace(' ', '-')}-lowered"
    return (
        tightened(up if lower else down, lambda place: moved(place, tighter=True)),
        loosened(down if lower else up, lambda place: moved(place, tighter=False)),
    )


def _multiple(place: Place, *, tighter: bool) -> str | None:
    if not (place.shares("integer") or place.shares("fraction")):
        return None
    old, new = place.old.multiple_of, place.new.multiple_of
    inner, outer = (old, new) if tighter else (new, old)
    # The outer side holds all of the inner one if its step divides the inner step.
    if outer is None or (inner is not None and (exact(inner) / exact(outer)).denominator == 1):
        return None
    return f"the step changed from {old or 'none'} to {new or 'none'}"


def _keyword(name: str, atom: str, *, was: bool, now: bool) -> Callable[[Place], str | None]:
    """A keyword that is there or not on each side; where it is on both sides it differs."""

    def message(place: Place) -> str | None:
        old, new = getattr(place.old, name), getattr(place.new, name)
        if not place.shares(atom) or old == new or bool(old) is not was or bool(new) is not now:
            return None
        return f"the {name} changed from {old or 'none'} to {new or 'none'}"

    return message


def _unique(place: Place, *, now: bool) -> str | None:
    if not place.shares("array") or place.old.unique_items is now or place.new.unique_items is not now:
        return None
    return "items must differ from each other now" if now else "items may be equal now"


def _format(place: Place, *, was: bool, now: bool) -> Iterator[Finding]:
    text = _keyword("format", "string", was=was, now=now)(place)
    if text is None:
        return
    before = place.old.format in FORMATS
    after = place.new.format in FORMATS
    broken: tuple[Direction, ...] = ("backward",) if after else ()
    if before:
        broken = (*broken, "forward")
    yield Finding(text, breaks=broken)


def _format_added(place: Place) -> Iterator[Finding]:
    return _format(place, was=False, now=True)


def _format_removed(place: Place) -> Iterator[Finding]:
    return _format(place, was=True, now=False)


def _format_changed(place: Place) -> Iterator[Finding]:
    return _format(place, was=True, now=True)


_FORMAT = "A format that is checked decides which texts are accepted; one that is not checked is only a hint."
_OTHER = "Each side may send texts that the other one refuses."

RULES: tuple[SchemaRule, ...] = (
    *_bound_rows("minimum", ("integer", "fraction"), _lower, lower=True),
    *_bound_rows("maximum", ("integer", "fraction"), _upper, lower=False),
    *_bound_rows("min length", ("string",), _plain("min_length"), lower=True),
    *_bound_rows("max length", ("string",), _plain("max_length"), lower=False),
    *_bound_rows("min items", ("array",), _plain("min_items"), lower=True),
    *_bound_rows("max items", ("array",), _plain("max_items"), lower=False),
    *_bound_rows("min properties", ("object",), _plain("min_properties"), lower=True),
    *_bound_rows("max properties", ("object",), _plain("max_properties"), lower=False),
    tightened("multiple-of-tightened", lambda place: _multiple(place, tighter=True)),
    loosened("multiple-of-loosened", lambda place: _multiple(place, tighter=False)),
    tightened("unique-items-added", lambda place: _unique(place, now=True)),
    loosened("unique-items-removed", lambda place: _unique(place, now=False)),
    tightened("pattern-added", _keyword("pattern", "string", was=False, now=True)),
    loosened("pattern-removed", _keyword("pattern", "string", was=True, now=False)),
    Rule(
        "pattern-changed",
        ("backward", "forward"),
        Severity.ADDITIVE,
        f"Whether one pattern holds all texts of another is not decided here. {_OTHER}",
        "keep the old pattern within this line, or release the change as the next line",
        _finding(_keyword("pattern", "string", was=True, now=True)),
    ),
    Rule(
        "format-added",
        ("backward",),
        Severity.ADDITIVE,
        _FORMAT,
        KEEP_OLD,
        _format_added,
    ),
    Rule(
        "format-removed",
        ("forward",),
        Severity.ADDITIVE,
        _FORMAT,
        KEEP_NEW,
        _format_removed,
    ),
    Rule(
        "format-changed",
        ("backward", "forward"),
        Severity.ADDITIVE,
        f"{_FORMAT} {_OTHER}",
        "add a property with the new format beside the old one, or release the next line",
        _format_changed,
    ),
)

"""Lint of numbers, pure: one number for one thing.

A property and a constant speak of the same thing if their names do: `timeout` and `max_timeout_seconds`,
`memory_mb` and `default.memory_mb`. A word such as max or default says what the constant is to it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from crucible_pipeline.contracts.lint_rule import ERROR, WARNING, Finding, Property, Row, Rule, Subject
from crucible_pipeline.contracts.model import KEYWORDS, Constant, Contract, JsonValue, Number, Schema
from crucible_pipeline.contracts.names import words
from crucible_pipeline.contracts.refs import refers

_ROLES = {
    "max": "max",
    "maximum": "max",
    "longest": "max",
    "largest": "max",
    "min": "min",
    "minimum": "min",
    "default": "default",
    "defaults": "default",
}
_UNITS = frozenset(
    {"s", "sec", "secs", "second", "seconds", "ms", "millis", "milliseconds", "minutes", "hours", "days"}
    | {"byte", "bytes", "kb", "kib", "mb", "mib", "gb", "gib", "cores", "millicores", "percent"}
)
# Keyword of a property → what a constant has to be to say the same.
_BOUNDS: Mapping[str, str] = {"maximum": "max", "minimum": "min"}
_LENGTHS = ("min_length", "max_length", "min_items", "max_items")
_COMPARED = ("minimum", "maximum", "exclusive_minimum", "exclusive_maximum", *_LENGTHS)


@dataclass(frozen=True, slots=True)
class _Meaning:
    """What a name speaks of.

    Args:
        thing: its words without role and unit.
        unit: the last word if it is one.
    """

    thing: tuple[str, ...]
    unit: str

    def fits(self, other: "_Meaning") -> bool:
        """Whether both speak of the same; a name without a unit leaves it open."""
        return self.thing == other.thing and (self.unit == other.unit or "" in {self.unit, other.unit})


@dataclass(frozen=True, slots=True)
class _Home:
    """A constant that is a number, with what it is to what."""

    constant: Constant
    value: Number
    role: str
    meaning: _Meaning


def _meaning(name: str) -> _Meaning:
    said = [word.lower() for word in words(name)]
    unit = said.pop() if len(said) > 1 and said[-1] in _UNITS else ""
    if len(said) > 1 and said[0] in _ROLES:
        said.pop(0)
    return _Meaning(tuple(said), unit)


def _by_thing(homes: list[_Home]) -> Mapping[tuple[str, ...], list[_Home]]:
    """The constants that speak of a thing, so that each property meets only its own."""
    found: dict[tuple[str, ...], list[_Home]] = {}
    for home in homes:
        found.setdefault(home.meaning.thing, []).append(home)
    return found


def _homes(contract: Contract) -> list[_Home]:
    found: list[_Home] = []
    for constant in contract.constants.values():
        value = _number(constant.value)
        if value is not None:
            # the name says more than the group, the group more than the file
            said = [word.lower() for part in (constant.name, constant.group) for word in words(part)[:1]]
            said += [word.lower() for word in words(constant.module)]
            role = next((_ROLES[word] for word in said if word in _ROLES), "")
            found.append(_Home(constant, value, role, _meaning(constant.name)))
    return found


def _number(value: JsonValue) -> Number | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _said(schema: Schema) -> Iterator[tuple[str, str, Number]]:
    """Keyword, role and value of what a property says about its number."""
    for keyword, role in _BOUNDS.items():
        value = getattr(schema, keyword)
        if value is not None:
            yield keyword, role, value
    value = _number(schema.default.json) if schema.default is not None else None
    if value is not None:
        yield "default", "default", value


def _is_written(subject: Subject, schema: Schema, keyword: str) -> bool:
    """Whether the number itself is known to stand there, not a `$ref` to a constant."""
    node = subject.entries_at(schema.mark).get(KEYWORDS[keyword])
    return node is not None and refers(node) is None


def _against_constants(subject: Subject) -> Iterator[Finding]:
    homes = _by_thing(_homes(subject.contract))
    for prop in subject.properties if homes else ():
        meaning = _meaning(prop.name)
        about = [home for home in homes.get(meaning.thing, ()) if home.meaning.fits(meaning)]
        for keyword, role, value in _said(prop.schema):
            same = [home for home in about if home.role == role]
            if same and value not in {home.value for home in same}:
                if _is_written(subject, prop.schema, keyword):
                    yield _contradiction(prop, f"{KEYWORDS[keyword]} {value}", same[0])
            elif role == "default":
                beyond = next((home for home in about if _is_beyond(value, home)), None)
                if beyond is not None and not same and _is_written(subject, prop.schema, keyword):
                    yield _contradiction(prop, f"default {value}", beyond)


def _contradiction(prop: Property, said: str, home: _Home) -> Finding:
    path = home.constant.path
    what = f"the {said} of {prop.owner}.{prop.name} contradicts {path}, which is {home.value}"
    return Finding(prop.schema.mark, what, "refer to the constant that is meant with a $ref")


def _is_beyond(value: Number, home: _Home) -> bool:
    return (home.role == "max" and value > home.value) or (home.role == "min" and value < home.value)


def _among_constants(subject: Subject) -> Iterator[Finding]:
    homes = _homes(subject.contract)
    by_thing = _by_thing(homes)
    for one in homes:
        for other in by_thing[one.meaning.thing]:
            if one.role == "default" and one.meaning.fits(other.meaning) and _is_beyond(one.value, other):
                what = f"the default {one.constant.path} is {one.value}, beyond {other.constant.path}"
                yield Finding(one.constant.mark, f"{what}, which is {other.value}", "correct one of the two")


def _disagreeing(subject: Subject) -> Iterator[Finding]:
    homes = [home for home in _homes(subject.contract) if home.role]
    first: dict[tuple[str, str], _Home] = {}
    for one in homes:
        other = first.setdefault((one.constant.name, one.role), one)
        if one.value != other.value:
            what = f"{one.constant.path} is {one.value}, but {other.constant.path} is {other.value}"
            yield Finding(
                one.constant.mark, what, "keep one of them, or name them after what each of them bounds"
            )


def _repeated(subject: Subject) -> Iterator[Finding]:
    homes = _by_thing(_homes(subject.contract))
    for prop in subject.properties if homes else ():
        meaning = _meaning(prop.name)
        for keyword, role, value in _said(prop.schema):
            for home in homes.get(meaning.thing, ()):
                is_same = home.role == role and home.value == value and home.meaning.fits(meaning)
                if is_same and _is_written(subject, prop.schema, keyword):
                    path = home.constant.path
                    what = f"the {KEYWORDS[keyword]} of {prop.owner}.{prop.name} repeats {path}"
                    yield Finding(prop.schema.mark, what, "refer to the constant with a $ref")
                    break


def _differing(subject: Subject) -> Iterator[Finding]:
    first: dict[tuple[str, str, tuple[str, ...]], tuple[Property, Number]] = {}
    for prop in subject.properties:
        for keyword in _COMPARED:
            value = getattr(prop.schema, keyword)
            if value is None or not _is_written(subject, prop.schema, keyword):
                continue
            kinds = tuple(kind for kind in prop.schema.types if kind != "null")
            other, before = first.setdefault((prop.name, keyword, kinds), (prop, value))
            if before != value:
                said = KEYWORDS[keyword]
                what = f"the {said} of {prop.owner}.{prop.name} is {value}, that of {other.owner} {before}"
                todo = "make it one constant and refer to it, or name the properties apart"
                yield Finding(prop.schema.mark, what, todo)


RULES = (
    Rule(
        Row(
            "number-contradicts-constant",
            ERROR,
            "A bound or default that differs from the constant of the same meaning is a second truth: one "
            "service accepts what the other refuses.",
            "write the bound as `{$ref: constants/FILE.yaml#/GROUP/NAME}`; where another number is meant, "
            "give it a constant of its own and refer to that",
        ),
        _against_constants,
    ),
    Rule(
        Row(
            "constant-beyond-limit",
            ERROR,
            "A default beyond the limit of the same thing is refused wherever nobody says otherwise.",
            "correct the default or the limit",
        ),
        _among_constants,
    ),
    Rule(
        Row(
            "constants-disagree",
            WARNING,
            "Two constants of one name with two values: a reader imports one of them and means the other.",
            "keep one of them, or name them after what each of them bounds",
        ),
        _disagreeing,
    ),
    Rule(
        Row(
            "number-repeated",
            WARNING,
            "A number that is written a second time stays behind when the constant changes.",
            "write the bound as `{$ref: constants/FILE.yaml#/GROUP/NAME}`",
        ),
        _repeated,
    ),
    Rule(
        Row(
            "bounds-differ",
            WARNING,
            "Two properties of one name with two bounds: what one message may carry, the next one may not.",
            "give the number a constant and refer to it from both, or name the properties apart",
        ),
        _differing,
    ),
)

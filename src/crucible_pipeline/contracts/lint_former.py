"""Lint of former names and of what is given up, pure."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator

from crucible_pipeline.contracts import former, names
from crucible_pipeline.contracts.lint_rule import ERROR, WARNING, Finding, Row, Rule, Subject
from crucible_pipeline.contracts.model import RENAMED, Contract
from crucible_pipeline.errors import Mark, Problem

_Said = Iterable[tuple[str, tuple[str, ...], Mark]]


def _taken(subject: Subject) -> Iterator[Finding]:
    contract = subject.contract
    types = [(name, one.schema.renamed_from, one.mark) for name, one in contract.types.items()]
    yield from _among("type", types, contract.types)
    constants = [(path, one.renamed_from, one.mark) for path, one in contract.constants.items()]
    yield from _among("constant", constants, contract.constants)
    channels = [
        (key, tuple(map(names.upper, one.renamed_from)), one.mark) for key, one in contract.channels.items()
    ]
    yield from _among("channel", channels, [names.upper(key) for key in contract.channels])
    for owner, schema in subject.schemas:
        fields = [(name, one.renamed_from, one.mark) for name, one in schema.properties.items()]
        yield from _among(f"property of {owner}", fields, schema.properties)
        members = [
            (value, tuple(former.former_member(schema, one) for one in said), schema.mark)
            for value, said in schema.enum_renamed_from.items()
        ]
        yield from _among(f"member of {owner}", members, former.member_names(schema).values())


def _among(what: str, said: _Said, taken: Collection[str]) -> Iterator[Finding]:
    """The former names of one namespace that cannot be kept."""
    listed = [(name, old, mark) for name, every, mark in said for old in every]
    claims = Counter(old for _, old, _ in listed)
    for name, old, mark in listed:
        if old in taken:
            text = f"{name!r} was called {old!r}, which is the name of a {what} today"
            yield Finding(mark, text, "remove the former name: code that uses it means the other one")
        elif claims[old] > 1:
            text = f"{old!r} is the former name of more than one {what}"
            yield Finding(mark, text, "keep it at the one that code with the old name should mean")


def _unexplained(subject: Subject) -> Iterator[Finding]:
    for channel in subject.contract.channels.values():
        if channel.deprecated == "":
            text = f"the channel {channel.key} is given up and nothing says what to use instead"
            yield Finding(channel.mark, text, "write a sentence in place of `true`")
    for owner, schema in subject.schemas:
        words = dict(zip(map(str, schema.enum or ()), schema.enum_descriptions, strict=False))
        for value in schema.enum_deprecated:
            if not words.get(str(value), "").strip():
                text = f"the value {value!r} of {owner} is given up and nothing says what to use instead"
                yield Finding(schema.mark, text, "say it at its place in x-enum-descriptions")


def _deprecated_default(subject: Subject) -> Iterator[Finding]:
    for owner, schema in subject.schemas:
        if schema.default is not None:
            given_up = subject.contract.resolve(schema).enum_deprecated or schema.enum_deprecated
            if schema.default.json in given_up:
                text = f"{owner} has the default {schema.default.json!r}, which is given up"
                yield Finding(schema.default.mark, text, "take a default that stays")


RULES = (
    Rule(
        Row(
            "rename-taken",
            WARNING,
            "A former name stays in the code and means one thing. One that still is a name, or that "
            "two things claim, means what its reader did not expect.",
            "let x-renamed-from name only what is gone, and each name once",
        ),
        _taken,
    ),
    Rule(
        Row(
            "deprecation-unexplained",
            WARNING,
            "Whoever uses what is given up is warned; a warning that names no way out is switched off.",
            "say what to use instead, in x-deprecated or in the value's description",
        ),
        _unexplained,
    ),
    Rule(
        Row(
            "default-deprecated",
            WARNING,
            "Whoever leaves the property out sends the value that is given up, and can do nothing about it.",
            "take a default that stays, or keep the value",
        ),
        _deprecated_default,
    ),
)

_IDLE = Row(
    "rename-idle",
    WARNING,
    "Every release that services may have installed has the new name, so the former one is older than "
    "the line. What nobody removes stays for ever.",
    "remove x-renamed-from with the first release of the next line",
)
# What only a comparison with releases finds.
BESIDE_RELEASES = (
    _IDLE,
    Row(
        "waiver-stale",
        ERROR,
        "A waiver that matches no change hides the next break of that kind.",
        "remove it",
    ),
    Row(
        "waiver-expired",
        ERROR,
        "What was agreed to until a day is no longer agreed to after it.",
        "remove it, or agree on another date",
    ),
)


def idle_renames(contract: Contract, released: Collection[Contract]) -> list[Problem]:
    """The renames that are older than every release to compare with.

    Args:
        contract: the one that is judged.
        released: the contracts of the line; without any nothing is known.
    """
    found: list[Problem] = []
    if not released:
        return found
    for name, one in contract.types.items():
        if one.schema.renamed_from and all(name in other.types for other in released):
            found.append(_problem(name, one.schema.renamed_from, one.mark))
    for path, constant in contract.constants.items():
        if constant.renamed_from and all(path in other.constants for other in released):
            found.append(_problem(path, constant.renamed_from, constant.mark))
    for key, channel in contract.channels.items():
        if channel.renamed_from and all(key in other.channels for other in released):
            found.append(_problem(key, channel.renamed_from, channel.mark))
    for name, one in contract.types.items():
        olds = [other.types[name].schema for other in released if name in other.types]
        if len(olds) < len(released):
            continue
        for prop, inner in one.schema.properties.items():
            if inner.renamed_from and all(prop in old.properties for old in olds):
                found.append(_problem(f"{name}.{prop}", inner.renamed_from, inner.mark))
        for value, said in one.schema.enum_renamed_from.items():
            member = former.member_names(one.schema).get(value)
            if all(former.member_names(old).get(value) == member for old in olds):
                found.append(_problem(f"{name}.{value}", said, one.mark))
    return found


def _problem(name: str, old: tuple[str, ...], mark: Mark) -> Problem:
    what = f"every release of the line calls it {name} already, and not {' or '.join(old)}"
    todo = f"remove {RENAMED} when the next line begins"
    return Problem(mark, what, todo, _IDLE.id, _IDLE.severity)

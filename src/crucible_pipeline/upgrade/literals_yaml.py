"""The strings of a YAML file with the keys above them: manifests, compose files, settings. Pure."""

from collections.abc import Iterator

import yaml

from crucible_pipeline.upgrade.encoding import decode, printable
from crucible_pipeline.upgrade.literal import Literal, Name, Place
from crucible_pipeline.upgrade.located import Steps
from crucible_pipeline.upgrade.pins_yaml import Leaf, each_leaf

# Lists of `NAME=value`, of a compose file.
_ENVIRONMENT = frozenset({"env", "environment"})


def read(content: bytes) -> tuple[Literal, ...]:
    """Every string of a file but the keys and addresses of the web.

    Raises:
        ValueError: it is no YAML.
    """
    text = printable(decode(content).text)
    try:
        found = list(each_leaf(text))
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from None
    return tuple(literal for literal in _literals(text, found) if "://" not in literal.value)


def _literals(text: str, leaves: list[Leaf]) -> Iterator[Literal]:
    beside = _beside(leaves)
    line, begin, seen = 1, 0, 0
    for leaf, mapping in zip(leaves, beside, strict=True):
        start = leaf.line.offsets[0] if leaf.line.offsets else seen
        # offsets only grow, so that lines are counted once
        line += text.count("\n", seen, start)
        begin, seen = text.rfind("\n", 0, start) + 1, start
        name, value = _named(leaf, mapping)
        column = start - begin + 1 + (len(leaf.value) - len(value) if leaf.is_plain else 0)
        siblings = frozenset(key for key in mapping if key not in leaf.steps[-1:]) or frozenset({""})
        yield Literal(value, line, column, Place.SETTING, name, (), siblings)


def _beside(leaves: list[Leaf]) -> list[dict[str, str]]:
    """For each leaf the mapping in which it stands: key → text; a key that comes again begins another one."""
    latest: dict[Steps, dict[str, str]] = {}
    found: list[dict[str, str]] = []
    for leaf in leaves:
        last = leaf.steps[-1] if leaf.steps else ""
        mapping = latest.setdefault(leaf.steps[:-1], {})
        if isinstance(last, int):
            mapping = {}
        elif last in mapping:
            mapping = latest[leaf.steps[:-1]] = {}
        if isinstance(last, str):
            mapping[last] = leaf.value
        found.append(mapping)
    return found


def _named(leaf: Leaf, mapping: dict[str, str]) -> tuple[Name, str]:
    """What a string is called, and the string without its name."""
    keys = [step for step in leaf.steps if isinstance(step, str)]
    if leaf.steps[-1:] == ("value",) and "name" in mapping:
        return Name(mapping["name"]), leaf.value  # an entry of `env` in a manifest
    name, equals, value = leaf.value.partition("=")
    if equals and leaf.key in _ENVIRONMENT:
        return Name(name), value
    return Name(leaf.key, ".".join(keys[:-1])), leaf.value

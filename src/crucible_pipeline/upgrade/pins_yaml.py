"""Pins in YAML: workflows, compose files, manifests, environment.yml, pre-commit's configuration. Pure.

The places are those of libyaml's events, so neither anchors nor depth cost anything.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, cast

import yaml

from crucible_pipeline.upgrade.lines import Include, Line, line_at
from crucible_pipeline.upgrade.located import Steps
from crucible_pipeline.upgrade.pins import ESCAPED, Pin, mentions, requirement_pin
from crucible_pipeline.upgrade.pins_shell import command_pins, conda_pin, npm_pin, words_pins
from crucible_pipeline.upgrade.shell import expanded, inner

_MAX_DEPTH = 100
# A list under such a key holds requirements.
_LISTS = frozenset({"additional_dependencies", "pip", "requirements"})
_CONDA = "dependencies"
_SAID = frozenset({"name", "description", "title", "summary", "displayName"})
_NAME = re.compile(r"[A-Za-z_]\w*")
_VERSION = re.compile(r"[0-9][0-9A-Za-z.*!+-]*")
_INCLUDE = re.compile(r"-(?:r|c|-requirement|-constraint)[\s=]*(?P<target>\S+)")
_QUOTES = {"'": "'", '"': '"'}


@dataclass(frozen=True, slots=True)
class Leaf:
    """A scalar: the keys and positions that lead to it, its value, and its characters in the file."""

    steps: Steps
    value: str
    line: Line

    @property
    def key(self) -> str:
        """The innermost key."""
        return next((step for step in reversed(self.steps) if isinstance(step, str)), "")

    @property
    def is_plain(self) -> bool:
        """Whether the file has the value as it is, without escapes or folds."""
        return self.line.characters == self.value


@dataclass(slots=True)
class _Level:
    """An open list or mapping."""

    is_mapping: bool
    step: str | int = -1
    wants_key: bool = True


def leaves(text: str) -> list[Leaf]:
    """Every scalar of a stream of documents, up to where it is broken or too deep (a hundred levels)."""
    found: list[Leaf] = []
    with suppress(yaml.YAMLError):
        found.extend(each_leaf(text))
    return found


def each_leaf(text: str) -> Iterator[Leaf]:
    """Likewise, with an error where it is broken.

    Raises:
        yaml.YAMLError: from there on it is no YAML.
    """
    levels: list[_Level] = []
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    for event in cast("Iterator[Any]", yaml.parse(text, Loader=loader)):
        if isinstance(event, yaml.ScalarEvent):
            top = levels[-1] if levels else None
            if top is not None and top.is_mapping and top.wants_key:
                top.step, top.wants_key = str(event.value), False
                continue
            _advance(levels)
            steps = tuple(level.step for level in levels)
            yield Leaf(steps, str(event.value), _characters(text, event))
            _done(levels)
        elif isinstance(event, yaml.CollectionStartEvent):
            if len(levels) >= _MAX_DEPTH:
                return
            _advance(levels)
            levels.append(_Level(isinstance(event, yaml.MappingStartEvent)))
        elif isinstance(event, yaml.CollectionEndEvent):
            levels.pop()
            _done(levels)
        elif isinstance(event, yaml.AliasEvent):
            _advance(levels)
            _done(levels)


def _advance(levels: list[_Level]) -> None:
    if levels and not levels[-1].is_mapping:
        levels[-1].step = int(levels[-1].step) + 1


def _done(levels: list[_Level]) -> None:
    # a key that is a collection counts as one without a name
    if levels and levels[-1].is_mapping:
        top = levels[-1]
        top.step, top.wants_key = ("", False) if top.wants_key else (top.step, True)


def _characters(text: str, event: Any) -> Line:
    start, end = int(event.start_mark.index), int(event.end_mark.index)
    if text[start : start + 1] in _QUOTES and end - start > 1:
        start, end = start + 1, end - 1
    return Line(text[start:end], range(start, end))


def yaml_pins(path: str, text: str, project: str) -> list[Pin]:
    """The pins in a YAML file."""
    mentioned = mentions(project)
    found = leaves(text)
    values = [leaf for leaf in found if _NAME.fullmatch(leaf.key) and _VERSION.fullmatch(leaf.value)]
    pins: list[Pin] = []
    commands: dict[Steps, list[Leaf]] = {}
    for leaf in found:
        if isinstance(leaf.steps[-1:][0] if leaf.steps else "", int):
            commands.setdefault(leaf.steps[:-1], []).append(leaf)
        if mentioned.search(leaf.value) and leaf.key not in _SAID:
            pins += _leaf_pins(path, text, leaf, _visible(values, leaf.steps), project)
    for steps, words in commands.items():
        if any(mentioned.search(word.value) for word in words):
            pins += _words_pins(path, text, words, _visible(values, steps), project)
    return pins


def _visible(values: list[Leaf], steps: Steps) -> Mapping[str, Line]:
    """The variables at a place: of several with one name the nearest around it."""

    def nearness(leaf: Leaf) -> int:
        pairs = zip(leaf.steps, steps, strict=False)
        return next((index for index, (one, other) in enumerate(pairs) if one != other), len(steps))

    return {leaf.key: leaf.line for leaf in sorted(values, key=nearness) if leaf.is_plain}


def _leaf_pins(path: str, text: str, leaf: Leaf, values: Mapping[str, Line], project: str) -> list[Pin]:
    is_listed = bool(leaf.steps) and isinstance(leaf.steps[-1], int)
    if is_listed and leaf.key in _LISTS:
        if not leaf.is_plain:
            return [Pin(path, line_at(text, leaf.line.offsets[0]), leaf.value, fixed=ESCAPED)]
        line = expanded(leaf.line, values)
        pin = requirement_pin(path, text, line, project) or npm_pin(path, text, line, project)
        return [pin] if pin is not None else []
    if is_listed and leaf.key == _CONDA and leaf.is_plain:
        pin = conda_pin(path, text, leaf.line, project)
        return [pin] if pin is not None else []
    return command_pins(path, text, leaf.line, values, project)


def _words_pins(
    path: str, text: str, leaves_: list[Leaf], values: Mapping[str, Line], project: str
) -> list[Pin]:
    """The pins of a command that is written as a list of words."""
    words = [expanded(leaf.line, values) for leaf in leaves_]
    found = words_pins(path, text, words, project)
    for command in inner(words, values):
        found += words_pins(path, text, command, project)
    return found


def includes(text: str) -> Iterator[Include]:
    """The requirements files that the `pip:` list of an environment.yml names."""
    for leaf in leaves(text):
        match = _INCLUDE.fullmatch(leaf.value)
        if match is not None and leaf.key == "pip":
            yield Include(line_at(text, leaf.line.offsets[0]), match["target"])

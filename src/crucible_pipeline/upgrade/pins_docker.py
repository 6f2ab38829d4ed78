"""Pins in Dockerfiles (Dockerfile reference, "Format"): in RUN, with ARG and ENV, in heredocs. Pure."""

import json
import re
from collections.abc import Mapping

from crucible_pipeline.upgrade.lines import Line
from crucible_pipeline.upgrade.pins import Pin
from crucible_pipeline.upgrade.pins_shell import command_pins, words_pins
from crucible_pipeline.upgrade.shell import expanded, inner

_INSTRUCTION = re.compile(r"[ \t]*(?P<word>[A-Za-z]+)[ \t]+(?P<rest>.*)", re.DOTALL)
_FLAGS = re.compile(r"(?:--[a-z]+=\S+\s+)*")
_HEREDOC = re.compile(r"<<-?\s*[\"']?(?P<end>\w+)[\"']?")
_VALUE = re.compile(r"(?P<name>[A-Za-z_]\w*)(?:=|\s+)[\"']?(?P<value>[^\s\"'\\]+)")
_STRING = re.compile(r"\"((?:[^\"\\]|\\.)*)\"")
_RUNS = frozenset({"RUN", "CMD", "ENTRYPOINT"})


def docker_pins(path: str, text: str, project: str) -> list[Pin]:
    """The pins in a Dockerfile."""
    values: dict[str, Line] = {}
    found: list[Pin] = []
    for line in instructions(text):
        match = _INSTRUCTION.match(line.characters)
        if match is None:
            continue
        word, rest = match["word"].upper(), line.cut(*match.span("rest"))
        if word in {"ARG", "ENV"}:
            values.update(_values(rest))
        elif word in _RUNS:
            found += _run(path, text, rest, values, project)
    return found


def instructions(text: str) -> list[Line]:
    """The instructions: continued lines and heredocs with them, comment lines left out."""
    found: list[Line] = []
    characters, offsets, until = "", list[int](), ""
    position = 0
    for line in re.findall(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+", text):
        begin, position = position, position + len(line)
        if not until and line.lstrip().startswith("#"):
            continue
        characters += line
        offsets.extend(range(begin, position))
        heredoc = _HEREDOC.search(line) if not until else None
        if heredoc is not None:
            until = heredoc["end"]
        elif until:
            until = "" if line.strip() == until else until
        if not until and not line.rstrip().endswith("\\"):
            found.append(Line(characters, offsets))
            characters, offsets = "", []
    return [*found, Line(characters, offsets)]


def _values(rest: Line) -> Mapping[str, Line]:
    return {match["name"]: rest.cut(*match.span("value")) for match in _VALUE.finditer(rest.characters)}


def _run(path: str, text: str, rest: Line, values: Mapping[str, Line], project: str) -> list[Pin]:
    flags = _FLAGS.match(rest.characters)
    rest = rest.cut(flags.end() if flags is not None else 0, len(rest.characters))
    if not rest.characters.startswith("["):
        return command_pins(path, text, rest, values, project)
    try:
        json.loads(rest.characters)
    except (ValueError, RecursionError):
        return command_pins(path, text, rest, values, project)
    words = [expanded(rest.cut(*match.span(1)), values) for match in _STRING.finditer(rest.characters)]
    found = words_pins(path, text, words, project)
    for command in inner(words, values):
        found += words_pins(path, text, command, project)
    return found

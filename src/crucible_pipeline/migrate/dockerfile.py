"""What a Dockerfile copies, where Python looks in its image, and the edits that take the copy out. Pure.

Source: Dockerfile reference, sections COPY, ENV, CMD, ENTRYPOINT, WORKDIR and RUN --mount.
"""

import json
import posixpath
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import cast

from crucible_pipeline.migrate.change import Edit, line_of
from crucible_pipeline.upgrade.lines import Line
from crucible_pipeline.upgrade.pins_docker import instructions

_INSTRUCTION = re.compile(r"[ \t]*(?P<word>[A-Za-z]+)[ \t]+(?P<rest>.*)", re.DOTALL)
_WORD = re.compile(r"(?:\"(?:[^\"\\]|\\.)*\"|'[^']*'|\\[^\r\n]|[^\s\"'\\])+")
_CONTINUED = re.compile(r"\\[ \t]*(?:\r\n|\r|\n)")
# These put the folder that they start in on Python's search path.
_FROM_HERE = frozenset({"uvicorn", "gunicorn", "celery", "flask", "granian", "hypercorn", "daphne"})
_PYTHON = re.compile(r"python[0-9.]*\Z")


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction.

    Args:
        word: in capitals.
        words: what follows, each with its place; flags among them.
        rest: what follows, as it is written.
        span: of its lines in the text, with the last line's end.
        line: 1-based.
    """

    word: str
    words: tuple[Line, ...]
    rest: Line
    span: tuple[int, int]
    line: int

    @property
    def plain(self) -> list[str]:
        """The words without flags and quotes; of the JSON form its strings."""
        try:
            said = json.loads(self.rest.characters) if self.rest.characters.startswith("[") else None
        except (ValueError, RecursionError):
            said = None
        if isinstance(said, list):
            return [str(one) for one in cast("list[object]", said)]
        words = [one.characters.strip("\"'") for one in self.words]
        return [one for one in words if not one.startswith("--")]


def read(text: str) -> list[Instruction]:
    """The instructions of a Dockerfile, in its order."""
    found: list[Instruction] = []
    for line in instructions(text):
        match = _INSTRUCTION.match(line.characters)
        if match is None:
            continue
        rest = line.cut(*match.span("rest"))
        end = len(rest.characters.rstrip())
        rest = rest.cut(0, end)
        joined = _CONTINUED.sub(lambda one: " " * len(one[0]), rest.characters)
        words = tuple(rest.cut(*one.span()) for one in _WORD.finditer(joined))
        span = line.offsets[0], line.offsets[-1] + 1
        number = line_of(text, line.offsets[match.start("word")])
        found.append(Instruction(match["word"].upper(), words, rest, span, number))
    return found


def without(text: str, instruction: Instruction, why: str, about: str) -> Edit:
    """The edit that removes an instruction, and a comment right above that speaks of it alone.

    Args:
        text: of the file.
        instruction: that goes.
        why: one sentence without a full stop.
        about: a comment that holds this word speaks of it.
    """
    start, end = instruction.span
    above = re.compile(r"^[ \t]*#(?!\s*(?:syntax|escape|check)=)[^\r\n]*(?:\r\n|\r|\n)\Z", re.MULTILINE)
    before = text[:start]
    lines = re.findall(r"[^\r\n]*(?:\r\n|\r|\n)", before)
    speaks = bool(lines) and above.match(lines[-1]) is not None and about.lower() in lines[-1].lower()
    is_alone = len(lines) < 2 or not lines[-2].lstrip().startswith("#")
    if speaks and is_alone:
        start -= len(lines[-1])
    return Edit(start, end, "", why)


def without_word(text: str, instruction: Instruction, index: int, why: str) -> Edit | None:
    """The edit that removes one of several words; None where a comment stands between."""
    words = instruction.words
    if index + 1 < len(words):
        start, end = words[index].offsets[0], words[index + 1].offsets[0]
    else:
        start, end = words[index - 1].offsets[-1] + 1, words[index].offsets[-1] + 1
    return None if "#" in text[start:end] else Edit(start, end, "", why)


@dataclass(frozen=True, slots=True)
class Start:
    """How the image starts Python.

    Args:
        folders: in the image, where Python looks first; empty where it cannot be told.
    """

    folders: tuple[str, ...]


def start_of(found: Sequence[Instruction]) -> Start:
    """How an image starts Python, by its last CMD or ENTRYPOINT."""
    here = folder = "/"
    words: list[str] = []
    for one in found:
        if one.word == "FROM":
            folder, words = "/", []
        elif one.word == "WORKDIR" and one.plain:
            folder = posixpath.normpath(posixpath.join(folder, one.plain[0]))
        elif one.word == "ENTRYPOINT":
            words, here = one.plain, folder
        elif one.word == "CMD":
            words, here = [*words, *one.plain], folder
    return Start(tuple(_first(words, folder if words else here)))


def _first(words: list[str], here: str) -> Iterator[str]:
    for index, word in enumerate(words):
        name = posixpath.basename(word)
        if name in _FROM_HERE:
            yield here
            return
        if _PYTHON.match(name):
            rest = [one for one in words[index + 1 :] if one in {"-m", "-c"} or not one.startswith("-")]
            if rest[:1] == ["-m"] or rest[:1] == ["-c"]:
                yield here
            elif rest and rest[0].endswith(".py"):
                yield posixpath.normpath(posixpath.join(here, posixpath.dirname(rest[0])))
            return


def copies(found: Sequence[Instruction]) -> Iterator[tuple[Instruction, list[str], str]]:
    """What each COPY and ADD takes from the build's context, and where it goes in the image."""
    folder = "/"
    for one in found:
        if one.word == "WORKDIR" and one.plain:
            folder = posixpath.normpath(posixpath.join(folder, one.plain[0]))
        is_stage = any(word.characters.startswith("--from") for word in one.words)
        if one.word in {"COPY", "ADD"} and not is_stage and len(one.plain) > 1:
            yield one, one.plain[:-1], posixpath.normpath(posixpath.join(folder, one.plain[-1]))

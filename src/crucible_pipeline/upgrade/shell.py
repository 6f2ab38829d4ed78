"""Commands of a shell as words with their places (POSIX, Shell Command Language, section 2.3). Pure."""

import posixpath
import re
from collections.abc import Iterator, Mapping

from crucible_pipeline.upgrade.lines import Line

_TOKEN = re.compile(
    r"(?P<blank>[ \t]+|\\\r?\n|\\\r)|(?P<break>[\r\n;&|()<>`]+)"
    r"|(?P<double>\"(?:[^\"\\]|\\.)*\")|(?P<single>'[^']*')|(?P<escape>\\.)|(?P<plain>[^\s\"'\\;&|()<>`]+)|.",
    re.DOTALL,
)
_ESCAPED = re.compile(r"\\(?:\r?\n|(?=[\"\\$`]))", re.DOTALL)
_VARIABLE = re.compile(
    r"\$\{\{\s*env\.(?P<expression>\w+)\s*\}\}|\$\{(?P<braced>\w+)(?::?-(?P<default>[^}]*))?\}|\$(?P<bare>\w+)"
)
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*\+?=")
_WRAPPERS = frozenset(
    {"sudo", "exec", "time", "env", "command", "nice", "then", "do", "else", "if", "!", "{", "eval"}
)
_SHELLS = frozenset({"sh", "bash", "dash", "ash", "zsh"})
_MAX_DEPTH = 4


def commands(source: Line, values: Mapping[str, Line], depth: int = 0) -> Iterator[list[Line]]:
    """The simple commands of a script, each as its words; those given to `sh -c` after it.

    Args:
        source: the script.
        values: of variables that are known; others stay as they are written.
        depth: how many shells are around it.
    """
    if depth > _MAX_DEPTH:
        return
    # variables first: `${{ env.NAME }}` is no word, and their values here are versions, which hold no blank
    for command in _split(expanded(source, values)):
        yield command
        yield from inner(command, values, depth)


def inner(command: list[Line], values: Mapping[str, Line], depth: int = 0) -> Iterator[list[Line]]:
    """The commands of a script that a command hands to a shell."""
    for shell, option, script in zip(command, command[1:], command[2:], strict=False):
        is_shell = posixpath.basename(shell.characters) in _SHELLS
        if is_shell and re.fullmatch(r"-[a-z]*c", option.characters):
            yield from commands(script, values, depth + 1)


def _split(source: Line) -> Iterator[list[Line]]:
    words: list[Line] = []
    pieces: list[Line] = []
    end = 0
    while end <= len(source.characters):
        match = _TOKEN.match(source.characters, end)
        kind = match.lastgroup if match is not None else "break"
        if match is not None and not pieces and kind == "plain" and match[0].startswith("#"):
            end = _end_of_line(source.characters, end)
            continue
        if kind in {"blank", "break"}:
            if pieces:
                words.append(_joined(pieces))
                pieces = []
            if kind == "break" and words:
                yield words
                words = []
        elif match is not None:
            pieces.append(_plain(source.cut(*match.span()), kind))
        if match is None:
            return
        end = match.end()


def _end_of_line(text: str, start: int) -> int:
    found = re.compile(r"[\r\n]|\Z").search(text, start)
    return found.start() if found is not None else len(text)


def _plain(word: Line, kind: str | None) -> Line:
    if kind == "single":
        return word.cut(1, len(word.characters) - 1)
    if kind == "escape":
        return word.cut(1, 2)
    if kind != "double":
        return word
    inside = word.cut(1, len(word.characters) - 1)
    kept: list[Line] = []
    position = 0
    for match in _ESCAPED.finditer(inside.characters):
        kept.append(inside.cut(position, match.start()))
        position = match.end()
    return _joined([*kept, inside.cut(position, len(inside.characters))])


def _joined(pieces: list[Line]) -> Line:
    if len(pieces) == 1:
        return pieces[0]
    return Line(
        "".join(piece.characters for piece in pieces),
        [offset for piece in pieces for offset in piece.offsets],
    )


def expanded(source: Line, values: Mapping[str, Line]) -> Line:
    """A script with its known variables replaced; what stands in their place keeps its own place."""
    pieces: list[Line] = []
    position = 0
    for match in _VARIABLE.finditer(source.characters):
        value = values.get(match["expression"] or match["braced"] or match["bare"])
        if value is None and match["default"]:
            value = source.cut(*match.span("default"))
        if value is not None:
            pieces += [source.cut(position, match.start()), value]
            position = match.end()
    return _joined([*pieces, source.cut(position, len(source.characters))])


def program(command: list[Line]) -> list[Line]:
    """A command from its program on: without assignments, `sudo` and the like, and their options."""
    wrapped = False
    for index, word in enumerate(command):
        said = word.characters
        if said in _WRAPPERS:
            wrapped = True
        elif (
            not _ASSIGNMENT.match(said)
            and not said.startswith("--mount=")
            and not (wrapped and said.startswith("-"))
        ):
            return command[index:]
    return []

"""Foreign Markdown, from contracts and changelogs, made harmless. Pure.

On a forge a text could otherwise call people by `@name`, refer to issues by `#12`, or hold HTML.
"""

import re

_CODE = re.compile(r"(?P<ticks>`+)(?!`).*?(?<!`)(?P=ticks)(?!`)")
_FENCE = re.compile(r" {0,3}(?:```|~~~)")
# A word joiner that a reader does not see keeps a forge from seeing a mention or a reference.
_CALL = re.compile(r"(?<![A-Za-z0-9])([@#!&])(?=[A-Za-z0-9])")
_REFERENCE = re.compile(r"(?<=[A-Za-z0-9])([#!])(?=[0-9])")


def harmless(text: str) -> str:
    """One line of foreign words: it calls nobody, refers to nothing and holds no HTML; its code stays."""
    parts: list[str] = []
    end = 0
    for match in _CODE.finditer(text):
        parts += [_quiet(text[end : match.start()]), match[0]]
        end = match.end()
    return "".join([*parts, _quiet(text[end:])])


def _quiet(text: str) -> str:
    without_calls = _CALL.sub("\\1\u2060", _REFERENCE.sub("\\1\u2060", text))
    return without_calls.replace("<", "&lt;")


def harmless_lines(text: str) -> str:
    """As `harmless`, of a whole text with blocks of code; one that it leaves open is closed."""
    lines: list[str] = []
    fence = ""
    for line in text.splitlines():
        opens = _FENCE.match(line)
        if opens is not None:
            mark = opens[0].strip()
            fence = mark if not fence else "" if fence == mark else fence
        lines.append(line if fence or opens is not None else harmless(line))
    return "\n".join([*lines, fence] if fence else lines)

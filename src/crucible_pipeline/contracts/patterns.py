"""Patterns as JSON Schema means them: ECMAScript's, with the `u` flag (ECMA-262, section 22.2).

They are found anywhere in a text. `regex` writes one in the dialect of Python's `re`; what the two do not
share is refused, never guessed. The generated packages hold this file too; a test keeps both the same.
"""

from __future__ import annotations

import re
from functools import cache

# ECMA-262 section 22.2.2.9: WhiteSpace and LineTerminator.
_SPACE = r"\t\n\x0b\x0c\r \xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
_QUANTIFIER = re.compile(r"(?:[*+?]|\{[0-9]+(?:,[0-9]*)?\})\??")
_GROUP = re.compile(r"\((?:\?(?::|=|!|<=|<!|<(?P<name>[A-Za-z_][A-Za-z0-9_]*)>))?")
_CODE = re.compile(r"x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|u\{([0-9a-fA-F]{1,6})\}|c([A-Za-z])|(0)(?![0-9])")
_CONTROLS = {"t": "\t", "n": "\n", "v": "\x0b", "f": "\x0c", "r": "\r"}


@cache
def regex(pattern: str) -> re.Pattern[str]:
    """The same pattern for Python; use its `search`.

    Raises:
        ValueError: the pattern is wrong, or says what cannot be said in Python; the text says what.
    """
    try:
        return re.compile(_Reader(pattern).translated(), re.ASCII)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"the pattern {pattern!r} is wrong or has no equivalent: {error}") from None


class _Reader:
    """One pass over a pattern."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.at = 0
        self.groups: list[bool] = []  # whether each open group only looks, and takes nothing
        self.looked = -1  # where the last part ended that only looks, and cannot be repeated

    def refuse(self, what: str) -> ValueError:
        return ValueError(f"the pattern {self.pattern!r} has {what} at character {self.at + 1}")

    def translated(self) -> str:
        parts: list[str] = []
        while self.at < len(self.pattern):
            parts.append(self.term())
        return "".join(parts)

    def term(self) -> str:
        char = self.pattern[self.at]
        if char == "(":
            return self.group()
        if char == "[":
            return self.group_of_characters()
        if char == "\\":
            return self.escape()
        if char in "*+?{":
            return self.quantifier()
        self.at += 1
        if char == ")" and self.groups and self.groups.pop():
            self.looked = self.at
        if char in ")|^":
            return char
        if char == "$":
            return r"\Z"
        if char == ".":
            return r"[^\n\r\u2028\u2029]"
        return re.escape(char)

    def group(self) -> str:
        match = _GROUP.match(self.pattern, self.at)
        if match is None or (match.group() == "(" and self.pattern.startswith("(?", self.at)):
            raise self.refuse("an unknown kind of group")
        self.at = match.end()
        self.groups.append(match.group() in {"(?=", "(?!", "(?<=", "(?<!"})
        return f"(?P<{match['name']}>" if match["name"] else match.group()

    def quantifier(self) -> str:
        match = _QUANTIFIER.match(self.pattern, self.at)
        if match is None or self.at in {0, self.looked}:
            raise self.refuse("a quantifier with nothing to repeat")
        self.at = match.end()
        if self.pattern.startswith(("+", "*", "?"), self.at):
            raise self.refuse("a quantifier after a quantifier")
        return match.group()

    def escape(self) -> str:
        following = self.pattern[self.at + 1 : self.at + 2]
        if following and following in "dDwW":
            self.at += 2
            return f"\\{following}"
        if following and following in "bB":
            self.at += 2
            self.looked = self.at
            # Python's own \B does not match in an empty text before version 3.14.
            return r"\b" if following == "b" else r"(?!\b)"
        if following and following in "sS":
            self.at += 2
            return f"[{'^' if following == 'S' else ''}{_SPACE}]"
        return re.escape(self.character())

    def character(self) -> str:
        """One character, escaped or not; the reader stands behind it then."""
        if self.pattern[self.at] != "\\":
            self.at += 1
            return self.pattern[self.at - 1]
        following = self.pattern[self.at + 1 : self.at + 2]
        match = _CODE.match(self.pattern, self.at + 1)
        if match is not None:
            self.at = match.end()
            return self.code(match)
        if following in _CONTROLS:
            self.at += 2
            return _CONTROLS[following]
        if not following or following.isalnum():
            raise self.refuse(f"the escape \\{following}, which has no equivalent")
        self.at += 2
        return following

    def code(self, match: re.Match[str]) -> str:
        two, four, braces, control, _ = match.groups()
        if control:
            return chr(ord(control) % 32)
        number = int(two or four or braces or "0", 16)
        if four and 0xD800 <= number < 0xDC00:
            low = re.compile(r"\\u(d[c-f][0-9a-f]{2})", re.IGNORECASE).match(self.pattern, self.at)
            if low is not None:
                self.at = low.end()
                number = 0x10000 + ((number - 0xD800) << 10) + int(low[1], 16) - 0xDC00
        if number > 0x10FFFF:
            raise self.refuse("a code point beyond Unicode")
        return chr(number)

    def group_of_characters(self) -> str:
        self.at += 1
        negated = self.pattern.startswith("^", self.at)
        self.at += negated
        items: list[str] = []
        while not self.pattern.startswith("]", self.at):
            if self.at >= len(self.pattern):
                raise self.refuse("a class of characters without its end")
            items.append(self.item())
        self.at += 1
        for one, other in ((r"\d", r"\D"), (r"\w", r"\W"), (_SPACE, "S")):
            if one in items and other in items:
                items = [r"\d\D"]
        if "S" in items:
            if items != ["S"]:
                raise self.refuse("\\S among other characters of a class, which has no equivalent")
            negated, items = not negated, [_SPACE]
        if not items:
            return r"[\d\D]" if negated else r"(?!)"
        return f"[{'^' if negated else ''}{''.join(items)}]"

    def item(self) -> str:
        """A character, a range or an escaped class; `S` alone stands for what is no space."""
        following = self.pattern[self.at + 1 : self.at + 2]
        if self.pattern[self.at] == "\\" and following and following in "dDwWsS":
            self.at += 2
            return {"s": _SPACE, "S": "S"}.get(following, f"\\{following}")
        if self.pattern.startswith("\\b", self.at):
            self.at += 2
            return r"\x08"
        low = self.character()
        if self.pattern.startswith("-", self.at) and not self.pattern.startswith("-]", self.at):
            self.at += 1
            if self.at >= len(self.pattern) or re.match(r"\\[dDwWsS]", self.pattern[self.at :]):
                raise self.refuse("a range without an end")
            return f"{_literal(low)}-{_literal(self.character())}"
        return _literal(low)


def _literal(char: str) -> str:
    return f"\\x{ord(char):02x}" if ord(char) < 0x80 else re.escape(char)

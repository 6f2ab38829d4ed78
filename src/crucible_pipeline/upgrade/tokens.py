"""JavaScript and TypeScript as tokens, as far as string literals need it (ECMAScript, section 12). Pure."""

import re
from dataclasses import dataclass
from enum import Enum


class Kind(Enum):
    """What a token is; regular expressions and numbers are `OTHER`."""

    NAME = "name"
    STRING = "string"
    TEMPLATE = "template"
    SIGN = "sign"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Token:
    """One token.

    Args:
        kind: what it is.
        text: as written; of a string its content, of a template with `{}` for what is filled in.
        start: its offset.
    """

    kind: Kind
    text: str
    start: int


_SPACE = re.compile(r"\s+|//[^\n]*|/\*.*?(?:\*/|\Z)", re.DOTALL)
_NAME = re.compile(r"[A-Za-z_$][\w$]*")
_STRING = re.compile(r"\"((?:[^\"\\\n]|\\.)*)\"|'((?:[^'\\\n]|\\.)*)'", re.DOTALL)
_NUMBER = re.compile(r"\d[\w.]*")
_REGEX = re.compile(r"/(?![*/])(?:[^/\\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+/[a-z]*")
_SIGN = re.compile(r"===|!==|==|!=|=>|\|\||&&|\?\?|\?\.|\.\.\.|.", re.DOTALL)
_PIECE = re.compile(r"(?:[^`\\$]|\\.|\$(?!\{))*", re.DOTALL)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
# After these a slash divides; after anything else it begins a regular expression.
_ENDS_A_VALUE = frozenset(")]}")
_BEFORE_A_VALUE = frozenset({"return", "case", "typeof", "in", "of", "await", "yield", "else", "do"})
_MAX_DEPTH = 50


def tokens(text: str) -> list[Token]:
    """The tokens of a file; what stands inside the holes of a template follows it.

    Raises:
        RecursionError: templates are nested too deeply.
    """
    found: list[Token] = []
    _read(text, 0, found, 0)
    return found


def _read(text: str, position: int, found: list[Token], depth: int) -> int:
    """Read on, inside a template's hole to the brace that closes it; gives the offset behind."""
    if depth > _MAX_DEPTH:
        raise RecursionError
    open_braces = 0
    while position < len(text):
        space = _SPACE.match(text, position)
        if space is not None:
            position = space.end()
            continue
        if text[position] == "`":
            position = _template(text, position, found, depth)
            continue
        token, position = _one(text, position, found[-1] if found else None)
        open_braces += {"{": 1, "}": -1}.get(token.text, 0) if token.kind is Kind.SIGN else 0
        if depth and open_braces < 0:
            return position
        found.append(token)
    return position


def _one(text: str, start: int, before: Token | None) -> tuple[Token, int]:
    string = _STRING.match(text, start)
    if string is not None:
        content = string[1] if string[1] is not None else string[2]
        return Token(Kind.STRING, _plain(content), start), string.end()
    name = _NAME.match(text, start)
    if name is not None:
        return Token(Kind.NAME, name[0], start), name.end()
    other = _NUMBER.match(text, start)
    if other is None and text[start] == "/" and not _is_value(before):
        other = _REGEX.match(text, start)
    if other is not None:
        return Token(Kind.OTHER, other[0], start), other.end()
    sign = _SIGN.match(text, start)
    written = sign[0] if sign is not None else text[start]
    return Token(Kind.SIGN, written, start), start + len(written)


def _is_value(token: Token | None) -> bool:
    if token is None:
        return False
    if token.kind is Kind.SIGN:
        return token.text in _ENDS_A_VALUE
    return not (token.kind is Kind.NAME and token.text in _BEFORE_A_VALUE)


def _template(text: str, start: int, found: list[Token], depth: int) -> int:
    place = len(found)
    said, position = "", start + 1
    while position < len(text):
        piece = _PIECE.match(text, position)
        said += _plain(piece[0]) if piece is not None else ""
        position = piece.end() if piece is not None else position
        if text.startswith("${", position):
            said += "{}"
            # what is filled in stands apart, so that nothing around the template looks like its neighbour
            inside: list[Token] = [Token(Kind.SIGN, ";", position)]
            position = _read(text, position + 2, inside, depth + 1)
            found += inside
        else:
            position += 1
            break
    holes = len(found) > place
    found.insert(place, Token(Kind.TEMPLATE if holes else Kind.STRING, said, start))
    return position


def _plain(text: str) -> str:
    return _ESCAPE.sub(r"\1", text)

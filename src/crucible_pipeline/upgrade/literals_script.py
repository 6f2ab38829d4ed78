"""The string literals of a JavaScript or TypeScript file with what surrounds them, by its tokens. Pure."""

from crucible_pipeline.upgrade.encoding import decode, printable
from crucible_pipeline.upgrade.literal import (
    LOGGERS,
    NOBODY,
    PUBLISHERS,
    STORES,
    SUBSCRIBERS,
    Literal,
    Name,
    Place,
)
from crucible_pipeline.upgrade.tokens import Kind, Token, tokens

_EQUAL = frozenset({"===", "==", "!==", "!="})
_OR = frozenset({"||", "??"})
_NOTHING = Token(Kind.SIGN, "", 0)
# What `typeof` gives.
_TYPES = frozenset({"bigint", "boolean", "function", "number", "object", "string", "symbol", "undefined"})
# A name further away is not looked for, so that no file takes long.
_FAR = 80
# Between a name and the literal, and said about the literal alone.
_ASIDE = frozenset({"as", "const", "readonly"})


def read(content: bytes) -> tuple[Literal, ...]:
    """Every string of a file, texts of log messages and names of modules left out.

    Raises:
        RecursionError: it is nested too deeply.
    """
    return _Reader(printable(decode(content).text)).read()


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = tokens(text)
        self._openers, self._closers = _brackets(self._tokens)

    def read(self) -> tuple[Literal, ...]:
        found: list[Literal] = []
        line, begin, seen = 1, 0, 0
        for index, token in enumerate(self._tokens):
            if token.kind in {Kind.STRING, Kind.TEMPLATE}:
                # offsets only grow, so that lines are counted once
                line += self._text.count("\n", seen, token.start)
                begin, seen = self._text.rfind("\n", 0, token.start) + 1, token.start
                literal = self._literal(index, token, line, token.start - begin + 1)
                found += [literal] if literal is not None else []
        return tuple(found)

    def _at(self, index: int) -> Token:
        return self._tokens[index] if 0 <= index < len(self._tokens) else _NOTHING

    def _sign(self, index: int) -> str:
        token = self._at(index)
        return token.text if token.kind is Kind.SIGN else ""

    def _literal(self, index: int, token: Token, line: int, column: int) -> Literal | None:
        if self._at(index - 1).text in {"from", "import", "require"} or self._called(index) in {
            "import",
            "require",
        }:
            return None
        place, name = self._surroundings(index)
        call = self._called(index)
        if place is Place.ALONE and call:
            if call in LOGGERS or (call in STORES and self._sign(index - 1) == "("):
                return None
            if call in SUBSCRIBERS or (call in PUBLISHERS and self._sign(index - 1) == "("):
                place = Place.SENT
            else:
                place, name = Place.ARGUMENT, Name(call)
        is_template = token.kind is Kind.TEMPLATE
        return Literal(token.text, line, column, place, name, is_template=is_template)

    # the name that a literal has to do with

    def _surroundings(self, index: int) -> tuple[Place, Name]:
        if self._at(index + 1).text == "in" or self._at(index).text in _TYPES:
            return Place.ALONE, NOBODY
        if self._sign(index - 1) in _EQUAL:
            return Place.GIVEN, self._name_before(index - 2)
        if self._sign(index + 1) in _EQUAL:
            return Place.GIVEN, self._name_after(index + 2)
        if self._at(index - 1) == Token(Kind.NAME, "case", self._at(index - 1).start):
            return Place.GIVEN, self._switched(index)
        opener = self._openers[index]
        if self._sign(opener) == "[":
            return self._listed(opener)
        return Place.GIVEN if (name := self._given(index)) != NOBODY else Place.ALONE, name

    def _given(self, index: int) -> Name:
        """`name = "x"`, `name: "x"`, `name: A | "x"`, `name || "x"`, `name = a ? "x" : "y"`."""
        at = index - 1
        while at > index - _FAR and (self._sign(at) in {"|", "("} or self._at(at).kind is Kind.STRING):
            at -= 1  # a union of literals
        sign = self._sign(at)
        if sign in _OR:
            return self._name_before(at - 1)
        if sign == "=":
            return self._assigned(at - 1)
        if sign == ":":
            ternary = self._question(at)
            if ternary is None:
                return self._key(at - 1)
            at, sign = ternary, "?"
        if sign == "?":
            return self._chosen(at)
        return NOBODY

    def _question(self, colon: int) -> int | None:
        """The `?` of `a ? b : c`; none if the colon follows a key, or a name and its type."""
        depth = 0
        for at in range(colon - 1, max(colon - _FAR, -1), -1):
            sign = self._sign(at)
            depth += {")": 1, "]": 1, "}": 1, "(": -1, "[": -1, "{": -1}.get(sign, 0)
            if depth < 0 or (depth == 0 and sign in {",", ";"}):
                return None
            if depth == 0 and sign == "?":
                return at if at != colon - 1 else None  # `name?: type`
        return None

    def _chosen(self, question: int) -> Name:
        """To what a conditional expression gives its value."""
        for at in range(question - 1, max(question - _FAR, -1), -1):
            sign = self._sign(at)
            if sign == "=":
                return self._assigned(at - 1)
            if sign == ":":
                return self._key(at - 1)
            if sign in {";", "{", "}", ",", "=>"}:
                return NOBODY
        return NOBODY

    def _assigned(self, at: int) -> Name:
        """The target before a `=`: `status`, `this.status`, `status: EvaluationStatus`."""
        start = at
        while start > at - _FAR and (
            self._at(start).kind is Kind.NAME or self._sign(start) in {".", "<", ">", "|", "[", "]"}
        ):
            if self._sign(start - 1) == ":" and self._at(start - 2).kind is Kind.NAME:
                return self._name_before(start - 2)
            start -= 1
        return self._name_before(at)

    def _key(self, at: int) -> Name:
        if self._sign(at) == "?":
            at -= 1
        token = self._at(at)
        return Name(token.text) if token.kind in {Kind.NAME, Kind.STRING} else NOBODY

    def _listed(self, opener: int) -> tuple[Place, Name]:
        """`["a", "b"].includes(status)`, `STATUSES = ["a", "b"]`, `new Set(["a", "b"])`."""
        closer = self._closers.get(opener, len(self._tokens))
        if self._sign(closer + 1) == "." and self._at(closer + 2).text in {"includes", "indexOf"}:
            return Place.LISTED, self._name_after(closer + 4)
        at = opener - 1
        while at > opener - _FAR and (
            self._sign(at) in {"(", ".", "<", ">"} or self._at(at).text in {"Set", "new", "freeze", "Object"}
        ):
            at -= 1
        if self._sign(at) == "=":
            return Place.LISTED, self._assigned(at - 1)
        if self._sign(at) == ":":
            return Place.LISTED, self._key(at - 1)
        call = self._called(opener)
        return (Place.SENT, NOBODY) if call in SUBSCRIBERS else (Place.ALONE, NOBODY)

    def _called(self, index: int) -> str:
        """The function whose argument stands there."""
        opener = self._openers[index]
        is_call = self._sign(opener) == "(" and self._at(opener - 1).kind is Kind.NAME
        return self._at(opener - 1).text if is_call else ""

    def _switched(self, index: int) -> Name:
        """The subject of the `switch` around a `case`."""
        opener = self._openers[index]
        if self._sign(opener) != "{" or self._sign(opener - 1) != ")":
            return NOBODY
        return self._name_before(opener - 2)

    def _name_before(self, at: int) -> Name:
        """The name that ends there: `status` of `event.status`, `event["status"]`, `status.trim()`."""
        if self._sign(at) in {")", "!"}:
            return self._name_before(at - 1)
        if self._sign(at) == "(":
            is_method = self._sign(at - 2) in {".", "?."}
            return self._name_before(at - 3) if is_method else self._name_before(at - 1)
        if self._sign(at) == "]" and self._at(at - 1).kind is Kind.STRING:
            return Name(self._at(at - 1).text, self._at(at - 3).text)
        token = self._at(at)
        if token.kind is not Kind.NAME:
            return NOBODY
        if token.text in _ASIDE:
            return NOBODY
        if self._sign(at - 1) == "-":
            return NOBODY  # an attribute such as data-status
        is_member = self._sign(at - 1) in {".", "?."}
        return Name(token.text, self._at(at - 2).text if is_member else "")

    def _name_after(self, at: int) -> Name:
        """The name that begins there, to its last member."""
        owner = ""
        while self._sign(at + 1) in {".", "?."} and self._at(at + 2).kind is Kind.NAME:
            if self._sign(at + 3) == "(":
                break
            owner = self._at(at).text
            at += 2
        token = self._at(at)
        return Name(token.text, owner) if token.kind is Kind.NAME else NOBODY


def _brackets(found: list[Token]) -> tuple[list[int], dict[int, int]]:
    """For each token the index of the bracket around it, -1 for none; and each bracket's partner."""
    around: list[int] = []
    closers: dict[int, int] = {}
    stack: list[int] = []
    for index, token in enumerate(found):
        is_sign = token.kind is Kind.SIGN
        around.append(stack[-1] if stack else -1)
        if is_sign and token.text in {"(", "[", "{"}:
            stack.append(index)
        elif is_sign and token.text in {")", "]", "}"} and stack:
            closers[stack.pop()] = index
    return around, closers

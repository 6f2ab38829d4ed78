"""Names: from keys and file stems to the names of generated code, pure."""

import keyword
import re
from collections.abc import Container
from functools import lru_cache

# Modules that the generated package has besides those of the contract files.
RESERVED_MODULES = frozenset({"channels", "resources", "contract", "_base"})


@lru_cache(maxsize=10_000)
def words(name: str) -> tuple[str, ...]:
    """The words of a name: `HTTPError-v2` → HTTP, Error, v2."""
    spaced = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1 \2", name))
    return tuple(re.findall(r"[^\W_]+", spaced))


def snake(name: str) -> str:
    """snake_case: `evaluationQueued`, `evaluation-queued` → evaluation_queued."""
    return "_".join(words(name)).lower()


def signed(name: str) -> str:
    """The name with the sign of a number in words: `+1` → plus 1, `-1` → minus 1."""
    if len(name) > 1 and name[0] in "+-" and name[1].isdigit():
        return f"{'plus' if name[0] == '+' else 'minus'} {name[1:]}"
    return name


def inline(name: str, declared: Container[str]) -> str:
    """What a type without a name of its own is called, given that of the type around it and the way to it.

    A declared type keeps its name: where `Order` has an inline `status` and there is an `OrderStatus`, the
    inline one is `OrderStatusInline`.
    """
    return f"{name}Inline" if name in declared else name


def pascal(name: str) -> str:
    """PascalCase: `evaluation-status` → EvaluationStatus; a name that begins with a capital stays."""
    if name.isidentifier() and name[0].isupper():
        return name
    return "".join(word[0].upper() + word[1:] for word in words(name))


def upper(name: str) -> str:
    """UPPER_SNAKE_CASE."""
    return snake(name).upper()


def member(value: object) -> str:
    """The member of an enum for a value: `queued` → QUEUED, 3 → VALUE_3, the empty text → EMPTY."""
    if isinstance(value, int):
        return f"VALUE_{value}" if value >= 0 else f"VALUE_MINUS_{-value}"
    name = upper(signed(str(value))) or "EMPTY"
    return name if name.isidentifier() else f"VALUE_{name}"


def is_usable(name: str) -> bool:
    """Whether a name can be written in Python code as it is: an identifier and no keyword."""
    return name.isidentifier() and not keyword.iskeyword(name)


def is_keyword(name: str) -> bool:
    """Whether a property has a name of Python's own grammar, in this spelling or in snake_case."""
    return keyword.iskeyword(name) or keyword.iskeyword(snake(name))


def field(name: str) -> str:
    """The field for a property: its own name wherever Python can write that.

    Else its words in snake_case; `field_` goes before what begins with no letter, and `_` behind a keyword:
    `content-type` → content_type, `2fa` → field_2fa, `@id` → id, `_links` → links, `+1` → plus_1,
    `class` → class_.
    """
    found = name
    if not name.isidentifier() or name.startswith("_"):
        found = snake(signed(name)) or "field"
        found = found if found.isidentifier() else f"field_{found}"
    return f"{found}_" if keyword.iskeyword(found) else found

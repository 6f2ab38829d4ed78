"""HTML as a value, pure: text is escaped wherever it goes, and nothing but this file makes markup of it.

A template engine would do the same; loading one and its template takes a third of the time in which a whole
repository's code is generated.
"""

import html
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

# What no file can hold, what a browser would not show, and what would turn the text around it.
_UNSHOWN = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff]"
)
_ODD = re.compile(f"[&<>\"']|{_UNSHOWN.pattern}")
_UNPLAIN = re.compile("[^A-Za-z0-9_-]")
_OWN = ("id", "href", "d")


@dataclass(frozen=True, slots=True)
class Html:
    """Finished markup.

    Args:
        text: goes into a page as it is; only `tag`, `join` and constants of ours make one.
    """

    text: str


Part: TypeAlias = Html | str | None
NOTHING = Html("")


def tag(name: str, *parts: Part, **attributes: str | int | None) -> Html:
    """An element.

    Args:
        name: of the element.
        parts: markup, texts to escape, and None for nothing.
        attributes: their values are escaped and None leaves one out; `class_` is class, `_` in a name is `-`.
    """
    return Html(f"{_opened(name, attributes)}>{join(parts).text}</{name}>")


def empty(name: str, **attributes: str | int | None) -> Html:
    """An element of SVG that holds nothing; see `tag`."""
    return Html(f"{_opened(name, attributes)}/>")


def join(parts: Iterable[Part], between: str = "") -> Html:
    """Parts one after the other, with a text between them."""
    shown = [part.text if isinstance(part, Html) else escape(part) for part in parts if part is not None]
    return Html(shown[0] if len(shown) == 1 else escape(between).join(shown))


def listed(parts: Iterable[Part], last: str) -> Html:
    """Parts as a sentence lists them: `a, b or c`."""
    found = list(parts)
    if len(found) < 2:
        return join(found)
    return join([join(found[:-1], ", "), f" {last} ", found[-1]])


def escape(text: str) -> str:
    """Text as a page shows it; a character that would not be seen is shown as its code."""
    if _ODD.search(text) is None:
        return text
    return html.escape(_UNSHOWN.sub(lambda found: f"\\u{ord(found[0]):04x}", text))


def anchor(kind: str, *names: str) -> str:
    """An id that a link can name, another one for other names.

    Args:
        kind: what is meant, such as `type`.
        names: any texts.
    """
    return f"{kind}-{'.'.join(_plain(name) for name in names)}"


def _plain(name: str) -> str:
    return _UNPLAIN.sub(lambda found: f"~{ord(found[0]):x}~", name)


def _opened(name: str, attributes: dict[str, str | int | None]) -> str:
    """The start of an element, up to its `>`; what differs from one to the next is not worth keeping."""
    own = "".join(f' {key}="{escape(str(attributes.pop(key)))}"' for key in _OWN if key in attributes)
    return _start(name, tuple(attributes.items())) + own


@lru_cache(maxsize=4096)
def _start(name: str, attributes: tuple[tuple[str, str | int | None], ...]) -> str:
    shown = (
        f' {key.strip("_").replace("_", "-")}="{escape(str(value))}"'
        for key, value in attributes
        if value is not None
    )
    return f"<{name}{''.join(shown)}"


def quoted(text: str) -> str:
    """A text in double quotes, as JSON and JavaScript write it."""
    return json.dumps(text, ensure_ascii=False)

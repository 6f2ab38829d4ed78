"""HTML as a value, pure: text is escaped wherever it goes, and nothing but this file makes markup of it.

A template engine would do the same; loading one and its template takes a third of the time in which a whole
repository's code is generated.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from json.encoder import encode_basestring
from typing import NamedTuple, TypeAlias

# What no file can hold, what a browser would not show, and what would turn the text around it.
_UNSHOWN = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff]"
)
_ODD = re.compile(f"[&<>\"']|{_UNSHOWN.pattern}")
_UNPLAIN = re.compile("[^A-Za-z0-9_-]")
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#x27;"})
_OWN = ("id", "href", "d")


class Html(NamedTuple):
    """Finished markup.

    Args:
        text: goes into a page as it is; only `tag`, `join` and constants of ours make one.
    """

    text: str


Part: TypeAlias = Html | str | None
NOTHING = Html("")
# Only samples hold it: the texts of a contract come into a form when it is cut already.
HOLE = "\ufffe"


def tag(name: str, *parts: Part, **attributes: str | int | None) -> Html:
    """An element.

    Args:
        name: of the element.
        parts: markup, texts to escape, and None for nothing.
        attributes: their values are escaped and None leaves one out; `class_` is class, `_` in a name is `-`.
    """
    return Html(f"{_opened(name, attributes)}>{joined(parts)}</{name}>")


def around(name: str, pieces: Iterable[Html | str], **attributes: str | int | None) -> Iterator[Html]:
    """An element piece by piece, for what is large; see `tag`."""
    yield Html(f"{_opened(name, attributes)}>")
    for piece in pieces:
        yield piece if isinstance(piece, Html) else Html(escape(piece))
    yield Html(f"</{name}>")


@dataclass(frozen=True, slots=True)
class Frame:
    """An element that stands on a page many times: its start is put together once.

    Args:
        opening: up to what `id` and `href` may add.
        closing: its end.
    """

    opening: str
    closing: str

    def __call__(self, *parts: Part, id_: str = "", href: str = "") -> Html:
        """The element around its parts.

        Args:
            parts: see `tag`.
            id_: an anchor, or nothing.
            href: likewise.
        """
        own = f' id="{escape(id_)}"' if id_ else ""
        if href:
            own += f' href="{escape(href)}"'
        return Html(f"{self.opening}{own}>{joined(parts)}{self.closing}")


def frame(name: str, **attributes: str | int | None) -> Frame:
    """An element that has these attributes wherever it stands; see `tag`."""
    return Frame(_opened(name, attributes), f"</{name}>")


@dataclass(frozen=True, slots=True)
class Form:
    """Markup with holes that stands on a page many times: what is around the holes is put together once.

    Args:
        around: what stands before, between and behind the holes.
    """

    around: tuple[str, ...]

    def __call__(self, *parts: Part) -> Html:
        """The markup with one part in each hole; see `tag`."""
        found = [self.around[0]]
        for part, behind in zip(parts, self.around[1:], strict=True):
            found += (part.text if isinstance(part, Html) else escape(part) if part else "", behind)
        return Html("".join(found))


def form(shown: Html) -> Form:
    """Markup in which each `HOLE` is one, as a part or as an attribute."""
    return Form(tuple(shown.text.split(HOLE)))


def empty(name: str, **attributes: str | int | None) -> Html:
    """An element of SVG that holds nothing; see `tag`."""
    return Html(f"{_opened(name, attributes)}/>")


def join(parts: Iterable[Part], between: str = "") -> Html:
    """Parts one after the other, with a text between them."""
    return Html(joined(parts, between))


def joined(parts: Iterable[Part], between: str = "") -> str:
    """The text of `join`."""
    shown = [part.text if isinstance(part, Html) else escape(part) for part in parts if part is not None]
    return shown[0] if len(shown) == 1 else (escape(between) if between else "").join(shown)


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
    return _UNSHOWN.sub(lambda found: f"\\u{ord(found[0]):04x}", text).translate(_ESCAPES)


def anchor(kind: str, *names: str) -> str:
    """An id that a link can name, another one for other names.

    Args:
        kind: what is meant, such as `type`.
        names: any texts.
    """
    return f"{kind}-{'.'.join(_plain(name) for name in names)}"


@lru_cache(maxsize=4096)
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
    return encode_basestring(text)

"""What crucible remembers in its own texts on a forge: HTML comments, which Markdown does not show. Pure.

A forge is the only memory: any machine may run the next upgrade.
"""

import hashlib
import re
from collections.abc import Iterable

_BODY = re.compile(r"<!-- crucible change=([0-9a-f]+) text=([0-9a-f]+)( closed)? -->\n")
_NOTE = "<!-- crucible note={} -->\n"


def change_key(package: str, specifiers: Iterable[str]) -> str:
    """What makes two proposals the same one: they want the same specifiers of the same package."""
    return _digest("\n".join([package, *sorted(set(specifiers))]))


def marked(title: str, body: str, change: str, limit: int) -> str:
    """A body with what has to be remembered about it in front.

    Args:
        title: of the proposal.
        body: Markdown.
        change: of `change_key`.
        limit: characters that the forge takes; the end is cut off.
    """
    text = cut(_clean(body), limit - 200)
    return f"<!-- crucible change={change} text={_digest(_clean(title) + text)} -->\n{text}"


def cut(text: str, limit: int) -> str:
    """A Markdown text of no more than about `limit` characters, without a fence that stays open."""
    if len(text) <= limit:
        return text
    kept = text[:limit].rsplit("\n", 1)[0]
    # an open fence would swallow what follows
    fence = "\n```" if f"\n{kept}".count("\n```") % 2 else ""
    return f"{kept}{fence}\n\n(cut: the forge takes no longer text)"


def change_in(body: str) -> str | None:
    """The change that a body proposes; None where the body is not crucible's."""
    found = _BODY.search(_clean(body) + "\n")
    return found[1] if found is not None else None


def is_edited(title: str, body: str) -> bool:
    """Whether a person changed the title or the body since crucible wrote them."""
    clean = _clean(body) + "\n"
    found = _BODY.match(clean)
    return found is None or found[2] != _digest(_clean(title) + _clean(clean[found.end() :]))


def same(one: str, other: str) -> bool:
    """Whether two texts are the same to a forge, which may change line ends and cut off blanks."""
    return _clean(one) == _clean(other)


def closed(body: str) -> str:
    """The body of a proposal that crucible itself closes."""
    clean = _clean(body) + "\n"
    found = _BODY.search(clean)
    if found is None or found[3]:
        return body
    return _clean(clean[: found.end(2)] + " closed" + clean[found.end(2) :])


def is_closed(body: str) -> bool:
    """Whether crucible itself closed the proposal, no person."""
    found = _BODY.search(_clean(body) + "\n")
    return found is not None and bool(found[3])


def note(kind: str, text: str) -> str:
    """A comment that is found again by its kind."""
    return f"{_NOTE.format(kind)}{_clean(text)}"


def is_note(kind: str, body: str) -> bool:
    """Whether a comment is crucible's of a kind."""
    return (_clean(body) + "\n").startswith(_NOTE.format(kind))


def _clean(text: str) -> str:
    return text.replace("\r\n", "\n").strip()


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:16]

"""What a distribution says of itself, from its core metadata, as the pages show it. Pure.

The metadata is whatever an uploader wrote: each text is bounded, and only web addresses become links.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from email.message import Message
from urllib.parse import urlsplit

from packaging.metadata import parse_email

# Of a description, in characters.
MAX_TEXT = 200_000
MARKDOWN, RST = "text/markdown", "text/x-rst"
MAX_SHORT = 500
MAX_ROWS = 60


@dataclass(frozen=True, slots=True)
class About:
    """The parts that people read.

    Args:
        summary: one line; may be empty, like every text here.
        licence: an SPDX expression, or what older metadata says.
        requires_python: a specifier.
        requires: what it depends on.
        links: label → web address.
        authors: names and addresses.
        keywords: as written.
        description: the README.
        kind: its media type.
    """

    summary: str = ""
    licence: str = ""
    requires_python: str = ""
    requires: tuple[str, ...] = ()
    links: tuple[tuple[str, str], ...] = ()
    authors: str = ""
    keywords: str = ""
    description: str = ""
    kind: str = ""


def about(metadata: bytes) -> About:
    """Read core metadata of any version; what cannot be read is left out.

    Args:
        metadata: a METADATA or PKG-INFO file.
    """
    raw = parse_email(metadata)[0]
    return About(
        summary=_short(raw.get("summary", "")),
        licence=_short(raw.get("license_expression") or raw.get("license", "").split("\n", 1)[0]),
        requires_python=_short(raw.get("requires_python", "")),
        requires=tuple(_short(each) for each in raw.get("requires_dist", [])[:MAX_ROWS]),
        links=_links(raw.get("project_urls", {}), raw.get("home_page", "")),
        authors=_short(
            ", ".join(filter(None, (raw.get("author"), raw.get("author_email"), raw.get("maintainer_email"))))
        ),
        keywords=_short(", ".join(raw.get("keywords", []))),
        description=raw.get("description", "")[:MAX_TEXT],
        kind=media_type(raw.get("description_content_type", "")),
    )


def media_type(content_type: str) -> str:
    """The kind of text that a `Description-Content-Type` names; without one it is reStructuredText.

    Args:
        content_type: as core metadata gives it, with parameters; may be empty.
    """
    if not content_type.strip():
        return RST
    message = Message()
    message["Content-Type"] = content_type
    return message.get_content_type()


def _links(urls: Mapping[str, str], home: str) -> tuple[tuple[str, str], ...]:
    """Those that lead to a web page; `javascript:` and the like do not."""
    rows = [*urls.items(), *([("Home page", home)] if home else [])]
    fit = [(_short(label), url) for label, url in rows if len(url) <= MAX_SHORT and is_web(url)]
    return tuple(fit[:MAX_ROWS])


def is_web(url: str) -> bool:
    """Whether an address is one of a web page."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.netloc) and url.isprintable()


def _short(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= MAX_SHORT else f"{words[:MAX_SHORT]}…"

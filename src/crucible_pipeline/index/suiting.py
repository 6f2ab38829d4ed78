"""Which form of a page, and which headers, suit a client. Pure, and without a web framework."""

from collections.abc import Collection
from dataclasses import dataclass

from crucible_pipeline.index.hot import Hot
from crucible_pipeline.index.negotiate import negotiate


def is_held(if_none_match: str, etags: Collection[str]) -> bool:
    """Whether one of the etags is among those of an `If-None-Match` header."""
    held = {tag.strip().removeprefix("W/") for tag in if_none_match.split(",")}
    return if_none_match.strip() == "*" or not held.isdisjoint(etags)


@dataclass(frozen=True, slots=True)
class Suiting:
    """What suits a client best.

    Args:
        headers: of any answer.
        described: the headers that an answer with the body has besides.
        body: to send.
        etags: whoever holds one of these holds this page.
    """

    headers: dict[str, str]
    described: dict[str, str]
    body: bytes
    etags: tuple[str, ...]


def suiting(hot: Hot, accept: str | None, accept_encoding: str | None) -> Suiting | None:
    """A simple page as a client wants it; None where it wants none of the forms that there are."""
    suits = negotiate(accept)
    if suits is None:
        return None
    form, content_type = suits
    body = hot.forms[form]
    coding = body.coding(accept_encoding)
    headers = {
        "ETag": body.etag_of(coding),
        "Cache-Control": "no-cache",
        "Vary": "Accept, Accept-Encoding",
        "X-Content-Type-Options": "nosniff",
    }
    if hot.serial:
        headers["X-PyPI-Last-Serial"] = str(hot.serial)
    described = {"Content-Type": content_type, **({"Content-Encoding": coding} if coding else {})}
    return Suiting(headers, described, body.sent(coding), body.etags)


def immutable(etag: str, shared: str) -> dict[str, str]:
    """The headers of content that never changes under its address.

    Args:
        etag: without quotes.
        shared: `public`, or `private` where reading needs a token.
    """
    return {
        "ETag": f'"{etag}"',
        "Cache-Control": f"{shared}, max-age=31536000, immutable",
        "X-Content-Type-Options": "nosniff",
    }

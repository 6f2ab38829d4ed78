"""Which form of a page a client asked for: `Accept` and `Accept-Encoding` (RFC 9110, section 12.5). Pure."""

from typing import Literal

Form = Literal["json", "html"]
Coding = Literal["zstd", "gzip"]

JSON = "application/vnd.pypi.simple.v1+json"
HTML = "application/vnd.pypi.simple.v1+html"
# What may be asked for (PEP 691 with its `latest` aliases) → the form, and the content type of the answer.
# Where a client likes several equally, the first here is meant, as for `*/*`: a person with a browser.
OFFERS: dict[str, tuple[Form, str]] = {
    "text/html": ("html", "text/html; charset=utf-8"),
    JSON: ("json", JSON),
    "application/vnd.pypi.simple.latest+json": ("json", JSON),
    HTML: ("html", HTML),
    "application/vnd.pypi.simple.latest+html": ("html", HTML),
}
# The smaller one first.
CODINGS: tuple[Coding, ...] = ("zstd", "gzip")


def negotiate(accept: str | None) -> tuple[Form, str] | None:
    """The form and the content type that suit an `Accept` header best.

    Args:
        accept: the header; None or empty where there was none.

    Returns:
        None where nothing on offer suits (status 406).
    """
    wanted = _weights(accept or "*/*")
    best: tuple[float, tuple[Form, str]] | None = None
    for offer, answer in OFFERS.items():
        weight = _weight(offer, wanted)
        if weight > 0 and (best is None or weight > best[0]):
            best = (weight, answer)
    return best[1] if best else None


def codings(accept_encoding: str | None) -> tuple[Coding, ...]:
    """What an `Accept-Encoding` header allows the answer to be compressed by, the most wanted first.

    None of them may be used where the client likes the plain form better (`identity` with a greater weight).
    """
    wanted = _weights(accept_encoding or "")
    plain = wanted.get("identity", 0.0)
    weights: dict[Coding, float] = {coding: wanted.get(coding, wanted.get("*", 0.0)) for coding in CODINGS}
    allowed: list[Coding] = [coding for coding in CODINGS if weights[coding] > 0 and weights[coding] >= plain]
    return tuple(sorted(allowed, key=lambda coding: -weights[coding]))


def _weight(offer: str, wanted: dict[str, float]) -> float:
    """The most specific of the ranges that cover the offer decides (RFC 9110, section 12.5.1)."""
    if ".latest" in offer:
        # An alias is meant only by name: a wildcard means the type itself.
        return wanted.get(offer, 0.0)
    for media_range in (offer, f"{offer.partition('/')[0]}/*", "*/*"):
        if media_range in wanted:
            return wanted[media_range]
    return 0.0


def _weights(header: str) -> dict[str, float]:
    """Each element of a weighted list with its quality, 0 for one that cannot be read."""
    weights: dict[str, float] = {}
    for element in header.split(","):
        name, *parameters = (part.strip() for part in element.lower().split(";"))
        quality = 1.0
        for parameter in parameters:
            if parameter.startswith("q="):
                try:
                    quality = min(1.0, max(0.0, float(parameter[2:])))
                except ValueError:
                    quality = 0.0
        if name:
            weights[name] = quality
    return weights

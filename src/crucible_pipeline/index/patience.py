"""How long a client waits before it asks again, and when it gives up. Pure."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

# Answers that say "not now" and no more: RFC 6585, section 4, and RFC 9110, sections 15.6.3 to 15.6.5.
NOT_NOW = frozenset({429, 502, 503, 504})
MAX_PAUSE_SECONDS = 120.0
_FIRST_PAUSE_SECONDS = 0.5


def pause(asked: int, retries: int, wanted: str | None, now: datetime) -> float | None:
    """The seconds to wait before the next attempt.

    Args:
        asked: how often it was asked already, at least once.
        retries: how often it may be asked again.
        wanted: what the server says in `Retry-After` (RFC 9110, section 10.2.3).
        now: with a time zone.

    Returns:
        None where there is nothing more to try, or where the server wants to be left alone for longer than
        `MAX_PAUSE_SECONDS`.
    """
    if asked > retries:
        return None
    said = _seconds(wanted, now)
    if said is None:
        return min(_FIRST_PAUSE_SECONDS * 2.0 ** (asked - 1), MAX_PAUSE_SECONDS)
    return said if said <= MAX_PAUSE_SECONDS else None


def _seconds(wanted: str | None, now: datetime) -> float | None:
    """What a `Retry-After` says; None where it says nothing that can be read."""
    text = (wanted or "").strip()
    if text.isascii() and text.isdigit():
        # more digits than a pause can have would take long to read
        return float(text[:9])
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return max(0.0, ((at if at.tzinfo else at.replace(tzinfo=UTC)) - now).total_seconds())

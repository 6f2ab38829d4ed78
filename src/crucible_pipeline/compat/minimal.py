"""A payload without what it can do without; pure."""

from collections.abc import Callable, Iterator
from typing import Final

from crucible_pipeline.contracts.model import JsonValue

MAX_TRIED: Final = 200


def smallest(
    payload: JsonValue, shows: Callable[[JsonValue], bool], kept: frozenset[str] = frozenset()
) -> JsonValue:
    """The payload less every property and item whose absence leaves it what it is.

    Args:
        payload: shows something.
        shows: whether another one shows it too.
        kept: names of properties that stay, for they are what is shown; where there are some, no list becomes
            empty either.

    Returns:
        A payload from which nothing more can be dropped, or what was reached after `MAX_TRIED` tries.
    """
    left = MAX_TRIED
    found = True
    while found:
        found = False
        for smaller in _smaller(payload, kept):
            left -= 1
            if left < 0:
                return payload
            if shows(smaller):
                payload, found = smaller, True
                break
    return payload


def _smaller(payload: JsonValue, kept: frozenset[str]) -> Iterator[JsonValue]:
    """The payloads that lack one property or item, the largest part first."""
    if isinstance(payload, dict):
        for name in payload:
            if name not in kept:
                yield {other: inner for other, inner in payload.items() if other != name}
        for name, inner in payload.items():
            yield from ({**payload, name: less} for less in _smaller(inner, kept))
    elif isinstance(payload, list):
        for index in range(len(payload)):
            if len(payload) > 1 or not kept:
                yield [*payload[:index], *payload[index + 1 :]]
        for index, inner in enumerate(payload):
            yield from ([*payload[:index], less, *payload[index + 1 :]] for less in _smaller(inner, kept))

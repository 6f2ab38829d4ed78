"""What an upgrade means for a service as a whole. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from crucible_pipeline.upgrade.impact import Hit


class Kind(StrEnum):
    """Who has to do something."""

    SAFE = "safe"
    FIXABLE = "fixable"
    NEEDS_A_PERSON = "needs a person"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the hits of a service come to.

    Args:
        kind: safe: it uses nothing that changed; fixable: each use that breaks has a rewriting.
        fixable: the uses that a rewriting changes.
        for_a_person: the uses that break and have none.
    """

    kind: Kind
    fixable: tuple[Hit, ...] = ()
    for_a_person: tuple[Hit, ...] = ()


def verdict(hits: Iterable[Hit]) -> Verdict:
    """Judge a service by what an upgrade changes in it."""
    found = tuple(hits)
    fixable = tuple(hit for hit in found if hit.is_fixable)
    left = tuple(hit for hit in found if hit.breaks and not hit.is_fixable)
    kind = Kind.NEEDS_A_PERSON if left else Kind.FIXABLE if fixable else Kind.SAFE
    return Verdict(kind, fixable, left)


def why(hit: Hit) -> str:
    """Why no rewriting is known for a use, in words."""
    if hit.cause.instead and hit.is_text:
        return f"it is a text, perhaps {hit.cause.instead} is meant"
    if hit.cause.instead:
        return f"the name is not written there; it is called {hit.cause.instead} now"
    return hit.cause.change.message

"""What two sides say in the same words: such schemas need no proof; pure."""

from crucible_pipeline.compat.merge import fingerprint
from crucible_pipeline.compat.normal import Side
from crucible_pipeline.compat.sequent import Claim, conditions, parts
from crucible_pipeline.contracts.model import Schema


class Alike:
    """Texts of schemas and their parts, each made once.

    Args:
        one: a side.
        other: the other side.
    """

    def __init__(self, one: Side, other: Side) -> None:
        self._same = _same_types(one, other)
        # By identity; the schema itself is kept, so that its identity stays taken.
        self._texts: dict[tuple[int, int], tuple[Schema, str]] = {}
        self._parts: dict[tuple[int, str], tuple[Schema, tuple[Schema, ...]]] = {}
        self._conditions: dict[tuple[int, str], tuple[Schema, tuple[Schema, ...]]] = {}

    def text(self, claim: Claim) -> str:
        """A text that two claims share only if they accept the same payloads."""
        name = (id(claim.side), id(claim.schema))
        known = self._texts.get(name)
        if known is None:
            text = fingerprint(claim.schema, words=False)
            refers = {inner.ref for inner in claim.schema.walk() if inner.ref is not None}
            if not refers <= self._same:
                text = f"{id(claim.side)} {text}"
            known = self._texts[name] = (claim.schema, text)
        return known[1]

    def parts(self, schema: Schema, kind: str) -> tuple[Schema, ...]:
        """See `sequent.parts`."""
        known = self._parts.get((id(schema), kind))
        if known is None:
            known = self._parts[id(schema), kind] = (schema, parts(schema, kind))
        return known[1]

    def conditions(self, schema: Schema, kind: str) -> tuple[Schema, ...]:
        """See `sequent.conditions`."""
        known = self._conditions.get((id(schema), kind))
        if known is None:
            known = self._conditions[id(schema), kind] = (schema, conditions(schema, kind))
        return known[1]


def _same_types(one: Side, other: Side) -> set[str]:
    """The types that both sides define in the same words, with all that they refer to."""
    olds, news = one.contract.types, other.contract.types
    same = {
        name
        for name in olds.keys() & news.keys()
        if fingerprint(olds[name].schema, words=False) == fingerprint(news[name].schema, words=False)
    }
    refers = {name: {inner.ref for inner in olds[name].schema.walk() if inner.ref} for name in same}
    while gone := {name for name in same if not refers[name] <= same}:
        same -= gone
    return same

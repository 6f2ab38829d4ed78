"""What two sides say in the same words: such schemas need no proof; pure."""

from collections.abc import Iterable
from operator import attrgetter

from crucible_pipeline.compat.merge import UNEVALUATED, Known, fingerprint, said
from crucible_pipeline.compat.normal import Side
from crucible_pipeline.compat.sequent import Claim, conditions, parts
from crucible_pipeline.contracts.model import Schema, Value

# With these a schema of the same text may still mean something else, where a type that it names changed.
_LOOKING_AROUND = ("not_", "if_", "one_of", "contains", "dependent_schemas", "all_of", *UNEVALUATED)


class Alike:
    """Texts of schemas and their parts, each made once.

    Args:
        one: a side.
        other: the other side.
    """

    def __init__(self, one: Side, other: Side) -> None:
        # By identity; the schema itself is kept, so that its identity stays taken.
        self._texts: dict[tuple[int, int], tuple[Schema, str]] = {}
        self._words: Known = {}
        self._said: Known = {}
        self._same = _same_types(one, other, self._said)
        self._meanings: dict[int, tuple[Schema, tuple[frozenset[str], bool]]] = {}
        self._parts: dict[tuple[int, str], tuple[Schema, tuple[Schema, ...]]] = {}
        self._conditions: dict[tuple[int, str], tuple[Schema, tuple[Schema, ...]]] = {}

    def text(self, claim: Claim) -> str:
        """A text that two claims share only if they accept the same payloads."""
        name = (id(claim.side), id(claim.schema))
        known = self._texts.get(name)
        if known is None:
            text = fingerprint(claim.schema, words=False, known=self._said)
            refers = {inner.ref for inner in claim.schema.walk() if inner.ref is not None}
            if not refers <= self._same:
                text = f"{id(claim.side)} {text}"
            known = self._texts[name] = (claim.schema, text)
        return known[1]

    def unchanged(self, names: frozenset[str]) -> bool:
        """Whether both sides define these types in the same words, with all that they refer to."""
        return names <= self._same

    def same_words(self, one: Schema, other: Schema) -> bool:
        """Whether two schemas say the same, whatever the order of keys and of alternatives."""
        words = self._words
        return _equal(one, other) or fingerprint(one, known=words) == fingerprint(other, known=words)

    def meaning(self, schema: Schema) -> tuple[frozenset[str], bool]:
        """The types that a schema refers to, and whether it means the same whatever they are."""
        known = self._meanings.get(id(schema))
        if known is None:
            inside = list(schema.walk())
            refers = frozenset(inner.ref for inner in inside if inner.ref is not None)
            plain = not refers or not any(said(inner, name) for inner in inside for name in _LOOKING_AROUND)
            known = self._meanings[id(schema)] = (schema, (refers, plain))
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


_VALUES = attrgetter("enum", "examples", "const", "default")
_NO_VALUES = _VALUES(Schema())


def _equal(one: Schema, other: Schema) -> bool:
    """Whether two schemas are plainly the same, the order of keys and values included."""
    try:
        if one != other:
            return False
    except RecursionError:
        return False
    # For Python 1 is true, so that values are compared as they are written.
    return all(
        mine == _NO_VALUES or _written(mine) == _written(theirs)
        for mine, theirs in zip(map(_VALUES, one.walk()), map(_VALUES, other.walk()), strict=True)
    )


def _written(values: Iterable[object]) -> str:
    return repr([value.json if isinstance(value, Value) else value for value in values])


def _same_types(one: Side, other: Side, texts: Known) -> set[str]:
    """The types that both sides define in the same words, with all that they refer to."""
    olds, news = one.contract.types, other.contract.types
    same = {
        name
        for name in olds.keys() & news.keys()
        if _equal(olds[name].schema, news[name].schema)
        or fingerprint(olds[name].schema, words=False, known=texts)
        == fingerprint(news[name].schema, words=False, known=texts)
    }
    users: dict[str, set[str]] = {}
    for name in same:
        for inner in olds[name].schema.walk():
            if inner.ref is not None:
                users.setdefault(inner.ref, set()).add(name)
    todo = [name for name in users if name not in same]
    while todo:
        gone = users.get(todo.pop(), set()) & same
        same -= gone
        todo += gone
    return same

"""The way through two contracts, side by side: every row looks at every place that both have."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from crucible_pipeline.compat.change import WIRE, Direction
from crucible_pipeline.compat.contain import Search
from crucible_pipeline.compat.heirs import heirs
from crucible_pipeline.compat.merge import ASSERTIONS, SINGLE, UNEVALUATED, said
from crucible_pipeline.compat.normal import Side, bare
from crucible_pipeline.compat.rule import Finding, Place, Rule, Step, anything
from crucible_pipeline.compat.rules_objects import never
from crucible_pipeline.compat.sequent import EMPTY, Answer, Claim
from crucible_pipeline.compat.table import SCHEMA_RULES, UNDECIDED_RULE
from crucible_pipeline.compat.values import key
from crucible_pipeline.contracts.model import Contract, Schema
from crucible_pipeline.contracts.sparse import changed

# Adversarial schemas end here, undecided; a real contract of a thousand types needs some ten thousand.
MAX_COMPARED = 100_000
MAX_DEPTH = 100
_TOO_MUCH = "the schemas are too large or too deep to be compared, which counts as a break"


@dataclass(frozen=True, slots=True)
class Found:
    """A finding with the row and the place it came from; None for a row about the whole."""

    rule: Rule[Any]
    place: Place | None
    finding: Finding

    def breaks(self) -> tuple[Direction, ...]:
        """The directions broken, whether they count or not."""
        return self.rule.breaks if self.finding.breaks is None else self.finding.breaks


class Walk:
    """Goes through two contracts side by side.

    Args:
        old: the base.
        new: what is judged.
        strict: as in `contain.Search`.
    """

    def __init__(self, old: Contract, new: Contract, *, strict: bool = False) -> None:
        self.old = Side(old)
        self.new = Side(new)
        self.strict = strict
        self.heirs = heirs(old, new)
        self.search = Search(self.old, self.new, strict=strict, told_apart=self.same_type)
        self.roots: list[Place] = []
        self._left = MAX_COMPARED
        # Pairs being compared: a pair met again inside itself holds if all the rest does (coinduction).
        self._inside: set[tuple[int, int]] = set()
        # By identity; the schemas are kept, so that their identities stay taken.
        self._known: dict[tuple[int, int, str], tuple[Schema, Schema, Answer]] = {}
        self._spread: dict[int, tuple[Schema, Schema]] = {}

    def plainly_equal(self, old: Schema, new: Schema) -> bool:
        """Whether two schemas say the same in the same words, and nothing that they refer to matters here."""
        if not self.search.alike.same_words(old, new):
            return False
        refers, plain = self.search.alike.meaning(old)
        if self.search.alike.unchanged(refers):
            return True
        return plain and all(self.same_type(name, name) for name in refers)

    def same_type(self, old: str, new: str) -> bool:
        """Whether two names of types mean the same type, by name or by declared renaming."""
        return self.heirs.types.get(old) == new

    def difference(self, old: Schema, new: Schema, way: Direction) -> Answer:
        """A payload that shows a break in a direction, the proof that there is none, or neither.

        Args:
            old: a schema of the base.
            new: of what is judged.
            way: `backward` or `forward`.
        """
        before, after = Claim(self.old, old), Claim(self.new, new)
        pair = (id(old), id(new), way)
        known = self._known.get(pair)
        if known is None:
            ordered = (before, after) if way == "backward" else (after, before)
            known = self._known[pair] = (old, new, self.search.difference(*ordered))
        return known[2]

    def broken(self, old: Schema, new: Schema) -> frozenset[Direction]:
        """The wire directions in which the two schemas' payloads are not shown to contain each other."""
        return frozenset(way for way in WIRE if self.difference(old, new, way) is not EMPTY)

    def root(self, place: Place) -> Iterator[Found]:
        """Everything that the rows find in a whole message."""
        self.roots.append(place)
        yield from self.compare(place)

    def compare(self, here: Place) -> Iterator[Found]:
        """Everything that the rows find at a place and inside it."""
        self._left -= 1
        pair = (id(here.old), id(here.new))
        if pair in self._inside or self.plainly_equal(here.old, here.new):
            return
        if self._left < 0 or len(self._inside) > MAX_DEPTH:
            yield Found(UNDECIDED_RULE, here, Finding(_TOO_MUCH))
            return
        self._inside.add(pair)
        try:
            yield from self._parts(here)
        finally:
            self._inside.discard(pair)

    def _parts(self, raw: Place) -> Iterator[Found]:
        old, new = self.old.normal(raw.old), self.new.normal(raw.new)
        here = replace(raw, old=old, new=new, counts=counted(raw, old, new))
        yield from _run(here)
        if bare(old) and bare(new) and self.same_type(old.ref or "", new.ref or ""):
            return  # what changed inside the type is told once, at the type
        if not self._same_references(old, new):
            old, new = self.old.expanded(raw.old), self.new.expanded(raw.new)
        here = replace(here, part="core", old=old, new=new)
        if any(said(form, name) for form in (old, new) for name in UNEVALUATED):
            yield from _run(here)
            return
        yield from self._rest(here)
        if bool(old.any_of) is bool(new.any_of):
            yield from self._core(here)
        if old.any_of and new.any_of:
            yield from self._union(here, Schema(any_of=old.any_of), Schema(any_of=new.any_of))
        elif old.any_of or new.any_of:
            yield from self._uneven(here)

    def _same_references(self, old: Schema, new: Schema) -> bool:
        if bare(old) or bare(new):
            return False
        befores, afters = ([item.ref for item in form.all_of if item.ref is not None] for form in (old, new))
        kept = {self.heirs.types.get(name or "") for name in befores}
        return kept == set(afters)

    def _rest(self, here: Place) -> Iterator[Found]:
        """What of `allOf` could not be merged: equal parts are equal, the others undecided."""
        olds = [item for item in here.old.all_of if item.ref is None]
        news = [item for item in here.new.all_of if item.ref is None]
        if not self._same_references(here.old, here.new):
            # references in a circle: they say nothing, or nothing can be said about them
            olds, news = list(here.old.all_of), list(here.new.all_of)
        left = [one for one in olds if not any(self.same(one, other) for other in news)]
        right = [one for one in news if not any(self.same(other, one) for other in olds)]
        if len(left) == len(right) == 1:
            yield from self.compare(replace(here, old=left[0], new=right[0]))
        elif left or right:
            rest = replace(here, part="rest", old=Schema(all_of=tuple(left)), new=Schema(all_of=tuple(right)))
            yield from _run(rest)

    def _core(self, here: Place) -> Iterator[Found]:
        old, new = (changed(form, all_of=(), any_of=(), ref=None) for form in (here.old, here.new))
        core = replace(here, old=old, new=new, old_atoms=self.old.atoms(old), new_atoms=self.new.atoms(new))
        yield from _run(core)
        if core.shares("object"):
            yield from self._properties(core)
        if core.shares("array"):
            yield from self._items(core)

    def _properties(self, core: Place) -> Iterator[Found]:
        old, new = core.old, core.new
        for name in old.properties:
            if name in new.properties:
                yield from self.compare(
                    replace(
                        self._inner(core, f".{name}", Step("property", name)),
                        old=old.properties[name],
                        new=new.properties[name],
                        mark=new.properties[name].mark,
                        optional=name not in new.required,
                    )
                )
        before, after = old.additional_properties, new.additional_properties
        if not never(before) and not never(after) and (before is not None or after is not None):
            inner = self._inner(core, ".*", Step("additional"))
            yield from self.compare(replace(inner, old=anything(before), new=anything(after)))
        if old.property_names is not None or new.property_names is not None:
            inner = self._inner(core, ".(name)", Step("name"))
            yield from self.compare(
                replace(inner, old=anything(old.property_names), new=anything(new.property_names))
            )
        if set(old.pattern_properties) == set(new.pattern_properties):
            for pattern, schema in old.pattern_properties.items():
                inner = self._inner(core, f".{pattern}", Step("pattern", pattern))
                yield from self.compare(replace(inner, old=schema, new=new.pattern_properties[pattern]))

    def _items(self, core: Place) -> Iterator[Found]:
        old, new = core.old, core.new
        fixed = max(len(old.prefix_items), len(new.prefix_items))
        for index in range(fixed + 1):
            before, after = (
                form.prefix_items[index] if index < len(form.prefix_items) else form.items
                for form in (old, new)
            )
            if before is not None or after is not None:
                suffix = f"[{index}]" if index < fixed else "[]"
                inner = self._inner(core, suffix, Step("item", index=index))
                yield from self.compare(replace(inner, old=anything(before), new=anything(after)))

    def _inner(self, core: Place, suffix: str, step: Step) -> Place:
        return replace(
            core,
            part="whole",
            element=core.element + suffix,
            steps=(*core.steps, step),
            optional=False,
            old_atoms=frozenset(),
            new_atoms=frozenset(),
        )

    def _union(self, here: Place, old: Schema, new: Schema) -> Iterator[Found]:
        left = [one for one in old.any_of if not any(self.same(one, other) for other in new.any_of)]
        right = [one for one in new.any_of if not any(self.same(other, one) for other in old.any_of)]
        if len(left) == len(right) == 1:
            lost = all("backward" in self.broken(left[0], other) for other in new.any_of)
            gained = all("forward" in self.broken(other, right[0]) for other in old.any_of)
            kept: set[Direction] = {"source"}
            kept |= {"backward"} if lost else set()
            kept |= {"forward"} if gained else set()
            for found in self.compare(replace(here, part="whole", old=left[0], new=right[0])):
                breaks: tuple[Direction, ...] = tuple(way for way in found.breaks() if way in kept)
                yield replace(found, finding=replace(found.finding, breaks=breaks))
            return
        yield from _run(
            replace(
                here,
                part="union",
                old=old,
                new=new,
                old_atoms=self.old.atoms(old),
                new_atoms=self.new.atoms(new),
            )
        )

    def _uneven(self, here: Place) -> Iterator[Found]:
        """Alternatives on one side only, where the other may say the same in one schema."""
        olds, news = self._spread_out(self.old, here.old), self._spread_out(self.new, here.new)
        if not any(self.same(one, other) for one in olds.any_of for other in news.any_of):
            opened = replace(here, old=self._opened(self.old, olds), new=self._opened(self.new, news))
            if not opened.old.any_of and not opened.new.any_of:
                yield from self._rest(opened)
                yield from self._core(opened)
                return
        yield from self._union(here, olds, news)

    def _opened(self, side: Side, union: Schema) -> Schema:
        """Alternatives with what they refer to written out, as one schema where one can say it."""
        known = self._spread.get(id(union))
        if known is None:
            written = Schema(any_of=tuple(side.expanded(branch) for branch in union.any_of))
            known = self._spread[id(union)] = (union, side.normal(written))
        return known[1]

    def _spread_out(self, side: Side, form: Schema) -> Schema:
        """A form as alternatives: each holds what the form says beside its `anyOf`."""
        known = self._spread.get(id(form))
        if known is None:
            core = changed(form, any_of=())
            branches = tuple(side.normal(Schema(all_of=(core, branch))) for branch in form.any_of)
            known = self._spread[id(form)] = (form, Schema(any_of=branches or (core,)))
        return known[1]

    def same(self, old: Schema, new: Schema) -> bool:
        """Whether two schemas accept the same payloads because they say the same."""
        pair = (id(old), id(new))
        if pair in self._inside:
            return True
        self._left -= 1
        if self._left < 0 or len(self._inside) > MAX_DEPTH:
            return False
        self._inside.add(pair)
        try:
            one, other = self.old.normal(old), self.new.normal(new)
            if one.ref is not None or other.ref is not None:
                one, other = self.old.expanded(old), self.new.expanded(new)
            return all(self._same_part(getattr(one, name), getattr(other, name), name) for name in ASSERTIONS)
        finally:
            self._inside.discard(pair)

    def _same_set(self, old: tuple[Schema, ...], new: tuple[Schema, ...]) -> bool:
        """Whether each schema has its own like on the other side: in `oneOf` twice the same is not once."""
        left = list(new)
        for one in old:
            like = next((at for at, other in enumerate(left) if self.same(one, other)), None)
            if like is None:
                return False
            del left[like]
        return True

    def _same_part(self, old: Any, new: Any, name: str) -> bool:
        if name in SINGLE:
            return old is new if None in (old, new) else self.same(old, new)
        if name in {"all_of", "any_of", "one_of"}:
            return len(old) == len(new) and self._same_set(old, new)
        if name == "prefix_items":
            return len(old) == len(new) and all(map(self.same, old, new))
        if name in {"properties", "pattern_properties", "dependent_schemas"}:
            return set(old) == set(new) and all(self.same(old[inner], new[inner]) for inner in old)
        if name == "enum" and old is not None and new is not None:
            return {key(value) for value in old} == {key(value) for value in new}
        return bool(old == new)


def _run(place: Place) -> Iterator[Found]:
    for rule in SCHEMA_RULES:
        for finding in rule.find(place):
            yield Found(rule, place, finding)


def counted(here: Place, old: Schema, new: Schema) -> frozenset[Direction]:
    """The wire directions that count from here on: of either statement, until both say the same."""
    said_by: dict[str, frozenset[Direction]] = {
        "input": frozenset({"backward"}),
        "output": frozenset({"forward"}),
    }
    return said_by.get(old.direction, here.counts) | said_by.get(new.direction, here.counts)

"""Containment: a payload that one schema accepts and another rejects, or the proof that there is none.

The search takes both schemas apart, as a proof in sequents does: an alternative on the left, or a
conjunction on the right, splits it; what is left are keywords about one kind of value, which the
neighbouring modules decide. A question met again inside a part of the payload holds: a smallest payload
would have answered it already.
"""

from collections.abc import Callable
from typing import Final

from crucible_pipeline.compat import contain_arrays, contain_numbers, contain_objects, contain_texts
from crucible_pipeline.compat.alike import Alike
from crucible_pipeline.compat.branch import Branch, refused, satisfied
from crucible_pipeline.compat.normal import Side, closed
from crucible_pipeline.compat.sequent import (
    EMPTY,
    KINDS,
    UNDECIDED,
    Answer,
    Claim,
    Found,
    allows,
    either,
    evaluated,
)
from crucible_pipeline.compat.values import atom, key
from crucible_pipeline.contracts.model import JsonValue, Schema

MAX_STEPS: Final = 4_000
MAX_STEPS_IN_ALL: Final = 400_000
MAX_NESTED: Final = 30
_Key = tuple[int, frozenset[tuple[int, int, bool]], frozenset[tuple[int, int, bool]]]


class Search:
    """Searches between two contracts.

    Args:
        one: a side.
        other: the other side.
        strict: whether an object also holds what nobody names; else a property that only one side names is
            not sent by the other one, as schema registries have it.
        told_apart: whether two names of types, of `one` and of `other`, mean one type whose differences are
            told at the type itself. Inside a payload such a pair is then taken as contained.
    """

    def __init__(
        self, one: Side, other: Side, *, strict: bool, told_apart: Callable[[str, str], bool] | None = None
    ) -> None:
        self.strict = strict
        self._one = one
        self._told_apart = told_apart
        self._facing = one
        self.alike = Alike(one, other)
        self._left_in_all = MAX_STEPS_IN_ALL
        self._left = 0
        self._known: dict[_Key, tuple[Answer, tuple[Claim, ...]]] = {}
        # What one difference did not decide; the next one has steps of its own.
        self._open: dict[_Key, tuple[Answer, tuple[Claim, ...]]] = {}
        self._inside: dict[_Key, int] = {}
        # `EMPTY` if the question at that depth is: what was answered on its assumption.
        self._resting: dict[_Key, int] = {}
        self._kept: dict[_Key, tuple[Claim, ...]] = {}
        self._lowest = MAX_NESTED + 1

    def difference(self, likes: Claim, refuses: Claim) -> Answer:
        """A payload that one schema accepts and the other rejects.

        Returns:
            A payload that both validators have confirmed, `EMPTY`, or `UNDECIDED`.
        """
        self._left = min(MAX_STEPS, self._left_in_all)
        self._left_in_all -= self._left
        self._facing = likes.side
        self._open.clear()
        self._resting.clear()
        self._kept.clear()
        self._lowest = MAX_NESTED + 1
        try:
            found = self.ask((likes,), (refuses,))
        except RecursionError:
            found = UNDECIDED
        self._left_in_all += max(self._left, 0)
        if not isinstance(found, Found):
            return found
        shows = not likes.side.rejects(likes.schema, found.payload)
        return found if shows and refuses.side.rejects(refuses.schema, found.payload) else UNDECIDED

    def ask(self, left: tuple[Claim, ...], right: tuple[Claim, ...]) -> Answer:
        """A payload that all on the left accept and all on the right reject; not yet confirmed."""
        if self._alike(left, right) or self._is_told_apart(left, right):
            return EMPTY
        asked = (id(self._facing), _names(left), _names(right))
        known = self._known.get(asked) or self._open.get(asked)
        if known is not None:
            return known[0]
        assumed = self._inside.get(asked, self._resting.get(asked))
        if assumed is not None:
            self._lowest = min(self._lowest, assumed)
            return EMPTY
        depth = len(self._inside)
        if depth >= MAX_NESTED:
            return UNDECIDED
        self._inside[asked] = depth
        outer, self._lowest = self._lowest, MAX_NESTED + 1
        rests = len(self._resting)
        try:
            kinds = [kind for kind in KINDS if all(_may_be(claim, kind) for claim in left)]
            answer = either(self._branch(Branch(kind, list(left), list(right))) for kind in kinds)
        finally:
            del self._inside[asked]
        self._remember(asked, answer, rests, (*left, *right))
        self._lowest = min(outer, self._lowest)
        return answer

    def _alike(self, left: tuple[Claim, ...], right: tuple[Claim, ...]) -> bool:
        texts = {self.alike.text(claim) for claim in left}
        return any(self.alike.text(claim) in texts for claim in right)

    def _is_told_apart(self, left: tuple[Claim, ...], right: tuple[Claim, ...]) -> bool:
        """Whether the question, inside a payload, is that of one type in both versions, in this direction."""
        if self._told_apart is None or not self._inside or len(left) != 1 or len(right) != 1:
            return False
        (mine,), (theirs,) = left, right
        if mine.side is not self._facing or theirs.side is self._facing or not (mine.plain and theirs.plain):
            return False
        names = (mine.side.normal(mine.schema).ref, theirs.side.normal(theirs.schema).ref)
        if names[0] is None or names[1] is None:
            return False
        first, second = names if mine.side is self._one else names[::-1]
        return first is not None and second is not None and self._told_apart(first, second)

    def _remember(self, asked: _Key, answer: Answer, rests: int, claims: tuple[Claim, ...]) -> None:
        """Keep an answer, unless it rests on a question that is still open; then it waits for that one."""
        depth = len(self._inside)
        waiting = list(self._resting)[rests:]
        if answer is EMPTY and self._lowest < depth:
            self._resting[asked] = self._lowest
            self._kept[asked] = claims
            return
        for other in waiting:
            del self._resting[other]
            held = self._kept.pop(other)
            if answer is EMPTY:
                self._known[other] = (EMPTY, held)
        if answer is UNDECIDED:
            self._open[asked] = (answer, claims)
        else:
            self._known[asked] = (answer, claims)
        self._lowest = MAX_NESTED + 1

    def _branch(self, branch: Branch) -> Answer:
        self._left -= 1
        if self._left < 0:
            return UNDECIDED
        while branch.left or branch.right:
            if branch.left:
                if not self._take_left(branch, branch.left.pop()):
                    return EMPTY
            elif not self._take_right(branch, branch.right.pop()):
                return EMPTY
        for fact in branch.facts:
            if closed(fact.schema) or fact.schema.const is not None:
                return self._listed(branch, fact)
        if branch.choices:
            choice = min(branch.choices, key=len)
            branch.choices.remove(choice)
            return either(self._branch(branch.copy(claims, [])) for claims in choice)
        if branch.duties:
            return self._duty(branch)
        return self._leaf(branch)

    def _take_left(self, branch: Branch, claim: Claim) -> bool:
        """Take a claim on the left apart; False where no value satisfies it."""
        mark = ("left", id(claim.side), id(claim.schema))
        if mark in branch.seen:
            return True
        branch.seen.add(mark)
        branch.met.add(self.alike.text(claim))
        schema = evaluated(claim.side.normal(claim.schema))
        if schema.always is False or not allows(schema, branch.kind):
            return False
        if schema.ref is not None:
            branch.left.append(claim.of(claim.side.contract.types[schema.ref].schema))
        branch.left += [claim.of(inner) for inner in schema.all_of]
        if schema.any_of:
            branch.choices.append(tuple([claim.of(inner)] for inner in schema.any_of))
        if schema.one_of:
            branch.choices.append(tuple([claim.of(inner)] for inner in schema.one_of))
            branch.duties += _only_one(claim, schema.one_of)
        for part in self.alike.conditions(schema, branch.kind):
            if part.not_ is not None:
                branch.right.append(claim.of(part.not_, plain=False))
            else:  # a condition, and what it asks for
                ways = enumerate(part.any_of)
                branch.choices.append(tuple([claim.of(inner, plain=at > 0)] for at, inner in ways))
        branch.facts.append(claim.of(schema))
        return True

    def _take_right(self, branch: Branch, claim: Claim) -> bool:
        """Take a claim on the right apart; False where every value satisfies it."""
        mark = ("right", id(claim.side), id(claim.schema))
        if mark in branch.seen:
            return True
        branch.seen.add(mark)
        if self.alike.text(claim) in branch.met:
            return False
        schema = evaluated(claim.side.normal(claim.schema))
        if schema.always is False or not allows(schema, branch.kind):
            return True
        found = self.alike.parts(schema, branch.kind)
        if not found:
            return False
        first, *more = found
        if more:
            branch.duties.append((claim, found))
            return True
        return self._deny(branch, claim, first)

    def _deny(self, branch: Branch, claim: Claim, part: Schema) -> bool:
        if part.ref is not None:
            branch.right.append(claim.of(claim.side.contract.types[part.ref].schema))
        elif part.any_of:
            branch.right += [claim.of(inner) for inner in part.any_of]
        elif part.all_of:
            branch.right.append(claim.of(part))
        elif part.not_ is not None:
            branch.left.append(claim.of(part.not_, plain=False))
        elif part.one_of:
            both = [
                [claim.of(one, plain=False), claim.of(other, plain=False)]
                for one, other in _pairs(part.one_of)
            ]
            none = Schema(not_=Schema(any_of=part.one_of))
            branch.choices.append(([claim.of(none)], *both))
        elif _is_keyword(part):
            branch.denied.append(claim.of(part))
        else:
            branch.right.append(claim.of(part))
        return True

    def _duty(self, branch: Branch) -> Answer:
        """A conjunction on the right: each part on its own may be what fails."""
        if any(self.alike.text(claim) in branch.met for claim, _ in branch.duties):
            return EMPTY
        if len(branch.duties) > 1:
            for alone in branch.duties:
                rest = branch.copy([], [])
                rest.duties = [alone]
                answer = self._split(rest)
                if answer is EMPTY or (isinstance(answer, Found) and refused(branch, answer.payload)):
                    return answer
            kept = [duty for duty in branch.duties if self._meets(branch, duty[0])]
            if len(kept) < len(branch.duties):
                rest = branch.copy([], [])
                rest.duties = kept
                return self._duty(rest) if kept else self._leaf(rest)
        return self._split(branch)

    def _meets(self, branch: Branch, claim: Claim) -> bool:
        """Whether any value here may satisfy a claim; one that none satisfies is rejected anyway."""
        trial = Branch(branch.kind, [claim.of(claim.schema, plain=False)], [], facts=list(branch.facts))
        return self._branch(trial) is not EMPTY

    def _split(self, branch: Branch) -> Answer:
        claim, found = branch.duties.pop()

        def failing(part: Schema) -> Answer:
            way = branch.copy([], [])
            return self._branch(way) if self._deny(way, claim, part) else EMPTY

        return either(failing(part) for part in found)

    def _listed(self, branch: Branch, fact: Claim) -> Answer:
        """Few values to choose from: each is asked of everything that the branch knows."""
        given = fact.schema.enum if fact.schema.const is None else (fact.schema.const.json,)
        for value in given or ():
            if not _of_kind(value, branch.kind):
                continue
            if any(item.side.rejects(item.schema, value) for item in branch.facts):
                continue
            if any(not item.side.rejects(item.schema, value) for item in branch.denied):
                continue
            if any(not item.side.rejects(item.schema, value) for item, _ in branch.duties):
                continue
            if satisfied(branch, value):
                return Found(value)
        return EMPTY

    def _leaf(self, branch: Branch) -> Answer:
        facts, denied = branch.facts, branch.denied
        match branch.kind:
            case "number":
                return contain_numbers.number(facts, denied)
            case "string":
                return contain_texts.text(facts, denied)
            case "array":
                return contain_arrays.array(self, facts, denied)
            case "object":
                return contain_objects.object_of(self, facts, denied)
            case _:
                taken = {key(value) for item in denied for value in item.schema.enum or ()}
                taken |= {key(item.schema.const.json) for item in denied if item.schema.const is not None}
                values: tuple[JsonValue, ...] = (None,) if branch.kind == "null" else (False, True)
                left = [value for value in values if key(value) not in taken]
                return Found(left[0]) if left else EMPTY


def _names(claims: tuple[Claim, ...]) -> frozenset[tuple[int, int, bool]]:
    return frozenset((id(claim.side), id(claim.schema), claim.plain) for claim in claims)


def _may_be(claim: Claim, kind: str) -> bool:
    schema = claim.side.normal(claim.schema)
    return schema.always is not False and allows(schema, kind)


def _pairs(schemas: tuple[Schema, ...]) -> list[tuple[Schema, Schema]]:
    return [(one, other) for index, one in enumerate(schemas) for other in schemas[index + 1 :]]


def _only_one(claim: Claim, schemas: tuple[Schema, ...]) -> list[tuple[Claim, tuple[Schema, ...]]]:
    """That no two alternatives hold: for each pair, one of the two fails."""
    return [
        (claim.of(Schema(all_of=pair), plain=False), tuple(Schema(all_of=(one,)) for one in pair))
        for pair in _pairs(schemas)
    ]


def _is_keyword(part: Schema) -> bool:
    return not (part.ref or part.all_of or part.any_of or part.one_of or part.not_)


def _of_kind(value: JsonValue, kind: str) -> bool:
    found = atom(value)
    return found == kind or (kind == "number" and found in {"integer", "fraction"})

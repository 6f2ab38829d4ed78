"""Normal forms: schemas that accept the same payloads in different words become one form.

`allOf` is merged, `const` is an `enum` of one, `exclusiveMinimum: 0` of an integer is `minimum: 1`, branches
of `anyOf` that only differ in their type become one schema, a keyword that its type makes idle is gone.
"""

import math
from collections.abc import Iterable
from typing import Any

from crucible_pipeline.compat.accept import Acceptance
from crucible_pipeline.compat.merge import (
    NEVER,
    NOTHING,
    UNEVALUATED,
    annotated,
    asserted,
    fingerprint,
    merged,
    said,
)
from crucible_pipeline.compat.unevaluated import spelled_out
from crucible_pipeline.compat.values import ATOMS, NUMBERS, atom, atoms_of, exact, key, types_of
from crucible_pipeline.contracts.model import Contract, Schema
from crucible_pipeline.contracts.sparse import changed

NUMERIC = ("minimum", "maximum", "exclusive_minimum", "exclusive_maximum", "multiple_of")
TEXTUAL = ("min_length", "max_length", "pattern", "format")
LISTED = ("items", "prefix_items", "contains", "min_contains", "max_contains", "min_items", "max_items")
KEYED = (
    "properties",
    "required",
    "additional_properties",
    "pattern_properties",
    "property_names",
    "min_properties",
    "max_properties",
    "dependent_required",
    "dependent_schemas",
)
FAMILIES: tuple[tuple[frozenset[str], tuple[str, ...]], ...] = (
    (NUMBERS, NUMERIC),
    (frozenset({"string"}), TEXTUAL),
    (frozenset({"array"}), (*LISTED, "unique_items")),
    (frozenset({"object"}), KEYED),
)
_TYPED = {name for _, names in FAMILIES for name in names} | {"types"}
MAX_REFERENCES = 40
MAX_LOOKS = 3_000


def _without(schema: Schema, names: Iterable[str]) -> Schema:
    idle: dict[str, Any] = {name: getattr(NOTHING, name) for name in names if said(schema, name)}
    return changed(schema, **idle) if idle else schema


def _bounds(schema: Schema) -> Schema:
    """One lower and one upper bound; of integers both inclusive."""
    low, high = schema.minimum, schema.maximum
    above, below = schema.exclusive_minimum, schema.exclusive_maximum
    if low is not None and above is not None:
        low, above = (low, None) if low > above else (None, above)
    if high is not None and below is not None:
        high, below = (high, None) if high < below else (None, below)
    if low is high is above is below is schema.multiple_of is None:
        return schema
    step = schema.multiple_of
    if atoms_of(schema.types) & NUMBERS == frozenset({"integer"}):
        low = math.ceil(exact(low)) if low is not None else None
        low = math.floor(exact(above)) + 1 if above is not None else low
        high = math.floor(exact(high)) if high is not None else None
        high = math.ceil(exact(below)) - 1 if below is not None else high
        above = below = None
        step = None if step is not None and (1 / exact(step)).denominator == 1 else step
    return changed(
        schema, minimum=low, maximum=high, exclusive_minimum=above, exclusive_maximum=below, multiple_of=step
    )


def _tidy(schema: Schema) -> Schema:
    """Without keywords that say nothing or that the type makes idle."""
    atoms = atoms_of(schema.types)
    for family, names in FAMILIES:
        if not atoms & family:
            schema = _without(schema, names)
    step = schema.multiple_of
    if step is not None and exact(step).denominator == 1:
        schema = changed(schema, types=types_of(atoms - {"fraction"}))
    schema = _without(
        schema, (name for name in ("min_length", "min_items", "min_properties") if not getattr(schema, name))
    )
    if schema.contains is None:
        schema = _without(schema, ("min_contains", "max_contains"))
    if schema.if_ is None or (schema.then is None and schema.else_ is None):
        schema = _without(schema, ("if_", "then", "else_"))
    types = types_of(atoms_of(schema.types))
    return _bounds(schema if types == schema.types else changed(schema, types=types))


def bare(schema: Schema) -> bool:
    """Whether a normal form is a reference and nothing else that decides."""
    return schema.ref is not None


class Side:
    """One of the two contracts, with the normal forms of its schemas.

    Args:
        contract: every reference in it names one of its types.
    """

    def __init__(self, contract: Contract) -> None:
        self.contract = contract
        self.rejects = Acceptance(contract).rejects
        # How many more schemas a search for examples may look at; where alternatives nest, they double.
        self.looks = MAX_LOOKS
        # By identity: the schema itself is kept beside its form, so the identity stays taken.
        self._forms: dict[int, tuple[Schema, Schema]] = {}
        self._expansions: dict[int, tuple[Schema, Schema]] = {}

    def normal(self, schema: Schema) -> Schema:
        """The normal form of one node; the schemas inside it stay as they are until asked for.

        A reference is kept. References beside other assertions stand in `all_of`, first and sorted.
        """
        known = self._forms.get(id(schema))
        if known is None:
            known = self._forms[id(schema)] = (schema, self._made(schema))
            self._forms.setdefault(id(known[1]), (known[1], known[1]))
        return known[1]

    def expanded(self, schema: Schema) -> Schema:
        """The normal form with the references at the top replaced by what they say.

        A circle of references is left as it is.
        """
        known = self._expansions.get(id(schema))
        if known is None:
            known = self._expansions[id(schema)] = (schema, self._followed(schema))
        return known[1]

    def _followed(self, schema: Schema) -> Schema:
        form = self.normal(schema)
        for _ in range(MAX_REFERENCES):
            if bare(form):
                inner = [self.contract.types[form.ref or ""].schema]
                rest = changed(form, ref=None)
            else:
                inner = [self.contract.types[item.ref].schema for item in form.all_of if item.ref is not None]
                rest = changed(form, all_of=tuple(item for item in form.all_of if item.ref is None))
            if not inner:
                return form
            form = self.normal(changed(rest, all_of=(*rest.all_of, *inner)))
        return form

    def _made(self, schema: Schema) -> Schema:
        if any(said(schema, name) for name in UNEVALUATED):
            plain = spelled_out(schema, self.contract.types)
            if plain is None:
                return schema  # it looks into its neighbours: nothing may be moved
            schema = plain
        references: set[str] = set()
        parts: list[Schema] = []
        kept: list[Schema] = []
        self._collect(schema, references, parts, kept)
        whole, *others = parts
        for part in others:
            both = merged(whole, part)
            if both is None:
                kept.append(part)
            else:
                whole = both
        if whole.always is False:
            return whole
        whole = self._finished(whole)
        if whole.always is False:
            return whole
        if len(references) == 1 and not kept and not asserted(whole):
            return changed(whole, ref=next(iter(references)))
        if not references and len(kept) == 1 and not asserted(whole):
            return annotated(whole, self.normal(kept[0]))
        conjuncts = (*(Schema(ref=name) for name in sorted(references)), *kept)
        if len(whole.any_of) == 1:
            return self.normal(changed(whole, any_of=(), all_of=(*conjuncts, *whole.any_of)))
        return changed(whole, all_of=conjuncts) if conjuncts or whole.all_of else whole

    def _collect(self, schema: Schema, references: set[str], parts: list[Schema], kept: list[Schema]) -> None:
        if schema.ref is not None:
            references.add(schema.ref)
        own = schema
        if schema.ref is not None or schema.all_of or schema.always is True:
            own = changed(schema, ref=None, all_of=(), always=False if schema.always is False else None)
        if own.const is not None:
            constant = (own.const.json,)
            own = changed(own, const=None)
            if own.enum is not None:
                parts.append(changed(own, enum_names=()))
                own = Schema(mark=own.mark)
            own = changed(own, enum=constant, extensible=False)
        parts.append(own)
        for branch in schema.all_of:
            looks = any(said(branch, name) for name in UNEVALUATED)
            plain = spelled_out(branch, self.contract.types) if looks else branch
            if plain is None:
                kept.append(branch)
            else:
                self._collect(plain, references, parts, kept)

    def _finished(self, schema: Schema) -> Schema:
        schema = _tidy(self._alternatives(schema))
        if schema.enum is None or schema.extensible:
            return schema
        rest = annotated(NOTHING, _without(schema, ("enum", "enum_names")))
        values = [value for value in schema.enum if atom(value) in atoms_of(schema.types)]
        if any(name != "types" for name in asserted(rest)):
            values = [value for value in values if not self.rejects(rest, value)]
        if not values:
            return annotated(schema, NEVER)
        kept = {key(value) for value in values}
        names = schema.enum_names if len(schema.enum_names) == len(schema.enum) else ()
        named = tuple(n for n, value in zip(names, schema.enum, strict=False) if key(value) in kept)
        return annotated(schema, Schema(enum=tuple(values), enum_names=named))

    def _alternatives(self, schema: Schema) -> Schema:
        if schema.one_of and self._disjoint([self.normal(branch) for branch in schema.one_of]):
            if schema.any_of:
                return schema
            schema = changed(schema, any_of=schema.one_of, one_of=())
        if not schema.any_of:
            return schema
        branches: list[Schema] = []
        for branch in schema.any_of:
            form = self.normal(branch)
            branches += form.any_of if asserted(form) == ("any_of",) else [form]
        if any(not asserted(branch) for branch in branches):
            return changed(schema, any_of=())
        united = _united([branch for branch in branches if branch.always is not False])
        return changed(schema, any_of=tuple(united) or (NEVER,))

    def _disjoint(self, branches: list[Schema]) -> bool:
        return all(
            self._apart(one, other) for index, one in enumerate(branches) for other in branches[index + 1 :]
        )

    def _apart(self, one: Schema, other: Schema) -> bool:
        if not self.atoms(one) & self.atoms(other):
            return True
        one, other = self.expanded(one), self.expanded(other)
        if closed(one) and closed(other):
            return not {key(value) for value in one.enum or ()} & {key(value) for value in other.enum or ()}
        if one.types != ("object",) or other.types != ("object",):
            return False
        for name in {*one.required} & {*other.required} & {*one.properties} & {*other.properties}:
            first, second = (self.expanded(side.properties[name]) for side in (one, other))
            if closed(first) and closed(second):
                taken = {key(value) for value in first.enum or ()}
                if not taken & {key(value) for value in second.enum or ()}:
                    return True
        return False

    def atoms(self, schema: Schema, depth: int = MAX_REFERENCES) -> frozenset[str]:
        """The atoms that a schema may accept; never too few."""
        form = self.normal(schema)
        if form.always is False:
            return frozenset()
        if depth == 0:
            return ATOMS
        found = atoms_of(form.types)
        if closed(form):
            found = frozenset(atom(value) for value in form.enum or ())
        if form.ref is not None:
            found &= self.atoms(self.contract.types[form.ref].schema, depth - 1)
        for conjunct in form.all_of:
            found &= self.atoms(conjunct, depth - 1)
        for branches in (form.any_of, form.one_of):
            if branches:
                found &= frozenset().union(*(self.atoms(branch, depth - 1) for branch in branches))
        return found


def closed(schema: Schema) -> bool:
    """Whether a form lists its values, and a reader knows no other."""
    return schema.enum is not None and not schema.extensible


def _united(branches: list[Schema]) -> list[Schema]:
    """Branches with equal ones once, value lists in one, and branches of disjoint types in one."""
    values: dict[str, Any] = {}
    listed = [branch for branch in branches if closed(branch) and not branch.all_of]
    if listed:
        branches = [branch if branch.types != ("null",) else Schema(enum=(None,)) for branch in branches]
        listed = [branch for branch in branches if closed(branch) and not branch.all_of]
        for branch in listed:
            values |= {key(value): value for value in branch.enum or ()}
    united: list[Schema] = [Schema(enum=tuple(values.values()))] if values else []
    for branch in (branch for branch in branches if branch not in listed):
        for index, other in enumerate(united):
            if fingerprint(branch) == fingerprint(other):
                break
            joined = _joined(branch, other)
            if joined is not None:
                united[index] = joined
                break
        else:
            united.append(branch)
    return united


def _joined(one: Schema, other: Schema) -> Schema | None:
    """Two branches of disjoint types as one: each keyword speaks of one type only."""
    if not {*asserted(one), *asserted(other)} <= _TYPED or not one.types or not other.types:
        return None
    mine, others = atoms_of(one.types), atoms_of(other.types)
    if mine & others or (mine & NUMBERS and others & NUMBERS):
        return None
    given: dict[str, Any] = {name: getattr(other, name) for name in _TYPED if said(other, name)}
    return changed(one, **given | {"types": types_of(mine | others)})

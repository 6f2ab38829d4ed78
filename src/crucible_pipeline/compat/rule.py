"""What a rule is: a row with a reason and one function that looks at one place of two contracts."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Generic, Literal, Protocol, TypeVar

from crucible_pipeline.compat.change import Direction
from crucible_pipeline.compat.heirs import Heirs
from crucible_pipeline.compat.merge import NOTHING
from crucible_pipeline.compat.normal import Side, closed
from crucible_pipeline.contracts.model import JsonValue, Schema
from crucible_pipeline.errors import Mark
from crucible_pipeline.version import Severity


@dataclass(frozen=True, slots=True)
class Step:
    """One step from a value into a value inside it.

    Args:
        kind: `property`, `item`, `additional` (a property that is not named), `pattern`, or `name` (of a
            property, itself the value).
        name: of the property, or the pattern.
        index: of the item.
    """

    kind: str
    name: str = ""
    index: int = 0


@dataclass(frozen=True, slots=True)
class Root:
    """The two schemas of a whole message: the named type, or the payloads of a channel."""

    old: Schema
    new: Schema


class Asking(Protocol):
    """What a rule may ask about the two contracts."""

    @property
    def old(self) -> Side:
        """The base."""
        ...

    @property
    def new(self) -> Side:
        """What is judged."""
        ...

    @property
    def heirs(self) -> Heirs:
        """What the old names are in the new contract."""
        ...

    @property
    def strict(self) -> bool:
        """Whether an object also holds what nobody names."""
        ...

    def broken(self, old: Schema, new: Schema) -> frozenset[Direction]:
        """The wire directions in which the two schemas' payloads are not shown to contain each other."""
        ...

    def same(self, old: Schema, new: Schema) -> bool:
        """Whether two schemas accept the same payloads because they say the same."""
        ...

    def same_type(self, old: str, new: str) -> bool:
        """Whether two names of types mean the same type, by name or by declared renaming."""
        ...


@dataclass(frozen=True, slots=True)
class Place:
    """One element in both contracts.

    Args:
        asking: what a rule may ask.
        old: normal form of the old schema, without `allOf` and `anyOf` where it is `core`.
        new: likewise of the new one.
        element: its name.
        mark: its place in the new contract.
        root: the whole messages that hold it.
        steps: from the root to it.
        counts: wire directions that count here (`x-direction`).
        part: `whole` for the rules about words, which look at each element once; those about payloads look at
            `core` (keywords), `union` (`anyOf`) and `rest` (what of `allOf` has no single form).
        optional: whether it is a property that may be absent in the new contract.
        old_atoms: what the old side may hold here, as far as this part says.
        new_atoms: likewise.
    """

    asking: Asking
    old: Schema
    new: Schema
    element: str
    mark: Mark
    root: Root
    steps: tuple[Step, ...] = ()
    counts: frozenset[Direction] = frozenset({"backward", "forward"})
    part: Literal["whole", "core", "union", "rest"] = "whole"
    optional: bool = False
    old_atoms: frozenset[str] = field(default=frozenset())
    new_atoms: frozenset[str] = field(default=frozenset())

    @property
    def listed(self) -> bool:
        """Whether one side lists its values, so that only the rules about values look here."""
        return closed(self.old) or closed(self.new)

    @property
    def decides(self) -> bool:
        """Whether this part says which types of values are accepted."""
        return self.part in {"core", "union"}

    def shares(self, atom: str) -> bool:
        """Whether both sides may hold such a value, so that what they say of it can be compared."""
        return self.part == "core" and not self.listed and atom in self.old_atoms and atom in self.new_atoms

    @property
    def open_alternatives(self) -> tuple[tuple[Schema, ...], tuple[Schema, ...]]:
        """The alternatives of both sides; a side without `anyOf` is its own only alternative."""
        return self.old.any_of or (self.old,), self.new.any_of or (self.new,)


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule found at a place.

    Args:
        message: one sentence without a full stop.
        breaks: the directions broken, where not all of the rule's.
        element: where it is not the place's own.
        mark: likewise.
        severity: of what breaks nothing, where it is not the rule's.
        lacking: a property that a witness must lack.
        carrying: a property that a witness must have.
        hints: values to try first as a witness at the place.
        root: the whole messages, where there is no place.
    """

    message: str
    breaks: tuple[Direction, ...] | None = None
    element: str | None = None
    mark: Mark | None = None
    severity: Severity | None = None
    lacking: str | None = None
    carrying: str | None = None
    hints: tuple[JsonValue, ...] = ()
    root: Root | None = None


Subject_contra = TypeVar("Subject_contra", contravariant=True)


@dataclass(frozen=True, slots=True)
class Rule(Generic[Subject_contra]):
    """A row.

    Args:
        id: also the name of its folder of fixtures.
        breaks: every direction that it may break.
        otherwise: the severity where it breaks none.
        why: what happens to a service, for people who never read a schema specification.
        todo: what an author can do instead, in the imperative.
        find: what it finds at one place.
        provable: whether a payload can show it; a name or an address cannot be shown by one.
    """

    id: str
    breaks: tuple[Direction, ...]
    otherwise: Severity
    why: str
    todo: str
    find: Callable[[Subject_contra], Iterator[Finding]]
    provable: bool = True

    @property
    def names(self) -> bool:
        """Whether it is about names that code uses, so that it is told where no payload breaks too."""
        return self.id.startswith("property-")


def anything(schema: Schema | None) -> Schema:
    """A schema that may be absent, and then accepts everything."""
    return NOTHING if schema is None else schema

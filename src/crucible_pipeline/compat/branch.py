"""One branch of a search for a payload: what is taken apart already, and what is not; a value."""

from dataclasses import dataclass, field

from crucible_pipeline.compat.sequent import Claim
from crucible_pipeline.contracts.model import JsonValue, Schema


@dataclass(slots=True)
class Branch:
    """One branch of a search, among values of one kind.

    Args:
        kind: of `KINDS`.
        left: claims that are still to be taken apart.
        right: likewise.
        facts: parts that values have to satisfy.
        denied: parts, each of one keyword, that they must not satisfy.
        choices: alternatives on the left, one of which has to hold.
        duties: conjunctions on the right, one part of which has to fail.
        seen: what was taken apart already, so that a circle of references ends.
    """

    kind: str
    left: list[Claim]
    right: list[Claim]
    facts: list[Claim] = field(default_factory=list[Claim])
    denied: list[Claim] = field(default_factory=list[Claim])
    choices: list[tuple[list[Claim], ...]] = field(default_factory=list[tuple[list[Claim], ...]])
    duties: list[tuple[Claim, tuple[Schema, ...]]] = field(
        default_factory=list[tuple[Claim, tuple[Schema, ...]]]
    )
    seen: set[tuple[str, int, int]] = field(default_factory=set[tuple[str, int, int]])
    met: set[str] = field(default_factory=set[str])

    def copy(self, left: list[Claim], right: list[Claim]) -> "Branch":
        """The same branch with more to take apart."""
        return Branch(
            self.kind,
            [*self.left, *left],
            [*self.right, *right],
            list(self.facts),
            list(self.denied),
            list(self.choices),
            list(self.duties),
            set(self.seen),
            set(self.met),
        )


def refused(branch: Branch, value: JsonValue) -> bool:
    """Whether a value breaks every duty of a branch."""
    return all(item.side.rejects(item.schema, value) for item, _ in branch.duties)


def satisfied(branch: Branch, value: JsonValue) -> bool:
    """Whether a value satisfies one alternative of each choice of a branch."""
    return all(
        any(all(not item.side.rejects(item.schema, value) for item in claims) for claims in ways)
        for ways in branch.choices
    )

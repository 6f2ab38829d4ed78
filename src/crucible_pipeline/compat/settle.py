"""What a row found becomes a change: containment decides which directions break, and gives the payload."""

from collections.abc import Iterable, Iterator

from crucible_pipeline.compat.change import DIRECTIONS, WIRE, Change, Direction, Witness
from crucible_pipeline.compat.holders import Holders, states_inside, stating_types
from crucible_pipeline.compat.minimal import smallest
from crucible_pipeline.compat.rule import Place, Root
from crucible_pipeline.compat.sequent import EMPTY, Found
from crucible_pipeline.compat.table import UNDECIDED_RULE
from crucible_pipeline.compat.walk import Found as Row
from crucible_pipeline.compat.walk import Walk, counted
from crucible_pipeline.compat.witness import witness
from crucible_pipeline.contracts.model import NOWHERE, JsonValue
from crucible_pipeline.version import Severity

_NOT_SHOWN = "whether a payload breaks cannot be decided, which counts as a break; none was found"
_NO_PAYLOAD = "no payload can show it: the payloads stay as they are"


def settled(walk: Walk, row: Row) -> Change | None:
    """The change that a finding is.

    Returns:
        None where it was about payloads only, and every payload is judged as before.
    """
    place, finding, rule = row.place, row.finding, row.rule
    counts = (place.counts if place else frozenset(WIRE)) | {"source"}
    claimed: tuple[Direction, ...] = tuple(way for way in DIRECTIONS if way in row.breaks() and way in counts)
    message, shown = finding.message, None
    broken: list[Direction] = list(claimed)
    wire: list[Direction] = [way for way in claimed if way in WIRE]
    if wire and not rule.provable:
        message += f"; {_NO_PAYLOAD}"
    for way in wire if rule.provable else ():
        kept, proof = _evidence(walk, row, way)
        shown = shown or proof
        if not kept:
            broken.remove(way)
    idle = rule.provable and not broken and row.breaks() and not rule.names
    if place is not None and idle and all(_contained(walk, place, way) for way in WIRE):
        return None
    if shown is None and rule.provable and any(way in WIRE for way in broken):
        message += f"; {_NOT_SHOWN}"
    severity = Severity.BREAKING if broken else (finding.severity or rule.otherwise)
    mark = finding.mark or (place.mark if place else NOWHERE)
    element = finding.element or (place.element if place else "")
    return Change(rule.id, severity, tuple(broken), element, mark, message, shown)


def _contained(walk: Walk, place: Place, way: Direction) -> bool:
    """Whether nothing breaks in a direction: in the whole message, or at the place alone."""
    root = place.root
    return (
        walk.difference(root.old, root.new, way) is EMPTY
        or walk.difference(place.old, place.new, way) is EMPTY
    )


def _evidence(walk: Walk, row: Row, way: Direction) -> tuple[bool, Witness | None]:
    """Whether a direction stays broken, and the payload that shows it."""
    place, finding = row.place, row.finding
    root = finding.root or (place.root if place else None)
    whole = walk.difference(root.old, root.new, way) if root is not None else None
    if whole is EMPTY and place is not None:
        return False, None
    proof = witness(walk, place, finding, way)
    if proof is not None and root is not None:
        names = {step.name for step in place.steps if step.kind == "property"} if place else set[str]()
        kept = frozenset({*names, finding.carrying or ""} - {""})
        return True, _small(walk, root, proof, kept)
    if place is not None and walk.difference(place.old, place.new, way) is EMPTY:
        return False, None
    if root is None or not isinstance(whole, Found):
        return True, None
    return True, _small(walk, root, Witness(way, whole.payload))


def _small(walk: Walk, root: Root, proof: Witness, kept: frozenset[str] = frozenset()) -> Witness:
    """The same evidence in the smallest payload that still is one."""
    sides = ((walk.old, root.old), (walk.new, root.new))
    (likes, here), (refuses, there) = sides if proof.direction == "backward" else sides[::-1]

    def shows(payload: JsonValue) -> bool:
        return not likes.rejects(here, payload) and refuses.rejects(there, payload)

    return Witness(proof.direction, smallest(proof.payload, shows, kept))


def untold(walk: Walk, told: Iterable[tuple[Root | None, Change]]) -> Iterator[Change]:
    """What breaks in a whole message though no row said so: at it, or in a type that it holds.

    Args:
        walk: it has been gone through.
        told: the changes found, each with its whole message.
    """
    names = {id(place.root): place.element for place in walk.roots}
    broken: dict[Direction, set[str]] = {way: set() for way in WIRE}
    at_root: set[tuple[int, Direction]] = set()
    for root, change in told:
        for way in WIRE:
            if way in change.breaks and root is not None:
                at_root.add((id(root), way))
                broken[way].add(names.get(id(root), ""))
    sides = (walk.old.contract, walk.new.contract)
    holding = {way: [Holders(contract, broken[way]) for contract in sides] for way in WIRE}
    stating = [Holders(contract, stating_types(contract)) for contract in sides]
    for place in walk.roots:
        both = (place.root.old, place.root.new)
        for way in WIRE:
            if (id(place.root), way) in at_root or way not in counted(place, *both):
                continue
            if any(map(Holders.hold, holding[way], both)) or any(map(states_inside, stating, both)):
                continue
            found = _untold(walk, place, way)
            if found is not None:
                yield found


def _untold(walk: Walk, place: Place, way: Direction) -> Change | None:
    answer = walk.difference(place.root.old, place.root.new, way)
    if answer is EMPTY:
        return None
    proof = None
    if isinstance(answer, Found):
        proof = _small(walk, place.root, Witness(way, answer.payload))
    message = "what it accepts changed in a way that no other rule names"
    message = message if proof else f"{message}; {_NOT_SHOWN}"
    return Change(UNDECIDED_RULE.id, Severity.BREAKING, (way,), place.element, place.mark, message, proof)

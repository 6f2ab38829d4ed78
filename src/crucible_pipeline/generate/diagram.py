"""The places of a state machine's states and arrows, pure.

Layers from the top down, after Sugiyama, Tagawa and Toda (1981): the ways back are set aside, each state lies
below all that lead to it, and each layer is ordered by the middle of its neighbours. Arrows to one state over
several layers share one lane, so that a machine of many ways to fail is no thicket. Ways back run in lanes
on the left.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise

HEIGHT = 34
GAP = 58
MARGIN = 14
BETWEEN = 26
LANE = 18
SWEEPS = 12
_LETTER = 8
_WIDE = 16
_LONGEST = 28
_FIRST_WIDE = 0x1100

Edge = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Box:
    """A state: its middle, its size, and what is written in it."""

    state: str
    label: str
    x: int
    y: int
    width: int


@dataclass(frozen=True, slots=True)
class Arrow:
    """A way from one state to another.

    Args:
        edge: its two states.
        path: as the `d` of an SVG path.
        back: whether it leads upwards.
    """

    edge: Edge
    path: str
    back: bool


@dataclass(frozen=True, slots=True)
class Diagram:
    """All boxes and arrows with the size of the whole, in pixels."""

    width: int
    height: int
    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]


@dataclass(frozen=True, slots=True)
class _Place:
    """A state in its layer, or where the lane to a state crosses a layer."""

    state: str
    layer: int
    lane: bool


def lay_out(transitions: Mapping[str, tuple[str, ...]]) -> Diagram:
    """Give every state and every arrow its place; a state's way to itself has none.

    Args:
        transitions: state → the states that may follow, each of which is a key too.
    """
    edges = [(state, other) for state, others in transitions.items() for other in dict.fromkeys(others)]
    edges = [edge for edge in edges if edge[0] != edge[1]]
    back = _ways_back(list(transitions), edges)
    forward = [edge for edge in edges if edge not in back]
    layer = _layers(list(transitions), forward, {one for one, _ in edges})
    chains = {edge: _chain(edge, layer) for edge in forward}
    places = [_Place(state, layer[state], lane=False) for state in transitions]
    places = list(dict.fromkeys([*places, *(place for chain in chains.values() for place in chain)]))
    links = dict.fromkeys(pair for chain in chains.values() for pair in pairwise(chain))
    rows = _ordered(places, list(links))
    middle = _spread(rows, list(links))
    return _drawn(layer, middle, chains, sorted(back, key=edges.index))


def _ways_back(states: list[str], edges: list[Edge]) -> set[Edge]:
    """The arrows that close a circle, met on a walk in depth in the order of the contract."""
    following: dict[str, list[str]] = {state: [] for state in states}
    for one, other in edges:
        following[one].append(other)
    entered = {other for _, other in edges}
    found: set[Edge] = set()
    done: set[str] = set()
    for start in (*(state for state in states if state not in entered), *states):
        open_: dict[str, list[str]] = {} if start in done else {start: list(following[start])}
        while open_:
            state = next(reversed(open_))
            if not open_[state]:
                done.add(state)
                del open_[state]
                continue
            other = open_[state].pop(0)
            if other in open_:
                found.add((state, other))
            elif other not in done:
                open_[other] = list(following[other])
    return found


def _layers(states: list[str], forward: list[Edge], leaving: set[str]) -> dict[str, int]:
    """Each state one below the lowest that leads to it; a final one that is led to is at the bottom."""
    layer = dict.fromkeys(states, 0)
    for _ in states:
        before = dict(layer)
        for one, other in forward:
            layer[other] = max(layer[other], layer[one] + 1)
        if layer == before:
            break
    entered = {other for _, other in forward}
    bottom = max(layer.values(), default=0)
    return {state: bottom if state in entered - leaving else depth for state, depth in layer.items()}


def _chain(edge: Edge, layer: Mapping[str, int]) -> tuple[_Place, ...]:
    one, other = edge
    lanes = (_Place(other, depth, lane=True) for depth in range(layer[one] + 1, layer[other]))
    return (_Place(one, layer[one], lane=False), *lanes, _Place(other, layer[other], lane=False))


def _ordered(places: list[_Place], links: list[tuple[_Place, _Place]]) -> list[list[_Place]]:
    """The layers, each in an order that crosses few arrows."""
    rows: list[list[_Place]] = [[] for _ in range(max((place.layer for place in places), default=-1) + 1)]
    for place in sorted(places, key=lambda place: place.lane):
        rows[place.layer].append(place)
    best, fewest = [list(row) for row in rows], _crossings(rows, links)
    above, below = _neighbours(links)
    for sweep in range(SWEEPS):
        near = below if sweep % 2 else above
        for row in reversed(rows) if sweep % 2 else rows:
            where = {place: index for other in rows for index, place in enumerate(other)}
            row.sort(key=lambda place: _mean([where[one] for one in near.get(place, [place])]))
        if (count := _crossings(rows, links)) < fewest:
            best, fewest = [list(row) for row in rows], count
    return best


def _neighbours(
    links: Iterable[tuple[_Place, _Place]],
) -> tuple[dict[_Place, list[_Place]], dict[_Place, list[_Place]]]:
    above: dict[_Place, list[_Place]] = {}
    below: dict[_Place, list[_Place]] = {}
    for upper, lower in links:
        above.setdefault(lower, []).append(upper)
        below.setdefault(upper, []).append(lower)
    return above, below


def _mean(numbers: list[int]) -> float:
    return sum(numbers) / len(numbers)


def _crossings(rows: list[list[_Place]], links: list[tuple[_Place, _Place]]) -> int:
    where = {place: index for row in rows for index, place in enumerate(row)}
    by_layer: dict[int, list[tuple[int, int]]] = {}
    for upper, lower in links:
        by_layer.setdefault(upper.layer, []).append((where[upper], where[lower]))
    return sum(
        (one[0] - other[0]) * (one[1] - other[1]) < 0
        for pairs in by_layer.values()
        for index, one in enumerate(pairs)
        for other in pairs[:index]
    )


def _spread(rows: list[list[_Place]], links: list[tuple[_Place, _Place]]) -> dict[_Place, float]:
    """The middle of each place: near its neighbours, lanes straight, nothing touching."""
    above, below = _neighbours(links)
    middle = {place: float(index * 90) for row in rows for index, place in enumerate(row)}
    for sweep in range(SWEEPS * 2):
        for row in reversed(rows) if sweep % 2 else rows:
            wanted: list[tuple[float, float]] = []
            for place in row:
                near = [*above.get(place, ()), *below.get(place, ())] or [place]
                weights = [_pull(place, one) for one in near]
                total = sum(weight * middle[one] for weight, one in zip(weights, near, strict=True))
                wanted.append((total / sum(weights), sum(weights)))
            middle |= dict(zip(row, _apart(row, wanted), strict=True))
    return middle


def _pull(one: _Place, other: _Place) -> float:
    """How much two neighbours want to stand below each other."""
    if one.lane or other.lane:
        return 8.0 if one.state == other.state else 1.0
    return 3.0


def _apart(row: list[_Place], wanted: list[tuple[float, float]]) -> list[float]:
    """The positions nearest to those wanted that keep order and distance: pooled adjacent violators."""
    offset = 0.0
    offsets: list[float] = []
    for index, place in enumerate(row):
        offset += (_width(row[index - 1]) + _width(place)) / 2 + BETWEEN if index else 0.0
        offsets.append(offset)
    blocks: list[tuple[float, float, int]] = []
    for (target, weight), shift in zip(wanted, offsets, strict=True):
        block = (target - shift, weight, 1)
        while blocks and blocks[-1][0] > block[0]:
            one = blocks.pop()
            both = one[1] + block[1]
            block = ((one[0] * one[1] + block[0] * block[1]) / both, both, one[2] + block[2])
        blocks.append(block)
    level = [value for value, _, count in blocks for _ in range(count)]
    return [value + shift for value, shift in zip(level, offsets, strict=True)]


def _label(state: str) -> str:
    return state if len(state) <= _LONGEST else state[: _LONGEST - 1] + "…"


def _width(place: _Place) -> int:
    if place.lane:
        return 0
    letters = sum(_WIDE if ord(letter) >= _FIRST_WIDE else _LETTER for letter in _label(place.state))
    return max(letters + 28, 64)


def _drawn(
    layer: Mapping[str, int],
    middle: Mapping[_Place, float],
    chains: Mapping[Edge, tuple[_Place, ...]],
    back: list[Edge],
) -> Diagram:
    width = {place: _width(place) for place in middle}
    edge = min((middle[place] - width[place] / 2 for place in middle), default=0.0)
    boxes = {
        place.state: Box(place.state, _label(place.state), round(at - edge), _y(place.layer), width[place])
        for place, at in middle.items()
        if not place.lane
    }
    first = {
        depth: min(box.x for box in boxes.values() if layer[box.state] == depth) for depth in layer.values()
    }
    returns = _returns(boxes, {state for state, box in boxes.items() if box.x == first[layer[state]]}, back)
    left = MARGIN + (LANE * (max(lane for lane, _, _ in returns.values()) + 1) + 6 if returns else 0)
    boxes = {state: replace(box, x=box.x + left) for state, box in boxes.items()}
    x = {place: round(at - edge) + left for place, at in middle.items()}
    arrows = [Arrow(one, _forward(chain, x), back=False) for one, chain in chains.items()]
    for one, (lane, out, back_in) in returns.items():
        path = _backward((boxes[one[0]], boxes[one[1]]), left - 6 - LANE * (lane + 1), out, back_in)
        arrows.append(Arrow(one, path, back=True))
    right = max((x[place] + width[place] // 2 for place in x), default=0)
    depth = max(layer.values(), default=0)
    return Diagram(right + MARGIN, _y(depth) + HEIGHT // 2 + MARGIN, tuple(boxes.values()), tuple(arrows))


def _returns(boxes: Mapping[str, Box], free: set[str], back: list[Edge]) -> dict[Edge, tuple[int, int, int]]:
    """For each way back its lane, counted outwards, and the heights where it leaves and comes in.

    Args:
        boxes: state → its box.
        free: the states with nothing on their left.
        back: the ways.
    """
    ways = sorted(back, key=lambda way: (boxes[way[0]].y - boxes[way[1]].y, boxes[way[1]].y))
    out: dict[Edge, int] = {}
    into: dict[Edge, int] = {}
    for state, box in boxes.items():
        leaving = [way for way in ways if way[0] == state]
        coming = [way for way in reversed(ways) if way[1] == state]
        if state not in free:  # the ways of all such states of a layer run beside each other
            leaving = [way for way in ways if boxes[way[0]].y == box.y and way[0] not in free]
            coming = [way for way in reversed(ways) if boxes[way[1]].y == box.y and way[1] not in free]
        for index, way in enumerate(leaving):
            step = 14 * (2 * index + 1) // (2 * len(leaving))
            out[way] = box.y - 14 + step if state in free else box.y - HEIGHT // 2 - 8 - step
        for index, way in enumerate(coming):
            step = 14 * (2 * index + 1) // (2 * len(coming))
            into[way] = box.y + step if state in free else box.y + HEIGHT // 2 + 8 + step
    taken: list[list[Edge]] = []
    found: dict[Edge, tuple[int, int, int]] = {}
    for way in ways:
        apart = (
            index
            for index, others in enumerate(taken)
            if all(out[way] < into[one] or into[way] > out[one] for one in others)
        )
        lane = next(apart, len(taken))
        taken += [[]] if lane == len(taken) else []
        taken[lane].append(way)
        found[way] = (lane, out[way], into[way])
    return found


def _y(layer: int) -> int:
    return 36 + HEIGHT // 2 + layer * (HEIGHT + GAP)


def _forward(chain: tuple[_Place, ...], x: Mapping[_Place, int]) -> str:
    path = f"M{x[chain[0]]} {_y(chain[0].layer) + HEIGHT // 2}"
    for upper, lower in pairwise(chain):
        top, bottom = _y(upper.layer) + HEIGHT // 2, _y(lower.layer) - HEIGHT // 2
        bottom -= 0 if lower.lane else 2
        half = (top + bottom) // 2
        path += f"C{x[upper]} {half} {x[lower]} {half} {x[lower]} {bottom}"
        if lower.lane:
            path += f"V{bottom + HEIGHT}"
    return path


def _backward(ends: tuple[Box, Box], lane: int, out: int, back_in: int) -> str:
    """Out on the left, or upwards where the height lies above the box; in likewise, or from below."""
    one, other = ends
    start = f"M{one.x - one.width // 2} {out}"
    if out < one.y - HEIGHT // 2:
        start = f"M{one.x - one.width // 4} {one.y - HEIGHT // 2}V{out}"
    end = f"H{other.x - other.width // 2 - 2}"
    if back_in > other.y + HEIGHT // 2:
        end = f"H{other.x - other.width // 4}V{other.y + HEIGHT // 2 + 2}"
    bend = f"Q{lane} {out} {lane} {out - 8}V{back_in + 8}Q{lane} {back_in} {lane + 8} {back_in}"
    return f"{start}H{lane + 8}{bend}{end}"

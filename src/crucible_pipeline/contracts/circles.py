"""Types that judge the same value as others do, pure: their way must end, and soon."""

from collections.abc import Iterator, Mapping

from crucible_pipeline.contracts.model import Schema

# The validators of both packages follow this many schemas on one value; no contract may need more.
MOST_STEPS = 90


def endless(types: Mapping[str, Schema]) -> list[str]:
    """Types that a validator could never finish with: they lead back to themselves on the spot."""
    reaches = {
        name: {ref for ref, _ in _on_the_spot(schema, 1)} & types.keys() for name, schema in types.items()
    }
    left = dict(reaches)
    for name in _innermost_first(reaches):
        del left[name]
    if len(left) > 1000:
        return list(left)  # to tell who only leads to a circle would take too long
    found: list[str] = []
    for start in left:
        seen: set[str] = set()
        todo = set(reaches[start])
        while todo:
            name = todo.pop()
            seen.add(name)
            todo |= reaches[name] - seen
        if start in seen:
            found.append(start)
    return found


def too_deep(types: Mapping[str, Schema]) -> list[str]:
    """Names of the types that judge a value by more schemas in a row than a validator follows.

    Args:
        types: none of them is endless.
    """
    steps = {name: [*_on_the_spot(schema, 1)] for name, schema in types.items()}
    deepest: dict[str, int] = {}
    for name in _innermost_first(
        {name: {ref for ref, _ in found} & types.keys() for name, found in steps.items()}
    ):
        deepest[name] = max((taken + deepest.get(ref, 0) for ref, taken in steps[name]), default=0)
    return [name for name, taken in deepest.items() if taken > MOST_STEPS]


def _innermost_first(reaches: Mapping[str, set[str]]) -> list[str]:
    """Every type after those that it leads to; none that leads into a circle (Kahn's algorithm)."""
    waiting = {name: len(others) for name, others in reaches.items()}
    users: dict[str, list[str]] = {name: [] for name in reaches}
    for name, others in reaches.items():
        for other in others:
            users[other].append(name)
    found = [name for name, count in waiting.items() if not count]
    for name in found:
        for user in users[name]:
            waiting[user] -= 1
            if not waiting[user]:
                found.append(user)
    return found


def _on_the_spot(schema: Schema, taken: int) -> Iterator[tuple[str, int]]:
    """The types that judge the same value as the schema itself, and how many schemas come before each."""
    if schema.ref is not None:
        yield schema.ref, taken
    single = (schema.not_, schema.if_, schema.then, schema.else_)
    several = (*schema.all_of, *schema.any_of, *schema.one_of, *schema.dependent_schemas.values())
    for inner in (*several, *single):
        if inner is not None:
            yield from _on_the_spot(inner, taken + 1)

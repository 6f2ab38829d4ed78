"""Which schemas hold certain types, directly or through others; pure."""

from collections.abc import Iterable

from crucible_pipeline.contracts.model import Contract, Schema


class Holders:
    """The types of a contract that lead to some of its types, found in one pass.

    Args:
        contract: every reference in it names one of its types.
        wanted: names; those that name no type are held by nobody.
    """

    def __init__(self, contract: Contract, wanted: Iterable[str]) -> None:
        self._contract = contract
        self._wanted = frozenset(wanted)
        users: dict[str, list[str]] = {}
        if self._wanted:
            for name, item in contract.types.items():
                for inner in _references(item.schema):
                    users.setdefault(inner, []).append(name)
        found = set(self._wanted)
        todo = list(found)
        while todo:
            more = [user for user in users.get(todo.pop(), ()) if user not in found]
            found.update(more)
            todo += more
        self._leading = found

    def hold(self, schema: Schema) -> bool:
        """Whether a schema of the contract refers to one of the types, directly or not."""
        return bool(self._wanted) and not self._leading.isdisjoint(_references(schema))

    def hold_another(self, schema: Schema) -> bool:
        """Likewise, where the schema, which is that of a type, does not count itself."""
        todo = _references(schema) if self.hold(schema) else set[str]()
        seen = set(todo)
        while todo:
            name = todo.pop()
            inner = self._contract.types[name].schema
            if name in self._wanted and inner is not schema:
                return True
            more = _references(inner) - seen
            seen |= more
            todo |= more
        return False


def stating_types(contract: Contract) -> set[str]:
    """The types in which something states its direction (`x-direction`)."""
    return {
        name
        for name, item in contract.types.items()
        if any(inner.direction != "both" for inner in item.schema.walk())
    }


def states_inside(stating: Holders, schema: Schema) -> bool:
    """Whether a part of a message states its own direction: then the rows tell what counts there.

    Args:
        stating: of the message's contract and its types that state one.
        schema: of the whole message, whose own statement does not count.
    """
    if any(inner.direction != "both" for inner in schema.walk() if inner is not schema):
        return True
    # One that states a direction may hold itself, which says nothing of its parts.
    return stating.hold(schema) if schema.direction == "both" else stating.hold_another(schema)


def _references(schema: Schema) -> set[str]:
    return {inner.ref for inner in schema.walk() if inner.ref is not None}

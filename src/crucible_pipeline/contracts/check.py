"""Lint, pure: what is allowed and still surely not meant. Each finding has a rule id."""

import difflib
import json
from collections.abc import Callable, Iterator

from crucible_pipeline.contracts.model import Contract, Schema, StateMachine
from crucible_pipeline.contracts.plain import types_of
from crucible_pipeline.errors import Problem


def lint(contract: Contract) -> list[Problem]:
    """Every finding of every rule, sorted by place."""
    return sorted(problem for rule in _RULES for problem in rule(contract))


def _unreachable_states(contract: Contract) -> Iterator[Problem]:
    """A state to which no way leads from the first."""
    for machine in contract.machines.values():
        reached = _reached(machine)
        first = next(iter(machine.transitions), "")
        for state in machine.transitions:
            if state not in reached:
                what = f"no way leads from {first!r} to the state {state!r}"
                mark = machine.marks.get(state, machine.mark)
                yield Problem(
                    mark, what, "add a transition to it, or put the first state first", "state-unreachable"
                )


def _reached(machine: StateMachine) -> set[str]:
    reached: set[str] = set()
    todo = list(machine.transitions)[:1]
    while todo:
        state = todo.pop()
        if state not in reached:
            reached.add(state)
            todo += machine.transitions.get(state, ())
    return reached


def _misspelled_required(contract: Contract) -> Iterator[Problem]:
    """A required property that is not described, beside one whose name is nearly the same."""
    for definition in contract.types.values():
        for schema in definition.schema.walk():
            for name, close in _nearly(schema):
                what = f"the required property {name!r} is not described"
                yield Problem(schema.mark, what, f"did you mean {close!r}?", "required-misspelled")


def _nearly(schema: Schema) -> Iterator[tuple[str, str]]:
    for name in schema.required:
        free = [known for known in schema.properties if known not in schema.required]
        if name not in schema.properties:
            for close in difflib.get_close_matches(name, free, n=1, cutoff=0.75):
                yield name, close


def _impossible_values(contract: Contract) -> Iterator[Problem]:
    """A value of an enum that the type beside it rules out."""
    for definition in contract.types.values():
        for schema in definition.schema.walk():
            for value in schema.enum or ():
                if schema.types and not types_of(value).intersection(schema.types):
                    what = f"the value {json.dumps(value)} of the enum is of no type that is allowed"
                    yield Problem(schema.mark, what, "extend the type or remove the value", "enum-impossible")


_RULES: tuple[Callable[[Contract], Iterator[Problem]], ...] = (
    _unreachable_states,
    _misspelled_required,
    _impossible_values,
)

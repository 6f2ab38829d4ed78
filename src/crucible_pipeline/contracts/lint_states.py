"""Lint of state machines, pure."""

from collections.abc import Iterator, Mapping

from crucible_pipeline.contracts.lint_rule import ERROR, Finding, Row, Rule, Subject
from crucible_pipeline.contracts.model import StateMachine
from crucible_pipeline.errors import Mark


def _unreachable(subject: Subject) -> Iterator[Finding]:
    for machine in subject.contract.machines.values():
        first = list(machine.transitions)[:1]
        reached = _reached(first, machine.transitions)
        for state in machine.transitions:
            if state not in reached:
                what = f"no way leads from {first[0]!r} to the state {state!r}"
                todo = "add a transition to it, or put the first state first"
                yield Finding(_mark(machine, state), what, todo)


def _endless(subject: Subject) -> Iterator[Finding]:
    """Where no state is final, the machine goes round on purpose, as a connection or a lamp does."""
    for machine in subject.contract.machines.values():
        before: dict[str, list[str]] = {}
        for state, following in machine.transitions.items():
            for after in following:
                before.setdefault(after, []).append(state)
        final = [state for state, following in machine.transitions.items() if not set(following) - {state}]
        reached = _reached(final, before)
        for state in machine.transitions if final else ():
            if state not in reached:
                what = f"no way leads from the state {state!r} to a final one"
                yield Finding(_mark(machine, state), what, f"add a way to {' or '.join(map(repr, final))}")


def _reached(start: list[str], ways: Mapping[str, tuple[str, ...] | list[str]]) -> set[str]:
    reached: set[str] = set()
    todo = list(start)
    while todo:
        state = todo.pop()
        if state not in reached:
            reached.add(state)
            todo += ways.get(state, ())
    return reached


def _mark(machine: StateMachine, state: str) -> Mark:
    return machine.marks.get(state, machine.mark)


RULES = (
    Rule(
        Row(
            "state-unreachable",
            ERROR,
            "What nothing can become is a slip in the transitions, or a state that nobody needs.",
            "add a transition to the state, or put the state in which everything begins first",
        ),
        _unreachable,
    ),
    Rule(
        Row(
            "state-without-end",
            ERROR,
            "What gets into such a state is never finished: it is polled, shown and counted for ever.",
            "add a transition that leads to a final state, by way of others or at once",
        ),
        _endless,
    ),
)

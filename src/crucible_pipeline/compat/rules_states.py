"""The rows about transitions, constants and the words around them."""

from collections.abc import Iterator

from crucible_pipeline.compat.rule import Finding, Rule
from crucible_pipeline.compat.rules_contract import (
    Both,
    ContractRule,
    channels,
    messages,
)
from crucible_pipeline.compat.values import key, shown
from crucible_pipeline.contracts.model import RENAMED, Constant, Contract, JsonValue, StateMachine
from crucible_pipeline.version import Severity


def machines(both: Both) -> Iterator[tuple[StateMachine, StateMachine]]:
    """The state machines of both contracts; that of a renamed enum is the same one."""
    for name, item in both.old.machines.items():
        heir = name if name in both.new.machines else both.heirs.types.get(name)
        if heir is not None and heir in both.new.machines:
            yield item, both.new.machines[heir]


def _machine_added(both: Both) -> Iterator[Finding]:
    kept = {new.enum for _, new in machines(both)}
    for name, item in both.new.machines.items():
        if name not in kept:
            yield Finding("transitions were added", element=name, mark=item.mark)


def _machine_removed(both: Both) -> Iterator[Finding]:
    kept = {old.enum for old, _ in machines(both)}
    for name, item in both.old.machines.items():
        if name not in kept:
            home = both.new.types[name].mark if name in both.new.types else both.home(item.module)
            yield Finding("the transitions were removed", element=name, mark=home)


def _steps(machine: StateMachine) -> dict[tuple[str, str], None]:
    return {(state, after): None for state, all_after in machine.transitions.items() for after in all_after}


def _differing(first: StateMachine, second: StateMachine) -> Iterator[tuple[str, str]]:
    """Steps of the first that the second lacks."""
    for state, after in _steps(first):
        if (state, after) not in _steps(second):
            yield state, after


def _tells(contract: Contract, machine: StateMachine, step: tuple[str, str]) -> bool:
    """Whether a step is news: that of a state which the other enum does not list is told by the enum."""
    listed = contract.types[machine.enum].schema.enum if machine.enum in contract.types else None
    return listed is None or all(state in listed for state in step)


def _transition_added(both: Both) -> Iterator[Finding]:
    for old, new in machines(both):
        for state, after in _differing(new, old):
            if not _tells(both.old, old, (state, after)):
                continue
            yield Finding(
                f"{state} may become {after} now",
                element=f"{new.enum}: {state} → {after}",
                mark=new.marks.get(state, new.mark),
            )


def _transition_removed(both: Both) -> Iterator[Finding]:
    for old, new in machines(both):
        for state, after in _differing(old, new):
            if not _tells(both.new, new, (state, after)):
                continue
            yield Finding(
                f"{state} may no longer become {after}",
                element=f"{new.enum}: {state} → {after}",
                mark=new.marks.get(state, new.mark),
            )


def _machine_renamed(both: Both) -> Iterator[Finding]:
    for old, new in machines(both):
        for role, name in old.names.items():
            if new.names.get(role) != name:
                now = new.names.get(role)
                text = f"the function {name} is called {now} now" if now else f"the function {name} is gone"
                yield Finding(text, element=new.enum, mark=new.mark)


def _constant_added(both: Both) -> Iterator[Finding]:
    kept = {*both.heirs.constants.values()}
    for path, item in both.new.constants.items():
        if path not in kept:
            yield Finding(f"the constant {shown(item.value)} was added", element=path, mark=item.mark)


def _constant_removed(both: Both) -> Iterator[Finding]:
    for path, item in both.old.constants.items():
        if path not in both.heirs.constants:
            yield Finding("the constant was removed", element=path, mark=both.home(item.module))


def constants(both: Both) -> Iterator[tuple[Constant, Constant]]:
    """The constants of both contracts, renamed ones too."""
    for path, old in both.old.constants.items():
        heir = both.heirs.constants.get(path)
        if heir is not None:
            yield old, both.new.constants[heir]


_SHAPES: dict[type, str] = {bool: "boolean", int: "integer", float: "number", str: "text"}


def _shape(value: JsonValue) -> str:
    if isinstance(value, list):
        return "list of " + " and ".join(sorted({_shape(item) for item in value}))
    return _SHAPES.get(type(value), "nothing")


def _constants(both: Both, *, same_shape: bool) -> Iterator[tuple[Constant, Constant]]:
    for old, new in constants(both):
        if (_shape(old.value) == _shape(new.value)) is same_shape:
            yield old, new


def _constant_changed(both: Both) -> Iterator[Finding]:
    for old, new in _constants(both, same_shape=True):
        if key(old.value) != key(new.value):
            yield Finding(
                f"the constant changed from {shown(old.value)} to {shown(new.value)}",
                element=new.path,
                mark=new.mark,
            )


def _constant_type(both: Both) -> Iterator[Finding]:
    for old, new in _constants(both, same_shape=False):
        yield Finding(
            f"the constant changed from {shown(old.value)} ({_shape(old.value)}) to "
            f"{shown(new.value)} ({_shape(new.value)})",
            element=new.path,
            mark=new.mark,
        )


def _word(what: str) -> str:
    return f"only words changed: {what}"


def _descriptions(both: Both) -> Iterator[Finding]:
    for what in ("module_descriptions", "group_descriptions"):
        olds, news = getattr(both.old, what), getattr(both.new, what)
        for name in sorted({*olds, *news}):
            if olds.get(name) != news.get(name):
                yield Finding(_word("description"), element=name, mark=both.home(name.split(".")[0]))
    for old, new in channels(both):
        if (old.description, old.parameters) != (new.description, new.parameters):
            yield Finding(_word("description"), element=new.key, mark=new.mark)
        if old.key == new.key and old.renamed_from != new.renamed_from:
            yield Finding(_word(RENAMED), element=new.key, mark=new.mark)
        for before, after in messages(old, new):
            if before.description != after.description:
                yield Finding(_word("description"), element=f"{new.key}.{after.name}", mark=after.mark)
    for machine, now in machines(both):
        if machine.description != now.description:
            yield Finding(_word("description"), element=f"{now.enum} transitions", mark=now.mark)
    for constant, current in constants(both):
        if current.description != constant.description:
            yield Finding(_word("description"), element=current.path, mark=current.mark)
        if current.path == constant.path and current.renamed_from != constant.renamed_from:
            yield Finding(_word(RENAMED), element=current.path, mark=current.mark)


RULES: tuple[ContractRule, ...] = (
    Rule(
        "state-machine-added",
        (),
        Severity.ADDITIVE,
        "Code may ask now which steps are allowed.",
        "nothing is to be done",
        _machine_added,
        provable=False,
    ),
    Rule(
        "state-machine-removed",
        ("source",),
        Severity.ADDITIVE,
        "Code that asks which steps are allowed fails.",
        "keep it within this line and remove it in the next one",
        _machine_removed,
        provable=False,
    ),
    Rule(
        "state-machine-renamed",
        ("source",),
        Severity.ADDITIVE,
        "Code that calls the function by its old name fails.",
        "keep the old name within this line",
        _machine_renamed,
        provable=False,
    ),
    Rule(
        "transition-added",
        (),
        Severity.ADDITIVE,
        "A service of the older release refuses the new step until it is upgraded.",
        "upgrade the readers of the status before a service takes the step",
        _transition_added,
        provable=False,
    ),
    Rule(
        "transition-removed",
        ("source",),
        Severity.ADDITIVE,
        "Code that takes the step was right with the older release and raises with the newer one.",
        "keep the transition within this line and remove it in the next one",
        _transition_removed,
        provable=False,
    ),
    Rule(
        "constant-added",
        (),
        Severity.ADDITIVE,
        "There is a new name to use.",
        "nothing is to be done",
        _constant_added,
        provable=False,
    ),
    Rule(
        "constant-removed",
        ("source",),
        Severity.ADDITIVE,
        "Code that reads the constant fails.",
        "keep it within this line and remove it in the next one",
        _constant_removed,
        provable=False,
    ),
    Rule(
        "constant-changed",
        (),
        Severity.ADDITIVE,
        "The value is compiled into each service, so two releases disagree on it while both run.",
        "see that no service depends on the others having the same value",
        _constant_changed,
        provable=False,
    ),
    Rule(
        "constant-type-changed",
        ("source",),
        Severity.ADDITIVE,
        "Code that calculates with the old type fails.",
        "add a constant of the new type beside the old one",
        _constant_type,
        provable=False,
    ),
    Rule(
        "note-changed",
        (),
        Severity.NEUTRAL,
        "Only words for people changed.",
        "nothing is to be done",
        _descriptions,
        provable=False,
    ),
)

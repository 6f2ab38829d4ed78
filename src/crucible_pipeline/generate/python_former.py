"""Former names, and names that are given up, as Python text; pure.

Python looks for such a name only where no other is found, so the names in use cost what they cost without.
Type checkers know each with its type, and where PEP 702 has a place for it they tell that it is deprecated.
"""

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass

from crucible_pipeline.generate.text import (
    INDENT,
    WIDTH,
    Expression,
    Group,
    Keyed,
    Name,
    assignment,
    call,
    flat,
    lay,
    literal,
)

TYPE_CHECKING = "TYPE_CHECKING = False\n"
DEPRECATED = Name("._base", "deprecated")
OVERLOAD = Name("typing", "overload")


@dataclass(frozen=True, slots=True)
class Replaced:
    """A name of a module that another one replaces.

    Args:
        name: in the module.
        path: of what it means, below the package.
        message: of the warning.
        static: the statement that type checkers read.
    """

    name: str
    path: str
    message: str
    static: str


@dataclass(frozen=True, slots=True)
class Former:
    """A former name inside a class.

    Args:
        name: as it was.
        type: what it gives.
        message: of the warning.
    """

    name: str
    type: Expression
    message: str


def called(name: str, now: str) -> str:
    """What is said about a former name."""
    return f"{name} is called {now} now"


def module_end(replaced: Sequence[Replaced]) -> str:
    """The end of a module that has former names; `TYPE_CHECKING` is set above it."""
    if not replaced:
        return ""
    static = "".join(f"{INDENT}{one.static}\n" for one in replaced)
    made = assignment("__getattr__", None, call("former", "__name__", table(replaced)), 1)
    start = f"\n\nif TYPE_CHECKING:\n{static}else:\n{INDENT}from ._former import former\n\n"
    return f"{start}{made}\n"


def table(replaced: Iterable[Replaced]) -> Expression:
    """Name → path and message."""
    return places({one.name: (one.path, one.message) for one in replaced})


def places(found: Mapping[str, tuple[str, str]]) -> Expression:
    """A dict of pairs."""
    rows = (
        Keyed(f"{literal(name)}: ", Group("", (literal(path), literal(message)), "()"))
        for name, (path, message) in found.items()
    )
    return Group("", tuple(rows), "{}")


def metaclass(name: str, base: str, former: Sequence[Former]) -> str:
    """The metaclass under which type checkers find former names of a class's attributes."""
    stubs = "\n".join(_property(one, "cls", 2) for one in former)
    return (
        f"if TYPE_CHECKING:\n\n{INDENT}class {name}({base}):\n{stubs}\nelse:\n{INDENT}{name} = {base}\n\n\n"
    )


def _marked(message: str, depth: int) -> str:
    indent = INDENT * depth
    return f"{indent}@{lay(call(DEPRECATED, literal(message)), depth, len(indent) + 1)}\n"


def _property(one: Former, first: str, depth: int) -> str:
    start = f"{INDENT * depth}@property\n{_marked(one.message, depth)}"
    return start + stub(one.name, (first,), one.type, depth)


def model_stubs(
    model: str, given: Mapping[str, Expression], optional: Container[str], former: Mapping[str, str]
) -> str:
    """What type checkers read of a model's former fields: constructors that take them, and properties.

    Args:
        model: its name.
        given: field → what it may be given.
        optional: fields that need not be given.
        former: former field → field.
    """
    first = "self" if "self" not in {*given, *former} else "_self"
    makers = [("", _parameters(given, optional, {}, ""))]
    for old, now in former.items():
        message = called(f"{model}.{old}", now)
        makers.append((_marked(message, 2), _parameters(given, optional, former, old)))
    found = "".join(
        f"{INDENT * 2}@overload\n{mark}{stub('__init__', (first, '*', *parameters), 'None', 2)}"
        for mark, parameters in makers
    )
    found += stub("__init__", (first, "**data: object"), "None", 2)
    for old, now in former.items():
        message, kind = called(f"{model}.{old}", now), given[now]
        found += f"\n{_property(Former(old, kind, message), 'self', 2)}{INDENT * 2}@{old}.setter\n"
        found += _marked(message, 2) + stub(old, ("self", Keyed("value: ", kind)), "None", 2)
    return f"\n{INDENT}if TYPE_CHECKING:\n\n{found}"


def _parameters(
    given: Mapping[str, Expression], optional: Container[str], former: Mapping[str, str], old: str
) -> list[Expression]:
    """The fields as a constructor takes them, one by its former name `old` and others by either."""
    found: list[Expression] = []
    for name, kind in given.items():
        names = [one for one, now in former.items() if now == name]
        if old in names:
            found.append(_parameter(old, kind, needed=name not in optional))
        else:
            needed = name not in optional and not names
            found += [_parameter(one, kind, needed=needed) for one in (name, *names)]
    return found


def _parameter(name: str, kind: Expression, *, needed: bool) -> Expression:
    return Keyed(f"{name}: ", kind if needed else f"{flat(kind)} = ...")


def stub(name: str, parameters: tuple[Expression, ...], returns: Expression, depth: int) -> str:
    """A function for type checkers, without a body."""
    indent = INDENT * depth
    head = call(f"def {name}", *parameters)
    last = f" -> {lay(returns, depth)}: ..."
    return f"{indent}{lay(head, depth, len(indent), min(len(last), WIDTH // 2))}{last}\n"

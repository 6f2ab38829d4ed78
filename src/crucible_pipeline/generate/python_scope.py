"""What the modules of types import and what they put together only once, pure."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field

from crucible_pipeline.generate.text import (
    Expression,
    Name,
    assignment,
    flat,
    imports,
    names_of,
    renamed,
)

_UNION = Name("typing", "Union")
_FUTURE = ("__future__", "annotations", "annotations")


@dataclass(slots=True)
class Scope:
    """The names that one module imports.

    Args:
        home: the module.
        homes: type → module that defines it.
        own: every type that the module defines or shows.
    """

    home: str
    homes: Mapping[str, str]
    own: frozenset[str]
    used: dict[Name, str] = field(default_factory=dict[Name, str])

    def local(self, expression: Expression) -> Expression:
        """The expression in this module's names; they are imported from now on."""
        hidden = False
        for name in names_of(expression):
            hidden |= self.use(name) != name.name
        return renamed(expression, self.use) if hidden else expression

    def use(self, name: Name) -> str:
        """What a name is called in this module."""
        found = self.used.get(name)
        if found is None:
            hidden = bool(name.module) and name.name in self.own
            found = self.used[name] = f"_{name.name}" if hidden else name.name
        return found

    def place(self, target: str, annotation: Expression | None, value: Expression | None, depth: int) -> str:
        """An assignment, with the import that a split union needs."""
        kind = self.local(annotation) if annotation is not None else None
        said = self.local(value) if value is not None else None
        text = assignment(target, kind, said, depth)
        if kind is not None and "Union[" in text and "Union[" not in flat(kind) + flat(said or ""):
            self.use(_UNION)
        return text + "\n"

    def statements(self, future: bool) -> str:  # noqa: FBT001  the one choice
        """The import statements."""
        found = [(self._module(name), name.name, local) for name, local in self.used.items()]
        wanted = [item for item in found if item[0] != f".{self.home}"]
        return imports([*([_FUTURE] if future else []), *wanted])

    def _module(self, name: Name) -> str:
        return name.module or f".{self.homes[name.name]}"


@dataclass(frozen=True, slots=True)
class Line:
    """The line of a field where the module hides none of its names.

    Args:
        text: with its line break.
        names: to import.
        foreign: those of them that are no types of the contract, as they are called.
    """

    text: str
    names: tuple[Name, ...]
    foreign: frozenset[str]


@dataclass(frozen=True, slots=True)
class Shared:
    """What the modules of one contract put together once.

    Args:
        maybes: identity of an annotation → it, and that of a value that may be absent.
        lines: what the line of a field depends on → it.
    """

    maybes: dict[int, tuple[Expression, Expression]] = field(
        default_factory=dict[int, tuple[Expression, Expression]]
    )
    lines: dict[Hashable, Line] = field(default_factory=dict[Hashable, Line])

"""What a lint rule is: a row with a reason, and one small function that looks at a contract. Pure."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from crucible_pipeline.contracts.compose import compose
from crucible_pipeline.contracts.declare import Source, source_of
from crucible_pipeline.contracts.model import Contract, Schema
from crucible_pipeline.contracts.nodes import Findings, Node
from crucible_pipeline.contracts.refs import Declared
from crucible_pipeline.errors import Mark, Problem

ERROR = "error"
WARNING = "warning"


_NO_PLACES: Mapping[tuple[int, int], Node] = {}


@dataclass(frozen=True, slots=True)
class Row:
    """A rule as its page shows it.

    Args:
        id: also the name of its folder of fixtures.
        severity: `error`, or `warning`, which does not decide about the answer.
        why: what happens to a reader or a service, for people who never read a schema specification.
        todo: how to mend it, in the imperative.
    """

    id: str
    severity: str
    why: str
    todo: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a rule found.

    Args:
        mark: where.
        what: what is wrong there, without a full stop.
        todo: what to do there, in the imperative.
    """

    mark: Mark
    what: str
    todo: str


class Subject:
    """A contract and, where a rule asks for them, its files as nodes.

    A contract forgets how it was written: whether a number was a `$ref`, which file a type stands in, what
    refers to a message. A contract without texts, such as one from a snapshot, has no nodes.

    Args:
        contract: the one that is judged.
    """

    def __init__(self, contract: Contract) -> None:
        self.contract = contract
        self._paths: dict[str, str] = {}

    @cached_property
    def declared(self) -> Declared:
        """What the files declare."""
        return self._read[1]

    @cached_property
    def sources(self) -> Mapping[str, Source]:
        """Path below the contracts folder → file."""
        return self._read[0]

    @cached_property
    def _read(self) -> tuple[dict[str, Source], Declared]:
        sources: dict[str, Source] = {}
        declared = Declared(files=set(self.contract.sources))
        for path, text in self.contract.sources.items():
            root = compose(path, text, path, Findings())
            if root is not None:
                sources[path] = source_of(path, root, declared, Findings())
        return sources, declared

    @cached_property
    def schemas(self) -> tuple[tuple[str, Schema], ...]:
        """Every schema, each with the name of its type or channel."""
        found = [(name, part) for name, item in self.contract.types.items() for part in item.schema.walk()]
        for channel in self.contract.channels.values():
            for message in channel.messages:
                for whole in (message.payload, message.headers):
                    found += [(channel.key, part) for part in whole.walk()] if whole is not None else []
        return tuple(found)

    @cached_property
    def properties(self) -> tuple["Property", ...]:
        """Every property that a schema describes."""
        return tuple(
            Property(owner, name, child)
            for owner, schema in self.schemas
            for name, child in schema.properties.items()
        )

    @cached_property
    def _places(self) -> dict[str, dict[tuple[int, int], Node]]:
        found: dict[str, dict[tuple[int, int], Node]] = {}
        for path, source in self.sources.items():
            places: dict[tuple[int, int], Node] = {}
            todo = [source.root]
            while todo:
                node = todo.pop()
                places.setdefault((node.key.line, node.key.column), node)
                todo += [*node.entries.values(), *node.items]
            found[path] = places
        return found

    def entries_at(self, mark: Mark) -> Mapping[str, Node]:
        """How a schema was written: keyword → node; empty where that is not known."""
        node = self._places.get(self._path(mark.file), _NO_PLACES).get((mark.line, mark.column))
        return node.entries if node is not None else {}

    def _path(self, file: str) -> str:
        """A mark's file below the contracts folder; it begins with the folder as the user knows it."""
        found = self._paths.get(file)
        if found is None:
            fitting = [path for path in self.contract.sources if f"/{file}".endswith(f"/{path}")]
            found = self._paths[file] = max(fitting, key=len, default="")
        return found


@dataclass(frozen=True, slots=True)
class Property:
    """A property where it is described.

    Args:
        owner: name of the type, or key of the channel, that holds it.
        name: as it is written.
        schema: of its value.
    """

    owner: str
    name: str
    schema: Schema


@dataclass(frozen=True, slots=True)
class Rule:
    """A row with its function.

    Args:
        row: what the page says.
        find: what it finds in a contract.
    """

    row: Row
    find: Callable[[Subject], Iterator[Finding]] = field(repr=False)

    def problems(self, subject: Subject) -> Iterator[Problem]:
        """Its findings as problems."""
        for found in self.find(subject):
            yield Problem(found.mark, found.what, found.todo, self.row.id, self.row.severity)

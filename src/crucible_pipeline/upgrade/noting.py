"""What the search of a file notes: names of the package, wherever they are found to stand."""

import ast
from collections.abc import Iterable, Iterator

from crucible_pipeline.contracts.model import Contract
from crucible_pipeline.upgrade.bindings import Bindings
from crucible_pipeline.upgrade.file import File
from crucible_pipeline.upgrade.meaning import Instance, Local, Meaning, Named
from crucible_pipeline.upgrade.modules import Modules
from crucible_pipeline.upgrade.places import Place, begin, span
from crucible_pipeline.upgrade.use import Span, Tier
from crucible_pipeline.upgrade.wanted import Cause, Wanted, spellings


class Noting(Bindings):
    """Notes in `found` each use, (place, symbol, rule), with its cause and how sure it is.

    Args:
        wanted: what to look for.
        contract: the one that the file was written for.
        file: that is searched.
        modules: of the service; those that this file imports have been read.
        marks: texts for which a function is of interest, besides the names that mean something.
    """

    def __init__(
        self, wanted: Wanted, contract: Contract, file: File, modules: Modules, marks: Iterable[str]
    ) -> None:
        super().__init__(contract, file, modules, marks)
        self.found: dict[tuple[Span, str, str], tuple[Cause, Tier]] = {}
        self.wanted = wanted
        self._constants = {spelling: path for path in wanted.constants for spelling in spellings(path)}

    def note(self, at: Place, symbol: str, cause: Cause | None, tier: Tier = Tier.LIKELY) -> None:
        """Note a use if there is a cause for it; what was noted first stays."""
        if cause is not None:
            self.found.setdefault((span(at, self.file), symbol, cause.change.rule), (cause, tier))

    def note_field(self, at: Place, owner: str, name: str, tier: Tier = Tier.LIKELY) -> None:
        """Note a field of a type if it is wanted."""
        self.note(at, f"{owner}.{name}", self.wanted.fields.get((owner, name)), tier)

    def imports(self, named: Named, alias: ast.alias) -> None:
        """Note a name that an import statement names."""
        self.named(named, begin(alias, alias.name))

    def attribute(self, base: Meaning, name: str, at: Place, tier: Tier = Tier.LIKELY) -> None:
        """Note an attribute of what is known."""
        if isinstance(base, Named):
            self.named(Named((*base.path, name)), at, tier)
        elif isinstance(base, Instance):
            self.note_field(at, base.type, name, tier)
        elif isinstance(base, Local):
            handed_on = self.modules.member(base.module, name)
            if isinstance(handed_on, Named) and handed_on.is_imported:
                self.named(handed_on, at, tier)

    def named(self, named: Named, at: Place, tier: Tier = Tier.LIKELY) -> None:
        """Note a name of the package if it is wanted; what stands after it is another name."""
        for symbol, cause in self._causes(named):
            self.note(at, symbol, cause, tier)

    def _causes(self, named: Named) -> Iterator[tuple[str, Cause | None]]:
        wanted, path = self.wanted, named.path
        yield ".".join(path), wanted.paths.get(path)
        found = self.scopes.type_of(named)
        if found is not None:
            name, rest = found
            if not rest:
                yield name, wanted.types.get(name)
            elif len(rest) == 1:
                symbol = f"{name}.{rest[0]}"
                yield symbol, wanted.members.get((name, rest[0]))
                yield symbol, wanted.fields.get((name, rest[0]))
        elif path in self._constants:
            yield ".".join(path), wanted.constants[self._constants[path]]
        elif path and path[-1] in wanted.channels:
            yield f"channels.{path[-1]}", wanted.channels[path[-1]]
        elif path and path[-1] in wanted.functions:
            yield path[-1], wanted.functions[path[-1]]

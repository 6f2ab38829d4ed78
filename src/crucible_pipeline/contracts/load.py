"""Texts become one Contract, or all their problems at once; pure.

Four passes: read each file into nodes, note what each declares, read the declarations with references
resolved to names, check the whole. A file that cannot be read is reported, and nothing that refers to it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar

from crucible_pipeline.contracts import asyncapi, constants, machine, names, openapi, schema, waivers, whole
from crucible_pipeline.contracts.compose import read_text
from crucible_pipeline.contracts.declare import Source, source_of
from crucible_pipeline.contracts.model import (
    Channel,
    Constant,
    Contract,
    Package,
    Schema,
    StateMachine,
    TypeDef,
)
from crucible_pipeline.contracts.nodes import Findings
from crucible_pipeline.contracts.refs import Declared, Here
from crucible_pipeline.contracts.texts import Texts
from crucible_pipeline.contracts.waiver import Waiver
from crucible_pipeline.errors import InvalidInput, Mark, Problem

Named = TypeVar("Named", TypeDef, Channel, StateMachine)


def load(
    files: Mapping[str, str], package: Package, where: str = "contracts", *, compared: bool = False
) -> Contract:
    """Read a folder of contracts.

    Args:
        files: path below the folder → text.
        package: its names.
        where: the folder as the user knows it; marks begin with it.
        compared: whether no code is made of it. Then a plain JSON Schema in a `.json` file may hold whatever
            its specification allows: unknown keywords (JSON Schema 2020-12 core, section 6.5), a default or
            an example that does not fit (validation, section 9), bounds between which nothing lies.

    Raises:
        InvalidInput: every problem of every file.
    """
    findings = Findings()
    declared = Declared(files=set(files), compared=compared)
    sources: list[Source] = []
    for path in sorted(files):
        root = read_text(path, files, path if where == "." else f"{where}/{path}", findings)
        if root is None:
            declared.broken.add(path)
        else:
            sources.append(source_of(path, root, declared, findings))
    whole.check_modules(sources, findings)
    if not sources and not findings.problems:
        todo = "put OpenAPI, AsyncAPI or JSON Schema files into it"
        findings.problems.append(Problem(Mark(where), "the folder holds no contracts", todo))
    parts = _Parts(declared, findings)
    for source in sources:
        parts.read_types(source)
    for source in sources:
        parts.read_rest(source)
    parts.read_late({source.path: source for source in sources})
    contract = parts.contract(package, files)
    plain = {
        source.root.mark.file
        for source in sources
        if compared and source.kind == "schema" and source.path.endswith(".json")
    }
    whole.check(contract, parts.spare, findings, plain)
    if findings.problems:
        raise InvalidInput(findings.problems)
    return contract


@dataclass(frozen=True, slots=True)
class _Parts:
    """What was read so far.

    Args:
        spare: schemas of types whose name was taken already; what is wrong in them is reported all the same.
    """

    declared: Declared
    findings: Findings
    types: dict[str, TypeDef] = field(default_factory=dict[str, TypeDef])
    spare: list[Schema] = field(default_factory=list[Schema])
    channels: dict[str, Channel] = field(default_factory=dict[str, Channel])
    machines: dict[str, StateMachine] = field(default_factory=dict[str, StateMachine])
    constants: dict[str, Constant] = field(default_factory=dict[str, Constant])
    waivers: list[Waiver] = field(default_factory=list[Waiver])
    words: dict[str, str] = field(default_factory=dict[str, str])
    group_words: dict[str, str] = field(default_factory=dict[str, str])

    def read_types(self, source: Source) -> None:
        """Read the types that a file declares."""
        here = Here(source.path, self.declared, self.findings, source.foreign)
        for name, node in source.types.items():
            found = schema.read(node, here, named=True)
            if found.renamed_from:
                # as the types themselves are called
                former = tuple(map(names.pascal, found.renamed_from))
                found = replace(found, renamed_from=tuple(filter(names.is_usable, former)))
                for one in (one for one in former if not names.is_usable(one)):
                    what = f"{one!r} cannot have named a type"
                    self.findings.add(node.key, what, "write the type's name as it was")
            definition = TypeDef(name, source.module, found, node.key)
            if not self._once(self.types, name, definition, f"the type {name}"):
                self.spare.append(definition.schema)

    def read_late(self, sources: Mapping[str, Source]) -> None:
        """Read the types that are types because something refers to them; they may refer to more such."""
        while self.declared.late:
            path, name = self.declared.late.pop()
            source = sources[path]
            self.read_types(replace(source, types={name: self.declared.nodes[name]}))

    def read_rest(self, source: Source) -> None:
        """Read whatever else a file says; every type is known by now."""
        here = Here(source.path, self.declared, self.findings)
        if source.kind == "openapi":
            openapi.check(source.root, self.findings)
        if source.kind in {"openapi", "asyncapi"}:
            self.words[source.module] = openapi.description(source.root, self.findings) or ""
        if source.kind == "asyncapi":
            for channel in asyncapi.read(source.root, source.module, here):
                self._once(self.channels, channel.key, channel, f"the channel {channel.key}")
        if source.kind == "constants":
            found, words = constants.read(source.root, source.module, self.findings)
            self.constants.update((constant.path, constant) for constant in found)
            self.words[source.module] = words.pop("", "")
            self.group_words.update((f"{source.module}.{group}", text) for group, text in words.items())
        if source.kind == "machine":
            states = machine.read(source.root, source.module, here, self.types)
            if states is not None:
                self._once(self.machines, states.enum, states, f"the state machine of {states.enum}")
        if source.kind == "waivers":
            self.waivers.extend(waivers.read(source.root, self.findings))

    def contract(self, package: Package, files: Mapping[str, str]) -> Contract:
        """The whole."""
        return Contract(
            package,
            self.types,
            self.channels,
            self.machines,
            self.constants,
            tuple(self.waivers),
            {module: text for module, text in self.words.items() if text},
            {group: text for group, text in self.group_words.items() if text},
            files if isinstance(files, Texts) else dict(files),
        )

    def _once(self, known: dict[str, Named], key: str, found: Named, what: str) -> bool:
        """Take in a name; a second declaration is reported and left out."""
        first = known.setdefault(key, found)
        if first is not found:
            said = f"{what} is declared already at {first.mark}"
            self.findings.add(found.mark, said, "rename or remove one of them")
        return first is found

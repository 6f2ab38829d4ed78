"""Texts become one Contract, or all their problems at once; pure.

Four passes: read each file into nodes, note what each declares, read the declarations with references
resolved to names, check the whole. A file that cannot be read is reported, and nothing that refers to it.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeVar

from crucible_pipeline.contracts import asyncapi, constants, machine, openapi, schema, waivers, whole
from crucible_pipeline.contracts.compose import compose
from crucible_pipeline.contracts.declare import WAIVERS, Source, source_of
from crucible_pipeline.contracts.model import Channel, Constant, Contract, Package, StateMachine, TypeDef
from crucible_pipeline.contracts.nodes import Findings
from crucible_pipeline.contracts.refs import Declared, Here
from crucible_pipeline.errors import InvalidInput, Mark, Problem

Named = TypeVar("Named", TypeDef, Channel, StateMachine)


def load(files: Mapping[str, str], package: Package, where: str = "contracts") -> Contract:
    """Read a folder of contracts.

    Args:
        files: path below the folder → text.
        package: its names.
        where: the folder as the user knows it; marks begin with it.

    Raises:
        InvalidInput: every problem of every file.
    """
    findings = Findings()
    declared = Declared(files=set(files))
    sources: list[Source] = []
    for path, text in sorted(files.items()):
        root = compose(path, text, f"{where}/{path}", findings)
        if root is None:
            declared.broken.add(path)
        else:
            sources.append(source_of(path, root, declared, findings))
    whole.check_modules(sources, findings)
    contract = _read(sources, declared, findings, Contract(package, sources=dict(files)))
    if not contract.types and not contract.constants and not findings.problems:
        todo = "put OpenAPI, AsyncAPI or JSON Schema files into it"
        findings.problems.append(Problem(Mark(where), "the folder holds no contracts", todo))
    whole.check(contract, findings)
    if findings.problems:
        raise InvalidInput(findings.problems)
    return contract


def _read(sources: list[Source], declared: Declared, findings: Findings, empty: Contract) -> Contract:
    types: dict[str, TypeDef] = {}
    channels: dict[str, Channel] = {}
    machines: dict[str, StateMachine] = {}
    found_constants: dict[str, Constant] = {}
    words: dict[str, str] = {}
    group_words: dict[str, str] = {}
    for source in sources:
        here = Here(source.path, declared, findings)
        for name, node in source.types.items():
            definition = TypeDef(name, source.module, schema.read(node, here, named=True), node.key)
            _once(types, name, definition, f"the type {name}", findings)
    for source in sources:
        here = Here(source.path, declared, findings)
        if source.kind == "openapi":
            openapi.check(source.root, findings)
        if source.kind in {"openapi", "asyncapi"}:
            words[source.module] = openapi.description(source.root, findings) or ""
        if source.kind == "asyncapi":
            for channel in asyncapi.read(source.root, source.module, here):
                _once(channels, channel.key, channel, f"the channel {channel.key}", findings)
        if source.kind == "constants":
            values, said = constants.read(source.root, source.module, findings)
            found_constants |= {constant.path: constant for constant in values}
            words[source.module] = said.pop("", "")
            group_words |= {f"{source.module}.{group}": text for group, text in said.items()}
        if source.kind == "machine":
            found = machine.read(source.root, source.module, here, types)
            if found is not None:
                _once(machines, found.enum, found, f"the state machine of {found.enum}", findings)
    agreed = [waivers.read(source.root, findings) for source in sources if source.path == WAIVERS]
    return replace(
        empty,
        types=types,
        channels=channels,
        machines=machines,
        constants=found_constants,
        waivers=agreed[0] if agreed else (),
        module_descriptions={module: text for module, text in words.items() if text},
        group_descriptions={group: text for group, text in group_words.items() if text},
    )


def _once(known: dict[str, Named], key: str, found: Named, what: str, findings: Findings) -> None:
    first = known.setdefault(key, found)
    if first is not found:
        findings.add(
            found.mark, f"{what} is declared already at {first.mark}", "rename or remove one of them"
        )

"""What the names of an old contract are in the new one, by name or by declared renaming; pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from crucible_pipeline.contracts.model import Contract


@dataclass(frozen=True, slots=True)
class Heirs:
    """Old name → new name; what is gone is not among them.

    Args:
        types: names of types.
        channels: keys of channels.
        constants: paths of constants.
    """

    types: Mapping[str, str]
    channels: Mapping[str, str]
    constants: Mapping[str, str]


def heirs(old: Contract, new: Contract) -> Heirs:
    """The heirs of everything that has a name (`x-renamed-from`)."""
    types = {name: item.schema.renamed_from for name, item in new.types.items()}
    channels = {key: item.renamed_from for key, item in new.channels.items()}
    constants = {path: item.renamed_from for path, item in new.constants.items()}
    return Heirs(_found(old.types, types), _found(old.channels, channels), _found(old.constants, constants))


def _found(olds: Iterable[str], news: Mapping[str, Iterable[str]]) -> dict[str, str]:
    """A name that is still there is its own heir; else the first new one that declares it."""
    known = {*olds}
    declared: dict[str, str] = {}
    for name, formers in news.items():
        for former in formers if name not in known else ():
            declared.setdefault(former, name)
    found = {name: name if name in news else declared.get(name) for name in olds}
    return {name: heir for name, heir in found.items() if heir is not None}

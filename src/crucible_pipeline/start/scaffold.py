"""The files of a new repository of contracts, as text. Pure but for the templates, which lie in this package.

The templates are a working repository of a package called acme-contracts: a name takes the place of that
one, and nothing else is filled in.
"""

import importlib.resources
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources.abc import Traversable

from packaging.utils import NormalizedName
from packaging.version import Version

from crucible_pipeline.contracts.names import is_usable
from crucible_pipeline.errors import Refused
from crucible_pipeline.index.names import normalized

_DISTRIBUTION, _IMPORT, _TOOL = "acme-contracts", "acme_contracts", "crucible-pipeline[index,prove,release]"
# What the new package stands beside, or needs itself.
_TAKEN = frozenset({"typescript", "tests", "examples", "pydantic", "crucible_pipeline"})
# With its dot some tools would hide a template, and as code others would take it for a part of this package.
_DOT, _CODE = "dot-", ".py.txt"


@dataclass(frozen=True, slots=True)
class Names:
    """How a new package is called.

    Args:
        distribution: what services install, normalized.
        package: what they import.
    """

    distribution: NormalizedName
    package: str


def named(name: str) -> Names:
    """The names of a package.

    Args:
        name: as the user writes it.

    Raises:
        Refused: it is no project name, or Python could not import it beside what is there.
    """
    distribution = normalized(name)
    package = distribution.replace("-", "_")
    if not is_usable(package):
        raise Refused(
            f"{package!r} cannot be imported", "begin with a letter, and take no word of Python's own"
        )
    if package in _TAKEN or package in sys.stdlib_module_names:
        raise Refused(f"{package!r} is another package's name", "take one such as acme-contracts")
    return Names(distribution, package)


def scaffold(names: Names, tool: Version) -> dict[str, str]:
    """The files of a repository, without what is generated.

    Args:
        names: of its package.
        tool: the version of crucible-pipeline that it begins with.

    Returns:
        Path below the repository's root → text.
    """
    root = importlib.resources.files("crucible_pipeline.start") / "scaffold"
    return {
        _filled(path, names): _filled(text, names).replace(_TOOL, f"{_TOOL}{_wanted(tool)}")
        for path, text in _templates(root, "")
    }


def _wanted(tool: Version) -> str:
    """A release is wanted with its line; what is no release, as a build of one's own, with anything newer."""
    return f">={tool.public}" if tool.is_prerelease else f"=={tool.major}.{tool.minor}.*"


def _filled(text: str, names: Names) -> str:
    return text.replace(_DISTRIBUTION, names.distribution).replace(_IMPORT, names.package)


def _templates(folder: Traversable, below: str) -> Iterator[tuple[str, str]]:
    for entry in sorted(folder.iterdir(), key=lambda each: each.name):
        name = f".{entry.name.removeprefix(_DOT)}" if entry.name.startswith(_DOT) else entry.name
        if entry.is_dir():
            yield from _templates(entry, f"{below}{name}/")
        else:
            plain = f"{name.removesuffix(_CODE)}.py" if name.endswith(_CODE) else name
            yield f"{below}{plain}", entry.read_text(encoding="utf-8")

"""The world: what the package in the index offers under which name, read from its wheel, never imported."""

import ast
from collections.abc import Mapping
from dataclasses import dataclass

from packaging.version import Version

from crucible_pipeline.errors import CannotDo, Refused
from crucible_pipeline.index.client import Index, Release
from crucible_pipeline.upgrade.wheel_code import top_member
from crucible_pipeline.version import pin_of

STUB = "__init__.pyi"
MAX_STUB_BYTES = 4 << 20
# What every such package brings along. A service's `shared.validate` need not be this one.
_RUNTIME = frozenset({"_base", "_model", "resources"})


@dataclass(frozen=True, slots=True)
class Package:
    """A package of contracts.

    Args:
        distribution: what is installed, such as `crucible-shared`.
        version: of it.
        module: what is imported, such as `crucible_shared`.
        names: that come from contracts, each importable from the top.
        modules: those that hold contracts, each with its names.
    """

    distribution: str
    version: Version
    module: str
    names: frozenset[str]
    modules: Mapping[str, frozenset[str]]

    @property
    def requirement(self) -> str:
        """What a service requires, such as `crucible-shared==0.3.*`."""
        return f"{self.distribution}{pin_of(self.version)}"


def read_package(index: Index, distribution: str, wanted: Version | None) -> Package:
    """Read a release's names from the index.

    Args:
        index: where.
        distribution: its normalized name.
        wanted: this version; the newest that is neither yanked nor a pre-release if None.

    Raises:
        CannotDo: the index is down or has no such release.
        Refused: its wheel is none of a package of contracts.
    """
    wheels = [one for one in index.releases(distribution) if one.kind == "bdist_wheel"]
    if wanted is not None:
        fitting = [one for one in wheels if one.version == wanted]
    else:
        fitting = [one for one in wheels if one.yanked is None and not one.version.is_prerelease]
    if not fitting:
        what = f"{distribution} {wanted}" if wanted is not None else f"a release of {distribution}"
        raise CannotDo(f"the index at {index.url} has no wheel of {what}", "publish one first, or see --to")
    release = max(fitting, key=lambda one: one.version)
    module, stub = _stub_of(index.download(release), release)
    names, modules = _names(stub, release)
    return Package(distribution, release.version, module, names, modules)


def _stub_of(wheel: bytes, release: Release) -> tuple[str, str]:
    """The import package of a wheel and the text of its stub."""
    found = top_member(wheel, STUB, MAX_STUB_BYTES)
    if found is None:
        raise Refused(
            f"{release.filename} holds no package of contracts",
            f"give a release that `crucible publish` made; it has one {STUB}",
        )
    return found[0], found[1].decode("utf-8", "replace")


def _names(stub: str, release: Release) -> tuple[frozenset[str], dict[str, frozenset[str]]]:
    try:
        tree = ast.parse(stub)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise Refused(f"{STUB} of {release.filename} is no Python") from None
    names: set[str] = set()
    modules: dict[str, frozenset[str]] = {}
    for node in tree.body:
        if not isinstance(node, ast.ImportFrom) or node.level != 1:
            continue
        found = frozenset(alias.name for alias in node.names)
        if node.module is None:
            modules |= {name: modules.get(name, frozenset()) for name in found - _RUNTIME}
        elif node.module not in _RUNTIME:
            names |= found
            if not node.module.startswith("_"):
                modules[node.module] = found
    return frozenset(names | set(modules)), modules

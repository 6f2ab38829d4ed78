"""The world: what a type checker adds to the impact of an upgrade, kept from one run to the next."""

import hashlib
import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, TypeAlias, cast

from crucible_pipeline.compat.change import Change
from crucible_pipeline.contracts.model import Contract
from crucible_pipeline.errors import CrucibleError
from crucible_pipeline.upgrade.certain import confirmed
from crucible_pipeline.upgrade.checker import Checker, new_faults
from crucible_pipeline.upgrade.fault import Fault
from crucible_pipeline.upgrade.flat import Flat, flat
from crucible_pipeline.upgrade.impact import Impact
from crucible_pipeline.upgrade.wanted import wanted
from crucible_pipeline.version import Severity

_MOST_KEPT = 2_000
_NONE_INSTALLED = "No type checker is installed, so that no hit is certain: install mypy or pyright."
_NO_CODE = "A wheel of the two versions holds no code, so that no hit is certain."
_TOO_LARGE = "The service is too large for a type checker, so that no hit is certain."

# the files of a generated package: path below it → content
Package: TypeAlias = Mapping[str, bytes]


@dataclass(frozen=True, slots=True)
class Versions:
    """What is compared.

    Args:
        changes: from the old contract to the new one.
        old: contract that the service was written for.
        new: contract that it is to use.
        packages: the two generated packages; asked only where a checker is to run.
    """

    changes: Sequence[Change]
    old: Contract
    new: Contract
    packages: Callable[[], tuple[Package, Package]]


@dataclass(frozen=True, slots=True)
class Types:
    """Who is asked.

    Args:
        checker: None where none is installed, which a note tells.
        cache: folder for its answers; None to keep none.
    """

    checker: Checker | None
    cache: Path | None


def with_types(
    found: Impact,
    sources: Mapping[str, bytes],
    versions: Versions,
    types: Types,
) -> Impact:
    """Ask a type checker which hits are certain, where something breaks and the service names the package.

    Args:
        found: what the syntax trees show.
        sources: path → content of the service's Python files.
        versions: what is compared.
        types: who is asked.
    """
    if all(change.severity is not Severity.BREAKING for change in versions.changes):
        return found
    package = versions.old.package.import_name
    files = flat(sources, package)
    if files.is_too_large:
        return replace(found, notes=(*found.notes, _TOO_LARGE))
    if not files.files:
        return found
    if types.checker is None:
        return replace(found, notes=(*found.notes, _NONE_INSTALLED))
    try:
        packages = versions.packages()
        if not all(packages):
            return replace(found, notes=(*found.notes, _NO_CODE))
        if packages[0] == packages[1]:
            return found
        faults = _kept(types.checker, types.cache, files, package, packages)
    except CrucibleError as error:
        return replace(found, notes=(*found.notes, f"No hit is certain: {error}."))
    named = [replace(fault, file=files.paths[fault.file]) for fault in faults if fault.file in files.paths]
    return confirmed(found, named, wanted(versions.changes, versions.old, versions.new), sources)


def _kept(
    checker: Checker, cache: Path | None, files: Flat, package: str, packages: tuple[Package, Package]
) -> Iterable[Fault]:
    if cache is None:
        return new_faults(checker, files.files, package, packages)
    key = _key([f"{checker.name} {checker.version} {sys.version} {package}"], files.files, *packages)
    path = cache / f"{key}.json"
    faults = _read(path)
    if faults is None:
        faults = new_faults(checker, files.files, package, packages)
        _write(path, faults)
    return faults


def _key(words: Iterable[str], *groups: Mapping[str, bytes]) -> str:
    digest = hashlib.sha256("\0".join(words).encode())
    for group in groups:
        digest.update(f"group {len(group)}\0".encode())
        for name, content in sorted(group.items()):
            digest.update(f"{name}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()


def _read(path: Path) -> tuple[Fault, ...] | None:
    """The answer in the cache; None if there is none that can be read."""
    try:
        said = cast("list[dict[str, Any]]", json.loads(path.read_bytes()))
        faults = [
            Fault(
                str(one["file"]),
                int(one["line"]),
                int(one["end_line"]),
                str(one["code"]),
                str(one["message"]),
                is_first=bool(one["is_first"]),
            )
            for one in said
        ]
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return None
    return tuple(faults)


def _write(path: Path, faults: Iterable[Fault]) -> None:
    """Keep an answer, and no more than so many; what cannot be kept is asked again."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile("w", dir=path.parent, suffix=".new", delete=False, encoding="utf-8") as file:
            json.dump([asdict(fault) for fault in faults], file)
        Path(file.name).replace(path)
        kept = sorted(path.parent.glob("*.json"), key=lambda one: one.stat().st_mtime)
        for old in kept[:-_MOST_KEPT]:
            old.unlink(missing_ok=True)
    except OSError:
        return

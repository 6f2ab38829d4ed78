"""Where files to be verified lie, and the folder as such a place. Touches the disk, trusts nothing."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from packaging.version import Version

from crucible_pipeline.errors import CannotDo, Refused
from crucible_pipeline.index.names import Filename, parse_filename
from crucible_pipeline.release.evidence import attestations_in

MAX_FILE_BYTES = 2 << 30
MAX_EVIDENCE_BYTES = 4 << 20
# What `crucible publish --dist` writes beside each file and for all of them, and what an index keeps.
_ATTESTATION, _PROVENANCE, _ENVELOPES = ".provenance.attestation", ".provenance", "provenance.intoto.jsonl"


class Found(Protocol):
    """A file, with what lies beside it."""

    @property
    def name(self) -> Filename:
        """What its name says."""
        ...

    @property
    def listed(self) -> str | None:
        """The sha256 that an index lists; None where no index was asked."""
        ...

    def content(self) -> bytes:
        """Its bytes.

        Raises:
            Refused: they are not those that the index lists.
            CannotDo: they cannot be had.
        """
        ...

    def evidence(self) -> list[bytes]:
        """Attestations and envelopes that may speak of it.

        Raises:
            Refused: there is something, and it is no such thing.
            CannotDo: what there is cannot be had.
        """
        ...


class Shelf(Protocol):
    """Where files lie."""

    def files(self, name: str, version: Version) -> list[Found]:
        """The wheels and source distributions of a release.

        Args:
            name: of the distribution, normalized.
            version: of the release.

        Raises:
            CannotDo: they cannot be listed.
        """
        ...


@dataclass(frozen=True, slots=True)
class Kept:
    """A file in a folder."""

    name: Filename
    path: Path
    envelopes: tuple[bytes, ...] = field(repr=False)
    listed: str | None = None

    def content(self) -> bytes:
        """Its bytes."""
        return read(self.path, MAX_FILE_BYTES)

    def evidence(self) -> list[bytes]:
        """What is named after it, then what speaks of the whole release."""
        found: list[bytes] = []
        single = self.path.with_name(self.path.name + _ATTESTATION)
        whole = self.path.with_name(self.path.name + _PROVENANCE)
        if single.is_file():
            found.append(read(single, MAX_EVIDENCE_BYTES))
        if whole.is_file():
            found += attestations_in(read(whole, MAX_EVIDENCE_BYTES))
        return [*found, *self.envelopes]


class Folder:
    """Files in a folder, such as `crucible publish --dist` or `pip download` filled.

    Args:
        path: the folder.

    Raises:
        CannotDo: it cannot be listed.
    """

    def __init__(self, path: Path) -> None:
        try:
            paths = sorted(path.iterdir())
        except OSError as error:
            raise CannotDo(f"the folder {path} cannot be read: {error.strerror}") from None
        named = path / _ENVELOPES
        lines = read(named, MAX_EVIDENCE_BYTES).splitlines() if named.is_file() else []
        self._kept: dict[tuple[str, Version], list[Found]] = {}
        for name, place in _distributions(paths):
            one = Kept(name, place, tuple(line for line in lines if line.strip()))
            self._kept.setdefault((name.project, name.version), []).append(one)

    def files(self, name: str, version: Version) -> list[Found]:
        """Those of a release."""
        return self._kept.get((name, version), [])


def read(path: Path, limit: int) -> bytes:
    """The content of a file.

    Raises:
        CannotDo: it cannot be read, or is larger than the limit, in bytes.
    """
    try:
        with path.open("rb") as file:
            content = file.read(limit + 1)
    except OSError as error:
        raise CannotDo(f"{path} cannot be read: {error.strerror}") from None
    if len(content) > limit:
        raise CannotDo(f"{path} is larger than {limit} bytes", "look at what it is")
    return content


def _distributions(paths: list[Path]) -> Iterator[tuple[Filename, Path]]:
    for path in paths:
        if path.is_file():
            try:
                yield parse_filename(path.name), path
            except Refused:
                continue

"""The index as a place where files to be verified lie. Touches the network, trusts nothing."""

from dataclasses import dataclass

from packaging.version import Version

from crucible_pipeline.index.client import Index, Release
from crucible_pipeline.index.names import Filename, parse_filename
from crucible_pipeline.release.evidence import attestations_in
from crucible_pipeline.release.shelves import Found


@dataclass(frozen=True, slots=True)
class Listed:
    """A file in an index."""

    name: Filename
    release: Release
    index: Index

    @property
    def listed(self) -> str | None:
        """What the index says of it."""
        return self.release.sha256

    def content(self) -> bytes:
        """Downloaded, and compared with what the index lists."""
        return self.index.download(self.release)

    def evidence(self) -> list[bytes]:
        """The attestations of its provenance object."""
        found = self.index.provenance(self.release)
        return attestations_in(found) if found is not None else []


class Indexed:
    """Files in an index.

    Args:
        index: over HTTP; a project is asked for once.
    """

    def __init__(self, index: Index) -> None:
        self._index = index
        self._known: dict[str, tuple[Release, ...]] = {}

    def files(self, name: str, version: Version) -> list[Found]:
        """Those of a release."""
        if name not in self._known:
            self._known[name] = self._index.releases(name)
        return [
            Listed(parse_filename(each.filename), each, self._index)
            for each in self._known[name]
            if each.version == version
        ]

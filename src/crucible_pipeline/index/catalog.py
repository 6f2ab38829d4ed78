"""What is published: releases enter and are yanked by one compare-and-swap on their project's document.

A file is published at the moment when the document says so. Before that its content is stored under its
hash, so a crash leaves at worst a blob that no document names, and the same upload succeeds afterwards.
"""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import BinaryIO, Protocol

from packaging.version import Version

from crucible_pipeline.errors import Refused
from crucible_pipeline.index import simple
from crucible_pipeline.index.claims import check_open, is_published
from crucible_pipeline.index.documents import Documents
from crucible_pipeline.index.names import Filename
from crucible_pipeline.index.page import Status
from crucible_pipeline.index.policy import Policies
from crucible_pipeline.index.simple import File, Project
from crucible_pipeline.index.store import NotFound, Store

# The statuses under which a project takes no uploads (PEP 792).
CLOSED = frozenset({"archived", "quarantined"})


class NotAllowed(Refused):
    """The gate, or the project's status, keeps a file out."""


class Distribution(Protocol):
    """A validated file on its way in, as `upload` makes it."""

    @property
    def filename(self) -> Filename:
        """What its name says."""
        ...

    @property
    def sha256(self) -> str:
        """Of the content, in hexadecimal."""
        ...

    @property
    def size(self) -> int:
        """In bytes."""
        ...

    @property
    def requires_python(self) -> str | None:
        """A specifier."""
        ...

    @property
    def metadata(self) -> bytes:
        """The core metadata."""
        ...

    @property
    def provenance(self) -> bytes | None:
        """The attestations that came along, as PEP 740's provenance object."""
        ...

    @property
    def content(self) -> BinaryIO:
        """All of the file, seekable."""
        ...


@dataclass(frozen=True, slots=True)
class Published:
    """A file of an earlier release, for a gate to look into.

    Args:
        version: its release.
        filename: its name.
        sha256: of its content, in hexadecimal.
        yanked: whether its release is.
        content: opens it; whoever reads it closes it.
    """

    version: Version
    filename: str
    sha256: str
    yanked: bool
    content: Callable[[], BinaryIO]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A valid file that asks to be published, as a gate sees it.

    Args:
        project: normalized name.
        version: its release.
        filename: its name.
        content: gives it from its start; it may be large, and stays open.
        previous: gives what the project has published, oldest release first.
    """

    project: str
    version: Version
    filename: str
    content: Callable[[], BinaryIO]
    previous: Callable[[], tuple[Published, ...]]


Gate = Callable[[Candidate], str | None]
"""Says in one sentence why a file may not enter, or None."""


class Catalog:
    """The projects in a store.

    Args:
        store: where everything is kept; other catalogs, also in other processes, may write to it meanwhile.
        clock: gives the time of an upload, in UTC.

    Attributes:
        policies: what each project has to keep to.
    """

    def __init__(self, store: Store, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.store, self.policies = store, Policies(store)
        self._clock = clock
        self._documents = Documents(store, clock)

    def projects(self) -> tuple[str, ...]:
        """The names of all projects, sorted."""
        try:
            return simple.restore_root(self.store.get("simple/index.json").data)
        except NotFound:
            return ()

    def project(self, name: str) -> Project:
        """What a project has published.

        Args:
            name: normalized.

        Raises:
            NotFound: nothing at all.
        """
        return self._documents.load(name)[0]

    def publish(self, distribution: Distribution, gate: Gate | None = None) -> bool:
        """Publish a validated file.

        Args:
            distribution: which.
            gate: asked before; what it hears about earlier releases is what the publication is based on.

        Returns:
            False where exactly this file was published already, which is fine.

        Raises:
            Taken: another content is published under this name or another spelling of it, or the release is
                sealed.
            NotAllowed: the gate's answer, or the project takes no uploads.
        """
        place = distribution.filename
        seal = self.policies.of(place.project).seal

        def is_new(project: Project) -> bool:
            if is_published(project, place, distribution.sha256):
                return False
            if (stands := project.status).marker in CLOSED:
                why = f": {stands.reason}" if stands.reason else ""
                raise NotAllowed(f"{project.name} is {stands.marker} and takes no uploads{why}")
            check_open(project, place, distribution.sha256, self._clock(), seal)
            if gate is not None and (reason := gate(self._candidate(project, distribution))) is not None:
                raise NotAllowed(reason)
            return True

        # Judged and stored before its turn comes, so that others need not wait for it.
        seen = self._documents.load(place.project, or_new=True)[0]
        admitted = is_new(seen)
        # Also a published one: what a damaged storage lost comes back this way.
        file = self._store(distribution)

        def add(project: Project) -> Project | None:
            # Asked again only where another writer was quicker.
            new = admitted if project.serial == seen.serial else is_new(project)
            return simple.with_files(project, (*project.files, file)) if new else None

        return self._documents.change(place.project, add, or_new=True)

    def withdraw(self, name: str, choose: Callable[[Project], Iterable[str]]) -> tuple[File, ...]:
        """Take files out of a project's document; their content is left to the caller.

        Their names stay taken: only the same content may be published under them again.

        Args:
            name: of the project, normalized.
            choose: names of files to take out, of the project as it is at that moment.

        Returns:
            What was taken out.

        Raises:
            NotFound: no such project.
        """
        gone: tuple[File, ...] = ()

        def drop(project: Project) -> Project | None:
            nonlocal gone
            names = set(choose(project))
            gone = tuple(file for file in project.files if file.name in names)
            return simple.without(project, names) if gone else None

        self._documents.change(name, drop)
        return gone

    def yank(self, name: str, version: Version, reason: str | None) -> None:
        """Mark a release as not to be chosen any more, or take the mark back (PEP 592).

        Args:
            name: the project's normalized name.
            version: the release.
            reason: shown by installers; None takes the mark back.

        Raises:
            NotFound: no such project or release.
        """

        def mark(project: Project) -> Project:
            if not project.of(version):
                raise NotFound(f"{name} {version} is not published here")
            files = (
                replace(file, yanked=reason) if file.filename.version == version else file
                for file in project.files
            )
            return simple.with_files(project, files)

        self._documents.change(name, mark)

    def set_status(self, name: str, status: Status) -> None:
        """Say how a project stands (PEP 792).

        Args:
            name: its normalized name.
            status: from now on.

        Raises:
            NotFound: it has published nothing.
        """
        self._documents.change(name, lambda project: replace(project, status=status))

    def _store(self, distribution: Distribution) -> File:
        """Store the content and the metadata, unless an earlier attempt did."""
        file = File(
            name=distribution.filename.text,
            sha256=distribution.sha256,
            size=distribution.size,
            uploaded=self._clock().strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            requires_python=distribution.requires_python,
            # PEP 658 is for wheels: an sdist's metadata may still change when it is built.
            metadata_sha256=hashlib.sha256(distribution.metadata).hexdigest()
            if distribution.filename.kind == "bdist_wheel"
            else None,
            attested=distribution.provenance is not None,
        )
        distribution.content.seek(0)
        blobs: list[tuple[str, bytes | BinaryIO]] = [
            (file.key, distribution.content),
            (file.metadata_key, distribution.metadata),
        ]
        if distribution.provenance is not None:
            blobs.append((file.provenance_key, distribution.provenance))
        self.store.create_all(blobs)
        return file

    def _candidate(self, project: Project, distribution: Distribution) -> Candidate:
        def content() -> BinaryIO:
            distribution.content.seek(0)
            return distribution.content

        def previous() -> tuple[Published, ...]:
            return tuple(self._published(file) for file in project.files)

        place = distribution.filename
        return Candidate(place.project, place.version, place.text, content, previous)

    def _published(self, file: File) -> Published:
        def content() -> BinaryIO:
            return self.store.open(file.key)

        return Published(file.filename.version, file.name, file.sha256, file.yanked is not None, content)

    def render(self, name: str) -> None:
        """Bring what is derived from a project's document up to it: its HTML and the list of projects."""
        self._documents.render(name)

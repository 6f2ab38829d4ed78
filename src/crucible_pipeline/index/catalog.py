"""What is published: releases enter and are yanked by one compare-and-swap on their project's document.

A file is published at the moment when the document says so. Before that its content is stored under its
hash, so a crash leaves at worst a blob that no document names, and the same upload succeeds afterwards.
"""

import contextlib
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import BinaryIO, Protocol

from packaging.version import Version

from crucible_pipeline.errors import CannotDo, Refused
from crucible_pipeline.index import simple
from crucible_pipeline.index.names import Filename
from crucible_pipeline.index.simple import File, Project
from crucible_pipeline.index.store import AlreadyExists, Conflict, NotFound, Store

# A conflict means that another writer succeeded, so this many in a row mean that something is broken.
MAX_ATTEMPTS = 1000


class Taken(Refused):
    """Another content is published under the name, and stays."""


class NotAllowed(Refused):
    """The gate keeps a file out."""


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
    def content(self) -> BinaryIO:
        """All of the file, seekable."""
        ...


@dataclass(frozen=True, slots=True)
class Published:
    """A file of an earlier release, for a gate to look into.

    Args:
        version: its release.
        filename: its name.
        yanked: whether its release is.
        read: gives the whole content.
    """

    version: Version
    filename: str
    yanked: bool
    read: Callable[[], bytes]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A valid file that asks to be published, as a gate sees it.

    Args:
        project: normalized name.
        version: its release.
        filename: its name.
        read: gives the whole content.
        previous: gives what the project has published, oldest release first.
    """

    project: str
    version: Version
    filename: str
    read: Callable[[], bytes]
    previous: Callable[[], tuple[Published, ...]]


Gate = Callable[[Candidate], str | None]
"""Says in one sentence why a file may not enter, or None."""


class Catalog:
    """The projects in a store.

    Args:
        store: where everything is kept; other catalogs, also in other processes, may write to it meanwhile.
        clock: gives the time of an upload, in UTC.
    """

    def __init__(self, store: Store, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.store = store
        self._clock = clock

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
        return self._load(name)[0]

    def publish(self, distribution: Distribution, gate: Gate | None = None) -> bool:
        """Publish a validated file.

        Args:
            distribution: which.
            gate: asked before; what it hears about earlier releases is what the publication is based on.

        Returns:
            False where exactly this file was published already, which is fine.

        Raises:
            Taken: another content is published under this name or another spelling of it.
            NotAllowed: the gate's answer.
        """
        place = distribution.filename
        for _ in range(MAX_ATTEMPTS):
            try:
                project, etag = self._load(place.project)
            except NotFound:
                project, etag = Project(place.project), None
            if _is_published(project, distribution):
                self.render(place.project)
                return False
            if gate is not None and (reason := gate(self._candidate(project, distribution))) is not None:
                raise NotAllowed(reason)
            file = self._store(distribution)
            try:
                self.store.swap(
                    simple.key_of(project.name),
                    simple.dump(simple.with_files(project, (*project.files, file))),
                    etag,
                )
            except Conflict:
                continue
            self.render(project.name)
            return True
        raise CannotDo(f"{place.project} changes too fast to publish into it", "try again")

    def yank(self, name: str, version: Version, reason: str | None) -> None:
        """Mark a release as not to be chosen any more, or take the mark back (PEP 592).

        Args:
            name: the project's normalized name.
            version: the release.
            reason: shown by installers; None takes the mark back.

        Raises:
            NotFound: no such project or release.
        """
        for _ in range(MAX_ATTEMPTS):
            project, etag = self._load(name)
            if not project.of(version):
                raise NotFound(f"{name} {version} is not published here")
            files = (
                replace(file, yanked=reason) if file.filename.version == version else file
                for file in project.files
            )
            try:
                self.store.swap(simple.key_of(name), simple.dump(simple.with_files(project, files)), etag)
            except Conflict:
                continue
            self.render(name)
            return
        raise CannotDo(f"{name} changes too fast to yank from it", "try again")

    def _load(self, name: str) -> tuple[Project, str]:
        try:
            blob = self.store.get(simple.key_of(name))
        except NotFound:
            raise NotFound(f"the project {name} has published nothing here") from None
        return simple.restore(blob.data, simple.key_of(name)), blob.etag

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
        )
        distribution.content.seek(0)
        for key, data in ((file.key, distribution.content), (file.metadata_key, distribution.metadata)):
            try:
                self.store.create(key, data)
            except AlreadyExists:
                continue
        return file

    def _candidate(self, project: Project, distribution: Distribution) -> Candidate:
        def read() -> bytes:
            distribution.content.seek(0)
            return distribution.content.read()

        def previous() -> tuple[Published, ...]:
            return tuple(self._published(file) for file in project.files)

        place = distribution.filename
        return Candidate(place.project, place.version, place.text, read, previous)

    def _published(self, file: File) -> Published:
        def read() -> bytes:
            return self.store.get(file.key).data

        return Published(file.filename.version, file.name, file.yanked is not None, read)

    def render(self, name: str) -> None:
        """Bring what is derived from a project's document up to it: its HTML and the list of projects.

        The rendering's etag is read before the document: whoever swaps it later has seen this document or a
        newer one, so the last rendering is that of the last document, whatever the order of the writers.
        """
        self._derive(simple.key_of(name, "html"), lambda: simple.as_html(self._load(name)[0]))
        for _ in range(MAX_ATTEMPTS):
            try:
                root = self.store.get("simple/index.json")
                names, etag = simple.restore_root(root.data), root.etag
            except NotFound:
                names, etag = (), None
            if name in names:
                break
            try:
                self.store.swap("simple/index.json", simple.dump_root((*names, name)), etag)
            except Conflict:
                continue
            break
        self._derive("simple/index.html", lambda: simple.root_as_html(self.projects()))

    def _derive(self, key: str, content: Callable[[], bytes]) -> None:
        for _ in range(MAX_ATTEMPTS):
            try:
                now = self.store.get(key)
                data, etag = now.data, now.etag
            except NotFound:
                data, etag = b"", None
            wanted = content()
            if etag is not None and data == wanted:
                return
            # And once more round: the document may have changed since, and back again for its own writer.
            with contextlib.suppress(Conflict):
                self.store.swap(key, wanted, etag)


def _is_published(project: Project, distribution: Distribution) -> bool:
    """Whether exactly this file is.

    Raises:
        Taken: another one has its place.
    """
    place = distribution.filename
    for file in project.files:
        if not file.filename.same_place(place):
            continue
        if file.name == place.text and file.sha256 == distribution.sha256:
            return True
        if file.name == place.text:
            raise Taken(
                f"{file.name} is published with other content and a published file never changes",
                "raise the version",
            )
        raise Taken(f"{place.text} is published already, spelled {file.name}", "raise the version")
    return False

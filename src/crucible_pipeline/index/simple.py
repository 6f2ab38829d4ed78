"""A project's document as a value: its PEP 691 JSON is the index's database, its HTML a rendering.

Addresses in a document are relative to `simple/<project>/`, so that the same folder works behind any server
and any path. Pure: text in, text out.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from packaging.version import Version

from crucible_pipeline.errors import CannotDo
from crucible_pipeline.index import page
from crucible_pipeline.index.names import Filename, parse_filename
from crucible_pipeline.index.page import ACTIVE, HASH, MARKERS, Link, Page, Status

root_as_html = page.root_as_html
dump_root = page.root_as_json


@dataclass(frozen=True, slots=True)
class File:
    """One published file.

    Args:
        name: as uploaded.
        sha256: of the content, in hexadecimal.
        size: in bytes.
        uploaded: RFC 3339, in UTC, with microseconds (PEP 700).
        requires_python: a specifier, or None.
        metadata_sha256: of the `.metadata` file beside it; None where there is none.
        yanked: None, or the reason, which may be empty (PEP 592).
        attested: whether attestations came with it (PEP 740).
    """

    name: str
    sha256: str
    size: int
    uploaded: str
    requires_python: str | None = None
    metadata_sha256: str | None = None
    yanked: str | None = None
    attested: bool = False

    @property
    def key(self) -> str:
        """Where the store keeps the content."""
        return f"files/{self.sha256[:2]}/{self.sha256}/{self.name}"

    @property
    def metadata_key(self) -> str:
        """Where the store keeps the core metadata (PEP 658)."""
        return f"{self.key}.metadata"

    @property
    def provenance_key(self) -> str:
        """Where the store keeps the attestations (PEP 740)."""
        return f"{self.key}.provenance"

    @property
    def keys(self) -> tuple[str, ...]:
        """All that the store may keep of it."""
        return self.key, self.metadata_key, self.provenance_key

    @property
    def filename(self) -> Filename:
        """What the name says."""
        return parse_filename(self.name)


@dataclass(frozen=True, slots=True)
class Project:
    """What a project has published.

    Args:
        name: normalized.
        files: sorted by version, then name.
        status: how it stands (PEP 792).
        serial: grows with each change of the document.
        withdrawn: files that were published once, by name and sha256; other content never takes their names.
    """

    name: str
    files: tuple[File, ...] = ()
    status: Status = ACTIVE
    serial: int = 0
    withdrawn: tuple[tuple[str, str], ...] = ()

    @property
    def versions(self) -> tuple[Version, ...]:
        """Each release once, oldest first."""
        return tuple(sorted({file.filename.version for file in self.files}))

    def of(self, version: Version) -> tuple[File, ...]:
        """The files of a release."""
        return tuple(file for file in self.files if file.filename.version == version)


def with_files(project: Project, files: Iterable[File]) -> Project:
    """The project with these files instead, in their order."""
    ordered = tuple(sorted(files, key=lambda file: (file.filename.version, file.name)))
    names = {file.name for file in ordered}
    withdrawn = tuple(each for each in project.withdrawn if each[0] not in names)
    return replace(project, files=ordered, withdrawn=withdrawn)


def without(project: Project, names: Iterable[str]) -> Project:
    """The project without these files; it remembers their names and what they held."""
    gone = set(names)
    withdrawn = {
        *project.withdrawn,
        *((file.name, file.sha256) for file in project.files if file.name in gone),
    }
    kept = tuple(file for file in project.files if file.name not in gone)
    return replace(project, files=kept, withdrawn=tuple(sorted(withdrawn)))


def key_of(project: str, form: str = "json") -> str:
    """Where the store keeps a project's document, or its rendering (`html`)."""
    return f"simple/{project}/index.{form}"


def dump(project: Project) -> bytes:
    """The project's PEP 691 document; equal projects give equal bytes."""
    return page.as_json(_page(project))


def as_html(project: Project) -> bytes:
    """The project's page for installers that read HTML (PEP 503)."""
    return page.as_html(_page(project))


def restore(data: bytes, origin: str) -> Project:
    """Read a document that `dump` wrote.

    Args:
        data: the document.
        origin: what to call it in an error.

    Raises:
        CannotDo: it is none.
    """
    try:
        document: dict[str, Any] = json.loads(data)
        rows = (*document["files"], *document.get("_files", ()))
        stands = document.get("project-status", {"status": "active"})
        if stands["status"] not in MARKERS:
            raise ValueError(f"no project has the status {stands['status']}")
        return Project(
            document["name"],
            tuple(_restore_file(row) for row in rows),
            Status(stands["status"], stands.get("reason", "")),
            document["meta"].get("_last-serial", 0),
            tuple(sorted((str(name), str(held)) for name, held in document.get("_withdrawn", {}).items())),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise CannotDo(f"{origin} is not a project document of this index: {error}") from error


def restore_root(data: bytes) -> tuple[str, ...]:
    """The names in the list of all projects.

    Raises:
        CannotDo: it is none.
    """
    try:
        return tuple(str(project["name"]) for project in json.loads(data)["projects"])
    except (ValueError, KeyError, TypeError) as error:
        raise CannotDo(f"simple/index.json is not the project list of this index: {error}") from error


def url_path(file: File) -> str:
    """Where a file is, relative to the index."""
    # `+` is the one character of a file name that a reader may take for something else.
    return file.key.replace("+", "%2B")


def _page(project: Project) -> Page:
    links = tuple(_link(file) for file in project.files)
    withheld = project.status.marker == "quarantined"
    return Page(
        name=project.name,
        links=() if withheld else links,
        versions=tuple(str(version) for version in project.versions),
        status=project.status,
        serial=project.serial,
        withheld=links if withheld else (),
        withdrawn=project.withdrawn,
    )


def _link(file: File) -> Link:
    url = f"../../{url_path(file)}"
    return Link(
        name=file.name,
        url=url,
        sha256=file.sha256,
        size=file.size,
        uploaded=file.uploaded,
        requires_python=file.requires_python,
        metadata_sha256=file.metadata_sha256,
        yanked=file.yanked,
        # PEP 740 asks for a full address; a document that any server may serve does not know its host.
        provenance=f"{url}.provenance" if file.attested else None,
    )


def _restore_file(row: dict[str, Any]) -> File:
    yanked = row["yanked"]
    metadata = row.get("core-metadata")
    return File(
        name=row["filename"],
        sha256=row["hashes"][HASH],
        size=row["size"],
        uploaded=row["upload-time"],
        requires_python=row.get("requires-python"),
        metadata_sha256=metadata[HASH] if metadata else None,
        yanked=None if yanked is False else "" if yanked is True else yanked,
        attested="provenance" in row,
    )

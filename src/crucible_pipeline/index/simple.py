"""The simple repository API as values: a project's document, its JSON (the truth) and its HTML (a rendering).

PEP 503 (names, HTML), 592 (yanked), 629 (repository version), 658 and 714 (core metadata), 691 (JSON),
700 (versions, size, upload time). Addresses in a document are relative to `simple/<project>/`, so that the
same folder works behind any server and any path. Pure: text in, text out.
"""

import html
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from packaging.version import Version

from crucible_pipeline.errors import CannotDo
from crucible_pipeline.index.names import Filename, parse_filename

API_VERSION = "1.1"
HASH = "sha256"


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
    """

    name: str
    sha256: str
    size: int
    uploaded: str
    requires_python: str | None = None
    metadata_sha256: str | None = None
    yanked: str | None = None

    @property
    def key(self) -> str:
        """Where the store keeps the content."""
        return f"files/{self.sha256[:2]}/{self.sha256}/{self.name}"

    @property
    def metadata_key(self) -> str:
        """Where the store keeps the core metadata (PEP 658)."""
        return f"{self.key}.metadata"

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
    """

    name: str
    files: tuple[File, ...] = ()

    @property
    def versions(self) -> tuple[Version, ...]:
        """Each release once, oldest first."""
        return tuple(sorted({file.filename.version for file in self.files}))

    def of(self, version: Version) -> tuple[File, ...]:
        """The files of a release."""
        return tuple(file for file in self.files if file.filename.version == version)


def with_files(project: Project, files: Iterable[File]) -> Project:
    """The project with these files instead, in their order."""
    return Project(project.name, tuple(sorted(files, key=lambda file: (file.filename.version, file.name))))


def key_of(project: str, form: str = "json") -> str:
    """Where the store keeps a project's document, or its rendering (`html`)."""
    return f"simple/{project}/index.{form}"


def dump(project: Project) -> bytes:
    """The project's PEP 691 document; equal projects give equal bytes."""
    return _json(
        {
            "meta": {"api-version": API_VERSION},
            "name": project.name,
            "versions": [str(version) for version in project.versions],
            "files": [_dump_file(file) for file in project.files],
        }
    )


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
        return Project(document["name"], tuple(_restore_file(file) for file in document["files"]))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise CannotDo(f"{origin} is not a project document of this index: {error}") from error


def dump_root(projects: Iterable[str]) -> bytes:
    """The list of all projects (PEP 691)."""
    names = [{"name": name} for name in sorted(set(projects))]
    return _json({"meta": {"api-version": API_VERSION}, "projects": names})


def restore_root(data: bytes) -> tuple[str, ...]:
    """The names in the list of all projects.

    Raises:
        CannotDo: it is none.
    """
    try:
        return tuple(str(project["name"]) for project in json.loads(data)["projects"])
    except (ValueError, KeyError, TypeError) as error:
        raise CannotDo(f"simple/index.json is not the project list of this index: {error}") from error


def as_html(project: Project) -> bytes:
    """The project's page for installers that read HTML (PEP 503)."""
    return _page(f"Links for {project.name}", (_anchor(file) for file in project.files))


def root_as_html(projects: Iterable[str]) -> bytes:
    """The list of all projects for installers that read HTML."""
    return _page("Projects", (f'<a href="{name}/">{name}</a>' for name in sorted(set(projects))))


def _page(title: str, anchors: Iterable[str]) -> bytes:
    # The repository version of the HTML form (PEP 629) is frozen at 1.0: it carries none of PEP 700's fields.
    lines = [
        "<!DOCTYPE html>",
        '<html lang="en">',
        "<head>",
        '<meta charset="utf-8">',
        '<meta name="pypi:repository-version" content="1.0">',
        f"<title>{html.escape(title)}</title>",
        "</head>",
        "<body>",
        f"<h1>{html.escape(title)}</h1>",
        *(f"{anchor}<br>" for anchor in anchors),
        "</body>",
        "</html>",
    ]
    return ("\n".join(lines) + "\n").encode()


def _anchor(file: File) -> str:
    attributes = {"href": f"{_url(file)}#{HASH}={file.sha256}"}
    if file.requires_python is not None:
        attributes["data-requires-python"] = file.requires_python
    if file.metadata_sha256 is not None:
        # PEP 714: the old name beside the new one, for installers from before 2023.
        attributes["data-core-metadata"] = f"{HASH}={file.metadata_sha256}"
        attributes["data-dist-info-metadata"] = f"{HASH}={file.metadata_sha256}"
    if file.yanked is not None:
        attributes["data-yanked"] = file.yanked
    text = " ".join(f'{name}="{html.escape(value)}"' for name, value in attributes.items())
    return f"<a {text}>{html.escape(file.name)}</a>"


def _url(file: File) -> str:
    return f"../../{url_path(file)}"


def url_path(file: File) -> str:
    """Where a file is, relative to the index."""
    # `+` is the one character of a file name that a reader may take for something else.
    return file.key.replace("+", "%2B")


def _dump_file(file: File) -> dict[str, object]:
    document: dict[str, object] = {
        "filename": file.name,
        "url": _url(file),
        "hashes": {HASH: file.sha256},
        "size": file.size,
        "upload-time": file.uploaded,
        "yanked": False if file.yanked is None else file.yanked or True,
    }
    if file.requires_python is not None:
        document["requires-python"] = file.requires_python
    if file.metadata_sha256 is not None:
        document["core-metadata"] = {HASH: file.metadata_sha256}
        document["dist-info-metadata"] = {HASH: file.metadata_sha256}
    return document


def _restore_file(document: dict[str, Any]) -> File:
    yanked = document["yanked"]
    metadata = document.get("core-metadata")
    return File(
        name=document["filename"],
        sha256=document["hashes"][HASH],
        size=document["size"],
        uploaded=document["upload-time"],
        requires_python=document.get("requires-python"),
        metadata_sha256=metadata[HASH] if metadata else None,
        yanked=None if yanked is False else "" if yanked is True else yanked,
    )


def _json(document: object) -> bytes:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()

"""The pages of the simple repository API, from values: JSON (PEP 691) and HTML (PEP 503). Pure.

What a page says of a file is a `Link`, whether the file is this index's own or another's: yanked (PEP 592),
core metadata (658, 714), size and upload time (700), provenance (740). A project has a status (792). The HTML
form carries what its standards give it, and PEP 833 means to freeze it there.
"""

import html
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, get_args

API_VERSION = "1.4"
# What a page without PEP 700's fields may claim: another index may know neither sizes nor versions.
PLAIN_API_VERSION = "1.0"
HASH = "sha256"

Marker = Literal["active", "archived", "quarantined", "deprecated"]
MARKERS: tuple[Marker, ...] = get_args(Marker)


@dataclass(frozen=True, slots=True)
class Status:
    """How a project stands (PEP 792).

    Args:
        marker: `archived` takes no uploads; `quarantined` offers no files either; `deprecated` only warns.
        reason: for people; may be empty.
    """

    marker: Marker = "active"
    reason: str = ""


ACTIVE = Status()


@dataclass(frozen=True, slots=True)
class Link:
    """What a page says of one file.

    Args:
        name: of the file.
        url: relative to the page, or absolute; without a fragment.
        sha256: of the content, in hexadecimal.
        size: in bytes; None where another index gives none.
        uploaded: RFC 3339; None likewise.
        requires_python: a specifier, or None.
        metadata_sha256: of the `.metadata` file beside it; None where there is none.
        yanked: None, or the reason, which may be empty.
        provenance: where its attestations are; None where there are none.
    """

    name: str
    url: str
    sha256: str
    size: int | None = None
    uploaded: str | None = None
    requires_python: str | None = None
    metadata_sha256: str | None = None
    yanked: str | None = None
    provenance: str | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """A project's page.

    Args:
        name: normalized.
        links: in the order to show them.
        versions: every release; None where another index does not list them.
        status: of the project.
        serial: grows with each change; 0 where unknown.
        withheld: what is not offered and yet known, for the index's own use (PEP 691 leaves it such keys).
        withdrawn: names that were offered once, each with its sha256; likewise.
    """

    name: str
    links: tuple[Link, ...] = ()
    versions: tuple[str, ...] | None = None
    status: Status = ACTIVE
    serial: int = 0
    withheld: tuple[Link, ...] = ()
    withdrawn: tuple[tuple[str, str], ...] = ()


def as_json(page: Page) -> bytes:
    """The page for installers that read JSON; equal pages give equal bytes."""
    document: dict[str, object] = {"meta": _meta(page), "name": page.name}
    if page.status != ACTIVE:
        reason = {"reason": page.status.reason} if page.status.reason else {}
        document["project-status"] = {"status": page.status.marker, **reason}
    if page.versions is not None:
        document["versions"] = list(page.versions)
    document["files"] = [_row(link) for link in page.links]
    if page.withheld:
        document["_files"] = [_row(link) for link in page.withheld]
    if page.withdrawn:
        document["_withdrawn"] = dict(page.withdrawn)
    return _json(document)


def as_html(page: Page) -> bytes:
    """The page for installers that read HTML."""
    metas = {"pypi:repository-version": API_VERSION}
    if page.status != ACTIVE:
        metas["pypi:project-status"] = page.status.marker
        if page.status.reason:
            metas["pypi:project-status-reason"] = page.status.reason
    return _html(f"Links for {page.name}", metas, (_anchor(link) for link in page.links))


def root_as_json(projects: Iterable[str]) -> bytes:
    """The list of all projects."""
    names = [{"name": name} for name in sorted(set(projects))]
    return _json({"meta": {"api-version": API_VERSION}, "projects": names})


def root_as_html(projects: Iterable[str]) -> bytes:
    """The list of all projects for installers that read HTML."""
    anchors = (f'<a href="{name}/">{name}</a>' for name in sorted(set(projects)))
    return _html("Projects", {"pypi:repository-version": API_VERSION}, anchors)


def _meta(page: Page) -> dict[str, object]:
    version = API_VERSION if page.versions is not None else PLAIN_API_VERSION
    return {"api-version": version, **({"_last-serial": page.serial} if page.serial else {})}


def _row(link: Link) -> dict[str, object]:
    row: dict[str, object] = {"filename": link.name, "url": link.url, "hashes": {HASH: link.sha256}}
    if link.size is not None:
        row["size"] = link.size
    if link.uploaded is not None:
        row["upload-time"] = link.uploaded
    row["yanked"] = False if link.yanked is None else link.yanked or True
    if link.requires_python is not None:
        row["requires-python"] = link.requires_python
    if link.metadata_sha256 is not None:
        # PEP 714: under the old name, dist-info-metadata, pip 22.3 to 23.0 would end with an exception.
        row["core-metadata"] = {HASH: link.metadata_sha256}
    if link.provenance is not None:
        row["provenance"] = link.provenance
    return row


def _anchor(link: Link) -> str:
    attributes = {"href": f"{link.url}#{HASH}={link.sha256}"}
    if link.requires_python is not None:
        attributes["data-requires-python"] = link.requires_python
    if link.metadata_sha256 is not None:
        attributes["data-core-metadata"] = f"{HASH}={link.metadata_sha256}"
        attributes["data-dist-info-metadata"] = f"{HASH}={link.metadata_sha256}"
    if link.yanked is not None:
        attributes["data-yanked"] = link.yanked
    if link.provenance is not None:
        attributes["data-provenance"] = link.provenance
    text = " ".join(f'{name}="{html.escape(value)}"' for name, value in attributes.items())
    return f"<a {text}>{html.escape(link.name)}</a>"


def _html(title: str, metas: dict[str, str], anchors: Iterable[str]) -> bytes:
    lines = [
        "<!DOCTYPE html>",
        '<html lang="en">',
        "<head>",
        '<meta charset="utf-8">',
        *(f'<meta name="{name}" content="{html.escape(content)}">' for name, content in metas.items()),
        f"<title>{html.escape(title)}</title>",
        "</head>",
        "<body>",
        f"<h1>{html.escape(title)}</h1>",
        *(f"{anchor}<br>" for anchor in anchors),
        "</body>",
        "</html>",
    ]
    return ("\n".join(lines) + "\n").encode()


def _json(document: object) -> bytes:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()

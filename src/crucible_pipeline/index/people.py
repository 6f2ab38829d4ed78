"""The pages for people: what is here, and a project with its releases, files and install line.

Rendered on the server with every value escaped; nothing on a page needs a script, and the policy sent along
forbids one. Reads the store through the catalog.
"""

import base64
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from packaging.metadata import RawMetadata, parse_email
from packaging.version import Version

from crucible_pipeline.index import reference, simple
from crucible_pipeline.index.catalog import Catalog
from crucible_pipeline.index.simple import File, Project
from crucible_pipeline.index.store import NotFound

PAGES = Path(__file__).with_name("pages")
MAX_DESCRIPTION = 200_000
# Of a project's newest releases; each has to be looked into once.
MAX_REFERENCES = 10
STYLE = (PAGES / "style.css").read_text("utf-8")
_STYLE_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
HEADERS = {
    "Cache-Control": "no-cache",
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    ),
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
# For a page with a form of its own.
FORM_HEADERS = {
    **HEADERS,
    "Cache-Control": "no-store",
    "Content-Security-Policy": HEADERS["Content-Security-Policy"].replace(
        "form-action 'none'", "form-action 'self'"
    ),
}
_JINJA = Environment(
    loader=FileSystemLoader(PAGES),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


@dataclass(frozen=True, slots=True)
class Release:
    """A release as the page shows it.

    Args:
        version: its number.
        date: of its first file, as YYYY-MM-DD.
        yanked: None, or the reason.
        files: its files.
    """

    version: Version
    date: str
    yanked: str | None
    files: tuple[File, ...]


def front(catalog: Catalog, base_url: str) -> str:
    """The list of projects.

    Args:
        catalog: what is published.
        base_url: of this index as the reader knows it, with the final slash.
    """
    rows = [(name, _newest(project)) for name in catalog.projects() if (project := _found(catalog, name))]
    return _JINJA.get_template("front.html").render(style=STYLE, base_url=base_url, rows=rows)


def project(catalog: Catalog, name: str, base_url: str) -> str:
    """A project's page.

    Args:
        catalog: what is published.
        name: normalized.
        base_url: of this index as the reader knows it, with the final slash.

    Raises:
        NotFound: it has published nothing.
    """
    found = catalog.project(name)
    newest, releases = _newest(found), list(_releases(found))
    metadata = _metadata(catalog, found.of(newest.version)[0])
    return _JINJA.get_template("project.html").render(
        style=STYLE,
        base_url=base_url,
        name=found.name,
        status=found.status,
        newest=newest,
        releases=releases,
        referenced={
            one.version for one in releases[:MAX_REFERENCES] if reference.has_page(catalog, one.files)
        },
        summary=metadata.get("summary", ""),
        description=metadata.get("description", "")[:MAX_DESCRIPTION],
        requires_python=metadata.get("requires_python", ""),
        requires=metadata.get("requires_dist", []),
    )


def yanking(catalog: Catalog, name: str, version: Version, base_url: str) -> str:
    """The page on which a release is yanked.

    Args:
        catalog: what is published.
        name: of the project, normalized.
        version: the release.
        base_url: of this index as the reader knows it, with the final slash.

    Raises:
        NotFound: no such project or release.
    """
    files = catalog.project(name).of(version)
    if not files:
        raise NotFound(f"{name} {version} is not published here")
    return _JINJA.get_template("yank.html").render(
        style=STYLE, base_url=base_url, name=name, version=files[0].filename.version, yanked=files[0].yanked
    )


def _found(catalog: Catalog, name: str) -> Project | None:
    try:
        return catalog.project(name)
    except NotFound:
        return None


def _newest(project: Project) -> Release:
    """The release an installer would take: final before pre-release, and not yanked where possible."""
    return max(
        _releases(project),
        key=lambda release: (release.yanked is None, not release.version.is_prerelease, release.version),
    )


def _releases(project: Project) -> Iterator[Release]:
    """Newest first."""
    for version in reversed(project.versions):
        files = project.of(version)
        date = min(file.uploaded for file in files)[:10]
        yield Release(version, date, files[0].yanked, files)


def _metadata(catalog: Catalog, file: File) -> RawMetadata:
    try:
        return parse_email(catalog.store.get(file.metadata_key).data)[0]
    except NotFound:
        return {}


def size(number: int) -> str:
    """A size in bytes for people."""
    amount = float(number)
    for unit in ("B", "kB", "MB"):
        if amount < 1000:
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} GB"


_JINJA.filters["size"] = size
_JINJA.filters["url"] = simple.url_path

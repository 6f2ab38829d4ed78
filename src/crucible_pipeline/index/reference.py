"""The reference page that a wheel brings along: what the package's author wrote, served as untrusted.

Reads the store through the catalog.
"""

from packaging.version import InvalidVersion, Version

from crucible_pipeline.index import inside
from crucible_pipeline.index.catalog import Catalog
from crucible_pipeline.index.store import NotFound

NAME = "reference.html"
# Styles within the page apply; it runs nothing, sends nothing, loads nothing and is of no origin.
HEADERS = {
    "Cache-Control": "no-cache",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'; sandbox"
    ),
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def page(catalog: Catalog, name: str, version: str) -> tuple[bytes, str]:
    """The page of a release.

    Args:
        catalog: what is published.
        name: of the project, normalized.
        version: of the release, in any spelling.

    Returns:
        Its content, and an etag.

    Raises:
        NotFound: no such release, it has no page, or its project is quarantined (PEP 792).
    """
    project = catalog.project(name)
    if project.status.marker == "quarantined":
        raise NotFound(f"{name} is quarantined and offers no files")
    try:
        files = project.of(Version(version))
    except InvalidVersion:
        files = ()
    found = inside.read(catalog.store, files, NAME)
    if found is None:
        raise NotFound(f"{name} {version[:80]} has no reference page here")
    content, file = found
    return content, f'"{file.sha256}-reference"'

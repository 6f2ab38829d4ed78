"""The reference page that a wheel brings along: what the package's author wrote, served as untrusted.

Reads the store through the catalog. A wheel's content never changes, so what was found in it is kept.
"""

import zipfile

from packaging.version import InvalidVersion, Version

from crucible_pipeline.index.archive import UNREADABLE
from crucible_pipeline.index.catalog import Catalog
from crucible_pipeline.index.simple import File
from crucible_pipeline.index.store import NotFound, Store

NAME = "reference.html"
MAX_PAGE_BYTES = 32 << 20
# Styles within the page apply; it runs nothing, sends nothing, loads nothing and is of no origin.
HEADERS = {
    "Cache-Control": "no-cache",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'; sandbox"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
# A wheel's key → the name of its page, or None. The key holds the hash, so it is true of every store.
_FOUND: dict[str, str | None] = {}
_MOST_FOUND = 10_000


def page(catalog: Catalog, name: str, version: str) -> tuple[bytes, str]:
    """The page of a release.

    Args:
        catalog: what is published.
        name: of the project, normalized.
        version: of the release, in any spelling.

    Returns:
        Its content, and an etag.

    Raises:
        NotFound: no such release, or it has no page.
    """
    try:
        files = catalog.project(name).of(Version(version))
    except InvalidVersion:
        files = ()
    for file in files:
        member = _member(catalog.store, file.key) if _is_wheel(file) else None
        if member is not None:
            return _content(catalog.store, file.key, member), f'"{file.sha256}-reference"'
    raise NotFound(f"{name} {version[:80]} has no reference page here")


def has_page(catalog: Catalog, files: tuple[File, ...]) -> bool:
    """Whether a release has a page.

    Args:
        catalog: where its files are.
        files: of the release.
    """
    return any(_is_wheel(file) and _member(catalog.store, file.key) is not None for file in files)


def _is_wheel(file: File) -> bool:
    return file.filename.kind == "bdist_wheel"


def _member(store: Store, key: str) -> str | None:
    """The name of the page in a wheel: the first one at the top of a package; None where there is none."""
    if key in _FOUND:
        return _FOUND[key]
    found = _looked_up(store, key)
    if len(_FOUND) < _MOST_FOUND:
        _FOUND[key] = found
    return found


def _looked_up(store: Store, key: str) -> str | None:
    try:
        with store.open(key) as content, zipfile.ZipFile(content) as archive:
            fit = (info.filename for info in archive.infolist() if info.file_size <= MAX_PAGE_BYTES)
            return min(
                (name for name in fit if name.count("/") == 1 and name.endswith(f"/{NAME}")), default=None
            )
    except UNREADABLE:
        return None


def _content(store: Store, key: str, member: str) -> bytes:
    try:
        with store.open(key) as content, zipfile.ZipFile(content) as archive, archive.open(member) as stream:
            return stream.read(MAX_PAGE_BYTES)
    except UNREADABLE:
        raise NotFound(f"{member} cannot be read") from None

"""A project's page of another index: checked, cleaned and shown with this index's addresses. Pure.

What the other index says is untrusted. A file without a sha256 is left out, since nothing could be checked;
so is one of another project, of no form that installers take, or reached over http where the page came over
https. The rest is kept as it was said (PEP 592, 658, 700, 740, 792).
"""

import json
import re
from dataclasses import dataclass, replace
from typing import Any, cast
from urllib.parse import urljoin, urlsplit

from packaging.utils import canonicalize_name

from crucible_pipeline.errors import CannotDo
from crucible_pipeline.index import listing, page
from crucible_pipeline.index.names import MAX_FILENAME_LENGTH
from crucible_pipeline.index.page import ACTIVE, HASH, MARKERS, Link, Page, Status

FORMAT = 1
LEADS_BACK = "the upstream leads back to this index"
ARCHIVES = (".tar.gz", ".zip", ".tar.bz2", ".tar.xz", ".tgz")
MAX_FILES = 200_000
MAX_TEXT = 2000
_FILENAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+!-]*")
_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9.!+_-]{0,199}")
_SHA256 = re.compile(r"[0-9a-fA-F]{64}")


class UpstreamFailed(CannotDo):
    """The other index did not give what was asked for; status 502."""


class UpstreamLoop(UpstreamFailed):
    """The other index asks this one; status 508."""


@dataclass(frozen=True, slots=True)
class Foreign:
    """A page as it is kept.

    Args:
        page: with the other index's own, absolute addresses.
        etag: to ask with whether it changed; None where the other index gave none.
        source: the other index, without credentials.
    """

    page: Page
    etag: str | None
    source: str

    def link(self, name: str, sha256: str) -> Link | None:
        """The file of this name and content."""
        return next((link for link in self.page.links if (link.name, link.sha256) == (name, sha256)), None)


def read(body: bytes, *, is_json: bool, base: str, name: str) -> Page:
    """Read an answer.

    Args:
        body: of the answer.
        is_json: the form it came in.
        base: the address it came from, for relative ones.
        name: the project's normalized name.

    Raises:
        CannotDo: it is no page of a project.
    """
    if not is_json:
        return Page(name, _links(listing.from_html(body), base, name))
    return _page(listing.from_json(body, urlsplit(base).hostname or ""), base, name)


def _page(document: dict[str, Any], base: str, name: str) -> Page:
    meta = document.get("meta")
    version = str(cast("dict[str, Any]", meta).get("api-version")) if isinstance(meta, dict) else ""
    # PEP 629: another major version may mean anything.
    if version.partition(".")[0] != "1":
        raise CannotDo(
            f"the index at {urlsplit(base).hostname} speaks version {version[:20]} of the simple API"
        )
    return Page(
        name=name,
        links=_links(document["files"], base, name),
        versions=_versions(document.get("versions")),
        status=_status(document.get("project-status")),
        serial=_natural(cast("dict[str, Any]", meta).get("_last-serial")) or 0,
    )


def dump(foreign: Foreign) -> bytes:
    """The page as the store keeps it."""
    document = json.loads(page.as_json(foreign.page))
    kept = {"format": FORMAT, "etag": foreign.etag, "source": foreign.source, "document": document}
    return json.dumps(kept, ensure_ascii=False, separators=(",", ":")).encode()


def restore(data: bytes, name: str) -> Foreign | None:
    """What `dump` wrote; None for what it did not write, which is no loss."""
    try:
        kept = json.loads(data)
        if kept["format"] != FORMAT:
            return None
        cleaned = listing.checked(kept["document"], kept["source"])
        return Foreign(_page(cleaned, kept["source"], name), kept["etag"], kept["source"])
    except (ValueError, KeyError, TypeError, CannotDo):
        return None


def shown(foreign: Foreign) -> Page:
    """The page with this index's addresses, relative to `simple/<project>/`."""
    own = foreign.page
    links = (replace(link, url=f"../../{address(own.name, link)}") for link in own.links)
    return replace(own, links=tuple(links))


def address(project: str, link: Link) -> str:
    """Where this index has a file of another, relative to its root."""
    return f"upstream/{project}/{link.sha256}/{link.name.replace('+', '%2B')}"


def key_of(link: Link) -> str:
    """Where the store keeps the content of a file of another index."""
    return f"upstream/files/{link.sha256[:2]}/{link.sha256}/{link.name}"


def _links(rows: list[dict[str, Any]], base: str, project: str) -> tuple[Link, ...]:
    links: dict[str, Link] = {}
    for row in rows[:MAX_FILES]:
        link = _link(row, base, project)
        # The first of two files of one name is meant, by every reader.
        if link is not None and link.name not in links:
            links[link.name] = link
    return tuple(links.values())


def _link(row: dict[str, Any], base: str, project: str) -> Link | None:
    name, hashes = _text(row.get("filename")), row.get("hashes")
    url = _url(row.get("url"), base)
    if name is None or url is None or not isinstance(hashes, dict) or not _belongs(name, project):
        return None
    sha256 = _hash(cast("dict[str, Any]", hashes))
    if sha256 is None:
        return None
    metadata = row.get("core-metadata", row.get("dist-info-metadata"))
    yanked = row.get("yanked")
    return Link(
        name=name,
        url=url,
        sha256=sha256,
        size=_natural(row.get("size")),
        uploaded=_text(row.get("upload-time")),
        requires_python=_text(row.get("requires-python")),
        metadata_sha256=_hash(cast("dict[str, Any]", metadata)) if isinstance(metadata, dict) else None,
        yanked=yanked[:MAX_TEXT] if isinstance(yanked, str) else "" if yanked is True else None,
        provenance=_url(row.get("provenance"), base),
    )


def _belongs(filename: str, project: str) -> bool:
    """Whether a name is of a file of the project that an installer may take."""
    if len(filename) > MAX_FILENAME_LENGTH or not _FILENAME.fullmatch(filename):
        return False
    if filename.endswith(".whl"):
        # Project, version, sometimes a build, and three tags; what they say is for the installer to judge.
        parts = filename.removesuffix(".whl").split("-")
        return len(parts) in {5, 6} and canonicalize_name(parts[0]) == project
    # An old archive's name does not say where the project ends and the version begins.
    return filename.endswith(ARCHIVES) and canonicalize_name(filename).startswith(f"{project}-")


def _url(value: object, base: str) -> str | None:
    """An absolute address without fragment; never from https down to http."""
    text = _text(value)
    if not text:
        return None
    try:
        whole = text.partition("#")[0]
        # A page of ten thousand files is read within a second: absolute addresses need no joining.
        url = whole if whole.startswith(("https://", "http://")) else urljoin(base, whole)
        parts = urlsplit(url)
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username is not None:
        return None
    return None if base.startswith("https:") and parts.scheme != "https" else url


def _versions(value: object) -> tuple[str, ...] | None:
    if not isinstance(value, list):
        return None
    items = cast("list[object]", value)[:MAX_FILES]
    return tuple(item for item in items if isinstance(item, str) and _VERSION.fullmatch(item))


def _status(value: object) -> Status:
    if not isinstance(value, dict):
        return ACTIVE
    stands = cast("dict[str, Any]", value)
    marker = stands.get("status")
    return Status(marker, _text(stands.get("reason")) or "") if marker in MARKERS else ACTIVE


def _hash(hashes: dict[str, Any]) -> str | None:
    value = hashes.get(HASH)
    return value.lower() if isinstance(value, str) and _SHA256.fullmatch(value) else None


def _natural(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and len(value) <= MAX_TEXT else None

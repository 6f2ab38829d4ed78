"""An index as files that any web server serves: a folder for nginx, or a bucket behind a CDN.

What is exported is complete at every moment: content comes before the documents that list it, these before
the list of projects, and what is no longer listed goes last. A second run writes only what has changed.
"""

import contextlib
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib import resources
from io import RawIOBase
from pathlib import Path
from typing import BinaryIO, cast

from crucible_pipeline.errors import CannotDo, Refused
from crucible_pipeline.index import simple
from crucible_pipeline.index.catalog import Catalog
from crucible_pipeline.index.simple import File, Project
from crucible_pipeline.index.store import AlreadyExists, NotFound, Store
from crucible_pipeline.index.verify import documents

EXPORTED = ("simple/", "files/")


@dataclass(frozen=True, slots=True)
class Exported:
    """What a run did.

    Args:
        projects: how many there are.
        files: how many files they list.
        written: how many objects were new or changed.
        removed: how many were there and are no longer listed.
    """

    projects: int
    files: int
    written: int
    removed: int


def export(catalog: Catalog, target: Store) -> Exported:
    """Bring a copy for static serving up to the index.

    Args:
        catalog: of the index.
        target: where the copy is, or will be; it holds nothing else. Tokens and the like never go there, nor
            do the files of a quarantined project.

    Raises:
        Refused: it holds another thing than such a copy.
        CannotDo: a file of the index is damaged; what was exported before stays as it was.
    """
    there = {entry.key: entry.size for entry in target.list("")}
    if strange := sorted(key for key in there if not key.startswith(EXPORTED)):
        raise Refused(f"the target holds {strange[0]}, which no export put there", "give an empty place")
    projects = [_public(catalog.project(name)) for name in documents(catalog.store)]
    wanted: set[str] = set()
    written = 0
    for project in projects:
        for file in project.files:
            for key, sha256 in _contents(file):
                wanted.add(key)
                if key not in there:
                    written += _copy(catalog.store, target, key, sha256)
    pages: dict[str, bytes] = {}
    for project in projects:
        pages[simple.key_of(project.name)] = simple.dump(project)
        pages[simple.key_of(project.name, "html")] = simple.as_html(project)
    names = [project.name for project in projects]
    pages["simple/index.json"] = simple.dump_root(names)
    pages["simple/index.html"] = simple.root_as_html(names)
    written += sum(_write(target, key, page) for key, page in pages.items())
    gone = sorted(there.keys() - wanted - pages.keys())
    for key in gone:
        with contextlib.suppress(NotFound):
            target.delete(key)
    return Exported(len(projects), sum(len(each.files) for each in projects), written, len(gone))


def nginx_configuration(folder: Path) -> str:
    """How nginx serves an exported folder, with the JSON or the HTML form as the client asks."""
    text = (resources.files("crucible_pipeline.index") / "pages" / "nginx.conf").read_text()
    return text.replace("FOLDER", str(folder.resolve()))


def _public(project: Project) -> Project:
    """What anybody may see of a project."""
    files = () if project.status.marker == "quarantined" else project.files
    return replace(project, files=files, withdrawn=())


def _contents(file: File) -> list[tuple[str, str | None]]:
    contents: list[tuple[str, str | None]] = [(file.key, file.sha256)]
    if file.metadata_sha256 is not None:
        contents.append((file.metadata_key, file.metadata_sha256))
    if file.attested:
        contents.append((file.provenance_key, None))
    return contents


def _copy(source: Store, target: Store, key: str, sha256: str | None) -> int:
    with source.open(key) as content:
        checked = _Checked(content, sha256, key)
        try:
            target.create(key, cast("BinaryIO", checked))
        except AlreadyExists:
            return 0
    return 1


class _Checked(RawIOBase):
    """Content that ends with an error instead of its last bytes where its hash is another."""

    def __init__(self, content: BinaryIO, sha256: str | None, key: str) -> None:
        self._read: Callable[[int], bytes] = content.read
        self._digest, self._sha256, self._key = hashlib.sha256(), sha256, key

    def readable(self) -> bool:
        """It can be read."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Read on; at the end, compare."""
        data = self._read(len(buffer))
        self._digest.update(data)
        if not data and self._sha256 is not None and self._digest.hexdigest() != self._sha256:
            raise CannotDo(f"{self._key} is damaged", "run crucible index verify --repair")
        buffer[: len(data)] = data
        return len(data)


def _write(target: Store, key: str, page: bytes) -> int:
    try:
        now = target.get(key)
        if now.data == page:
            return 0
        etag: str | None = now.etag
    except NotFound:
        etag = None
    target.swap(key, page, etag)
    return 1

"""Takes over what another index has: the folder of a pypiserver or devpi, or any index over HTTP.

Each file goes the way of an upload: it is validated, the gate is asked, and it is published or not.
"""

import contextlib
import io
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO, Literal

from crucible_pipeline.errors import CrucibleError, Refused
from crucible_pipeline.index import upload
from crucible_pipeline.index.catalog import Catalog, Gate
from crucible_pipeline.index.client import Index, Release
from crucible_pipeline.index.names import Filename, parse_filename

Outcome = Literal["published", "present", "refused"]
ENDINGS = (".whl", ".tar.gz", ".zip", ".egg", ".tar.bz2", ".exe")


@dataclass(frozen=True, slots=True)
class Received:
    """What became of one file.

    Args:
        name: of the file.
        outcome: `present` where exactly it was published before.
        why: one sentence for a refusal.
    """

    name: str
    outcome: Outcome
    why: str = ""


@dataclass(frozen=True, slots=True)
class _Found:
    filename: Filename
    open: Callable[[], AbstractContextManager[BinaryIO]]
    yanked: str | None = None


def from_folder(catalog: Catalog, folder: Path, gate: Gate | None = None) -> Iterator[Received]:
    """Take over the distributions below a folder, oldest release first.

    Args:
        catalog: takes them.
        folder: as `packages/` of pypiserver, or `+files` below devpi's server folder.
        gate: asked before each is published.

    Raises:
        Refused: there is no such folder.
    """
    if not folder.is_dir():
        raise Refused(f"there is no folder {folder}")
    found: list[_Found] = []
    for path in sorted(folder.rglob("*")):
        if not path.name.endswith(ENDINGS) or path.is_symlink() or not path.is_file():
            continue
        try:
            found.append(_Found(parse_filename(path.name), partial(_open, path)))
        except Refused as error:
            yield Received(path.name, "refused", str(error))
    yield from _publish(catalog, found, gate)


def from_index(
    catalog: Catalog, index: Index, projects: Iterable[str], gate: Gate | None = None
) -> Iterator[Received]:
    """Take over releases of another index, with their yanks, oldest first.

    Args:
        catalog: takes them.
        index: has them; each download is compared with the hash that it gives.
        projects: which; names in any spelling.
        gate: asked before each file is published.

    Raises:
        CannotDo: the index does not answer.
    """
    found: list[_Found] = []
    for project in projects:
        releases = index.releases(project)
        if not releases:
            yield Received(project, "refused", "the index has no files of this project")
        found += (
            _Found(parse_filename(release.filename), _download(index, release), release.yanked)
            for release in releases
        )
    yield from _publish(catalog, found, gate)


def _open(path: Path) -> BinaryIO:
    return path.open("rb")


def _download(index: Index, release: Release) -> Callable[[], AbstractContextManager[BinaryIO]]:
    return lambda: contextlib.closing(io.BytesIO(index.download(release)))


def _publish(catalog: Catalog, found: list[_Found], gate: Gate | None) -> Iterator[Received]:
    for each in sorted(found, key=lambda each: (each.filename.project, each.filename.version)):
        name = each.filename
        fields = {
            ":action": "file_upload",
            "protocol_version": "1",
            "name": name.project,
            "version": str(name.version),
        }
        try:
            with each.open() as content:
                policy = catalog.policies.of(name.project)
                new = catalog.publish(upload.read(fields, name.text, content, policy), gate)
            if new and each.yanked is not None:
                catalog.yank(name.project, name.version, each.yanked)
        except CrucibleError as error:
            yield Received(name.text, "refused", "; ".join(str(error).splitlines()))
        except OSError as error:
            yield Received(name.text, "refused", f"it cannot be read: {error.strerror}")
        else:
            yield Received(name.text, "published" if new else "present")

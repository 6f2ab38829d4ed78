"""The world: the code of a service as it is committed, or as it lies in a folder without a repository."""

import os
import posixpath
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from crucible_pipeline.errors import CannotDo
from crucible_pipeline.git import Repository
from crucible_pipeline.upgrade.encoding import printable
from crucible_pipeline.upgrade.literals import is_source
from crucible_pipeline.upgrade.plumbing import MAX_FILE_BYTES, contents_of
from crucible_pipeline.upgrade.service import Service, open_service


@dataclass(frozen=True, slots=True)
class Code:
    """The files of a service that hold code.

    Args:
        sources: path as the user knows it → content.
        notes: what was not read and why, one sentence each.
    """

    sources: dict[str, bytes]
    notes: tuple[str, ...]


def read_code(target: Path) -> Code:
    """Read the code of a service; symbolic links are not followed, and nothing of it runs.

    Args:
        target: the service's folder.

    Raises:
        CannotDo: there is no such folder, or it cannot be read.
    """
    if not target.is_dir():
        raise CannotDo(f"there is no folder {target}", "give the folder of a service")
    try:
        repository = Repository.containing(target)
    except CannotDo:
        return _from_disk(target)
    return _committed(target, open_service(target)) if repository.has_commits() else _from_disk(target)


def _committed(target: Path, service: Service) -> Code:
    inside = {
        posixpath.relpath(path, service.folder or "."): entry
        for path, entry in service.files.items()
        if service.holds(path) and entry.is_file
    }
    wanted = {path: entry for path, entry in inside.items() if is_source(path)}
    notes = [_too_large(_shown(target, path)) for path, one in wanted.items() if one.size > MAX_FILE_BYTES]
    readable = {path: entry for path, entry in wanted.items() if entry.size <= MAX_FILE_BYTES}
    contents = contents_of(service.repository, readable.values())
    sources = {_shown(target, path): contents[entry.identity] for path, entry in sorted(readable.items())}
    return Code(sources, tuple(notes))


def _from_disk(target: Path) -> Code:
    sources: dict[str, bytes] = {}
    notes: list[str] = []
    for path in _files(target):
        shown = _shown(target, path.relative_to(target).as_posix())
        try:
            with path.open("rb") as file:
                content = file.read(MAX_FILE_BYTES + 1)
        except OSError as error:
            raise CannotDo(f"cannot read {shown}: {error.strerror}", "look at the file") from None
        if len(content) > MAX_FILE_BYTES:
            notes.append(_too_large(shown))
        else:
            sources[shown] = content
    return Code(sources, tuple(notes))


def _files(target: Path) -> Iterator[Path]:
    for folder, folders, names in os.walk(target):
        below = Path(folder).relative_to(target).as_posix()
        # a folder whose files are no code is not entered: node_modules is large
        folders[:] = sorted(name for name in folders if is_source(posixpath.join(below, name, "code.py")))
        for name in sorted(names):
            path = Path(folder, name)
            if is_source(posixpath.join(below, name)) and path.is_file() and not path.is_symlink():
                yield path


def _shown(target: Path, path: str) -> str:
    return printable(posixpath.normpath(posixpath.join(target.as_posix(), path)))


def _too_large(shown: str) -> str:
    return f"{shown} is larger than {MAX_FILE_BYTES} bytes and was not read"

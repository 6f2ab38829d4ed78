"""Finds a text within published distributions: the reference page, the contract, the changelog.

Reads the store. A distribution's content never changes, so where something stands in it is found once. One
that the storage has lost holds nothing.
"""

import contextlib
import tarfile
import zipfile
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import PurePosixPath
from typing import BinaryIO, TypeVar

from crucible_pipeline.index.archive import UNREADABLE
from crucible_pipeline.index.simple import File
from crucible_pipeline.index.store import NotFound, Store

T = TypeVar("T")

MAX_TEXT_BYTES = 32 << 20
# Of a source distribution, which has to be unpacked from its beginning, and of its members.
MAX_UNPACKED_BYTES = 64 << 20
MAX_MEMBERS = 20_000
_MOST_FOUND = 10_000
_MOST_CHANGELOGS = 50
# Where a file holds a text, or None. The key of a file holds its hash, so this is true of every store.
_MEMBERS: dict[tuple[str, str], str | None] = {}
_CHANGELOGS: dict[str, tuple[str, bytes] | None] = {}
_UNKNOWN = ("", b"")
_CHANGELOG_NAMES = ("changelog", "changes", "history", "news")
_CHANGELOG_ENDINGS = (".md", ".rst", ".txt", "")
MAX_CHANGELOG_BYTES = 200_000


def has(store: Store, files: Iterable[File], name: str) -> bool:
    """Whether a wheel among some files holds a text at the top of its package.

    Args:
        store: of the index.
        files: of a release.
        name: of the text, as `reference.html`.
    """
    return any(_member(store, file, name) is not None for file in files if _is_wheel(file))


def read(store: Store, files: Iterable[File], name: str) -> tuple[bytes, File] | None:
    """The text, and the wheel that holds it.

    Args:
        store: of the index.
        files: of a release.
        name: of the text.

    Returns:
        None where no wheel holds one that can be read.
    """
    for file in files:
        member = _member(store, file, name) if _is_wheel(file) else None
        if member is not None:
            with contextlib.suppress(NotFound):
                content = _in_zip(store, file.key, partial(_read, member))
                return None if content is None else (content, file)
    return None


def changelog(store: Store, files: Iterable[File]) -> tuple[str, bytes, File] | None:
    """The changelog at the top of a release's source distribution.

    Args:
        store: of the index.
        files: of the release.

    Returns:
        Its name, its content as far as `MAX_CHANGELOG_BYTES`, and the distribution; None where there is none.
    """
    for file in files:
        if file.filename.kind != "sdist":
            continue
        with contextlib.suppress(NotFound):
            held = _CHANGELOGS.get(file.key, _UNKNOWN)
            if held is _UNKNOWN:
                held = _in_tar(store, file.key)
                if len(_CHANGELOGS) >= _MOST_CHANGELOGS:
                    _CHANGELOGS.clear()
                _CHANGELOGS[file.key] = held
            if held is not None:
                return *held, file
    return None


def _is_wheel(file: File) -> bool:
    return file.filename.kind == "bdist_wheel"


def _member(store: Store, file: File, name: str) -> str | None:
    """Where the text stands in a wheel: the first one at the top of a package; None where there is none."""
    known = (file.key, name)
    found = _MEMBERS.get(known, "")
    if found != "":  # which is the name of nothing
        return found
    try:
        found = _in_zip(store, file.key, partial(_named, name))
    except NotFound:
        return None  # lost, and it may be repaired
    if len(_MEMBERS) >= _MOST_FOUND:
        _MEMBERS.clear()
    _MEMBERS[known] = found
    return found


def _named(name: str, archive: zipfile.ZipFile) -> str | None:
    fit = (info.filename for info in archive.infolist() if info.file_size <= MAX_TEXT_BYTES)
    return min((path for path in fit if path.count("/") == 1 and path.endswith(f"/{name}")), default=None)


def _read(member: str, archive: zipfile.ZipFile) -> bytes:
    with archive.open(member) as stream:
        return stream.read(MAX_TEXT_BYTES)


def _in_zip(store: Store, key: str, look: Callable[[zipfile.ZipFile], T | None]) -> T | None:
    try:
        with store.open(key) as content, zipfile.ZipFile(content) as archive:
            return look(archive)
    except UNREADABLE:
        return None


def _in_tar(store: Store, key: str) -> tuple[str, bytes] | None:
    try:
        with store.open(key) as content:
            return _changelog_in(content)
    except UNREADABLE:
        return None


def _changelog_in(content: BinaryIO) -> tuple[str, bytes] | None:
    best: tuple[int, str, bytes] | None = None
    with tarfile.open(fileobj=content, mode="r|gz") as archive:
        for count, member in enumerate(archive):
            if count > MAX_MEMBERS or member.offset_data + member.size > MAX_UNPACKED_BYTES:
                break
            path = PurePosixPath(member.name)
            rank = _rank(path.name) if len(path.parts) == 2 and member.isreg() else None
            if rank is None or (best is not None and best[0] <= rank):
                continue
            stream = archive.extractfile(member)
            if stream is not None:
                best = (rank, path.name, stream.read(MAX_CHANGELOG_BYTES))
    return None if best is None else best[1:]


def _rank(name: str) -> int | None:
    """How likely a file is the changelog, less being more; None where it is none."""
    spellings = [f"{stem}{ending}" for stem in _CHANGELOG_NAMES for ending in _CHANGELOG_ENDINGS]
    return spellings.index(name.lower()) if name.lower() in spellings else None

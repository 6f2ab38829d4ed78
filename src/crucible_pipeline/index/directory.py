"""A store in a folder, which nginx or any file server can serve as it lies.

Content is written to a temporary file, flushed to the disk and renamed under a lock, so that a name shows
all of a file or nothing, also after a crash; a crash leaves at worst a file below `.tmp`. The lock is
advisory and shared between processes: on a network file system it holds only as far as `flock` does there.
"""

import contextlib
import hashlib
import os
import shutil
import stat
import sys
import tempfile
import time
from collections.abc import Generator, Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from crucible_pipeline.index.store import (
    FULL,
    AlreadyExists,
    Blob,
    Conflict,
    Entry,
    NoSpace,
    NotFound,
    Unavailable,
    checked,
    checked_prefix,
    stream_of,
)

if sys.platform != "win32":  # where a folder may only be read
    import fcntl

LOCKS = 64
MAX_FLUSHED = 4096
PRIVATE_PREFIX = "access/"
# A rendering is made again where a power failure takes it; only its document has to last.
RENDERED = ".html"


class DirectoryStore:
    """Satisfies `Store`.

    Args:
        root: the folder; made when it is first written to.
    """

    is_local = True

    def __init__(self, root: Path) -> None:
        self.root = root
        self._prefix = f"{root}{os.sep}"
        self._flushed: set[Path] = set()

    def get(self, key: str) -> Blob:
        """See `Store.get`."""
        with self.open(key) as file:
            return Blob(file.read(), _etag(os.fstat(file.fileno())))

    def tag(self, key: str) -> str:
        """See `Store.tag`."""
        # Asked with every request, so with nothing that costs more than it has to.
        try:
            found = os.stat(self._prefix + checked(key))  # noqa: PTH116
        except (FileNotFoundError, NotADirectoryError):
            raise NotFound(f"nothing is stored as {key}") from None
        if not stat.S_ISREG(found.st_mode):
            raise NotFound(f"nothing is stored as {key}")
        return _etag(found)

    def open(self, key: str) -> BinaryIO:
        """See `Store.open`."""
        try:
            return (self.root / checked(key)).open("rb")
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
            raise NotFound(f"nothing is stored as {key}") from None

    def path(self, key: str) -> Path | None:
        """See `Store.path`."""
        path = self.root / checked(key)
        if not path.is_file():
            raise NotFound(f"nothing is stored as {key}")
        return path

    def create(self, key: str, data: bytes | BinaryIO) -> None:
        """See `Store.create`."""
        if key not in self.create_all([(key, data)]):
            raise AlreadyExists(f"{key} is stored already")

    def create_all(self, blobs: Iterable[tuple[str, bytes | BinaryIO]]) -> frozenset[str]:
        """See `Store.create_all`: all content is on the disk before any of it has its name."""
        given = {checked(key): data for key, data in blobs}
        paths = {key: self.root / key for key in given}
        created: set[str] = set()
        with _named_errors(), contextlib.ExitStack() as stack:
            written = [
                (key, stack.enter_context(self._written(key, stream_of(data))))
                for key, data in given.items()
                if not paths[key].exists()
            ]
            for _, temporary in written:
                _flush(temporary)
            for key, temporary in written:
                paths[key].parent.mkdir(parents=True, exist_ok=True)
                with self._locked(key):
                    if not paths[key].exists():
                        temporary.replace(paths[key])
                        created.add(key)
            # Also where another writer was first: it may not have come so far yet.
            self._flush_folders(paths.values())
        return frozenset(created)

    def swap(self, key: str, data: bytes, expected: str | None) -> str:
        """See `Store.swap`."""
        path = self.root / checked(key)
        # Looked at twice: a writer that is late already need not flush anything to the disk first.
        self._expect(key, expected)
        lasting = not key.endswith(RENDERED)
        with contextlib.ExitStack() as stack, _named_errors():
            temporary = stack.enter_context(self._written(key, stream_of(data)))
            if lasting:
                _flush(temporary)
            stack.enter_context(self._locked(key))
            self._expect(key, expected)
            # The kernel's clock ticks every few milliseconds, and may be set back; with this instant each
            # write has an etag of its own.
            instant = max(time.time_ns(), _instant(path) + 1)
            os.utime(temporary, ns=(instant, instant))
            etag = _etag(temporary.stat())
            path.parent.mkdir(parents=True, exist_ok=True)
            temporary.replace(path)
            if lasting:
                self._flush_folders([path])
            return etag

    def delete(self, key: str) -> None:
        """See `Store.delete`."""
        with _named_errors(), self._locked(checked(key)):
            path = self.root / key
            if not path.is_file():
                raise NotFound(f"nothing is stored as {key}")
            path.unlink()

    def list(self, prefix: str) -> Iterator[Entry]:
        """See `Store.list`."""
        base = self.root / checked_prefix(prefix)
        entries: list[Entry] = []
        for folder, folders, names in os.walk(base):
            folders[:] = [name for name in folders if not name.startswith(".")]
            for name in names:
                path = Path(folder, name)
                with contextlib.suppress(FileNotFoundError):
                    found = path.stat()
                    key = path.relative_to(self.root).as_posix()
                    entries.append(Entry(key, found.st_size, found.st_mtime))
        return iter(sorted(entry for entry in entries if not entry.key.startswith(".")))

    def tidy(self, age: float) -> int:
        """See `Store.tidy`."""
        before, removed = time.time() - age, 0
        folder = self.root / ".tmp"
        with _named_errors():
            for left in folder.iterdir() if folder.is_dir() else ():
                # Its writer may rename it at this moment.
                with contextlib.suppress(FileNotFoundError):
                    if left.stat().st_mtime < before:
                        left.unlink()
                        removed += 1
        return removed

    def _expect(self, key: str, expected: str | None) -> None:
        try:
            now = self.tag(key)
        except NotFound:
            now = None
        if now != expected:
            raise Conflict(f"{key} was changed meanwhile")

    @contextlib.contextmanager
    def _written(self, key: str, source: BinaryIO) -> Generator[Path]:
        """A temporary file with the content; removed unless it was renamed meanwhile."""
        folder = self.root / ".tmp"
        folder.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=folder)
        temporary = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                shutil.copyfileobj(source, file, 1 << 20)
                file.flush()
                os.fchmod(file.fileno(), 0o600 if key.startswith(PRIVATE_PREFIX) else 0o644)
            yield temporary
        finally:
            temporary.unlink(missing_ok=True)

    def _flush_folders(self, paths: Iterable[Path]) -> None:
        """Make the names of files last, and those of folders above that this process has not flushed yet."""
        wanted = {path.parent for path in paths}
        named: set[Path] = set()
        for folder in tuple(wanted):
            for each in (folder, *folder.parents):
                if each in self._flushed:
                    break
                named.add(each)
                wanted.add(each.parent)
                if each == self.root:
                    break
        for each in sorted(wanted, reverse=True):
            _flush(each)
        if len(self._flushed) > MAX_FLUSHED:
            self._flushed.clear()
        self._flushed |= named

    @contextlib.contextmanager
    def _locked(self, key: str) -> Generator[None]:
        """Hold the key's lock against other threads and processes."""
        number = hashlib.sha256(key.encode()).digest()[0] % LOCKS
        folder = self.root / ".lock"
        folder.mkdir(parents=True, exist_ok=True)
        # Each opens the file anew: a lock belongs to the open file, so threads wait for each other too.
        handle = os.open(folder / f"{number:02d}", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)


@contextlib.contextmanager
def _named_errors() -> Generator[None]:
    """Say which of the two it is when the system does not let the index write."""
    try:
        yield
    except OSError as error:
        if error.errno in FULL:
            raise NoSpace(f"the index has no room to write: {error.strerror}", "free some space") from error
        raise Unavailable(f"the index cannot write to its folder: {error.strerror}") from error


def _instant(path: Path) -> int:
    """When a file was written, in nanoseconds; 0 where there is none."""
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def _etag(found: os.stat_result) -> str:
    return f"{found.st_mtime_ns:x}-{found.st_size:x}-{found.st_ino:x}"


def _flush(path: Path) -> None:
    """Flush a file's content, or a folder's entries, to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

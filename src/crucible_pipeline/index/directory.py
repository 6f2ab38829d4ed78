"""A store in a folder, which nginx or any file server can serve as it lies.

Content is written to a temporary file, flushed to the disk and renamed under a lock, so that a name shows
all of a file or nothing, also after a crash; a crash leaves at worst a file below `.tmp`. The lock is
advisory and shared between processes: on a network file system it holds only as far as `flock` does there.
"""

import contextlib
import errno
import hashlib
import os
import shutil
import stat
import tempfile
import threading
import time
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import BinaryIO

from filelock import FileLock

from crucible_pipeline.index.store import (
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

LOCKS = 64
FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
LOCK_POLL_SECONDS = 0.002
PRIVATE_PREFIX = "access/"


class DirectoryStore:
    """Satisfies `Store`.

    Args:
        root: the folder; made when it is first written to.
    """

    is_local = True

    def __init__(self, root: Path) -> None:
        self.root = root
        # filelock polls; threads of one process queue here first and pass the lock on at once.
        self._threads = [threading.Lock() for _ in range(LOCKS)]

    def get(self, key: str) -> Blob:
        """See `Store.get`."""
        with self.open(key) as file:
            return Blob(file.read(), _etag(os.fstat(file.fileno())))

    def tag(self, key: str) -> str:
        """See `Store.tag`."""
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            found = (self.root / checked(key)).stat()
            if stat.S_ISREG(found.st_mode):
                return _etag(found)
        raise NotFound(f"nothing is stored as {key}")

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
        path = self.root / checked(key)
        if path.exists():
            raise AlreadyExists(f"{key} is stored already")
        with _named_errors(), self._written(key, stream_of(data)) as temporary, self._locked(key):
            if path.exists():
                raise AlreadyExists(f"{key} is stored already")
            self._put(temporary, path)

    def swap(self, key: str, data: bytes, expected: str | None) -> str:
        """See `Store.swap`."""
        path = self.root / checked(key)
        # Looked at twice: a writer that is late already need not flush anything to the disk first.
        self._expect(key, expected)
        with _named_errors(), self._written(key, stream_of(data)) as temporary, self._locked(key):
            self._expect(key, expected)
            # The kernel's clock ticks every few milliseconds, and may be set back; with this instant each
            # write has an etag of its own.
            instant = max(time.time_ns(), _instant(path) + 1)
            os.utime(temporary, ns=(instant, instant))
            etag = _etag(temporary.stat())
            self._put(temporary, path)
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
        """A temporary file with the content, on the disk; removed unless it was renamed meanwhile."""
        folder = self.root / ".tmp"
        folder.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=folder)
        temporary = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                shutil.copyfileobj(source, file, 1 << 20)
                file.flush()
                os.fchmod(file.fileno(), 0o600 if key.startswith(PRIVATE_PREFIX) else 0o644)
                os.fsync(file.fileno())
            yield temporary
        finally:
            temporary.unlink(missing_ok=True)

    def _put(self, temporary: Path, path: Path) -> None:
        """Rename the temporary file to its final name, durably, new folders included."""
        fresh = [folder for folder in path.parents if not folder.exists()]
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.replace(path)
        _sync(path.parent)
        for folder in fresh:
            _sync(folder.parent)

    @contextlib.contextmanager
    def _locked(self, key: str) -> Generator[None]:
        """Hold the key's lock against other threads and processes."""
        number = hashlib.sha256(key.encode()).digest()[0] % LOCKS
        folder = self.root / ".lock"
        folder.mkdir(parents=True, exist_ok=True)
        # A new FileLock each time: one object shared by threads would count as held by all of them.
        lock = FileLock(folder / f"{number:02d}", poll_interval=LOCK_POLL_SECONDS, is_singleton=False)
        with self._threads[number], lock:
            yield


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


def _sync(folder: Path) -> None:
    """Flush a folder's entries to the disk."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

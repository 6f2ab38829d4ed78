"""A store in memory: for tests, for the demo, and as the plainest reading of the store's laws."""

import io
import itertools
import threading
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from crucible_pipeline.index.store import (
    AlreadyExists,
    Blob,
    Conflict,
    Entry,
    NotFound,
    checked,
    checked_prefix,
    created_each,
    stream_of,
)


class MemoryStore:
    """Satisfies `Store`; gone with the process."""

    is_local = True

    def __init__(self) -> None:
        self._blobs: dict[str, Blob] = {}
        self._times: dict[str, float] = {}
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)

    def get(self, key: str) -> Blob:
        """See `Store.get`."""
        try:
            return self._blobs[checked(key)]
        except KeyError:
            raise NotFound(f"nothing is stored as {key}") from None

    def tag(self, key: str) -> str:
        """See `Store.tag`."""
        return self.get(key).etag

    def open(self, key: str) -> BinaryIO:
        """See `Store.open`."""
        return io.BytesIO(self.get(key).data)

    def path(self, key: str) -> Path | None:
        """See `Store.path`: there are no files here."""
        self.get(key)
        return None

    def create(self, key: str, data: bytes | BinaryIO) -> None:
        """See `Store.create`."""
        content = stream_of(data).read()
        with self._lock:
            if checked(key) in self._blobs:
                raise AlreadyExists(f"{key} is stored already")
            self._put(key, content)

    def create_all(self, blobs: Iterable[tuple[str, bytes | BinaryIO]]) -> frozenset[str]:
        """See `Store.create_all`."""
        return created_each(self, blobs)

    def swap(self, key: str, data: bytes, expected: str | None) -> str:
        """See `Store.swap`."""
        with self._lock:
            now = self._blobs.get(checked(key))
            if (now.etag if now else None) != expected:
                raise Conflict(f"{key} was changed meanwhile")
            return self._put(key, data)

    def delete(self, key: str) -> None:
        """See `Store.delete`."""
        with self._lock:
            if self._blobs.pop(checked(key), None) is None:
                raise NotFound(f"nothing is stored as {key}")

    def list(self, prefix: str) -> Iterator[Entry]:
        """See `Store.list`."""
        checked_prefix(prefix)
        with self._lock:
            found = sorted(Entry(key, len(blob.data), self._times[key]) for key, blob in self._blobs.items())
        return (entry for entry in found if entry.key.startswith(prefix))

    def tidy(self, age: float) -> int:
        """See `Store.tidy`: nothing is left behind here."""
        del age
        return 0

    def _put(self, key: str, data: bytes) -> str:
        etag = str(next(self._numbers))
        self._times[key] = time.time()
        self._blobs[key] = Blob(data, etag)
        return etag

"""Bounds what is kept of another index's files: the least recently used go first, never one being served.

When a file was used last is known to this process alone; at its start the time counts when it was stored.
Another server on the same bucket that finds a file gone fetches it again.
"""

import contextlib
import logging
import threading
from collections import Counter, OrderedDict
from collections.abc import Generator

from crucible_pipeline.index.store import NotFound, Store

FILES = "upstream/files/"
LOG = logging.getLogger("crucible.index")


class Room:
    """Calls from any thread are fine.

    Args:
        store: keeps the files.
        limit: of all of them, in bytes; what is being served may exceed it for as long.
    """

    def __init__(self, store: Store, limit: int) -> None:
        self._store, self._limit = store, limit
        self._lock = threading.Lock()
        self._served: Counter[str] = Counter()
        # Least recently used first; None until the store was looked through.
        self._sizes: OrderedDict[str, int] | None = None

    @contextlib.contextmanager
    def held(self, key: str) -> Generator[None]:
        """Keep a file for as long as the block runs; it counts as used now."""
        with self._lock:
            self._served[key] += 1
            if self._sizes is not None and key in self._sizes:
                self._sizes.move_to_end(key)
        try:
            yield
        finally:
            with self._lock:
                self._served[key] -= 1
                if not self._served[key]:
                    del self._served[key]

    def came(self, key: str, size: int) -> tuple[str, ...]:
        """Count a file that was just stored, and make room for it.

        Returns:
            The files that went, by their keys.
        """
        with self._lock:
            if self._sizes is None:
                entries = sorted(self._store.list(FILES), key=lambda entry: entry.modified)
                self._sizes = OrderedDict((entry.key, entry.size) for entry in entries)
            self._sizes[key] = size
            self._sizes.move_to_end(key)
            gone = self._too_many(key)
            for each in gone:
                with contextlib.suppress(NotFound):
                    self._store.delete(each)
        if gone:
            LOG.info("%d files of the upstream made room", len(gone))
        return gone

    def _too_many(self, newest: str) -> tuple[str, ...]:
        """Take the least recently used out of the books until the rest fits."""
        sizes = self._sizes or OrderedDict[str, int]()
        excess, gone = sum(sizes.values()) - self._limit, list[str]()
        for key, size in sizes.items():
            if excess <= 0:
                break
            if key != newest and not self._served[key]:
                gone.append(key)
                excess -= size
        for key in gone:
            del sizes[key]
        return tuple(gone)

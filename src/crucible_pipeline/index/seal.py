"""The newest entry of the audit log, kept apart from it, so that a removed last entry is missed as well."""

import contextlib
import json
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass

from crucible_pipeline.errors import CannotDo
from crucible_pipeline.index.store import Conflict, NotFound, Store

KEY = "access/audit.json"
PAUSE_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Link:
    """An entry, as the next one knows it.

    Args:
        number: of it; 0 for the time before the first.
        sha256: of its bytes, in hexadecimal.
    """

    number: int
    sha256: str


class Seal:
    """Writes it at most once a second, so it is behind the log by that much.

    Args:
        store: keeps it.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._newest: Link | None = None
        self._written = -PAUSE_SECONDS
        self._pool: ThreadPoolExecutor | None = None
        self._pending: Future[None] | None = None

    def reach(self, link: Link) -> None:
        """Take a new entry into account; at once if the last time is a second ago."""
        with self._lock:
            if self._newest is None or link.number > self._newest.number:
                self._newest = link
            wait = self._written + PAUSE_SECONDS - time.monotonic()
            if wait > 0:
                if self._pending is None or self._pending.done():
                    self._pool = self._pool or ThreadPoolExecutor(1, "crucible-seal")
                    with contextlib.suppress(RuntimeError):  # the interpreter ends
                        self._pending = self._pool.submit(self._after, wait)
                return
        self._write()

    def close(self) -> None:
        """Write what is pending, now."""
        with self._lock:
            pool, self._pool = self._pool, None
        if pool is not None:
            self._closing.set()
            pool.shutdown()
            self._closing.clear()

    def _after(self, seconds: float) -> None:
        self._closing.wait(seconds)
        # Only what the log itself holds counts; without this the newest entries are only less well guarded.
        with contextlib.suppress(CannotDo):
            self._write()

    def _write(self) -> None:
        with self._lock:
            link, self._written = self._newest, time.monotonic()
        if link is None:
            return
        while True:
            try:
                blob = self._store.get(KEY)
                etag, held = blob.etag, _read(blob.data)
            except NotFound:
                etag, held = None, None
            if held is not None and held.number >= link.number:
                return
            with contextlib.suppress(Conflict):
                self._store.swap(KEY, json.dumps({"format": 1, **asdict(link)}).encode(), etag)
                return


def sealed(store: Store) -> Link | None:
    """The newest entry that was sealed; None if none was."""
    try:
        return _read(store.get(KEY).data)
    except NotFound:
        return None


def _read(data: bytes) -> Link | None:
    with contextlib.suppress(ValueError, KeyError, TypeError):
        row = json.loads(data)
        return Link(int(row["number"]), str(row["sha256"]))
    return None

"""When a token was last used, and how often credentials were refused: noted off a request's path."""

import contextlib
import json
import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from crucible_pipeline.errors import CrucibleError
from crucible_pipeline.index.audit import Actor, Ledger
from crucible_pipeline.index.clock import stamp
from crucible_pipeline.index.store import NotFound, Store

PREFIX = "access/used/"
HOUR_SECONDS = 3600.0
MINUTE_SECONDS = 60.0
MAX_SOURCES = 20
LOG = logging.getLogger("crucible.index")


class LastUse:
    """Writes at most once an hour for each token, whatever the number of servers and requests.

    Args:
        store: keeps it, one small document for each token.
        clock: gives the time, in UTC.
        ticking: counts seconds, from anywhere.
    """

    def __init__(
        self, store: Store, clock: Callable[[], datetime], ticking: Callable[[], float] = time.monotonic
    ) -> None:
        self._store, self._clock, self._ticking = store, clock, ticking
        self._noted: dict[str, float] = {}
        self._later = Later()

    def note(self, token_id: str) -> None:
        """A token was used now; returns at once."""
        now = self._ticking()
        if now - self._noted.get(token_id, -HOUR_SECONDS) >= HOUR_SECONDS:
            self._noted[token_id] = now
            self._later.run(lambda: self._write(token_id))

    def of(self, token_id: str) -> str | None:
        """When a token was last used, RFC 3339, up to an hour less; None if never."""
        try:
            return str(json.loads(self._store.get(_key(token_id)).data)["used"])
        except (NotFound, ValueError, KeyError, TypeError):
            return None

    def forget(self, token_id: str) -> None:
        """A token is no more."""
        with contextlib.suppress(NotFound):
            self._store.delete(_key(token_id))

    def close(self) -> None:
        """Wait for what is being written."""
        self._later.close()

    def _write(self, token_id: str) -> None:
        now = self._clock()
        held = self.of(token_id)
        # Another server may have written it; and it never goes back with a clock.
        if held is not None and (now - datetime.fromisoformat(held)).total_seconds() < HOUR_SECONDS:
            return
        try:
            etag = self._store.tag(_key(token_id))
        except NotFound:
            etag = None
        self._store.swap(_key(token_id), json.dumps({"format": 1, "used": stamp(now)}).encode(), etag)


class Refusals:
    """Counts refused credentials, and tells the audit log at most once a minute.

    Args:
        ledger: the log.
        ticking: counts seconds, from anywhere.
    """

    def __init__(self, ledger: Ledger, ticking: Callable[[], float] = time.monotonic) -> None:
        self._ledger, self._ticking = ledger, ticking
        self._lock = threading.Lock()
        self._count = 0
        self._sources: set[str] = set()
        self._told = -MINUTE_SECONDS
        self._later = Later()

    def note(self, source: str | None) -> None:
        """Credentials that came from an address were refused; returns at once."""
        with self._lock:
            self._count += 1
            if len(self._sources) < MAX_SOURCES:
                self._sources.add(source or "unknown")
            if self._ticking() - self._told < MINUTE_SECONDS:
                return
            self._told = self._ticking()
            count, sources = self._count, ",".join(sorted(self._sources))
            self._count, self._sources = 0, set[str]()
        self._later.run(
            lambda: self._ledger.append(Actor("unknown"), "refused", count=str(count), sources=sources)
        )

    def close(self) -> None:
        """Wait for what is being written."""
        self._later.close()


class Later:
    """Runs small jobs one after the other on a thread of its own; one that fails is logged and forgotten."""

    def __init__(self) -> None:
        self._pool: ThreadPoolExecutor | None = None
        self._lock = threading.Lock()

    def run(self, job: Callable[[], object]) -> None:
        """Run a job soon."""
        with self._lock, contextlib.suppress(RuntimeError):  # the interpreter ends
            self._pool = self._pool or ThreadPoolExecutor(1, "crucible-access")
            self._pool.submit(_attempt, job)

    def close(self) -> None:
        """Wait for the jobs; more may come afterwards."""
        with self._lock:
            pool, self._pool = self._pool, None
        if pool is not None:
            pool.shutdown()


def _attempt(job: Callable[[], object]) -> None:
    try:
        job()
    except CrucibleError as error:
        LOG.warning("not noted: %s", error)


def _key(token_id: str) -> str:
    return f"{PREFIX}{token_id}.json"

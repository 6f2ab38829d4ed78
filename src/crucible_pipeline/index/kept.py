"""The upstream's pages as they were seen, in the store: also for when the upstream is down."""

import logging
import threading
from collections import OrderedDict

from crucible_pipeline.index import foreign, page
from crucible_pipeline.index.foreign import Foreign
from crucible_pipeline.index.hot import Hot, HotPages, body
from crucible_pipeline.index.store import Blob, Conflict, NotFound, Store

MAX_HOT_BYTES = 32 << 20
# Of all pages that are kept as values in memory: one large one, or many small ones.
MAX_LINKS = 20_000
LOG = logging.getLogger("crucible.index")


class Kept:
    """The pages. Calls from any thread are fine.

    Args:
        store: has them.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._hot = HotPages(store, MAX_HOT_BYTES)
        self._read: OrderedDict[str, tuple[str, Foreign]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, name: str, source: str) -> Foreign | None:
        """A project's page as it was seen last.

        Args:
            name: of the project, normalized.
            source: the upstream of now; what another one said is not taken for its.
        """
        try:
            tag = self._store.tag(_key(name))
            seen = self._read.get(name)
            held = seen[1] if seen is not None and seen[0] == tag else None
            if held is None:
                blob = self._store.get(_key(name))
                held = foreign.restore(blob.data, name)
                self._note(name, blob.etag, held)
        except NotFound:
            return None
        return held if held is not None and held.source == source else None

    def shown(self, name: str) -> Hot:
        """The page ready to send, with this index's addresses.

        Raises:
            NotFound: it was not seen.
        """
        return self._hot.page(_key(name), lambda blob: _rendered(blob, name))

    def put(self, name: str, fetched: Foreign) -> None:
        """Keep a page as it is now."""
        try:
            etag = self._store.tag(_key(name))
        except NotFound:
            etag = None
        try:
            self._store.swap(_key(name), foreign.dump(fetched), etag)
        except Conflict:
            # Another server of this store has just seen the same page.
            LOG.debug("the page of %s was kept meanwhile", name)

    def forget(self, name: str) -> None:
        """Drop a page that is there no longer."""
        try:
            self._store.delete(_key(name))
        except NotFound:
            return

    def _note(self, name: str, tag: str, held: Foreign | None) -> None:
        """Remember a page that was read, since its files are asked for next."""
        with self._lock:
            if held is not None:
                self._read[name] = (tag, held)
            links = sum(len(each.page.links) for _, each in self._read.values())
            while len(self._read) > 1 and links > MAX_LINKS:
                _, (_, dropped) = self._read.popitem(last=False)
                links -= len(dropped.page.links)


def _key(name: str) -> str:
    return f"upstream/pages/{name}.json"


def _rendered(blob: Blob, name: str) -> Hot:
    held = foreign.restore(blob.data, name)
    if held is None:
        raise NotFound(f"the page of {name} is being fetched again")
    shown = foreign.shown(held)
    return Hot(
        blob.etag, {"json": body(page.as_json(shown)), "html": body(page.as_html(shown))}, shown.serial
    )

"""The list of projects with what people look for in it; each is looked into again only when it changed.

Reads the store. One listing tells which documents changed, so that a list of many projects costs one request
to an object store.
"""

import contextlib
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass

from crucible_pipeline.index import releases
from crucible_pipeline.index.about import about
from crucible_pipeline.index.catalog import Catalog
from crucible_pipeline.index.search import Row
from crucible_pipeline.index.store import Entry, NotFound

SETTLED_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class _Seen:
    mark: str | None
    row: Row


class Overview:
    """The projects of an index. Calls from any thread are fine.

    Args:
        catalog: what is published.
    """

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._seen: dict[str, _Seen] = {}
        self._lock = threading.Lock()

    def rows(self) -> Sequence[Row]:
        """All projects, by name."""
        with self._lock:
            found: dict[str, _Seen] = {}
            for entry in self._catalog.store.list("simple/"):
                parts = entry.key.split("/")
                if len(parts) == 3 and parts[2] == "index.json":
                    seen = self._looked_at(parts[1], entry)
                    if seen is not None:
                        found[parts[1]] = seen
            self._seen = found
            return [found[name].row for name in sorted(found)]

    def upstream(self) -> list[str]:
        """The names that this index has fetched from its upstream, sorted."""
        entries = self._catalog.store.list("upstream/pages/")
        return sorted(entry.key.rpartition("/")[2].removesuffix(".json") for entry in entries)

    def _looked_at(self, name: str, entry: Entry) -> _Seen | None:
        known, mark = self._seen.get(name), self._mark(entry)
        if known is not None and mark is not None and known.mark == mark:
            return known
        row = self._row(name)
        return None if row is None else _Seen(mark, row)

    def _mark(self, entry: Entry) -> str | None:
        """What changes with a document: its etag where that costs no request, else what the listing tells.

        None for a young one: two changes within the tick of a storage's clock look alike.
        """
        if self._catalog.store.is_local:
            with contextlib.suppress(NotFound):
                return self._catalog.store.tag(entry.key)
        is_settled = time.time() - entry.modified > SETTLED_SECONDS
        return f"{entry.size} {entry.modified}" if is_settled else None

    def _row(self, name: str) -> Row | None:
        try:
            project = self._catalog.project(name)
        except NotFound:
            return None
        found = releases.releases(project)
        if not found:
            return None
        newest = releases.newest(found)
        summary = ""
        if project.status.marker != "quarantined":
            try:
                summary = about(self._catalog.store.get(newest.files[0].metadata_key).data).summary
            except NotFound:
                summary = ""
        return Row(name, summary, newest.version, newest.date, project.status.marker)

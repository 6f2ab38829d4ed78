"""Keeps what is derived from the documents up to them: the HTML pages and the list of all projects."""

import contextlib
from collections.abc import Callable

from crucible_pipeline.index import simple
from crucible_pipeline.index.simple import Project
from crucible_pipeline.index.store import Conflict, NotFound, Store

# A conflict means that another writer succeeded, so this many in a row mean that something is broken.
MAX_ATTEMPTS = 1000
ROOT = "simple/index.json"


def render(store: Store, name: str, load: Callable[[], Project]) -> None:
    """Bring a project's HTML and the list of projects up to its document.

    The rendering's etag is read before the document: whoever swaps it later has seen this document or a
    newer one, so the last rendering is that of the last document, whatever the order of the writers.

    Args:
        store: holds both.
        name: of the project, normalized.
        load: reads its document as it is now.
    """
    _derive(store, simple.key_of(name, "html"), lambda: simple.as_html(load()))
    for _ in range(MAX_ATTEMPTS):
        try:
            root = store.get(ROOT)
            names, etag = simple.restore_root(root.data), root.etag
        except NotFound:
            names, etag = (), None
        if name in names:
            break
        try:
            store.swap(ROOT, simple.dump_root((*names, name)), etag)
        except Conflict:
            continue
        break
    render_root(store)


def render_root(store: Store) -> None:
    """Bring the HTML of the list of projects up to its JSON."""
    _derive(
        store, "simple/index.html", lambda: simple.root_as_html(simple.restore_root(store.get(ROOT).data))
    )


def _derive(store: Store, key: str, content: Callable[[], bytes]) -> None:
    for _ in range(MAX_ATTEMPTS):
        try:
            now = store.get(key)
            data, etag = now.data, now.etag
        except NotFound:
            data, etag = b"", None
        wanted = content()
        if etag is not None and data == wanted:
            return
        # And once more round: the document may have changed since, and back again for its own writer.
        with contextlib.suppress(Conflict):
            store.swap(key, wanted, etag)

"""Keeps what is derived from the documents up to them: the HTML pages and the list of all projects."""

import contextlib
from collections.abc import Callable

from crucible_pipeline.errors import CannotDo
from crucible_pipeline.index import simple
from crucible_pipeline.index.simple import Project
from crucible_pipeline.index.store import Conflict, NotFound, Store

# A conflict means that another writer succeeded, so this many in a row mean that something is broken.
MAX_ATTEMPTS = 1000
ROOT = "simple/index.json"
ROOT_HTML = "simple/index.html"


class Rendering:
    """What is derived of the documents in one store.

    Args:
        store: holds both.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        # The names in the list of all projects, with the tags of its two forms when both said so.
        self._seen: tuple[str, str, frozenset[str]] | None = None

    def render(self, name: str, load: Callable[[], Project]) -> None:
        """Bring a project's HTML and the list of projects up to its document.

        The rendering's etag is read before the document: whoever swaps it later has seen this document or a
        newer one, so the last rendering is that of the last document, whatever the order of the writers.

        Args:
            name: of the project, normalized.
            load: reads its document as it is now.
        """
        _derive(self._store, simple.key_of(name, "html"), simple.key_of(name), lambda: simple.as_html(load()))
        if not self._lists(name):
            names, tag = self._add(name)
            self._seen = (tag, render_root(self._store), names)

    def _lists(self, name: str) -> bool:
        """Whether both forms of the list have the name, as far as that is known without reading them."""
        if self._seen is None or name not in self._seen[2]:
            return False
        try:
            return self._seen[:2] == (self._store.tag(ROOT), self._store.tag(ROOT_HTML))
        except NotFound:
            return False

    def _add(self, name: str) -> tuple[frozenset[str], str]:
        """See to it that the list of all projects has the name; return the list and its etag."""
        for _ in range(MAX_ATTEMPTS):
            try:
                root = self._store.get(ROOT)
                names, etag = frozenset(simple.restore_root(root.data)), root.etag
            except NotFound:
                names, etag = frozenset[str](), None
            if name in names and etag is not None:
                return names, etag
            names |= {name}
            with contextlib.suppress(Conflict):
                return names, self._store.swap(ROOT, simple.dump_root(names), etag)
        raise CannotDo("the list of projects changes too fast for one more", "try again")


def render_root(store: Store) -> str:
    """Bring the HTML of the list of projects up to its JSON, and return its etag."""

    def content() -> bytes:
        return simple.root_as_html(simple.restore_root(store.get(ROOT).data))

    return _derive(store, ROOT_HTML, ROOT, content)


def _derive(store: Store, key: str, source: str, content: Callable[[], bytes]) -> str:
    """Bring a rendering up to its source, and return its etag."""
    for _ in range(MAX_ATTEMPTS):
        try:
            now = store.get(key)
            data, etag = now.data, now.etag
        except NotFound:
            data, etag = b"", None
        seen, wanted = store.tag(source), content()
        if etag is not None and data == wanted:
            return etag
        with contextlib.suppress(Conflict):
            etag = store.swap(key, wanted, etag)
            # Else once more: the source may have changed since, and back again for its own writer.
            if store.tag(source) == seen:
                return etag
    raise CannotDo(f"{key} changes too fast to be rendered", "try again")

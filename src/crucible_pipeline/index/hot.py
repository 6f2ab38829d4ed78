"""The simple pages ready to send: rendered and compressed once, and again when their document changed.

Each request asks the store for the document's etag alone, so a change by any process shows at once.
"""

import gzip
import hashlib
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from crucible_pipeline.index import simple
from crucible_pipeline.index.negotiate import Form
from crucible_pipeline.index.store import NotFound, Store

MAX_PAGES = 4096
GZIP_FROM_BYTES = 512
GZIP_LEVEL = 6


@dataclass(frozen=True, slots=True)
class Body:
    """One form of a page.

    Args:
        plain: the bytes.
        gzipped: the same compressed; None where that gains nothing.
        etag: strong, with its quotes; the compressed form has another (RFC 9110, section 8.8.3.3).
    """

    plain: bytes
    gzipped: bytes | None
    etag: str

    @property
    def gzip_etag(self) -> str:
        """The etag of the compressed form."""
        return f'{self.etag[:-1]}-gzip"'


@dataclass(frozen=True, slots=True)
class Page:
    """All forms of one document."""

    tag: str
    forms: dict[Form, Body]


class Hot:
    """The pages asked for lately.

    Args:
        store: where the documents are.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._pages: OrderedDict[str, Page] = OrderedDict()

    def project(self, name: str, form: Form) -> Body:
        """A project's page.

        Raises:
            NotFound: it has published nothing.
        """
        return self._page(simple.key_of(name), _project_html).forms[form]

    def root(self, form: Form) -> Body:
        """The list of all projects, which is empty in a new index."""
        try:
            return self._page("simple/index.json", _root_html).forms[form]
        except NotFound:
            empty: dict[Form, bytes] = {"json": simple.dump_root(()), "html": simple.root_as_html(())}
            return _body(empty[form])

    def _page(self, key: str, as_html: Callable[[bytes], bytes]) -> Page:
        tag = self._store.tag(key)
        page = self._pages.get(key)
        if page is None or page.tag != tag:
            blob = self._store.get(key)
            page = Page(blob.etag, {"json": _body(blob.data), "html": _body(as_html(blob.data))})
            self._pages[key] = page
            while len(self._pages) > MAX_PAGES:
                self._pages.popitem(last=False)
        return page


def _project_html(data: bytes) -> bytes:
    return simple.as_html(simple.restore(data, "the project's document"))


def _root_html(data: bytes) -> bytes:
    return simple.root_as_html(simple.restore_root(data))


def _body(plain: bytes) -> Body:
    packed = gzip.compress(plain, GZIP_LEVEL, mtime=0) if len(plain) >= GZIP_FROM_BYTES else None
    return Body(plain, packed, f'"{hashlib.sha256(plain).hexdigest()[:32]}"')

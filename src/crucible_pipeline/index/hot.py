"""The simple pages ready to send: rendered and compressed once, and again when their document changed.

Each request asks the store for the document's etag alone, so a change by any process shows at once.
"""

import gzip
import hashlib
import sys
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from crucible_pipeline.index import simple
from crucible_pipeline.index.negotiate import Coding, Form, codings
from crucible_pipeline.index.store import Blob, NotFound, Store

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd  # pyright: ignore[reportMissingTypeStubs]

MAX_BYTES = 64 << 20
PACKED_FROM_BYTES = 512
GZIP_LEVEL = 6
ZSTD_LEVEL = 6


@dataclass(frozen=True, slots=True)
class Body:
    """One form of a page.

    Args:
        plain: the bytes.
        packed: the same compressed; empty where that gains nothing.
        etag: strong, with its quotes; each compressed form has another (RFC 9110, section 8.8.3.3).
    """

    plain: bytes
    packed: Mapping[Coding, bytes]
    etag: str

    def coding(self, accept_encoding: str | None) -> Coding | None:
        """How to compress it for an `Accept-Encoding` header; None for not at all."""
        return next((coding for coding in codings(accept_encoding) if coding in self.packed), None)

    def sent(self, coding: Coding | None) -> bytes:
        """The bytes to send."""
        return self.plain if coding is None else self.packed[coding]

    def etag_of(self, coding: Coding | None) -> str:
        """The etag of what is sent."""
        return self.etag if coding is None else f'{self.etag[:-1]}-{coding}"'

    @property
    def etags(self) -> tuple[str, ...]:
        """Of all its forms; whoever holds one knows what the page says."""
        return tuple(map(self.etag_of, (None, *self.packed)))


@dataclass(frozen=True, slots=True)
class Hot:
    """All forms of one document.

    Args:
        tag: of the document that they were made of.
        forms: ready to send.
        serial: of the document.
        withheld: whether its files are not to be had (PEP 792).
    """

    tag: str
    forms: dict[Form, Body]
    serial: int = 0
    withheld: bool = False

    @property
    def size(self) -> int:
        """In bytes, in memory."""
        return sum(len(body.plain) + sum(map(len, body.packed.values())) for body in self.forms.values())


class HotPages:
    """The pages asked for lately.

    Args:
        store: where the documents are.
        max_bytes: of what is kept in memory.
    """

    def __init__(self, store: Store, max_bytes: int = MAX_BYTES) -> None:
        self._store, self._max_bytes = store, max_bytes
        self._pages: OrderedDict[str, Hot] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def project(self, name: str) -> Hot:
        """A project's page.

        Raises:
            NotFound: it has published nothing.
        """
        return self.page(simple.key_of(name), _project)

    def root(self) -> Hot:
        """The list of all projects, which is empty in a new index."""
        try:
            return self.page("simple/index.json", _root)
        except NotFound:
            return _root(Blob(simple.dump_root(()), ""))

    def page(self, key: str, make: Callable[[Blob], Hot]) -> Hot:
        """What a document looks like when it is sent, made again only when the document changed.

        Args:
            key: of the document.
            make: does it.

        Raises:
            NotFound: there is no document.
        """
        tag = self._store.tag(key)
        page = self._pages.get(key)
        if page is None or page.tag != tag:
            page = make(self._store.get(key))
            self._keep(key, page)
        return page

    def _keep(self, key: str, page: Hot) -> None:
        with self._lock:
            old = self._pages.pop(key, None)
            self._bytes += page.size - (old.size if old else 0)
            self._pages[key] = page
            while self._bytes > self._max_bytes and len(self._pages) > 1:
                _, dropped = self._pages.popitem(last=False)
                self._bytes -= dropped.size


def _project(blob: Blob) -> Hot:
    project = simple.restore(blob.data, "the project's document")
    forms: dict[Form, Body] = {"json": body(blob.data), "html": body(simple.as_html(project))}
    return Hot(blob.etag, forms, project.serial, project.status.marker == "quarantined")


def _root(blob: Blob) -> Hot:
    html = simple.root_as_html(simple.restore_root(blob.data))
    return Hot(blob.etag, {"json": body(blob.data), "html": body(html)})


def body(plain: bytes) -> Body:
    """A form of a page with what goes along."""
    packed: dict[Coding, bytes] = {}
    if len(plain) >= PACKED_FROM_BYTES:
        packed = {
            "zstd": zstd.compress(plain, ZSTD_LEVEL),
            "gzip": gzip.compress(plain, GZIP_LEVEL, mtime=0),
        }
    return Body(plain, packed, f'"{hashlib.sha256(plain).hexdigest()[:32]}"')

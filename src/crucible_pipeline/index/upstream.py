"""Another index behind this one: its pages and files are asked for when somebody wants them, and kept.

A page is kept with its etag and asked about again after `FRESH_SECONDS`; what was seen stays usable while the
other index is down. A file is kept for ever, after its content was compared with the hash that the page gave.
"""

import hashlib
import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from http import HTTPStatus
from zlib import crc32

import httpx

from crucible_pipeline.errors import CannotDo, CrucibleError, Refused
from crucible_pipeline.index import foreign
from crucible_pipeline.index.arrival import Arrival, bounded
from crucible_pipeline.index.client import ACCEPT, MAX_PAGE_BYTES, MAX_REDIRECTS, address_of
from crucible_pipeline.index.foreign import LEADS_BACK, Foreign, UpstreamFailed, UpstreamLoop
from crucible_pipeline.index.hot import Hot
from crucible_pipeline.index.kept import Kept
from crucible_pipeline.index.page import Link
from crucible_pipeline.index.store import AlreadyExists, NotFound, Store
from crucible_pipeline.index.trust import trust

FRESH_SECONDS = 600.0
# After a failure the other index is left alone for a while, so that what was seen is answered at once.
PAUSE_SECONDS = 15.0
MISSING_SECONDS = 60.0
PAGE_SECONDS = 60.0
TIMEOUT = httpx.Timeout(20.0, connect=5.0)
MAX_REMEMBERED = 20_000
MAX_METADATA_BYTES = 8 << 20
LOCKS = 64
GONE = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.GONE})
LOG = logging.getLogger("crucible.index")


def checked(url: str) -> str:
    """The address itself, if an index can have it.

    Raises:
        Refused: it cannot.
    """
    if address_of(url) is None:
        raise Refused("the upstream's URL has to start with https:// or http:// and name a host")
    return url


class UpstreamDown(UpstreamFailed):
    """The other index does not answer, or says that it cannot."""


@dataclass(frozen=True, slots=True)
class Known:
    """What need not be asked again for a while.

    Args:
        until: by the clock.
        exists: whether the other index has the project.
    """

    until: float
    exists: bool = True


class Upstream:
    """The other index. Calls from any thread are fine; close it at the end.

    Args:
        store: keeps what was seen.
        url: gives the address of its simple API, once, when it is first needed.
        via: names this process to an index that it reaches through itself (RFC 9110, section 7.6.3).
        clock: gives seconds.
    """

    def __init__(
        self,
        store: Store,
        url: Callable[[], str],
        *,
        via: str = "1.1 crucible",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store, self._given_url, self._clock, self._via = store, url, clock, via
        self._kept = Kept(store)
        self._locks = [threading.Lock() for _ in range(LOCKS)]
        self._lock = threading.Lock()
        self._known: OrderedDict[str, Known] = OrderedDict()
        self._pause: tuple[float, str] = (float("-inf"), "")

    def close(self) -> None:
        """Close the connections."""
        if "_client" in self.__dict__:
            self._client.close()

    def page(self, name: str) -> Hot:
        """A project's page, with this index's addresses.

        Args:
            name: normalized; whoever calls knows that it is not the index's own.

        Raises:
            NotFound: the other index does not know it.
            UpstreamFailed: it did not answer, and the page was not seen before.
        """
        with self._locks[crc32(name.encode()) % LOCKS]:
            self._refresh(name)
        return self._kept.shown(name)

    def arrival(self, name: str, sha256: str, filename: str) -> Arrival:
        """A file that is not kept yet, on its way.

        Raises:
            NotFound: the page does not list this file with this content.
            UpstreamFailed: the other index does not give it.
        """
        link = self._link(name, sha256, filename)
        return Arrival(self._client, self._store, link, self._auth_for(link.url))

    def metadata(self, name: str, sha256: str, filename: str) -> bytes:
        """The core metadata of a file (PEP 658), from now on kept.

        Raises:
            NotFound: the page lists none with a hash.
            UpstreamFailed: the other index does not give it, or something else.
        """
        link = self._link(name, sha256, filename)
        if link.metadata_sha256 is None:
            raise NotFound(f"{filename[:80]} has no metadata beside it")
        url = f"{link.url}.metadata"
        try:
            headers = {"Accept-Encoding": "identity"}
            with self._client.stream("GET", url, headers=headers, auth=self._auth_for(url)) as response:
                if not response.is_success:
                    raise UpstreamFailed(f"the upstream answers with status {response.status_code}")
                deadline = time.monotonic() + PAGE_SECONDS
                content = b"".join(bounded(response.iter_raw(), MAX_METADATA_BYTES, deadline))
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise UpstreamDown(f"the upstream does not answer: {type(error).__name__}") from error
        if hashlib.sha256(content).hexdigest() != link.metadata_sha256:
            raise UpstreamFailed(
                f"the metadata of {link.name} arrived with another sha256 than its page says"
            )
        try:
            self._store.create(f"{foreign.key_of(link)}.metadata", content)
        except AlreadyExists:
            LOG.debug("the metadata of %s was kept meanwhile", link.name)
        return content

    def _link(self, name: str, sha256: str, filename: str) -> Link:
        held = self._kept.get(name, self._url)
        if held is None or held.link(filename, sha256) is None:
            self.page(name)
            held = self._kept.get(name, self._url)
        link = held.link(filename, sha256) if held else None
        if link is None:
            raise NotFound(f"the upstream does not list {filename[:80]!r} with this content")
        return link

    def _refresh(self, name: str) -> None:
        """See to it that the store has the page, as fresh as can be."""
        now = self._clock()
        known = self._known.get(name)
        if known is not None and now < known.until:
            if not known.exists:
                raise NotFound(f"neither this index nor its upstream has {name}")
            return
        held = self._kept.get(name, self._url)
        try:
            if now < self._pause[0]:
                raise UpstreamDown(self._pause[1], "try again later")
            fetched = self._ask(name, held)
        except NotFound:
            self._kept.forget(name)
            self._remember(name, Known(now + MISSING_SECONDS, exists=False))
            raise
        except UpstreamFailed as error:
            if isinstance(error, UpstreamDown) and now >= self._pause[0]:
                self._pause = (now + PAUSE_SECONDS, error.what)
                LOG.warning("upstream: %s", error.what)
            if held is None:
                raise
            self._remember(name, Known(now + PAUSE_SECONDS))
            return
        if fetched is not None:
            self._kept.put(name, fetched)
        self._remember(name, Known(now + FRESH_SECONDS))

    def _ask(self, name: str, held: Foreign | None) -> Foreign | None:
        """The page as it is now; None where it did not change.

        Raises:
            NotFound: the project does not exist there.
            UpstreamFailed: anything else.
        """
        headers = {"Accept": ACCEPT}
        if held is not None and held.etag is not None:
            headers["If-None-Match"] = held.etag
        url = f"{self._url}{name}/"
        deadline = time.monotonic() + PAGE_SECONDS
        try:
            with self._client.stream("GET", url, headers=headers, auth=self._auth_for(url)) as response:
                if response.status_code == HTTPStatus.NOT_MODIFIED and held is not None:
                    return None
                _check(response)
                content = b"".join(bounded(response.iter_bytes(), MAX_PAGE_BYTES, deadline))
                kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
                base, etag = str(response.url), response.headers.get("etag")
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise UpstreamDown(f"the upstream does not answer: {type(error).__name__}") from error
        if not kind.endswith(("json", "html")):
            raise UpstreamFailed(f"the upstream answers with {kind[:80] or 'no content type'}")
        try:
            found = foreign.read(content, is_json=kind.endswith("json"), base=base, name=name)
        except CannotDo as error:
            raise UpstreamFailed(error.what) from error
        return Foreign(found, etag if etag and len(etag) <= 200 else None, self._url)

    def _remember(self, name: str, known: Known) -> None:
        with self._lock:
            self._known[name] = known
            self._known.move_to_end(name)
            while len(self._known) > MAX_REMEMBERED:
                self._known.popitem(last=False)

    @cached_property
    def _address(self) -> httpx.URL:
        """Where it is, with credentials if they are part of it.

        Raises:
            UpstreamFailed: nobody knows, or it is no address of an index.
        """
        try:
            return httpx.URL(checked(self._given_url()))
        except CrucibleError as error:
            raise UpstreamFailed(error.what, error.todo) from error

    @cached_property
    def _url(self) -> str:
        shown = self._address.copy_with(username=None, password=None, fragment=None)
        return str(shown).rstrip("/") + "/"

    @cached_property
    def _client(self) -> httpx.Client:
        # From https never down to http, whatever a page or a redirect says.
        secure = self._address.scheme == "https"

        def check(request: httpx.Request) -> None:
            if secure and request.url.scheme != "https":
                raise httpx.UnsupportedProtocol("the upstream leads from https to http", request=request)

        return httpx.Client(
            timeout=TIMEOUT,
            follow_redirects=True,
            max_redirects=MAX_REDIRECTS,
            headers={"Via": self._via, "User-Agent": "crucible-index"},
            event_hooks={"request": [check]},
            verify=trust(),
        )

    def _auth_for(self, url: str) -> httpx.BasicAuth | None:
        """The credentials, for the upstream's own host alone."""
        own, other = self._address, httpx.URL(url)
        if not own.username and not own.password:
            return None
        same = (own.scheme, own.host, own.port) == (other.scheme, other.host, other.port)
        return httpx.BasicAuth(own.username, own.password) if same else None


def _check(response: httpx.Response) -> None:
    status = response.status_code
    if status in GONE:
        raise NotFound("neither this index nor its upstream has this project")
    if status == HTTPStatus.LOOP_DETECTED:
        raise UpstreamLoop(LEADS_BACK, "name another with --upstream")
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        raise UpstreamFailed(f"the upstream refuses the credentials (status {status})")
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.TOO_MANY_REQUESTS:
        raise UpstreamDown(f"the upstream answers with status {status}")
    if not response.is_success:
        raise UpstreamFailed(f"the upstream answers with status {status}")

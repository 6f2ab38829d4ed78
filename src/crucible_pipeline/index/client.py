"""Asks any package index what a project has released, and downloads a file with its hash checked.

Speaks the JSON form (PEP 691) and reads the HTML form (PEP 503) of indexes that know no other. What an index
answers is untrusted: sizes are bounded, and a file name has to belong to the project asked for.
"""

import contextlib
import hashlib
import itertools
import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from types import TracebackType
from typing import Any, Self, cast
from urllib.parse import urljoin, urlsplit

import httpx
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import Version

from crucible_pipeline.errors import CannotDo, Refused
from crucible_pipeline.index.listing import from_html, from_json, names_in
from crucible_pipeline.index.names import Kind, normalized, parse_filename
from crucible_pipeline.index.negotiate import HTML, JSON
from crucible_pipeline.index.patience import NOT_NOW, pause
from crucible_pipeline.index.saved import Page, Saved
from crucible_pipeline.index.trust import trust

ACCEPT = f"{JSON}, {HTML};q=0.2, text/html;q=0.1"
MAX_PAGE_BYTES = 64 << 20
MAX_FILE_BYTES = 2 << 30
MAX_PROVENANCE_BYTES = 4 << 20
TIMEOUT_SECONDS = 30.0
MAX_REDIRECTS = 5


@dataclass(frozen=True, slots=True)
class Release:
    """One file of a release, as an index lists it.

    Args:
        version: of the release.
        filename: of the file.
        url: absolute, without a fragment and without credentials.
        sha256: in hexadecimal; None where the index gives none.
        requires_python: a specifier, or None.
        yanked: None, or the reason, which may be empty.
        kind: wheel or sdist, in the upload form's words.
        provenance: where its attestations are (PEP 740), absolute; None where the index names none.
        uploaded: the time as the index writes it (PEP 700); None where it gives none.
    """

    version: Version
    filename: str
    url: str
    sha256: str | None
    requires_python: str | None = None
    yanked: str | None = None
    kind: Kind = "bdist_wheel"
    provenance: str | None = None
    uploaded: str | None = None


class Index:
    """An index, over HTTP. Close it, or use it in a `with` block.

    Args:
        url: of the simple API, as https://packages.example/simple/; credentials in it are never shown.
        username: for Basic authentication.
        password: likewise, such as a token.
        timeout: of each wait for the index, in seconds.
        saved: earlier answers; None keeps none.
        retries: how often it is asked again where it says "not now" or the connection breaks.
    """

    def __init__(
        self,
        url: str,
        username: str | None = None,
        password: str | None = None,
        *,
        timeout: float = TIMEOUT_SECONDS,
        saved: Saved | None = None,
        retries: int = 0,
    ) -> None:
        parsed = address_of(url)
        if parsed is None:
            raise Refused("the index URL has to start with https:// or http:// and name a host")
        username = username or parsed.username or None
        password = password if password is not None else parsed.password
        auth = httpx.BasicAuth(username or "", password or "") if username or password else None
        self.url = str(parsed.copy_with(username=None, password=None, fragment=None)).rstrip("/") + "/"
        self._saved, self._retries = saved, retries
        self._client = httpx.Client(
            auth=auth,
            timeout=timeout,
            follow_redirects=True,
            max_redirects=MAX_REDIRECTS,
            trust_env=True,
            verify=trust(),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def projects(self) -> tuple[str, ...]:
        """The normalized names of all projects, sorted; what is no name is left out.

        Raises:
            CannotDo: the index does not answer, or not as an index.
        """
        with self._stream(self.url, {"Accept": ACCEPT}) as response:
            self._check(response)
            body = b"".join(_bounded(response, MAX_PAGE_BYTES))
            kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        names: set[str] = set()
        for name in names_in(body, is_json=kind.endswith("json"), origin=self.url):
            with contextlib.suppress(Refused):
                names.add(normalized(name))
        return tuple(sorted(names))

    def releases(self, project: str) -> tuple[Release, ...]:
        """All wheels and source distributions of a project, oldest release first.

        Returns:
            Empty where the index does not know the project. Files that name another project, or are neither
            wheel nor source distribution, are left out.

        Raises:
            Refused: the name is none.
            CannotDo: the index does not answer, or not as an index.
        """
        name = normalized(project)
        page = self._page(f"{self.url}{name}/")
        if page is None:
            return ()
        base = httpx.URL(page.base)
        body = page.text.encode("utf-8", "surrogateescape")
        rows = from_json(body, self.url)["files"] if page.kind.endswith("json") else from_html(body)
        found = (_release(row, base, name) for row in rows)
        return tuple(
            sorted((release for release in found if release), key=lambda each: (each.version, each.filename))
        )

    def _page(self, url: str) -> Page | None:
        """What the index says at an address; None where it has nothing there."""
        known = self._saved.page(url) if self._saved is not None else None
        headers = {"Accept": ACCEPT} | ({"If-None-Match": known.etag} if known is not None else {})
        with self._stream(url, headers) as response:
            if response.status_code == HTTPStatus.NOT_FOUND:
                return None
            if known is not None and response.status_code == HTTPStatus.NOT_MODIFIED:
                return known
            self._check(response)
            page = Page(
                response.headers.get("etag", ""),
                response.headers.get("content-type", "").partition(";")[0].strip().lower(),
                str(response.url.copy_with(username=None, password=None)),
                b"".join(_bounded(response, MAX_PAGE_BYTES)).decode("utf-8", "surrogateescape"),
            )
        if self._saved is not None and page.etag:
            self._saved.keep_page(url, page)
        return page

    def download(self, release: Release) -> bytes:
        """The content of a file.

        Raises:
            Refused: it has another hash than the index said, or the index said none.
            CannotDo: the index does not give it.
        """
        if release.sha256 is None:
            raise Refused(f"the index gives no sha256 of {release.filename}, so it cannot be trusted")
        sha256 = release.sha256.lower()
        kept = self._saved.file(sha256) if self._saved is not None else None
        if kept is not None:
            return kept
        # The bytes are hashed as they are sent: no compression in between.
        with self._stream(release.url, {"Accept-Encoding": "identity"}) as response:
            self._check(response)
            content = b"".join(_bounded(response, MAX_FILE_BYTES))
        if hashlib.sha256(content).hexdigest() != sha256:
            raise Refused(f"{release.filename} arrived with another sha256 than the index says")
        if self._saved is not None:
            self._saved.keep_file(sha256, content)
        return content

    def provenance(self, release: Release) -> bytes | None:
        """The provenance object of a file (PEP 740), unchecked; None where the index has none.

        Raises:
            CannotDo: the index does not give it.
        """
        if release.provenance is None:
            return None
        with self._stream(release.provenance, {}) as response:
            if response.status_code == HTTPStatus.NOT_FOUND:
                return None
            self._check(response)
            return b"".join(_bounded(response, MAX_PROVENANCE_BYTES))

    @contextlib.contextmanager
    def _stream(self, url: str, headers: dict[str, str]) -> Generator[httpx.Response]:
        try:
            # httpx drops credentials when a redirect or a file's address leads to another host.
            own = httpx.URL(url).host == httpx.URL(self.url).host
            auth = httpx.USE_CLIENT_DEFAULT if own else None
            for asked in itertools.count(1):
                response = self._answer(self._client.build_request("GET", url, headers=headers), auth, asked)
                if response is not None:
                    with contextlib.closing(response):
                        yield response
                    return
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise CannotDo(f"the index at {self.url} does not answer: {error}") from error

    def _answer(self, request: httpx.Request, auth: Any, asked: int) -> httpx.Response | None:
        """The answer with its body still to come; None, after a pause, where it has to be asked again."""
        try:
            response = self._client.send(request, auth=auth, stream=True)
        except httpx.TransportError:
            # what does not answer at all seldom does a little later
            wait = pause(asked, min(self._retries, 1), None, datetime.now(UTC))
            if wait is None:
                raise
        else:
            if response.status_code not in NOT_NOW:
                return response
            wait = pause(asked, self._retries, response.headers.get("retry-after"), datetime.now(UTC))
            if wait is None:
                return response
            response.close()
        time.sleep(wait)
        return None

    def _check(self, response: httpx.Response) -> None:
        if response.status_code in {401, 403}:
            raise CannotDo(
                f"the index at {self.url} refuses the credentials (status {response.status_code})",
                "give a token that may read",
            )
        if not response.is_success:
            raise CannotDo(f"the index at {self.url} answers with status {response.status_code}")


def _release(row: dict[str, Any], base: httpx.URL, project: str) -> Release | None:
    """A row as a value; None where it is no file of this project that an installer would take."""
    name, url = row.get("filename"), row.get("url")
    hashes = cast("dict[str, Any] | None", row.get("hashes"))
    if not isinstance(name, str) or not isinstance(url, str) or not isinstance(hashes, dict):
        return None
    try:
        filename = parse_filename(name)
        target = address_of(urljoin(str(base), url.partition("#")[0]))
    except (Refused, ValueError):
        return None
    if filename.project != project or target is None:
        return None
    sha256 = hashes.get("sha256")
    yanked = row.get("yanked")
    return Release(
        version=filename.version,
        filename=name,
        url=str(target.copy_with(username=None, password=None)),
        sha256=sha256 if isinstance(sha256, str) else None,
        requires_python=_specifier(row.get("requires-python")),
        yanked=yanked if isinstance(yanked, str) else "" if yanked is True else None,
        kind=filename.kind,
        provenance=_beside(row.get("provenance"), base),
        uploaded=uploaded if isinstance(uploaded := row.get("upload-time"), str) else None,
    )


def _beside(reference: object, base: httpx.URL) -> str | None:
    """The absolute address of what a row refers to; None where it refers to nothing that can be asked."""
    try:
        found = (
            address_of(urljoin(str(base), reference)) if isinstance(reference, str) and reference else None
        )
    except ValueError:
        return None
    return str(found.copy_with(username=None, password=None)) if found else None


def address_of(url: str) -> httpx.URL | None:
    """A URL that can be asked; None for one without a host, of another scheme, or that is none."""
    try:
        # httpx alone takes `http://[` for a host.
        known = urlsplit(url).hostname
        parsed = httpx.URL(url)
    except (ValueError, httpx.InvalidURL):
        return None
    return parsed if known and parsed.scheme in {"http", "https"} else None


def _specifier(text: object) -> str | None:
    if not isinstance(text, str):
        return None
    try:
        SpecifierSet(text)
    except InvalidSpecifier:
        return None
    return text


def _bounded(response: httpx.Response, limit: int) -> Iterator[bytes]:
    received = 0
    for chunk in response.iter_bytes():
        received += len(chunk)
        if received > limit:
            raise CannotDo(f"the answer of {response.url.host} is larger than {limit} bytes")
        yield chunk

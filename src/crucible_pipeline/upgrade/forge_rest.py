"""A forge's REST API over HTTP: patience with a busy forge, and no trust in what it answers."""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any, cast
from urllib.parse import urljoin

import httpx

from crucible_pipeline.errors import CannotDo
from crucible_pipeline.index.trust import trust

TIMEOUT_SECONDS = 30.0
MAX_ANSWER_BYTES = 16 << 20
MAX_PAGES = 30
ATTEMPTS = 3
# A longer wait is the caller's to decide on.
MAX_WAIT_SECONDS = 60.0
MAX_REDIRECTS = 3
MAX_SAID = 200
_BUSY = frozenset({502, 503, 504})


@dataclass(frozen=True, slots=True)
class Words:
    """What differs between forges in every request.

    Args:
        headers: of every request, the token among them.
        token_name: of the variable that holds the token.
        per_page: query parameter that bounds a page.
        page_size: largest that the forge gives.
    """

    headers: Mapping[str, str] = field(repr=False)
    token_name: str
    per_page: str = "per_page"
    page_size: int = 100


class Api:
    """The API of one forge. Close it, or use it in a `with` block.

    Args:
        root: its address.
        words: of the forge.
        pause: waits for some seconds.
    """

    def __init__(self, root: str, words: Words, pause: Callable[[float], None] = time.sleep) -> None:
        self._root = root
        self._words = words
        self._pause = pause
        # no redirect is followed blindly: the token goes to no other host
        self._client = httpx.Client(headers=dict(words.headers), timeout=TIMEOUT_SECONDS, verify=trust())

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def read(self, path: str, **query: str | int) -> Any:
        """GET a document.

        Args:
            path: below the root, quoted.
            query: parameters.

        Raises:
            CannotDo: as `Forge` says.
        """
        return _document(self._ask("GET", path, params=query or None))

    def pages(self, path: str, **query: str | int) -> Iterator[Any]:
        """The items of a list, page after page.

        Raises:
            CannotDo: as `Forge` says; also where the list is longer than `MAX_PAGES` pages.
        """
        bound = {self._words.per_page: self._words.page_size}
        for number in range(1, MAX_PAGES + 1):
            answer = self._ask("GET", path, params={**query, **bound, "page": number})
            found = _document(answer)
            if not isinstance(found, list):
                raise CannotDo(f"the forge answers {path} with no list", "look at its address")
            yield from found
            # whether there is more, not where: the address could be another host's
            if "next" not in answer.links:
                return
        raise CannotDo(f"the forge's list {path} has more than {MAX_PAGES} pages", "close what is settled")

    def write(self, method: str, path: str, document: Mapping[str, Any] | None = None) -> Any:
        """Send a document with POST, PUT, PATCH or DELETE; again only where the forge said it was not done.

        Raises:
            CannotDo: as `Forge` says.
        """
        return _document(self._ask(method, path, content=None if document is None else dict(document)))

    def _ask(
        self, method: str, path: str, params: Mapping[str, Any] | None = None, content: Any = None
    ) -> httpx.Response:
        url = f"{self._root}{path}"
        redirects = attempt = 0
        while True:
            attempt += 1
            last = attempt >= ATTEMPTS
            try:
                answer = self._send(method, url, params, content)
            except httpx.HTTPError as error:
                # what was not sent may be sent again; what was may have been done
                if not last and (method == "GET" or isinstance(error, httpx.ConnectError)):
                    self._pause(2.0**attempt / 4)
                    continue
                reason = type(error).__name__ if not str(error) else str(error)
                raise CannotDo(f"the forge does not answer: {reason}", "run it again later") from None
            if answer.is_redirect and redirects < MAX_REDIRECTS:
                url, params = self._next(answer, method, url), None
                redirects, attempt = redirects + 1, attempt - 1
                continue
            wait = _wait(answer, method, attempt)
            if wait is not None and wait <= MAX_WAIT_SECONDS and not last:
                self._pause(wait)
                continue
            if answer.is_success:
                return answer
            raise self._refusal(answer, method, path, wait)

    def _send(self, method: str, url: str, params: Mapping[str, Any] | None, content: Any) -> httpx.Response:
        with self._client.stream(method, url, params=params, json=content) as answer:
            body = bytearray()
            for chunk in answer.iter_bytes():
                body += chunk
                if len(body) > MAX_ANSWER_BYTES:
                    raise CannotDo(f"the forge answers with more than {MAX_ANSWER_BYTES} bytes")
            headers = [one for one in answer.headers.multi_items() if one[0] != "content-encoding"]
            return httpx.Response(
                answer.status_code, headers=headers, content=bytes(body), request=answer.request
            )

    def _next(self, answer: httpx.Response, method: str, url: str) -> str:
        there: str = urljoin(url, answer.headers.get("location", ""))
        one, other = httpx.URL(url), httpx.URL(there)
        if (one.scheme, one.host, one.port) != (other.scheme, other.host, other.port):
            raise CannotDo(
                f"the forge redirects to another host, {other.host}, where the token was not sent",
                "correct the remote's address, or the forge's with --forge-url",
            )
        # RFC 9110, 15.4: only 307 and 308 keep the method for certain
        if method != "GET" and answer.status_code not in {307, 308}:
            raise CannotDo("the repository moved on the forge", "correct the remote's address")
        return there

    def _refusal(self, answer: httpx.Response, method: str, path: str, wait: float | None) -> CannotDo:
        status, token = answer.status_code, self._words.token_name
        todo = {
            401: f"give a valid token in {token}",
            403: f"give a token in {token} that may write pull requests",
            404: f"give a token in {token} that may see the repository, and look at the remote's address",
            409: "the proposal changed meanwhile; run it again",
            422: "look at what the forge says",
        }.get(status, "run it again later")
        if wait is not None:
            todo = f"it is busy; run it again in {wait:.0f} s"
        said = self._said(answer)
        return CannotDo(f"the forge answers {method} {path} with status {status}{said}", todo)

    def _said(self, answer: httpx.Response) -> str:
        try:
            document = answer.json()
        except ValueError:
            return ""
        message: object = (
            cast("dict[str, Any]", document).get("message") if isinstance(document, dict) else ""
        )
        text = " ".join(json.dumps(message) if not isinstance(message, str) else message.split())
        text = "".join(one for one in text if one.isprintable())[:MAX_SAID]
        for value in self._words.headers.values():
            text = text.replace(value.split()[-1], "***")
        return f" ({text})" if text else ""


def _wait(answer: httpx.Response, method: str, attempt: int) -> float | None:
    """Seconds after which the request may be sent again; None if it should not be."""
    status, after = answer.status_code, answer.headers.get("retry-after", "")
    exhausted = answer.headers.get("x-ratelimit-remaining") == "0" or bool(after)
    if status == 429 or (status == 403 and exhausted):
        return _seconds(after, answer.headers.get("x-ratelimit-reset", ""))
    if status in _BUSY and method == "GET":
        return _seconds(after, "") if after else 2.0**attempt / 4
    return None


def _seconds(after: str, reset: str) -> float:
    """From Retry-After (RFC 9110, 10.2.3: seconds or a date), else from the end of the limit's window."""
    if after.isdigit():
        return float(after)
    try:
        until = parsedate_to_datetime(after).timestamp() if after else float(reset)
    except (ValueError, TypeError):
        return 1.0
    return max(0.0, until - time.time())


def _document(answer: httpx.Response) -> Any:
    if not answer.content:
        return None
    try:
        return answer.json()
    except (ValueError, RecursionError):
        raise CannotDo("the forge answers with no JSON", "look at its address") from None


def text_at(document: Any, *keys: str) -> str:
    """A text in an answer; empty where it is null or missing.

    Raises:
        CannotDo: something else is there.
    """
    found = value_at(document, *keys)
    if found is None:
        return ""
    if not isinstance(found, str):
        raise CannotDo(f"the forge's answer has no text at {'.'.join(keys)}", "look at its address")
    return found


def number_at(document: Any, *keys: str) -> int:
    """A whole number in an answer.

    Raises:
        CannotDo: none is there.
    """
    found = value_at(document, *keys)
    if isinstance(found, bool) or not isinstance(found, int):
        raise CannotDo(f"the forge's answer has no number at {'.'.join(keys)}", "look at its address")
    return found


def value_at(document: Any, *keys: str) -> Any:
    """What is at a path in an answer; None where nothing is."""
    for key in keys:
        if not isinstance(document, dict):
            return None
        document = cast("dict[str, Any]", document).get(key)
    return document


def list_at(document: Any, *keys: str) -> list[Any]:
    """A list in an answer; empty where none is."""
    found = value_at(document, *keys)
    return list(cast("list[object]", found)) if isinstance(found, list) else []

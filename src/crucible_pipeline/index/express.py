"""Answers what installers ask most, in front of the routes: whole pages from memory, and whole files.

A request that needs more than that goes on to the routes, which answer it by the same rules.
"""

import os
from collections import Counter
from collections.abc import MutableMapping
from dataclasses import dataclass
from typing import Any

from granian._granian import RSGIHTTPProtocol as HTTPProtocol
from granian.rsgi import Scope as Asked
from starlette.types import Receive, Scope, Send

from crucible_pipeline.errors import Refused
from crucible_pipeline.index import bridge
from crucible_pipeline.index.access import Access, is_passed_on
from crucible_pipeline.index.bridge import Headers
from crucible_pipeline.index.hot import Hot, HotPages
from crucible_pipeline.index.later import Later
from crucible_pipeline.index.names import normalized, parse_filename
from crucible_pipeline.index.store import InvalidKey, NotFound, Store
from crucible_pipeline.index.suiting import immutable, is_held, suiting

PAGES, FILES = "/simple/", "/files/"
# What is made ready for one path and one set of headers; long headers are not worth the memory.
MAX_READY = 4096
MAX_HEADER_LENGTH = 400
BESIDE = (".metadata", ".provenance")


@dataclass(frozen=True, slots=True)
class _Answer:
    """What is sent: bytes, or the file at a path."""

    status: int
    headers: Headers
    body: bytes = b""
    path: str | None = None


@dataclass(frozen=True, slots=True)
class _Page:
    """A page ready to send, as long as the hot page is the same."""

    hot: Hot
    whole: _Answer
    unchanged: _Answer
    etags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _File:
    """What a path below /files/ says."""

    project: str
    headers: Headers
    etag: str


class Express:
    """An application of granian's interface (RSGI) in front of an ASGI one.

    Args:
        app: answers everything else.
        access: only what strangers may read is answered here.
        hot: the pages.
        store: the files; one that is not local leaves all to the routes.
        answered: how many requests were, by method and status.
    """

    def __init__(
        self, app: Later, access: Access, hot: HotPages, store: Store, answered: Counter[tuple[str, int]]
    ) -> None:
        self._app, self._access, self._hot, self._store = app, access, hot, store
        self._answered = answered
        self._pages: dict[tuple[str, str, str], _Page] = {}
        self._files: dict[str, _File] = {}

    def load(self) -> None:
        """Have the application ready before it is first needed."""
        self._app.load()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand on what comes over ASGI."""
        await self._app(scope, receive, send)

    async def __rsgi__(self, asked: Asked, protocol: HTTPProtocol) -> None:
        """Answer, or hand on."""
        answer = self._answer(asked)
        if answer is None:
            await bridge.answered(self._app, asked, protocol)
            return
        self._answered["GET", answer.status] += 1
        if answer.path is not None:
            protocol.response_file(answer.status, answer.headers, answer.path)
        else:
            protocol.response_bytes(answer.status, answer.headers, answer.body)

    def _answer(self, asked: Asked) -> _Answer | None:
        path = asked.path
        is_page = path.startswith(PAGES)
        if (
            asked.method != "GET"
            or not (is_page or path.startswith(FILES))
            or asked.query_string
            or not self._access.anonymous_read
            or not self._store.is_local
        ):
            return None
        headers = asked.headers
        if self._access.only_here and is_passed_on(headers):
            return None
        held: str = headers.get("if-none-match", "")
        try:
            if is_page:
                return self._page(path, headers.get("accept", ""), headers.get("accept-encoding", ""), held)
            return None if "range" in headers else self._file(path, held)
        except (NotFound, InvalidKey):
            return None

    def _page(self, path: str, accept: str, encoding: str, held: str) -> _Answer | None:
        key = (path, accept, encoding)
        ready = self._pages.get(key)
        if ready is None or self._current(path) is not ready.hot:
            ready = self._prepared(path, accept, encoding)
            if ready is None:
                return None
            if len(accept) + len(encoding) + len(path) < MAX_HEADER_LENGTH:
                _keep(self._pages, key, ready)
        return ready.unchanged if held and is_held(held, ready.etags) else ready.whole

    def _current(self, path: str) -> Hot:
        return self._hot.project(path[len(PAGES) : -1]) if path != PAGES else self._hot.root()

    def _prepared(self, path: str, accept: str, encoding: str) -> _Page | None:
        name = path[len(PAGES) : -1]
        try:
            if not path.endswith("/") or (path != PAGES and normalized(name) != name):
                return None
        except Refused:
            return None
        hot = self._current(path)
        chosen = suiting(hot, accept, encoding)
        if chosen is None:
            return None
        described = {**chosen.headers, **chosen.described, "Content-Length": str(len(chosen.body))}
        whole = _Answer(200, _told(described), chosen.body)
        return _Page(hot, whole, _Answer(304, _told(chosen.headers)), chosen.etags)

    def _file(self, path: str, held: str) -> _Answer | None:
        file = self._files.get(path)
        if file is None:
            file = _file_at(path)
            if file is None:
                return None
            _keep(self._files, path, file)
        if self._hot.project(file.project).withheld:
            return None
        found = self._store.path(path[1:])
        if found is None:
            return None
        if held and is_held(held, (file.etag,)):
            return _Answer(304, file.headers)
        size = str(os.stat(found).st_size)  # noqa: PTH116  asked with every request
        return _Answer(200, [*file.headers, ("content-length", size), *DESCRIBED], path=str(found))


DESCRIBED = [("content-type", "application/octet-stream"), ("accept-ranges", "bytes")]


def _file_at(path: str) -> _File | None:
    parts = path[1:].split("/")
    if len(parts) != 4:
        return None
    name = parts[3]
    plain = next((name.removesuffix(end) for end in BESIDE if name.endswith(end)), name)
    try:
        project = parse_filename(plain).project
    except Refused:
        return None
    headers = immutable(f"{parts[2]}{name[len(plain) :]}", "public")
    return _File(project, _told(headers), headers["ETag"])


def _keep(ready: MutableMapping[Any, Any], key: object, value: object) -> None:
    if len(ready) >= MAX_READY:
        ready.clear()
    ready[key] = value


def _told(headers: dict[str, str]) -> Headers:
    return [(name.lower(), value) for name, value in headers.items()]

"""Answers what installers ask most, in front of the routes: whole pages from memory, and whole files.

A request that needs more than that goes on to the routes, which answer it by the same rules.
"""

import os
from collections.abc import MutableMapping
from dataclasses import dataclass
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from crucible_pipeline.errors import Refused
from crucible_pipeline.index import answers
from crucible_pipeline.index.access import Access
from crucible_pipeline.index.answers import is_held, suiting
from crucible_pipeline.index.hot import Hot, HotPages
from crucible_pipeline.index.metrics import Metrics
from crucible_pipeline.index.names import normalized, parse_filename
from crucible_pipeline.index.store import InvalidKey, NotFound, Store

PAGES, FILES = "/simple/", "/files/"
# What is made ready for one path and one set of headers; long headers are not worth the memory.
MAX_READY = 4096
MAX_HEADER_LENGTH = 400
# With one of these a request may not be for a whole page or file.
FOR_THE_ROUTES = frozenset({b"range", b"if-range"})
BESIDE = (".metadata", ".provenance")

Answer = tuple[Message, ...]


@dataclass(frozen=True, slots=True)
class _Page:
    """A page ready to send, as long as the hot page is the same."""

    hot: Hot
    whole: Answer
    unchanged: Answer
    etags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _File:
    """What a path below /files/ says."""

    project: str
    key: str
    headers: tuple[tuple[bytes, bytes], ...]
    etag: str


class Express:
    """An ASGI application in front of another.

    Args:
        app: answers everything else.
        access: only what strangers may read is answered here.
        hot: the pages.
        store: the files; one that is not local leaves all to the routes.
        metrics: what is answered here is counted there.
    """

    def __init__(self, app: ASGIApp, access: Access, hot: HotPages, store: Store, metrics: Metrics) -> None:
        self._app, self._access, self._hot, self._store = app, access, hot, store
        self._metrics = metrics
        self._pages: dict[tuple[str, bytes, bytes], _Page] = {}
        self._files: dict[str, _File] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or hand on."""
        answer = self._answer(scope) if scope["type"] == "http" else None
        if answer is None:
            await self._app(scope, receive, send)
            return
        self._metrics.answered(scope["method"], answer[0]["status"])
        for message in answer:
            await send(message)

    def _answer(self, scope: Scope) -> Answer | None:
        path: str = scope["path"]
        is_page = path.startswith(PAGES)
        if (
            scope["method"] != "GET"
            or scope["query_string"]
            or not self._access.anonymous_read
            or not self._store.is_local
            or not (is_page or path.startswith(FILES))
        ):
            return None
        accept = encoding = held = b""
        for name, value in scope["headers"]:
            if name == b"accept":
                accept = accept + b"," + value if accept else value
            elif name == b"accept-encoding":
                encoding = encoding + b"," + value if encoding else value
            elif name == b"if-none-match":
                held = value
            elif name in FOR_THE_ROUTES:
                return None
        try:
            if is_page:
                return self._page(path, accept, encoding, held)
            return self._file(path, held, scope)
        except (NotFound, InvalidKey, UnicodeDecodeError):
            return None

    def _page(self, path: str, accept: bytes, encoding: bytes, held: bytes) -> Answer | None:
        asked = (path, accept, encoding)
        ready = self._pages.get(asked)
        if ready is None or self._current(path) is not ready.hot:
            ready = self._prepared(path, accept, encoding)
            if ready is None:
                return None
            if len(accept) + len(encoding) + len(path) < MAX_HEADER_LENGTH:
                _keep(self._pages, asked, ready)
        if held and is_held(held.decode("latin-1"), ready.etags):
            return ready.unchanged
        return ready.whole

    def _current(self, path: str) -> Hot:
        return self._hot.project(path[len(PAGES) : -1]) if path != PAGES else self._hot.root()

    def _prepared(self, path: str, accept: bytes, encoding: bytes) -> _Page | None:
        name = path[len(PAGES) : -1]
        try:
            if not path.endswith("/") or (path != PAGES and normalized(name) != name):
                return None
        except Refused:
            return None
        hot = self._current(path)
        chosen = suiting(hot, accept.decode("latin-1"), encoding.decode("latin-1"))
        if chosen is None:
            return None
        described = {**chosen.headers, **chosen.described, "Content-Length": str(len(chosen.body))}
        whole = (_start(200, _raw(described)), {"type": "http.response.body", "body": chosen.body})
        return _Page(hot, whole, _empty(304, _raw(chosen.headers)), chosen.etags)

    def _file(self, path: str, held: bytes, scope: Scope) -> Answer | None:
        if "http.response.pathsend" not in scope.get("extensions", {}):
            return None
        file = self._files.get(path)
        if file is None:
            file = _file_at(path)
            if file is None:
                return None
            _keep(self._files, path, file)
        try:
            if self._hot.project(file.project).withheld:
                return None
        except NotFound:
            pass  # of another index
        found = self._store.path(file.key)
        if found is None:
            return None
        if held and is_held(held.decode("latin-1"), (file.etag,)):
            return _empty(304, file.headers)
        size = str(os.stat(found).st_size).encode()  # noqa: PTH116  asked with every request
        more = ((b"content-length", size), (b"content-type", b"application/octet-stream"), ACCEPT_RANGES)
        sent: Message = {"type": "http.response.pathsend", "path": str(found)}
        return (_start(200, (*file.headers, *more)), sent)


ACCEPT_RANGES = (b"accept-ranges", b"bytes")


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
    headers = answers.immutable(f"{parts[2]}{name[len(plain) :]}", "public")
    return _File(project, path[1:], _raw(headers), headers["ETag"])


def _keep(ready: MutableMapping[Any, Any], key: object, value: object) -> None:
    if len(ready) >= MAX_READY:
        ready.clear()
    ready[key] = value


def _raw(headers: dict[str, str]) -> tuple[tuple[bytes, bytes], ...]:
    return tuple((name.lower().encode(), value.encode("latin-1")) for name, value in headers.items())


def _start(status: int, headers: tuple[tuple[bytes, bytes], ...]) -> Message:
    return {"type": "http.response.start", "status": status, "headers": headers}


def _empty(status: int, headers: tuple[tuple[bytes, bytes], ...]) -> Answer:
    return (_start(status, headers), {"type": "http.response.body", "body": b""})

"""The pages and files of the upstream over HTTP. A name of this index's own is never asked for there."""

import re
import secrets
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager
from functools import cached_property, partial
from typing import TypeVar

from anyio import CapacityLimiter, to_thread
from starlette.requests import Request
from starlette.responses import FileResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from crucible_pipeline.index import answers
from crucible_pipeline.index.answers import is_known, project_name
from crucible_pipeline.index.door import Door
from crucible_pipeline.index.foreign import LEADS_BACK, UpstreamLoop
from crucible_pipeline.index.room import FILES, Room
from crucible_pipeline.index.store import NotFound
from crucible_pipeline.index.suiting import immutable
from crucible_pipeline.index.terms import Incoming, Source

# A slow upstream holds up these and never the threads that read this index's own files.
THREADS = 32
SUFFIX = ".metadata"
_SHA256 = re.compile(r"[0-9a-f]{64}")
T = TypeVar("T")


class Relay:
    """The handlers.

    Args:
        upstream: makes the other index, for a `Via` of its own, when somebody first asks for a name of it.
        door: says whose a name is, and who may ask.
        limit: of all its files that are kept, in bytes.
    """

    def __init__(self, upstream: Callable[[str], Source], door: Door, limit: int) -> None:
        self._make, self._door = upstream, door
        self._via = f"1.1 crucible-{secrets.token_hex(8)}"
        self._lock = threading.Lock()
        self._limiter = CapacityLimiter(THREADS)
        self._room = Room(door.store, limit)

    @property
    def routes(self) -> tuple[Route, ...]:
        """For the files that `project` lists."""
        return (Route("/upstream/{name}/{sha256}/{filename}", self.file, methods=["GET"]),)

    async def project(self, request: Request, name: str) -> Response:
        """The page of a project that has published nothing here.

        Args:
            request: for it.
            name: normalized.
        """
        await self._check(request, name)
        return answers.page(request, await self._run(lambda: self._upstream().page(name)))

    async def file(self, request: Request) -> Response:
        """`/upstream/...`: a file of the upstream, or the core metadata beside it."""
        name, sha256, filename = (request.path_params[part] for part in ("name", "sha256", "filename"))
        if name != project_name(name) or not _SHA256.fullmatch(sha256):
            raise NotFound(f"{filename[:80]!r} is not a file of the upstream")
        await self._check(request, name)
        plain = filename.removesuffix(SUFFIX)
        headers = immutable(f"{sha256}{filename[len(plain) :]}", self._door.shared)
        key = f"{FILES}{sha256[:2]}/{sha256}/{filename}"
        kept = await self._kept(request, key, headers)
        if kept is not None:
            return kept
        if plain != filename:
            content = await self._run(lambda: self._upstream().metadata(name, sha256, plain))
            return Response(content, headers=headers, media_type="application/octet-stream")
        arrival = await self._run(lambda: self._upstream().arrival(name, sha256, filename))
        headers["Content-Type"] = "application/octet-stream"
        if arrival.size is not None:
            headers["Content-Length"] = str(arrival.size)
        if request.method == "HEAD":
            arrival.close()
            return Response(headers=headers)
        pieces = iter(arrival)
        try:
            # A small file was compared already when its only piece comes, so a wrong one is refused in words.
            first = await self._run(_next, pieces)
        except BaseException:
            arrival.close()
            raise
        return StreamingResponse(self._pieces(arrival, first, pieces, key), headers=headers)

    @cached_property
    def _made(self) -> Source:
        return self._make(self._via)

    def _upstream(self) -> Source:
        with self._lock:
            return self._made

    async def _check(self, request: Request, name: str) -> None:
        # A token for some projects of this index reads others' through it all the same.
        await self._door.allow(request, "read", None)
        if await self._door.ask(self._door.is_own, name):
            raise NotFound(f"{name} is a name of this index, which has published nothing under it")
        if self._via in request.headers.get("via", ""):
            raise UpstreamLoop(LEADS_BACK, "name another with --upstream")

    async def _kept(self, request: Request, key: str, headers: dict[str, str]) -> Response | None:
        """The answer where the store has the content already."""
        store = self._door.store
        try:
            path = await self._door.ask(store.path, key)
        except NotFound:
            return None
        if is_known(request, headers["ETag"]):
            return Response(status_code=304, headers=headers)
        if path is not None:
            whole = FileResponse(path, headers=headers, media_type="application/octet-stream")
            return _Held(whole, self._room.held(key))
        return _Held(await answers.blob(request, lambda: store.open(key), headers), self._room.held(key))

    async def _pieces(
        self, arrival: Incoming, piece: bytes, pieces: Iterator[bytes], key: str
    ) -> AsyncIterator[bytes]:
        size = 0
        try:
            while piece:
                size += len(piece)
                yield piece
                piece = await self._run(_next, pieces)
            # Stored by now: the last piece comes after that.
            await self._run(self._room.came, key, size)
        finally:
            arrival.close()

    async def _run(self, function: Callable[..., T], *arguments: object) -> T:
        return await to_thread.run_sync(partial(function, *arguments), limiter=self._limiter)


class _Held(Response):
    """A response during which a file stays where it is."""

    def __init__(self, response: Response, held: AbstractContextManager[None]) -> None:
        self._response, self._held = response, held
        self.background = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        with self._held:
            await self._response(scope, receive, send)


def _next(pieces: Iterator[bytes]) -> bytes:
    """The next piece; empty at the end."""
    return next(pieces, b"")

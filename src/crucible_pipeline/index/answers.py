"""How the index answers over HTTP: refusals by one table of statuses, redirects, pages, parts of blobs.

The reason phrase of a status is the protocol's own, so a refusal's sentence is the body, as plain text:
`twine upload --verbose` and `uv publish` print it.
"""

import logging
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import BinaryIO, cast

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response, StreamingResponse
from starlette.types import Message

from crucible_pipeline.errors import CrucibleError, Refused
from crucible_pipeline.index.access import Forbidden, Unauthorized
from crucible_pipeline.index.claims import Taken
from crucible_pipeline.index.foreign import UpstreamFailed, UpstreamLoop
from crucible_pipeline.index.hot import Hot
from crucible_pipeline.index.limits import TooSlow
from crucible_pipeline.index.names import normalized
from crucible_pipeline.index.store import InvalidKey, NoSpace, NotFound, Unavailable
from crucible_pipeline.index.suiting import is_held, suiting

LOG = logging.getLogger("crucible.index")


class TooLarge(Refused):
    """More bytes than the index takes; status 413."""


# The first class that fits decides.
STATUSES: tuple[tuple[type[Exception], int], ...] = (
    (Unauthorized, 401),
    (Forbidden, 403),
    (NotFound, 404),
    (InvalidKey, 404),
    (Taken, 409),
    (TooSlow, 408),
    (TooLarge, 413),
    (Refused, 400),
    (UpstreamLoop, 508),
    (UpstreamFailed, 502),
    (Unavailable, 503),
    (NoSpace, 507),
    (CrucibleError, 500),
)
PLAIN = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-cache"}
PIECE = 1 << 18
RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


def project_name(name: str) -> str:
    """The normalized name, of a project that may exist.

    Raises:
        NotFound: no project can have this name.
    """
    try:
        return normalized(name)
    except Refused:
        raise NotFound(f"{name[:80]!r} is not a project name") from None


def is_known(request: Request, *etags: str) -> bool:
    """Whether the client holds what would be sent (RFC 9110, section 13.1.2)."""
    return is_held(request.headers.get("if-none-match", ""), etags)


def page(request: Request, hot: Hot) -> Response:
    """A simple page in the form that the request asks for (PEP 691), unless the client holds it already."""
    # PEP 691 lets a client that cannot set headers ask in the address.
    accept = request.query_params.get("format") or request.headers.get("accept")
    chosen = suiting(hot, accept, request.headers.get("accept-encoding"))
    if chosen is None:
        return PlainTextResponse("ask for the JSON or the HTML form of PEP 691\n", 406, PLAIN)
    if is_known(request, *chosen.etags):
        return Response(status_code=304, headers=chosen.headers)
    return Response(chosen.body, headers={**chosen.headers, **chosen.described})


async def blob(request: Request, opened: Callable[[], BinaryIO], headers: Mapping[str, str]) -> Response:
    """A stored blob as a stream, whole or the one part that was asked for (RFC 9110, section 14).

    Args:
        request: may ask for a range; of several, the whole is sent instead.
        opened: gives the content, seekable; it is closed here.
        headers: with the etag.
    """
    stream = await run_in_threadpool(opened)
    size = await run_in_threadpool(stream.seek, 0, 2)
    wanted = request.headers.get("range") if request.method == "GET" else None
    if request.headers.get("if-range", headers["ETag"]) != headers["ETag"]:
        wanted = None
    span = part(wanted, size)
    start, stop = span or (0, size)
    if span is not None and start >= stop:
        stream.close()
        return Response(status_code=416, headers={**headers, "Content-Range": f"bytes */{size}"})
    told = {
        **headers,
        "Accept-Ranges": "bytes",
        "Content-Length": str(stop - start),
        "Content-Type": "application/octet-stream",
    }
    if span is not None:
        told["Content-Range"] = f"bytes {start}-{stop - 1}/{size}"
    if request.method == "HEAD":
        stream.close()
        return Response(headers=told)
    return StreamingResponse(_pieces(stream, start, stop), 200 if span is None else 206, told)


def part(wanted: str | None, size: int) -> tuple[int, int] | None:
    """The part that a `Range` header asks for, as start and end.

    Args:
        wanted: the header.
        size: of the whole, in bytes.

    Returns:
        None for the whole: no header, none that can be read, or several parts. An empty one cannot be given.
    """
    match = RANGE.fullmatch(wanted or "")
    if match is None or match.group(1) == match.group(2) == "":
        return None
    first, last = match.groups()
    if not first:
        return (max(0, size - int(last)), size) if int(last) else (size, size)
    if last and int(last) < int(first):
        return None
    return min(int(first), size), min(int(last) + 1, size) if last else size


async def _pieces(stream: BinaryIO, start: int, stop: int) -> AsyncIterator[bytes]:
    try:
        await run_in_threadpool(stream.seek, start)
        while start < stop:
            piece = await run_in_threadpool(stream.read, min(PIECE, stop - start))
            if not piece:
                return
            start += len(piece)
            yield piece
    finally:
        stream.close()


def moved(request: Request, path: str) -> Response:
    """A permanent redirect within this host; the path was made here of a normalized name."""
    # Bytes that are no text become escapes on the way.
    query = request.scope["query_string"].decode("latin-1")
    place = f"{request.scope.get('root_path', '')}{path}{f'?{query}' if query else ''}"
    return RedirectResponse(place, 301, PLAIN)


def bounded(request: Request, limit: int) -> Callable[[], Awaitable[Message]]:
    """The request's body, which ends with `TooLarge` after `limit` bytes, whatever its headers promised."""
    received = 0

    async def receive() -> Message:
        nonlocal received
        message = await request.receive()
        received += len(message.get("body", b""))
        if received > limit:
            raise TooLarge(f"the index takes at most {limit} bytes at once")
        return message

    return receive


async def _refusal(_: Request, error: Exception) -> Response:
    status = next(status for kind, status in STATUSES if isinstance(error, kind))
    headers = dict(PLAIN)
    if status == 401:
        headers["WWW-Authenticate"] = 'Basic realm="crucible"'
    if status == 503:
        headers["Retry-After"] = "5"
    if status >= 500:
        LOG.error("%s", error)
    return PlainTextResponse(f"{error}\n", status, headers)


async def _http_refusal(_: Request, error: Exception) -> Response:
    http = cast("HTTPException", error)
    return PlainTextResponse(f"{http.detail}\n", http.status_code, {**PLAIN, **(http.headers or {})})


async def _gone(_: Request, __: Exception) -> Response:
    return Response(status_code=400)


HANDLERS: dict[type[Exception], Callable[[Request, Exception], Awaitable[Response]]] = {
    CrucibleError: _refusal,
    HTTPException: _http_refusal,
    ClientDisconnect: _gone,
}

"""The index over HTTP: the simple API, the files, the upload form and the pages for people.

Routes and nothing else; what they answer comes from the other files. One table maps errors to statuses.
The reason phrase of a status is the protocol's own, so a refusal's sentence is the body, as plain text:
`twine upload --verbose` and `uv publish` print it.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import BinaryIO, ParamSpec, TypeVar, cast
from urllib.parse import quote

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import Message

from crucible_pipeline.errors import CrucibleError, Refused
from crucible_pipeline.index import people, reference, upload
from crucible_pipeline.index.access import Access, Action, Forbidden, Unauthorized
from crucible_pipeline.index.catalog import Catalog, Gate, Taken
from crucible_pipeline.index.hot import Body, Hot
from crucible_pipeline.index.names import normalized, parse_filename
from crucible_pipeline.index.negotiate import Form, negotiate, takes_gzip
from crucible_pipeline.index.store import InvalidKey, NotFound

MAX_UPLOAD_BYTES = 2 << 30
MAX_FIELD_BYTES = 8 << 20
MAX_FIELDS = 2000


class TooLarge(Refused):
    """More bytes than the index takes; status 413."""


# The first class that fits decides.
STATUSES: tuple[tuple[type[Exception], int], ...] = (
    (Unauthorized, 401),
    (Forbidden, 403),
    (NotFound, 404),
    (InvalidKey, 404),
    (Taken, 409),
    (TooLarge, 413),
    (Refused, 400),
    (CrucibleError, 500),
)
PLAIN = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-cache"}
# Enough for a client to finish a small wheel and read why it was refused.
MAX_DRAINED_BYTES = 64 << 20
LOG = logging.getLogger("crucible.index")
P = ParamSpec("P")
T = TypeVar("T")


def application(
    catalog: Catalog,
    access: Access,
    *,
    gate: Gate | None = None,
    max_upload_bytes: int = MAX_UPLOAD_BYTES,
) -> Starlette:
    """The whole index as an ASGI application.

    Args:
        catalog: what is published.
        access: who may read and upload.
        gate: asked before a file is published.
        max_upload_bytes: of one request.
    """
    site = _Site(catalog, access, gate, max_upload_bytes)
    return Starlette(
        routes=[
            Route("/simple", site.to_root, methods=["GET"]),
            Route("/simple/", site.root, methods=["GET"]),
            Route("/simple/{name}", site.to_project, methods=["GET"]),
            Route("/simple/{name}/", site.project, methods=["GET"]),
            Route("/files/{first}/{sha256}/{filename}", site.file, methods=["GET"]),
            Route("/legacy", site.upload, methods=["POST"]),
            Route("/legacy/", site.upload, methods=["POST"]),
            Route("/", site.upload, methods=["POST"]),
            Route("/", site.front, methods=["GET"]),
            Route("/project/{name}/", site.project_for_people, methods=["GET"]),
            Route("/project/{name}/{version}/reference", site.reference, methods=["GET"]),
            Route("/health", site.health, methods=["GET"]),
        ],
        exception_handlers={CrucibleError: _refusal, HTTPException: _http_refusal, ClientDisconnect: _gone},
    )


class _Site:
    """The handlers, with what they share."""

    def __init__(self, catalog: Catalog, access: Access, gate: Gate | None, max_upload_bytes: int) -> None:
        self._catalog, self._access, self._gate = catalog, access, gate
        self._max_upload_bytes = max_upload_bytes
        self._hot = Hot(catalog.store)

    async def root(self, request: Request) -> Response:
        """`/simple/`."""
        await self._allow(request, "read", None)
        return await self._simple(request, self._hot.root)

    async def project(self, request: Request) -> Response:
        """`/simple/<name>/`."""
        name = request.path_params["name"]
        known = _known(name)
        if name != known:
            return _moved(request, f"/simple/{known}/")
        await self._allow(request, "read", known)
        return await self._simple(request, lambda form: self._hot.project(known, form))

    async def to_root(self, request: Request) -> Response:
        """Add the slash that relative addresses need."""
        return _moved(request, "/simple/")

    async def to_project(self, request: Request) -> Response:
        """Add the slash, and normalize the name on the way (PEP 503)."""
        return _moved(request, f"/simple/{_known(request.path_params['name'])}/")

    async def file(self, request: Request) -> Response:
        """`/files/...`: a distribution or the core metadata beside it."""
        first, sha256, name = (request.path_params[part] for part in ("first", "sha256", "filename"))
        try:
            project = parse_filename(name.removesuffix(".metadata")).project
        except Refused:
            raise NotFound(f"{name[:80]!r} is not stored here") from None
        await self._allow(request, "read", project)
        key = f"files/{first}/{sha256}/{name}"
        shared = "public" if self._access.anonymous_read else "private"
        headers = {
            "ETag": f'"{sha256}{name[len(name.removesuffix(".metadata")) :]}"',
            # Content under a hash never changes.
            "Cache-Control": f"{shared}, max-age=31536000, immutable",
            "X-Content-Type-Options": "nosniff",
        }
        path = await self._ask(self._catalog.store.path, key)
        if _is_known(request, headers["ETag"]):
            return Response(status_code=304, headers=headers)
        if path is not None:
            return FileResponse(path, headers=headers, media_type="application/octet-stream")
        blob = await self._ask(self._catalog.store.get, key)
        return Response(blob.data, headers=headers, media_type="application/octet-stream")

    async def upload(self, request: Request) -> Response:
        """The legacy upload form."""
        try:
            # Before the body is read: a stranger's gigabytes are not worth a disk.
            await self._allow(request, "upload", None)
            if int(request.headers.get("content-length") or 0) > self._max_upload_bytes:
                raise TooLarge(f"the index takes at most {self._max_upload_bytes} bytes at once")
        except (Refused, ValueError):
            await _drain(request)
            raise
        bounded = Request(request.scope, _bounded(request, self._max_upload_bytes))
        async with bounded.form(max_files=2, max_fields=MAX_FIELDS, max_part_size=MAX_FIELD_BYTES) as form:
            texts = [(key, value) for key, value in form.multi_items() if isinstance(value, str)]
            fields = upload.fields_of(texts)
            await self._allow(request, "upload", upload.project_of(fields))
            content = form.get("content")
            if not isinstance(content, UploadFile) or not content.filename:
                raise Refused("the form holds no file in its field content")
            file = content.file
            told = await run_in_threadpool(self._publish, fields, content.filename, file)
        return PlainTextResponse(f"{told}\n", headers=PLAIN)

    async def front(self, request: Request) -> Response:
        """`/`: what is here, for people."""
        await self._allow(request, "read", None)
        page = await run_in_threadpool(people.front, self._catalog, str(request.base_url))
        return HTMLResponse(page, headers=people.HEADERS)

    async def project_for_people(self, request: Request) -> Response:
        """`/project/<name>/`."""
        name = request.path_params["name"]
        known = _known(name)
        if name != known:
            return _moved(request, f"/project/{known}/")
        await self._allow(request, "read", known)
        page = await run_in_threadpool(people.project, self._catalog, known, str(request.base_url))
        return HTMLResponse(page, headers=people.HEADERS)

    async def reference(self, request: Request) -> Response:
        """`/project/<name>/<version>/reference`: the page in the release's wheel."""
        name, version = request.path_params["name"], request.path_params["version"]
        known = _known(name)
        if name != known:
            return _moved(request, f"/project/{known}/{quote(version)}/reference")
        await self._allow(request, "read", known)
        content, etag = await run_in_threadpool(reference.page, self._catalog, known, version)
        headers = {**reference.HEADERS, "ETag": etag}
        if _is_known(request, etag):
            return Response(status_code=304, headers=headers)
        return HTMLResponse(content, headers=headers)

    async def health(self, _: Request) -> Response:
        """`/health`: whether the store answers."""
        await run_in_threadpool(self._catalog.projects)
        return PlainTextResponse("ok\n", headers=PLAIN)

    def _publish(self, fields: Mapping[str, str], name: str, content: BinaryIO) -> str:
        valid = upload.read(fields, name, content)
        if not self._catalog.publish(valid, self._gate):
            return f"{name} was published before with the same content"
        LOG.info("published %s sha256=%s", name, valid.sha256)
        return f"{name} is published"

    async def _simple(self, request: Request, page: Callable[[Form], Body]) -> Response:
        # PEP 691 lets a client that cannot set headers ask in the address.
        suits = negotiate(request.query_params.get("format") or request.headers.get("accept"))
        if suits is None:
            return PlainTextResponse("ask for the JSON or the HTML form of PEP 691\n", 406, PLAIN)
        form, content_type = suits
        body = await self._ask(page, form)
        packed = body.gzipped is not None and takes_gzip(request.headers.get("accept-encoding"))
        headers = {
            "ETag": body.gzip_etag if packed else body.etag,
            "Cache-Control": "no-cache",
            "Vary": "Accept, Accept-Encoding",
            "X-Content-Type-Options": "nosniff",
        }
        if _is_known(request, body.etag, body.gzip_etag):
            return Response(status_code=304, headers=headers)
        headers["Content-Type"] = content_type
        if packed:
            headers["Content-Encoding"] = "gzip"
        return Response(body.gzipped if packed else body.plain, headers=headers)

    async def _allow(self, request: Request, action: Action, project: str | None) -> None:
        await self._ask(self._access.check, request.headers.get("authorization"), action, project)

    async def _ask(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call at once where the store is local: a look at a file costs less than a change of threads."""
        if self._catalog.store.is_local:
            return function(*args, **kwargs)
        return await run_in_threadpool(function, *args, **kwargs)


def _known(name: str) -> str:
    """The normalized name, of a project that may exist.

    Raises:
        NotFound: no project can have this name.
    """
    try:
        return normalized(name)
    except Refused:
        raise NotFound(f"{name[:80]!r} is not a project name") from None


def _is_known(request: Request, *etags: str) -> bool:
    """Whether the client holds what would be sent (RFC 9110, section 13.1.2)."""
    given = request.headers.get("if-none-match", "")
    held = {tag.strip().removeprefix("W/") for tag in given.split(",")}
    return given.strip() == "*" or not held.isdisjoint(etags)


def _moved(request: Request, path: str) -> Response:
    """A permanent redirect within this host; the path was made here of a normalized name."""
    query = f"?{request.url.query}" if request.url.query else ""
    return RedirectResponse(f"{request.scope.get('root_path', '')}{path}{query}", 301, PLAIN)


def _bounded(request: Request, limit: int) -> Callable[[], Awaitable[Message]]:
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


async def _drain(request: Request) -> None:
    """Take in what a refused client still sends, so that it comes to read the answer; within reason."""
    received = 0
    async for chunk in request.stream():
        received += len(chunk)
        if received > MAX_DRAINED_BYTES:
            return


async def _refusal(_: Request, error: Exception) -> Response:
    status = next(status for kind, status in STATUSES if isinstance(error, kind))
    headers = dict(PLAIN)
    if status == 401:
        headers["WWW-Authenticate"] = 'Basic realm="crucible"'
    if status >= 500:
        LOG.error("%s", error)
    return PlainTextResponse(f"{error}\n", status, headers)


async def _http_refusal(_: Request, error: Exception) -> Response:
    http = cast("HTTPException", error)
    return PlainTextResponse(f"{http.detail}\n", http.status_code, {**PLAIN, **(http.headers or {})})


async def _gone(_: Request, __: Exception) -> Response:
    return Response(status_code=400)

"""The routes of the index: the simple API, the files, the upload form, and those of the other files.

Routes and nothing else; what they answer comes from the other files.
"""

import logging
from collections import Counter
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, BinaryIO, cast

from granian.utils import proxies
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from crucible_pipeline.errors import Refused
from crucible_pipeline.index import answers, legacy_json, recorded, upload
from crucible_pipeline.index.access import Access
from crucible_pipeline.index.answers import HANDLERS, PLAIN, TooLarge, is_known, moved, project_name
from crucible_pipeline.index.audit import Actor
from crucible_pipeline.index.care import Care
from crucible_pipeline.index.catalog import Catalog
from crucible_pipeline.index.door import Door
from crucible_pipeline.index.hot import Hot, HotPages
from crucible_pipeline.index.limits import Limits, declared_length
from crucible_pipeline.index.metrics import Measured, Metrics
from crucible_pipeline.index.names import parse_filename
from crucible_pipeline.index.pinning import Pinning
from crucible_pipeline.index.relay import Relay
from crucible_pipeline.index.slashes import Slashes
from crucible_pipeline.index.store import NotFound, room_for_temporary_files
from crucible_pipeline.index.suiting import immutable
from crucible_pipeline.index.terms import Terms
from crucible_pipeline.index.trusted import Exchange
from crucible_pipeline.index.upload import Upload
from crucible_pipeline.index.visits import Visits
from crucible_pipeline.index.yanking import Yanking
from crucible_pipeline.version import parse

MAX_FIELD_BYTES = 8 << 20
MAX_FIELDS = 2000
# What lies beside a distribution under its name.
BESIDE = (".metadata", ".provenance")
LOG = logging.getLogger("crucible.index")


def routed(
    catalog: Catalog, access: Access, terms: Terms, hot: HotPages, answered: Counter[tuple[str, int]]
) -> ASGIApp:
    """All routes, bounded and measured.

    Args:
        catalog: what is published.
        access: who may read and upload.
        terms: what may enter, and where the rest comes from.
        hot: the simple pages.
        answered: how many requests were, by method and status.
    """
    door, metrics = Door(access, catalog.store), Metrics(answered)
    relay = None if terms.upstream is None else Relay(terms.upstream, door, terms.max_upstream_bytes)
    site, care = _Site(catalog, door, relay, terms, hot=hot, metrics=metrics), Care(door, metrics)
    app = Starlette(
        routes=[
            Route("/simple", site.to_root, methods=["GET"]),
            Route("/simple/", site.root, methods=["GET"]),
            Route("/simple/{name}", site.to_project, methods=["GET"]),
            Route("/simple/{name}/", site.project, methods=["GET"]),
            Route("/files/{first}/{sha256}/{filename}", site.file, methods=["GET"]),
            Route("/legacy", site.upload, methods=["POST"]),
            Route("/legacy/", site.upload, methods=["POST"]),
            Route("/", site.upload, methods=["POST"]),
            *Visits(catalog, door, terms.contracts, has_upstream=relay is not None).routes,
            *Yanking(catalog, door).routes,
            *Pinning(catalog, door).routes,
            Route("/integrity/{name}/{version}/{filename}/provenance", site.provenance, methods=["GET"]),
            Route("/pypi/{name}/json", site.json, methods=["GET"]),
            Route("/pypi/{name}/{version}/json", site.json, methods=["GET"]),
            *(relay.routes if relay is not None else ()),
            *Exchange(access).routes,
            *care.routes,
        ],
        exception_handlers=HANDLERS,
    )
    app.router.redirect_slashes, app.router.default = False, Slashes(app.routes)
    bounded: ASGIApp = Measured(Limits(app), metrics)
    # granian types this for nobody
    behind = cast(
        "Callable[[ASGIApp, list[str]], ASGIApp]", cast("Any", proxies).wrap_asgi_with_proxy_headers
    )
    return behind(bounded, list(terms.proxies)) if terms.proxies else bounded


class _Site:
    """The handlers, with what they share."""

    def __init__(
        self,
        catalog: Catalog,
        door: Door,
        relay: Relay | None,
        terms: Terms,
        *,
        hot: HotPages,
        metrics: Metrics,
    ) -> None:
        self._catalog, self._door, self._relay, self._gate = catalog, door, relay, terms.gate
        self._max_upload_bytes, self._metrics = terms.max_upload_bytes, metrics
        self._hot = hot

    async def root(self, request: Request) -> Response:
        """`/simple/`."""
        await self._door.allow(request, "read", None)
        return answers.page(request, await self._door.ask(self._hot.root))

    async def project(self, request: Request) -> Response:
        """`/simple/<name>/`."""
        name = request.path_params["name"]
        known = project_name(name)
        if name != known:
            return moved(request, f"/simple/{known}/")
        own = await self._own(known)
        if own is None and self._relay is not None:
            return await self._relay.project(request, known)
        await self._door.allow(request, "read", known)
        if own is None:
            raise NotFound(f"the project {known} has published nothing here")
        return answers.page(request, own)

    async def to_root(self, request: Request) -> Response:
        """Add the slash that relative addresses need."""
        return moved(request, "/simple/")

    async def to_project(self, request: Request) -> Response:
        """Add the slash, and normalize the name on the way (PEP 503)."""
        return moved(request, f"/simple/{project_name(request.path_params['name'])}/")

    async def file(self, request: Request) -> Response:
        """`/files/...`: a distribution, or what lies beside it."""
        first, sha256, name = (request.path_params[part] for part in ("first", "sha256", "filename"))
        plain = next((name.removesuffix(end) for end in BESIDE if name.endswith(end)), name)
        try:
            project = parse_filename(plain).project
        except Refused:
            raise NotFound(f"{name[:80]!r} is not stored here") from None
        await self._door.allow(request, "read", project)
        key = f"files/{first}/{sha256}/{name}"
        path = await self._door.ask(self._catalog.store.path, key)
        own = await self._own(project)
        if own is not None and own.withheld:
            raise NotFound(f"{project} is quarantined and offers no files")
        headers = immutable(f"{sha256}{name[len(plain) :]}", self._door.shared)
        if is_known(request, headers["ETag"]):
            return Response(status_code=304, headers=headers)
        if path is not None:
            return FileResponse(path, headers=headers, media_type="application/octet-stream")
        return await answers.blob(request, lambda: self._catalog.store.open(key), headers)

    async def provenance(self, request: Request) -> Response:
        """`/integrity/...`: the attestations of a file, where the public index has them (PEP 740)."""
        name, version, filename = (request.path_params[part] for part in ("name", "version", "filename"))
        known = project_name(name)
        await self._door.allow(request, "read", known)
        project = await self._door.ask(self._catalog.project, known)
        offered = project.files if project.status.marker != "quarantined" else ()
        for file in offered:
            if file.name == filename and file.attested and str(file.filename.version) == version:
                blob = await self._door.ask(self._catalog.store.get, file.provenance_key)
                media_type = "application/vnd.pypi.integrity.v1+json"
                return Response(blob.data, headers=PLAIN, media_type=media_type)
        raise NotFound(f"{filename[:80]!r} has no attestations here")

    async def json(self, request: Request) -> Response:
        """`/pypi/<name>/json` and `/pypi/<name>/<version>/json`: what update bots ask for."""
        known = project_name(request.path_params["name"])
        await self._door.allow(request, "read", known)
        given = request.path_params.get("version")
        try:
            version = parse(given) if given is not None else None
        except Refused as error:
            raise NotFound(str(error)) from None
        document = await run_in_threadpool(
            legacy_json.document, self._catalog, known, version, str(request.base_url)
        )
        return JSONResponse(document, headers=PLAIN)

    async def upload(self, request: Request) -> Response:
        """The legacy upload form."""
        outcome, told = "refused", ""
        try:
            with room_for_temporary_files():
                outcome, told = await self._taken_in(request)
        finally:
            self._metrics.uploaded(outcome)
        return PlainTextResponse(f"{told}\n", headers=PLAIN)

    async def _taken_in(self, request: Request) -> tuple[str, str]:
        """What became of an upload: one word, and one sentence."""
        # Before the body is read: a stranger's gigabytes are not worth a disk.
        await self._door.allow(request, "upload", None)
        if (declared_length(request.headers.get("content-length", "")) or 0) > self._max_upload_bytes:
            raise TooLarge(f"the index takes at most {self._max_upload_bytes} bytes at once")
        bounded = Request(request.scope, answers.bounded(request, self._max_upload_bytes))
        async with bounded.form(max_files=2, max_fields=MAX_FIELDS, max_part_size=MAX_FIELD_BYTES) as form:
            texts = [(key, value) for key, value in form.multi_items() if isinstance(value, str)]
            fields = upload.fields_of(texts)
            project, version = upload.project_of(fields), str(parse(fields["version"]))
            actor = await self._door.allow(request, "upload", project, version)
            content = form.get("content")
            if not isinstance(content, UploadFile) or not content.filename:
                raise Refused("the form holds no file in its field content")
            publisher = await self._door.publisher(request, project)
            valid = partial(self._valid, fields, content.filename, content.file, publisher)
            return await run_in_threadpool(self._publish, valid, actor)

    def _valid(
        self, fields: Mapping[str, str], name: str, content: BinaryIO, publisher: Mapping[str, Any]
    ) -> Upload:
        policy = self._catalog.policies.of(upload.project_of(fields))
        return upload.read(fields, name, content, policy, publisher)

    def _publish(self, valid: Callable[[], Upload], actor: Actor) -> tuple[str, str]:
        file = valid()
        name = file.filename.text
        if not recorded.publish(self._catalog, file, self._gate, self._door.ledger, actor):
            return "present", f"{name} was published before with the same content"
        LOG.info("published %s sha256=%s", name, file.sha256)
        return "published", f"{name} is published"

    async def _own(self, name: str) -> Hot | None:
        """A project's page; None where it has published nothing here."""
        try:
            return await self._door.ask(self._hot.project, name)
        except NotFound:
            return None

"""The routes of the pages for people: what is here, a project, its releases, their contracts compared.

Routes and nothing else: `shelf` gathers, `people` renders.
"""

import functools
from collections.abc import Awaitable, Callable
from urllib.parse import quote

from packaging.version import Version
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from crucible_pipeline.errors import CrucibleError, Refused
from crucible_pipeline.index import answers, inside, people, reference, search
from crucible_pipeline.index.answers import is_known, moved, project_name
from crucible_pipeline.index.apart import Apart
from crucible_pipeline.index.catalog import Catalog
from crucible_pipeline.index.difference import SNAPSHOT, Contracts, Difference, Side, asked, told
from crucible_pipeline.index.door import Door
from crucible_pipeline.index.hot import body
from crucible_pipeline.index.overview import Overview
from crucible_pipeline.index.people import Found, Place
from crucible_pipeline.index.releases import release_of
from crucible_pipeline.index.shelf import Shelf
from crucible_pipeline.index.simple import File
from crucible_pipeline.index.store import NotFound
from crucible_pipeline.version import parse

MAX_UPSTREAM = 100
TOO_MUCH = "These two contracts cannot be compared here: it takes too long or too much memory."
TITLES = {401: "A token is needed", 403: "Not allowed", 404: "Not found", 503: "Try again later"}
Handler = Callable[[Request], Awaitable[Response]]


class Visits:
    """The handlers.

    Args:
        catalog: what is published.
        door: who may.
        contracts: what compares the contracts of two releases; None where nothing does.
        has_upstream: whether this index has other names from somewhere.
    """

    def __init__(
        self, catalog: Catalog, door: Door, contracts: Contracts | None, *, has_upstream: bool
    ) -> None:
        self._catalog, self._door, self._contracts = catalog, door, contracts
        self._has_upstream = has_upstream
        self._apart = Apart()
        self._shelf, self._overview = Shelf(catalog, self._apart), Overview(catalog)

    @property
    def routes(self) -> tuple[Route, ...]:
        """All pages."""
        project = "/project/{name}"
        pages: list[tuple[str, Handler]] = [
            ("/", self.front),
            (f"{project}/", self.project),
            (f"{project}/releases", self.releases),
            (f"{project}/compare", self.compare),
            (f"{project}/{{version}}/", self.project),
            (f"{project}/{{version}}/changelog", self.changelog),
            (f"{project}/{{version}}/reference", self.reference),
            ("/rules", self.rules),
        ]
        if self._contracts is None:
            pages = [page for page in pages if page[1] not in (self.compare, self.rules)]
        return tuple(Route(path, self._kindly(handler), methods=["GET"]) for path, handler in pages)

    async def front(self, request: Request) -> Response:
        """`/`: what is here, or what fits a search."""
        await self._door.allow(request, "read", None)
        query = request.query_params.get("q", "")[: search.MAX_QUERY].strip()
        number = request.query_params.get("page", "1")
        wanted = "upstream" in request.query_params if self._has_upstream else None

        def page() -> str:
            rows = search.ranked(self._overview.rows(), query)
            names = self._overview.upstream() if wanted and search.words_of(query) else []
            fit = [name for name in names if all(word in name for word in search.words_of(query))]
            which = int(number) if number.isdecimal() and len(number) < 6 else 1
            return people.front(self._place(request, query), Found(rows, which, wanted, fit[:MAX_UPSTREAM]))

        return await _page(request, page)

    async def project(self, request: Request) -> Response:
        """`/project/<name>/` and `/project/<name>/<version>/`."""
        name, elsewhere = await self._name(request)
        if elsewhere is not None:
            return elsewhere
        place, version = self._place(request), _version(request)
        return await _page(request, lambda: people.project(place, self._shelf.shown(name, version)))

    async def releases(self, request: Request) -> Response:
        """`/project/<name>/releases`: all of them."""
        name, elsewhere = await self._name(request)
        if elsewhere is not None:
            return elsewhere
        place = self._place(request)
        return await _page(request, lambda: people.releases(place, self._shelf.shown(name)))

    async def changelog(self, request: Request) -> Response:
        """`/project/<name>/<version>/changelog`: the one in the source distribution."""
        name, elsewhere = await self._name(request)
        if elsewhere is not None:
            return elsewhere
        version = _version(request)

        def page() -> str:
            shown = self._shelf.shown(name, version)
            held = None if shown.withheld else inside.changelog(self._catalog.store, shown.release.files)
            if held is None:
                raise NotFound(f"{name} {version} has no changelog here")
            filename, content, file = held
            text = self._shelf.changelog(filename, content, file)
            return people.changelog(self._place(request), shown, filename, text)

        return await _page(request, page)

    async def reference(self, request: Request) -> Response:
        """`/project/<name>/<version>/reference`: the page in the release's wheel."""
        name, elsewhere = await self._name(request)
        if elsewhere is not None:
            return elsewhere
        version = request.path_params["version"]
        content, etag = await run_in_threadpool(reference.page, self._catalog, name, version)
        headers = {**reference.HEADERS, "ETag": etag}
        if is_known(request, etag):
            return Response(status_code=304, headers=headers)
        return HTMLResponse(content, headers=headers)

    async def compare(self, request: Request) -> Response:
        """`/project/<name>/compare?from=&to=`: what changed between two releases' contracts."""
        name, elsewhere = await self._name(request)
        if elsewhere is not None:
            return elsewhere
        given = [request.query_params.get(side, "") for side in ("from", "to")]
        try:
            old, new = sorted(parse(text) for text in given)
        except Refused:
            raise Refused(
                "a comparison is of two releases", "name them, as in compare?from=0.3.0&to=0.4.0"
            ) from None
        place = self._place(request)
        return await _page(request, lambda: self._compared(place, name, old, new))

    async def rules(self, request: Request) -> Response:
        """`/rules`: what the rules of a comparison mean."""
        found = self._contracts.rules() if self._contracts is not None else ()
        return await _page(request, lambda: people.rules(self._place(request), found))

    def _compared(self, place: Place, name: str, old: Version, new: Version) -> str:
        shown = self._shelf.shown(name)
        if shown.withheld:
            raise NotFound(f"{name} is quarantined and offers no files")
        found: list[tuple[Side, File]] = []
        spelled: list[Version] = []
        for version in (old, new):
            release = release_of(shown.releases, name, version)
            held = inside.read(self._catalog.store, release.files, SNAPSHOT)
            if held is None:
                raise NotFound(f"{name} {version} has no contract that could be compared")
            found.append((Side(str(release.version), held[0]), held[1]))
            spelled.append(release.version)
        return people.comparison(place, shown, spelled[0], spelled[1], self._difference(*found))

    def _difference(self, old: tuple[Side, File], new: tuple[Side, File]) -> Difference:
        if self._contracts is None or old[1].sha256 == new[1].sha256:
            return Difference()
        hashes = (old[1].sha256, new[1].sha256)
        answer = self._apart.answer(self._contracts.module, hashes, lambda: asked(old[0], new[0]))
        if answer is None:
            return Difference(problem=TOO_MUCH)
        return told(answer)

    async def _name(self, request: Request) -> tuple[str, Response | None]:
        """The normalized name of a project that the reader may see, and where it is found."""
        name = request.path_params["name"]
        known = project_name(name)
        await self._door.allow(request, "read", known)
        if name == known:
            return known, None
        root = request.scope.get("root_path", "")
        rest = request.scope["path"].removeprefix(f"{root}/project/").partition("/")[2]
        return known, moved(request, f"/project/{known}/{quote(rest)}")

    def _place(self, request: Request, query: str = "") -> Place:
        private = self._door.shared == "private"
        return Place(str(request.base_url), private, query, compares=self._contracts is not None)

    def _kindly(self, handler: Handler) -> Handler:
        """A handler whose refusals a browser shows as a page; a program reads one line of plain text."""

        @functools.wraps(handler)
        async def answer(request: Request) -> Response:
            try:
                return await handler(request)
            except CrucibleError as error:
                if "text/html" not in request.headers.get("accept", ""):
                    raise
                plain = await answers.HANDLERS[CrucibleError](request, error)
                title = TITLES.get(plain.status_code, "This cannot be shown")
                page = people.refusal(self._place(request), title, str(error))
                kept = {name: value for name, value in plain.headers.items() if name == "www-authenticate"}
                return HTMLResponse(page, plain.status_code, {**people.HEADERS, **kept})

        return answer


def _version(request: Request) -> Version | None:
    given = request.path_params.get("version")
    try:
        return None if given is None else parse(given)
    except Refused as error:
        raise NotFound(error.what) from None


async def _page(request: Request, make: Callable[[], str]) -> Response:
    """A page, unless the reader holds it already; compressed for those who take it.

    Args:
        request: for it.
        make: gathers and renders it, beside the event loop.
    """
    made = await run_in_threadpool(lambda: body(make().encode()))
    coding = made.coding(request.headers.get("accept-encoding"))
    headers = {**people.HEADERS, "ETag": made.etag_of(coding), "Vary": "Accept-Encoding"}
    if is_known(request, *made.etags):
        return Response(status_code=304, headers=headers)
    if coding is not None:
        headers["Content-Encoding"] = coding
    return HTMLResponse(made.sent(coding), headers=headers)

"""The page on which a release is yanked, with a reason, or the yank taken back (PEP 592).

It asks for a token that may yank releases of the project, as the password of HTTP's own dialogue; a form of
another site would have the browser send it along, so what does not come from this page is refused.
"""

from urllib.parse import quote, urlsplit

from packaging.version import Version
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from crucible_pipeline.errors import Refused
from crucible_pipeline.index import answers, people, releases
from crucible_pipeline.index.access import Forbidden
from crucible_pipeline.index.answers import PLAIN, project_name
from crucible_pipeline.index.audit import Actor
from crucible_pipeline.index.catalog import Catalog
from crucible_pipeline.index.door import Door
from crucible_pipeline.index.people import Place
from crucible_pipeline.index.releases import release_of
from crucible_pipeline.index.store import NotFound
from crucible_pipeline.version import parse

MAX_FORM_BYTES = 1 << 16
MAX_REASON = 500


class Yanking:
    """The handlers.

    Args:
        catalog: what is published.
        door: who may.
    """

    def __init__(self, catalog: Catalog, door: Door) -> None:
        self._catalog, self._door = catalog, door

    @property
    def routes(self) -> tuple[Route, ...]:
        """The page and what its form sends."""
        path = "/project/{name}/{version}/yank"
        return (Route(path, self.show, methods=["GET"]), Route(path, self.change, methods=["POST"]))

    async def show(self, request: Request) -> Response:
        """The form."""
        name, version, _ = await self._release(request)
        found = releases.releases(await run_in_threadpool(self._catalog.project, name))
        page = people.yanking(Place(str(request.base_url)), name, release_of(found, name, version))
        return HTMLResponse(page, headers=people.FORM_HEADERS)

    async def change(self, request: Request) -> Response:
        """What the form's two buttons do."""
        name, version, actor = await self._release(request)
        _check_origin(request)
        bounded = Request(request.scope, answers.bounded(request, MAX_FORM_BYTES))
        async with bounded.form(max_files=0, max_fields=4) as form:
            reason, wanted = form.get("reason", ""), form.get("do")
        if not isinstance(reason, str) or len(reason) > MAX_REASON or wanted not in {"yank", "unyank"}:
            raise Refused(
                f"the form needs do=yank or do=unyank, and a reason of at most {MAX_REASON} characters"
            )
        # One line: it becomes an attribute of a page and a line in a terminal.
        told = " ".join(reason.split()) if wanted == "yank" else None
        await run_in_threadpool(self._yank, actor, name, version, told)
        root = request.scope.get("root_path", "")
        return RedirectResponse(f"{root}/project/{quote(name)}/", 303, PLAIN)

    def _yank(self, actor: Actor, name: str, version: Version, reason: str | None) -> None:
        action, told = ("unyank", {}) if reason is None else ("yank", {"reason": reason})
        with self._door.ledger.change(actor, action, name, version=str(version), **told):
            self._catalog.yank(name, version, reason)

    async def _release(self, request: Request) -> tuple[str, Version, Actor]:
        name = project_name(request.path_params["name"])
        actor = await self._door.allow(request, "yank", name)
        try:
            return name, parse(request.path_params["version"]), actor
        except Refused as error:
            raise NotFound(str(error)) from None


def _check_origin(request: Request) -> None:
    """Refuse what a browser sends for another site; programs that are no browsers name no origin.

    Raises:
        Forbidden: it comes from elsewhere.
    """
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    same = urlsplit(origin).netloc == request.headers.get("host") if origin else True
    if not same or site not in {None, "same-origin", "none"}:
        raise Forbidden(
            "this form was sent from another site", "open the page of this index and send it there"
        )

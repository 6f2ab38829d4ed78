"""The route on which services report what they pin."""

import contextlib

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from crucible_pipeline.errors import Refused
from crucible_pipeline.index import answers
from crucible_pipeline.index.answers import PLAIN
from crucible_pipeline.index.audit import Actor
from crucible_pipeline.index.catalog import Catalog
from crucible_pipeline.index.door import Door
from crucible_pipeline.index.pins import Pins, Report, report_in

MAX_BYTES = 1 << 16


class Pinning:
    """The handler.

    Args:
        catalog: what is published.
        door: who may.
    """

    def __init__(self, catalog: Catalog, door: Door) -> None:
        self._pins, self._door = Pins(catalog.store), door

    @property
    def routes(self) -> tuple[Route, ...]:
        """Where reports go."""
        return (Route("/pins", self.report, methods=["POST"]),)

    async def report(self, request: Request) -> Response:
        """`/pins`: a service's report, as `pins.report_in` reads it."""
        await self._door.allow(request, "pins", None)
        # A form of another site, for which a browser sends credentials along, cannot name this type.
        if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
            raise Refused("the report has to be sent as application/json")
        bounded = Request(request.scope, answers.bounded(request, MAX_BYTES))
        report = report_in(await bounded.body())
        actors = [await self._door.allow(request, "pins", project) for project, _ in report.pins]
        await run_in_threadpool(self._note, actors[0], report)
        return PlainTextResponse(f"the pins of {report.service} are noted\n", headers=PLAIN)

    def _note(self, actor: Actor, report: Report) -> None:
        for project, specifier in report.pins:
            told = {"service": report.service, "specifier": "none" if specifier is None else specifier}
            # That a service still pins what it pinned yesterday is no change.
            news = self._pins.is_news(report, project, specifier)
            change = self._door.ledger.change(actor, "pin-reported", project, **told)
            with change if news else contextlib.nullcontext():
                self._pins.note(report, project, specifier)

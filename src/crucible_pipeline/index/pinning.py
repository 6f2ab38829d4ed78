"""The route on which services report what they pin."""

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from crucible_pipeline.errors import Refused
from crucible_pipeline.index import answers
from crucible_pipeline.index.answers import PLAIN
from crucible_pipeline.index.catalog import Catalog
from crucible_pipeline.index.door import Door
from crucible_pipeline.index.pins import Pins, report_in

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
        for project, _ in report.pins:
            await self._door.allow(request, "pins", project)
        await run_in_threadpool(self._pins.report, report)
        return PlainTextResponse(f"the pins of {report.service} are noted\n", headers=PLAIN)

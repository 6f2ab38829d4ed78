"""How a server is watched: whether it lives, whether it can serve, and what it counts."""

import contextlib
from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from crucible_pipeline.index.answers import PLAIN
from crucible_pipeline.index.door import Door
from crucible_pipeline.index.metrics import CONTENT_TYPE, Metrics
from crucible_pipeline.index.rendering import ROOT
from crucible_pipeline.index.store import NotFound


class Care:
    """The routes for whoever runs the server.

    Args:
        door: who may read the index may read the counters.
        metrics: the counters.
    """

    def __init__(self, door: Door, metrics: Metrics) -> None:
        self._door, self._metrics = door, metrics

    @property
    def routes(self) -> Sequence[Route]:
        """Of a Starlette application."""
        return (
            Route("/health", self.ready, methods=["GET"]),
            Route("/health/live", self.live, methods=["GET"]),
            Route("/metrics", self.counters, methods=["GET"]),
        )

    async def live(self, _: Request) -> Response:
        """`/health/live`: whether the process answers; if not, start it again."""
        return PlainTextResponse("ok\n", headers=PLAIN)

    async def ready(self, _: Request) -> Response:
        """`/health`: whether it can serve: status 503 while the storage does not answer."""
        with contextlib.suppress(NotFound):  # nothing is published yet
            await self._door.ask(self._door.store.tag, ROOT)
        return PlainTextResponse("ok\n", headers=PLAIN)

    async def counters(self, request: Request) -> Response:
        """`/metrics`: for Prometheus; with a token where reading needs one."""
        await self._door.allow(request, "read", None)
        return Response(self._metrics.text(), headers={**PLAIN, "Content-Type": CONTENT_TYPE})

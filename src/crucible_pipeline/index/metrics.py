"""What the server counts of itself, in Prometheus' text form; no name of a project or token is in it."""

import logging
import time
from collections import Counter as Tally
from collections.abc import Callable, Iterator
from http import HTTPStatus

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.core import CounterMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.registry import Collector
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOG = logging.getLogger("crucible.index")
CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4
METHODS = frozenset({"GET", "HEAD", "POST"})
# The first part of a path names the route; a stranger's paths make no new time series.
ROUTES = frozenset(
    {"simple", "files", "legacy", "project", "pypi", "integrity", "upstream", "health", "metrics", "_", ""}
)
BUCKETS = (0.001, 0.005, 0.02, 0.1, 0.5, 2.0, 10.0, 60.0, 600.0)


class Metrics:
    """The counters of one server.

    Args:
        answered: how many requests were, by method and status, also of what others answer; changed only in
            the thread of the event loop.
    """

    def __init__(self, answered: Tally[tuple[str, int]]) -> None:
        self._answered, self._registry = answered, CollectorRegistry()
        self._registry.register(_Answers(answered))
        ProcessCollector(registry=self._registry)
        self._seconds = Histogram(
            "crucible_request_seconds",
            "From the request's head to the end of the answer; what is answered from memory is not timed.",
            ("route",),
            buckets=BUCKETS,
            registry=self._registry,
        )
        self.under_way = Gauge(
            "crucible_requests_under_way", "Requests that are being answered.", registry=self._registry
        )
        self._uploads = Counter(
            "crucible_uploads", "Files by what became of them.", ("outcome",), registry=self._registry
        )

    def answered(self, method: str, status: int) -> None:
        """Count an answer."""
        self._answered[method if method in METHODS else "other", status] += 1

    def took(self, path: str, seconds: float) -> None:
        """Note how long an answer took."""
        first = path[1:].partition("/")[0]
        self._seconds.labels(first if first in ROUTES else "other").observe(seconds)

    def uploaded(self, outcome: str) -> None:
        """Count a file that came: `published`, `present` or `refused`."""
        self._uploads.labels(outcome).inc()

    def text(self) -> bytes:
        """All of it, as Prometheus reads it."""
        return generate_latest(self._registry)


class _Answers(Collector):
    """The tally in Prometheus' words."""

    def __init__(self, answered: Tally[tuple[str, int]]) -> None:
        self._answered = answered

    def collect(self) -> Iterator[CounterMetricFamily]:
        """One family."""
        family = CounterMetricFamily("crucible_requests", "Answers.", labels=("method", "status"))
        for (method, status), count in self._answered.items():
            family.add_metric((method, str(status)), count)
        yield family


class Measured:
    """An ASGI application that counts and times what another answers.

    Args:
        app: the other.
        metrics: where it is counted.
        clock: gives seconds.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics, clock: Callable[[], float] = time.monotonic) -> None:
        self._app, self._metrics, self._clock = app, metrics, clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer by the other."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status, began = 500, self._clock()

        async def sent(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        with self._metrics.under_way.track_inprogress():
            try:
                await self._app(scope, receive, sent)
            finally:
                seconds = self._clock() - began
                self._metrics.answered(scope["method"], status)
                self._metrics.took(scope["path"], seconds)
                _tell(scope, status, seconds)


def _tell(scope: Scope, status: int, seconds: float) -> None:
    """Log what changes something, and what fails; never the query, which may hold anything."""
    if scope["method"] in {"GET", "HEAD"} and status < HTTPStatus.INTERNAL_SERVER_ERROR:
        return
    fields = {
        "method": scope["method"],
        "path": scope["path"],
        "status": status,
        "seconds": round(seconds, 4),
        "client": scope["client"][0] if scope.get("client") else None,
    }
    level = logging.WARNING if status >= HTTPStatus.INTERNAL_SERVER_ERROR else logging.INFO
    LOG.log(level, "%s %r answered with %d", scope["method"], scope["path"], status, extra={"fields": fields})

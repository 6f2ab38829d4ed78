"""Keeps slow and greedy clients from holding up others: how long a body may pause, how many come at once."""

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from crucible_pipeline.errors import Refused
from crucible_pipeline.index.store import Unavailable

# A client that sends nothing for this long is given up; what it sent so far is dropped.
PAUSE_SECONDS = 30.0
# A body has this long, and the time that its bytes take at the least speed.
BODY_SECONDS = 60.0
LEAST_BYTES_A_SECOND = 16 << 10
# Of requests with a body; pages and files do not count.
MAX_BODIES = 512


class TooSlow(Refused):
    """The body does not come, or comes too slowly; status 408."""


class TooMany(Unavailable):
    """So many bodies are on their way that one more has to wait; status 503."""


class Limits:
    """An ASGI application in front of another.

    Args:
        app: the other.
        pause: how long a body may pause, in seconds.
        bodies: how many requests with a body may be under way.
    """

    def __init__(self, app: ASGIApp, pause: float = PAUSE_SECONDS, bodies: int = MAX_BODIES) -> None:
        self._app, self._pause, self._bodies = app, pause, bodies
        self._under_way = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer by the other, whose reading of a body may end in `TooSlow` or `TooMany`."""
        if scope["type"] != "http" or scope["method"] in {"GET", "HEAD"}:
            await self._app(scope, receive, send)
            return
        self._under_way += 1
        try:
            await self._app(scope, self._bounded(receive), send)
        finally:
            self._under_way -= 1

    def _bounded(self, receive: Receive) -> Receive:
        loop = asyncio.get_running_loop()
        began, received, is_complete = loop.time(), 0, False

        async def bounded() -> Message:
            nonlocal received, is_complete
            if is_complete:
                return await receive()
            if self._under_way > self._bodies:
                raise TooMany("so many uploads are under way that one more has to wait", "try again")
            allowed = began + BODY_SECONDS + received / LEAST_BYTES_A_SECOND - loop.time()
            try:
                message = await asyncio.wait_for(receive(), min(self._pause, max(allowed, 0.0)))
            except TimeoutError:
                raise TooSlow("the request's body comes too slowly", "try again") from None
            received += len(message.get("body", b""))
            is_complete = not message.get("more_body", False)
            return message

        return bounded

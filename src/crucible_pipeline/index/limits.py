"""Keeps slow and greedy clients from holding up others: how long a body may pause, how many come at once."""

import asyncio
import contextlib
import sys
from collections.abc import Callable

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
# Enough for a client to finish a small wheel and read why it was refused.
MAX_DRAINED_BYTES = 64 << 20
# No body is so long that its length has more.
MAX_DIGITS = 18


def declared_length(header: str) -> int | None:
    """The length that a Content-Length header declares, in bytes; None where it is no number.

    A number that is longer than that of any body counts as one that no limit allows.
    """
    if not header.isdecimal():
        return None
    return int(header) if len(header) <= MAX_DIGITS else sys.maxsize


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
        body = _Body(receive, self._pause, lambda: self._under_way > self._bodies)

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start" and not await body.drained():
                # The server hangs up on what it has not read, so it says so (RFC 9112, section 9.6).
                message = {**message, "headers": [*message.get("headers", ()), (b"connection", b"close")]}
            await send(message)

        try:
            await self._app(scope, body.receive, answer)
        finally:
            self._under_way -= 1


class _Body:
    """A request's body as it comes, within the limits."""

    def __init__(self, receive: Receive, pause: float, is_crowded: Callable[[], bool]) -> None:
        self._receive, self._pause, self._is_crowded = receive, pause, is_crowded
        self._began = asyncio.get_running_loop().time()
        self._received, self._is_complete, self._is_given_up = 0, False, False

    async def receive(self) -> Message:
        """The next piece.

        Raises:
            TooSlow: it does not come in time.
            TooMany: there is no place for it now.
        """
        if self._is_complete:
            return await self._receive()
        if self._is_crowded():
            self._is_given_up = True
            raise TooMany("so many uploads are under way that one more has to wait", "try again")
        spent = asyncio.get_running_loop().time() - self._began
        allowed = BODY_SECONDS + self._received / LEAST_BYTES_A_SECOND - spent
        try:
            message = await asyncio.wait_for(self._receive(), min(self._pause, max(allowed, 0.0)))
        except TimeoutError:
            self._is_given_up = True
            raise TooSlow("the request's body comes too slowly", "try again") from None
        self._received += len(message.get("body", b""))
        self._is_complete = not message.get("more_body", False)
        return message

    async def drained(self) -> bool:
        """Take in what a refused client still sends, so that it comes to read the answer; within reason.

        Returns:
            Whether nothing is left to come, so that the connection may stay.
        """
        limit = self._received + MAX_DRAINED_BYTES
        with contextlib.suppress(TooSlow, TooMany):
            while not self._is_complete and not self._is_given_up and self._received <= limit:
                await self.receive()
        return self._is_complete

"""Code that is loaded when it is first needed."""

import asyncio
import threading
from collections.abc import Callable

from starlette.types import ASGIApp, Receive, Scope, Send


class Later:
    """An ASGI application that is made when it is first needed.

    Args:
        make: makes it.
    """

    def __init__(self, make: Callable[[], ASGIApp]) -> None:
        self._make, self._lock = make, threading.Lock()
        self._made: ASGIApp | None = None

    def load(self) -> ASGIApp:
        """The application; made once, whoever asks."""
        with self._lock:
            if self._made is None:
                self._made = self._make()
            return self._made

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer by it."""
        made = self._made
        if made is None:
            made = await asyncio.to_thread(self.load)
        await made(scope, receive, send)

"""Answers by an ASGI application what comes over granian's own interface (RSGI), which costs half as much.

Source: the ASGI specification (HTTP, version 2.4) and granian's RSGI specification (version 1.6).
"""

from collections.abc import AsyncIterator

# `granian.rsgi` gives these other names, and types them for nobody.
from granian._granian import RSGIHTTPProtocol as HTTPProtocol
from granian._granian import RSGIHTTPStreamTransport as Transport
from granian._granian import RSGIProtocolClosed, RSGIProtocolError
from granian.rsgi import Scope as Asked
from starlette.types import ASGIApp, Message, Scope

from crucible_pipeline.index.limits import declared_length

Headers = list[tuple[str, str]]


async def answered(app: ASGIApp, asked: Asked, protocol: HTTPProtocol) -> None:
    """Have an application answer a request.

    Raises:
        Exception: what the application raises; granian answers with status 500 then.
    """
    exchange = _Exchange(asked, protocol)
    try:
        await app(exchange.scope, exchange.receive, exchange.send)
    finally:
        exchange.end()


class _Exchange:
    """One request and its answer, in ASGI's words."""

    def __init__(self, asked: Asked, protocol: HTTPProtocol) -> None:
        self._protocol = protocol
        self._body: AsyncIterator[bytes] = aiter(protocol)
        self._missing = declared_length(asked.headers.get("content-length", ""))
        self._is_read = False
        self._head: tuple[int, Headers] = (500, [])
        self._stream: Transport | None = None
        self.scope = _scope(asked)

    async def receive(self) -> Message:
        """The next piece of the body; afterwards, that the client has gone, when it has."""
        if self._is_read:
            await self._protocol.client_disconnect()
            return {"type": "http.disconnect"}
        try:
            # Not `anext` with a default: what that wraps around granian's future cannot be cancelled.
            piece = await anext(self._body)
        except StopAsyncIteration:
            piece = b""
        except (RSGIProtocolError, RSGIProtocolClosed):
            return {"type": "http.disconnect"}
        if piece:
            if self._missing is not None:
                self._missing -= len(piece)
            return {"type": "http.request", "body": bytes(piece), "more_body": True}
        if self._missing:
            # It broke off: what has come is not what was meant.
            return {"type": "http.disconnect"}
        self._is_read = True
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(self, message: Message) -> None:
        """Send the head with the first of the body, or with all of it."""
        if message["type"] == "http.response.start":
            headers = message.get("headers", ())
            told = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers]
            self._head = (message["status"], told)
        elif message["type"] == "http.response.pathsend":
            self._protocol.response_file(*self._head, message["path"])
        elif self._stream is None and not message.get("more_body", False):
            self._protocol.response_bytes(*self._head, message.get("body", b""))
        else:
            await self._streamed(message.get("body", b""))

    def end(self) -> None:
        """Let go of the stream: one that broke off in the middle ends here, with the connection."""
        self._stream = None

    async def _streamed(self, piece: bytes) -> None:
        if self._stream is None:
            self._stream = self._protocol.response_stream(*self._head)
        if piece:
            try:
                await self._stream.send_bytes(piece)
            except (RSGIProtocolError, RSGIProtocolClosed) as error:
                raise OSError("the client has gone") from error


def _scope(asked: Asked) -> Scope:
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": asked.http_version,
        "method": asked.method,
        "scheme": asked.scheme,
        "path": asked.path,
        "raw_path": asked.path.encode(),
        "query_string": asked.query_string.encode("latin-1"),
        "root_path": "",
        "headers": [
            (name.encode("latin-1"), value.encode("latin-1")) for name, value in asked.headers.items()
        ],
        "client": _address(asked.client),
        "server": _address(asked.server),
        "extensions": {"http.response.pathsend": {}},
    }


def _address(text: str) -> tuple[str, int] | None:
    host, _, port = text.rpartition(":")
    return (host.strip("[]"), int(port)) if port.isdecimal() else None

"""An index that is out of order in one way; what is sent to it is counted and thrown away."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

FAULTS = ("500", "409", "redirect", "half", "closed", "login")


@dataclass
class Faulty:
    """A running fault.

    Args:
        url: of the server.
        uploads: how many forms arrived.
        secrets: credentials that arrived where none belongs.
    """

    url: str = ""
    uploads: int = 0
    secrets: list[str] = field(default_factory=list)

    @property
    def upload_url(self) -> str:
        """Where files are sent."""
        return f"{self.url}/legacy/"


@contextmanager
def faulty(fault: str, *, reading: bool = False) -> Iterator[Faulty]:
    """Serve a fault: on every upload, or on every page too.

    Args:
        fault: one of `FAULTS`.
        reading: whether pages have it as well; else they say that nothing is listed.
    """
    state = Faulty()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        elsewhere: ClassVar[str] = "/elsewhere/"

        def do_GET(self) -> None:
            if self.path == self.elsewhere:
                state.secrets.append(self.headers.get("Authorization", ""))
            if reading:
                self.fail()
            else:
                self.answer(404, b"nothing is listed")

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            state.uploads += 1
            self.fail()

        def fail(self) -> None:
            if fault == "redirect":
                self.answer(302, b"", Location=f"{state.url}{self.elsewhere}")
            elif fault == "half":
                self.send_response(200)
                self.send_header("Content-Type", "application/vnd.pypi.simple.v1+json")
                self.send_header("Content-Length", "1000")
                self.end_headers()
                self.wfile.write(b'{"meta": {"api-version": "1.0"}, "files": [')
                self.close_connection = True
            elif fault == "closed":
                self.close_connection = True
            else:
                self.answer({"500": 500, "409": 409, "login": 401}[fault], b"the index is out of order")

        def answer(self, status: int, body: bytes, **headers: str) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base class names it
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

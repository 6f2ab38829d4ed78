"""TLS before an index, as a deployment has it, and a proxy that makes a client believe any host to be it."""

import contextlib
import selectors
import socket
import socketserver
import ssl
import threading
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

import trustme

PIECE = 1 << 16


@dataclass(frozen=True)
class Front:
    """Where it is.

    Args:
        port: speaks TLS.
        proxy_port: takes CONNECT for any host and leads to the first.
        authority: a file with the certificate that signed the front's.
    """

    port: int
    proxy_port: int
    authority: Path

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}/"

    @property
    def environment(self) -> dict[str, str]:
        """What lets clients trust the front: requests, and all that use OpenSSL or rustls."""
        return {"REQUESTS_CA_BUNDLE": str(self.authority), "SSL_CERT_FILE": str(self.authority)}


def _pump(one: socket.socket, other: socket.socket) -> None:
    """Carry bytes both ways until one side ends."""
    with selectors.DefaultSelector() as ready:
        ready.register(one, selectors.EVENT_READ, other)
        ready.register(other, selectors.EVENT_READ, one)
        while True:
            for key, _ in ready.select():
                source, target = key.fileobj, key.data
                if not isinstance(source, socket.socket):
                    return
                while True:
                    data = source.recv(PIECE)
                    if not data:
                        return
                    target.sendall(data)
                    # What TLS has unpacked already does not show as readable.
                    if not (isinstance(source, ssl.SSLSocket) and source.pending()):
                        break


@contextlib.contextmanager
def _listening(handle: "type[socketserver.BaseRequestHandler]") -> Generator[int]:
    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        block_on_close = False

    with Server(("127.0.0.1", 0), handle) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield int(server.server_address[1])
        finally:
            server.shutdown()
            thread.join()


@contextlib.contextmanager
def tls_front(backend: int, folder: Path, *hosts: str) -> Generator[Front]:
    """Stand before a port of this machine.

    Args:
        backend: the port that speaks plain HTTP.
        folder: for the certificate.
        hosts: further names that the certificate is for.
    """
    signer = trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    signer.issue_cert("127.0.0.1", *hosts).configure_cert(context)  # pyright: ignore[reportUnknownMemberType]  one of its types is optional
    authority = folder / "authority.pem"
    signer.cert_pem.write_to_path(str(authority))

    class Secure(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with (
                contextlib.suppress(OSError),
                context.wrap_socket(self.request, server_side=True) as client,
                socket.create_connection(("127.0.0.1", backend)) as inner,
            ):
                _pump(client, inner)

    with _listening(Secure) as port:

        class Proxy(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                asked = self.rfile.readline(PIECE)
                while self.rfile.readline(PIECE).strip():
                    pass
                if not asked.startswith(b"CONNECT "):
                    return
                with (
                    contextlib.suppress(OSError),
                    socket.create_connection(("127.0.0.1", port)) as inner,
                ):
                    self.connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                    _pump(self.connection, inner)

        with _listening(Proxy) as proxy_port:
            yield Front(port, proxy_port, authority)

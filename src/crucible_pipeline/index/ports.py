"""Looks at the addresses and ports of this machine before a server takes one."""

import contextlib
import ipaddress
import socket
import sys
from collections.abc import Generator

from crucible_pipeline.errors import CannotDo
from crucible_pipeline.index import DEFAULT_HOST


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches an address or name."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def check_port(host: str, port: int) -> None:
    """See to it that nobody listens there: granian would share the port, and two indexes answer in turns.

    Raises:
        CannotDo: somebody does, or the address is not of this machine.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        raise CannotDo(
            f"cannot listen on {host} port {port}: {error.strerror}", "choose another --port"
        ) from error


@contextlib.contextmanager
def reserved_port() -> Generator[int]:
    """A free port that no other process is given meanwhile.

    On Linux granian binds with SO_REUSEPORT, so the socket that found the port stays bound beside it; it does
    not listen and gets no connection.
    """
    with socket.socket() as holder:
        if sys.platform == "linux":
            holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        holder.bind((DEFAULT_HOST, 0))
        port: int = holder.getsockname()[1]
        if sys.platform != "linux":
            holder.close()
        yield port

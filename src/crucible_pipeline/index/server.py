"""Runs the index: in the foreground for `crucible serve`, or beside the caller on a free loopback port."""

import asyncio
import contextlib
import http.client
import logging
import signal
import sys
import threading
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from granian.constants import Interfaces
from granian.http import HTTP1Settings
from granian.server.embed import Server

from crucible_pipeline.errors import CannotDo, Refused
from crucible_pipeline.index import DEFAULT_HOST, DEFAULT_PORT
from crucible_pipeline.index.access import ANY, Access
from crucible_pipeline.index.catalog import Catalog, Gate
from crucible_pipeline.index.difference import Contracts
from crucible_pipeline.index.directory import DirectoryStore
from crucible_pipeline.index.express import Express
from crucible_pipeline.index.memory import MemoryStore
from crucible_pipeline.index.ports import check_port, is_loopback, reserved_port
from crucible_pipeline.index.store import Store, Unavailable
from crucible_pipeline.index.terms import MAX_UPSTREAM_BYTES, Source, Terms
from crucible_pipeline.index.threads import foreign_threads, settle
from crucible_pipeline.index.web import application

START_SECONDS = 20.0
STOP_SECONDS = 10.0
HEADER_SECONDS = 10
BACKLOG = 1024
# Under way at once; `limits` keeps those with a body well below it, so that pages are always answered.
MAX_REQUESTS = 4096
# A write takes far less; what is older belongs to a process that ended in the middle of one.
LEFT_BEHIND_SECONDS = 86_400.0


@dataclass(frozen=True, slots=True)
class Running:
    """An index that answers.

    Args:
        url: its front page, with the final slash.
        token: may upload to every project.
        catalog: what it serves, for looking at directly.
    """

    url: str
    token: str = field(repr=False)
    catalog: Catalog = field(repr=False)

    def __str__(self) -> str:
        return self.url

    @property
    def simple_url(self) -> str:
        """What pip and uv take as index URL."""
        return f"{self.url}simple/"

    @property
    def upload_url(self) -> str:
        """What twine and uv take as repository URL."""
        return f"{self.url}legacy/"


@dataclass(frozen=True, slots=True)
class Rules:
    """What may enter, and where the rest comes from.

    Args:
        gate: asked before a file is published.
        upstream: gives the address of the index that has the names which are not this one's own, when it is
            first needed; None for none.
        contracts: what compares the contracts of two releases; None where nothing does.
        proxies: as in `Terms`.
        max_upstream_bytes: likewise.
    """

    gate: Gate | None = None
    upstream: Callable[[], str] | None = None
    contracts: Contracts | None = None
    proxies: tuple[str, ...] = ()
    max_upstream_bytes: int = MAX_UPSTREAM_BYTES

    def terms(self, upstream: Callable[[str], Source] | None) -> Terms:
        """With what makes the upstream."""
        return Terms(
            self.gate,
            upstream,
            self.contracts,
            self.proxies,
            max_upstream_bytes=self.max_upstream_bytes,
        )


NO_RULES = Rules()


def serve(
    data: Path | Store,
    *,
    host: str = DEFAULT_HOST,
    port: int = DEFAULT_PORT,
    rules: Rules = NO_RULES,
    open_to_all: bool = False,
    started: Callable[[str, Access], None] = lambda _url, _access: None,
) -> None:
    """Serve an index until SIGINT or SIGTERM; requests under way are answered first.

    Args:
        data: the index's folder, made if it does not exist, or its store.
        host: the address to listen on.
        port: the TCP port.
        rules: for publishing, and for other names.
        open_to_all: allow reading without a token on an address that other machines reach.
        started: called with the URL and the tokens once it listens.

    Raises:
        Refused: other machines reach the address, there are no tokens, and `open_to_all` was not asked for.
        CannotDo: the port is taken or the address is not this machine's.
    """
    store = DirectoryStore(data) if isinstance(data, Path) else data
    with contextlib.suppress(Unavailable):  # one that may only be read is served as well
        store.tidy(LEFT_BEHIND_SECONDS)
    # Through a proxy other machines reach a loopback address as well.
    is_here = is_loopback(host) and not rules.proxies
    access = Access(store, anonymous_read=is_here or open_to_all, only_here=not open_to_all)
    if not is_here and not open_to_all and not access.tokens():
        raise Refused(
            f"other machines reach {host} and the index has no tokens, so nobody could read or upload",
            "make one with crucible index token create, or let everybody read with --open",
        )
    check_port(host, port)
    url = f"http://{f'[{host}]' if ':' in host else host}:{port}/"
    before = foreign_threads()
    _raise_limit_of_files()
    with _upstream(store, rules.upstream) as upstream:
        app = application(Catalog(store), access, rules.terms(upstream))
        try:
            with _loop() as loop:
                loop.run(_run(app, host, port, lambda: started(url, access)))
        finally:
            access.close()
    settle(before)


@contextlib.contextmanager
def _upstream(store: Store, url: Callable[[], str] | None) -> Generator[Callable[[str], Source] | None]:
    """What makes the upstream when it is first needed; it is closed at the end."""
    if url is None:
        yield None
        return
    with contextlib.ExitStack() as stack:

        def make(via: str) -> Source:
            # Here, since its HTTP client takes a tenth of a second to load.
            from crucible_pipeline.index.upstream import Upstream  # noqa: PLC0415

            return stack.enter_context(contextlib.closing(Upstream(store, url, via=via)))

        yield make


@contextlib.contextmanager
def running(
    data: Path | None = None,
    *,
    gate: Gate | None = None,
    anonymous_read: bool = True,
    upstream: Callable[[], str] | None = None,
    contracts: Contracts | None = None,
    max_upstream_bytes: int = MAX_UPSTREAM_BYTES,
) -> Generator[Running]:
    """An index beside the caller, on a free loopback port, in a thread of this process.

    Args:
        data: its folder; None keeps everything in memory.
        gate: asked before a file is published.
        anonymous_read: whether reading needs no token.
        upstream: as in `Rules`.
        contracts: likewise.
        max_upstream_bytes: likewise.

    Yields:
        Where it is and a token. It answers now, and has stopped when the block is left.

    Raises:
        CannotDo: it does not start.
    """
    store = MemoryStore() if data is None else DirectoryStore(data)
    catalog, access = Catalog(store), Access(store, anonymous_read=anonymous_read)
    token, secret = access.create((ANY,), lifetime=timedelta(days=1))
    with reserved_port() as port, _upstream(store, upstream) as other:
        terms = Terms(gate, other, contracts, max_upstream_bytes=max_upstream_bytes)
        worker = _Thread(application(catalog, access, terms), port)
        url = f"http://{DEFAULT_HOST}:{port}/"
        worker.start()
        try:
            _wait_for(port, worker)
            yield Running(url, secret, catalog)
        finally:
            worker.stop()
            access.revoke(token.id)
            access.close()


class _Thread(threading.Thread):
    """A server with an event loop of its own."""

    def __init__(self, app: Express, port: int) -> None:
        super().__init__(name="crucible-index", daemon=True)
        self._server = _server(app, DEFAULT_HOST, port)
        self._before = foreign_threads()
        self._loop: asyncio.AbstractEventLoop | None = None
        self.error: BaseException | None = None

    def run(self) -> None:
        """Serve until stopped."""
        try:
            with _loop() as loop:
                loop.run(self._serve())
        except BaseException as error:  # noqa: BLE001  whatever it is, the waiting thread has to hear of it
            self.error = error

    def stop(self) -> None:
        """Stop and wait for the end."""
        if self._loop is not None and self.is_alive():
            with contextlib.suppress(RuntimeError):  # the loop closed in between
                self._loop.call_soon_threadsafe(self._server.stop)
        self.join(STOP_SECONDS)
        settle(self._before)

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        await self._server.serve()


def _loop() -> asyncio.Runner:
    """An event loop; where uvloop is installed its loop, which wakes at half the price."""
    with contextlib.suppress(ImportError):
        import uvloop  # noqa: PLC0415  there is none on Windows

        return asyncio.Runner(loop_factory=uvloop.new_event_loop)
    return asyncio.Runner()


async def _run(app: Express, host: str, port: int, started: Callable[[], None]) -> None:
    server = _server(app, host, port)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, server.stop)
    task = asyncio.create_task(server.serve())
    # The socket listens after the first turn of the loop.
    await asyncio.sleep(0)
    started()
    await asyncio.to_thread(app.load)
    await task


def _server(app: Express, host: str, port: int) -> Server:
    logging.getLogger("_granian").setLevel(logging.WARNING)
    return Server(
        app,
        address=host,
        port=port,
        interface=Interfaces.RSGI,
        websockets=False,
        log_enabled=False,
        backlog=BACKLOG,
        backpressure=MAX_REQUESTS,
        http1_settings=HTTP1Settings(header_read_timeout=HEADER_SECONDS * 1000),
    )


def _raise_limit_of_files() -> None:
    """Allow as many open files and connections as the system lets this process have."""
    if sys.platform == "win32":
        return
    import resource  # noqa: PLC0415  there is none on Windows

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 2 * MAX_REQUESTS if hard == resource.RLIM_INFINITY else min(hard, 2 * MAX_REQUESTS)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _wait_for(port: int, worker: _Thread) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if not worker.is_alive():
            raise CannotDo(f"the index did not start: {worker.error}")
        # Plain http.client: no proxy of the environment stands between this process and itself.
        connection = http.client.HTTPConnection(DEFAULT_HOST, port, timeout=2)
        try:
            connection.request("GET", "/health")
            if connection.getresponse().status == http.HTTPStatus.OK:
                return
        except (OSError, http.client.HTTPException):
            time.sleep(0.01)
        finally:
            connection.close()
    raise CannotDo(f"the index did not answer within {START_SECONDS:.0f} seconds")

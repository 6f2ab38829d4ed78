"""The store in a bucket, against a real SeaweedFS; one group, so that one process starts it."""

import contextlib
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from crucible_pipeline.errors import CannotDo, Refused
from crucible_pipeline.index.access import Access
from crucible_pipeline.index.bucket import BucketStore
from crucible_pipeline.index.catalog import Catalog
from crucible_pipeline.index.export import export
from crucible_pipeline.index.memory import MemoryStore
from crucible_pipeline.index.negotiate import JSON
from crucible_pipeline.index.place import store_at
from crucible_pipeline.index.server import Running
from crucible_pipeline.index.store import Unavailable
from crucible_pipeline.index.verify import survey
from index import audit_laws
from index.distributions import Dist, fetch, post, published, wheel
from index.seaweed import Node, free_ports
from index.store_laws import LAWS, Law

SERVE = (
    "import sys; from crucible_pipeline.index.place import store_at; "
    "from crucible_pipeline.index.server import serve; serve(store_at(sys.argv[1]), port=int(sys.argv[2]))"
)


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
def test_a_bucket_keeps_every_law_of_stores(law: Law, bucket: str) -> None:
    law(BucketStore(bucket))


@pytest.mark.parametrize("law", audit_laws.LAWS, ids=lambda law: law.__name__)
def test_the_audit_log_in_a_bucket_keeps_every_law_of_logs(law: audit_laws.Law, bucket: str) -> None:
    law(BucketStore(bucket))


@contextlib.contextmanager
def servers(address: str, count: int) -> Iterator[list[Running]]:
    """Indexes as processes of their own, on one bucket."""
    _, token = Access(store_at(address)).create(("*",))
    ports = free_ports(count)
    processes = [
        subprocess.Popen([sys.executable, "-c", SERVE, address, str(port)], env=os.environ) for port in ports
    ]
    running = [Running(f"http://127.0.0.1:{port}/", token, Catalog(store_at(address))) for port in ports]
    try:
        for index, process in zip(running, processes, strict=True):
            deadline = time.monotonic() + 20
            while time.monotonic() < deadline:
                assert process.poll() is None
                with contextlib.suppress(httpx.TransportError):
                    if fetch(index, "health").is_success:
                        break
                time.sleep(0.05)
        yield running
    finally:
        for process in processes:
            process.kill()
            process.wait()


def together(uploads: list[tuple[Running, Dist]]) -> list[int]:
    """The statuses of uploads, four at a time."""
    statuses: list[int] = []
    queue = list(uploads)

    def work() -> None:
        while queue:
            with contextlib.suppress(IndexError):
                index, dist = queue.pop()
                statuses.append(post(index, dist).status_code)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return statuses


def test_two_servers_on_one_bucket_lose_nothing_and_give_each_name_to_one(bucket: str) -> None:
    with servers(bucket, 2) as (one, other):
        dists = [wheel(version=f"1.{number}") for number in range(16)]
        uploads = [((one, other)[number % 2], dist) for number, dist in enumerate(dists)]
        assert together(uploads) == [200] * 16
        rivals = [
            (index, wheel(version="2.0", body=str(number).encode()))
            for number in range(2)
            for index in (one, other)
        ]
        assert sorted(together(rivals)) == [200, 200, 409, 409]
        pages = [fetch(index, "simple/demo-pkg/", accept=JSON).json() for index in (one, other)]
    assert pages[0] == pages[1]
    assert len(pages[0]["files"]) == 17
    # A loser that came early enough to store its content leaves it over, which harms nobody.
    kinds = [finding.kind for finding in survey(Catalog(store_at(bucket))).findings]
    assert kinds in ([], ["orphan"], ["orphan"] * 2)


def test_a_file_of_a_bucket_is_served_in_full_and_in_part(bucket: str) -> None:
    body = os.urandom(6_000_000)
    published(Catalog(store_at(bucket)), wheel(body=body))
    content = wheel(body=body).content
    with servers(bucket, 1) as (index,):
        url = fetch(index, "simple/demo-pkg/", accept=JSON).json()["files"][0]["url"].removeprefix("../../")
        assert fetch(index, url).content == content
        assert fetch(index, url, range="bytes=5000000-5000009").content == content[5_000_000:5_000_010]


def test_an_index_is_exported_into_a_bucket_that_names_the_kinds_of_its_pages(bucket: str, s3: Node) -> None:
    catalog = Catalog(MemoryStore())
    published(catalog, wheel())
    export(catalog, store_at(bucket))
    import obstore

    store = BucketStore(bucket)._documents
    kinds = {
        key: obstore.get(store, f"simple/demo-pkg/{key}").attributes["Content-Type"]
        for key in ("index.json", "index.html")
    }
    assert kinds == {
        "index.json": "application/vnd.pypi.simple.v1+json",
        "index.html": "text/html; charset=utf-8",
    }


def test_a_storage_that_stops_during_a_publication_is_named_and_the_same_upload_works_afterwards(
    bucket: str, s3: Node
) -> None:
    class Stopping(BucketStore):
        def swap(self, key: str, data: bytes, expected: str | None) -> str:
            # The content is stored and the document is not.
            s3.interrupt()
            return super().swap(key, data, expected)

    published(Catalog(store_at(bucket)), wheel())
    try:
        with pytest.raises(Unavailable, match=f"{bucket} does not answer"):
            published(Catalog(Stopping(bucket)), wheel(version="1.1"))
    finally:
        s3.resume()
    catalog = Catalog(store_at(bucket))
    assert [str(version) for version in catalog.project("demo-pkg").versions] == ["1.0"]
    assert published(catalog, wheel(version="1.1"))
    assert survey(catalog).findings == ()


class Careless(BaseHTTPRequestHandler):
    """An object store as some are: it ignores the conditions of writes."""

    def do_PUT(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self._answer(200, {"ETag": '"same"'})

    def do_DELETE(self) -> None:
        self._answer(204, {})

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self._answer(200, {}, b"<DeleteResult></DeleteResult>")

    def do_HEAD(self) -> None:
        self._answer(404, {})

    def log_message(self, *_: object) -> None:
        pass

    def _answer(self, status: int, headers: dict[str, str], body: bytes = b"") -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


def test_an_endpoint_that_ignores_conditions_is_refused_before_anything_is_written(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Careless) as server:
        threading.Thread(target=server.serve_forever).start()
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "tests")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "never-shown")
        try:
            with pytest.raises(CannotDo, match="ignores the conditions of writes"):
                store_at("s3://tests/index").create("files/a", b"")
        finally:
            server.shutdown()


def test_no_credential_shows_in_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{nobody.getsockname()[1]}")
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key-never-shown")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "never-shown")
        with pytest.raises(Unavailable) as caught:
            store_at("s3://tests/index").get("files/a")
    assert "never-shown" not in f"{caught.value} {caught.value.__cause__}"


@pytest.mark.parametrize(
    "address", ["s3://", "s3:///prefix", "ftp://bucket/a", "s3://bucket/../up", "s3://bu cket"]
)
def test_what_is_no_address_of_a_bucket_is_refused(address: str) -> None:
    with pytest.raises(Refused):
        store_at(address)

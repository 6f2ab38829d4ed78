"""A server is watched, bounded and stopped: health, counters, log, slow clients, the end."""

import asyncio
import io
import json
import logging
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from starlette.responses import PlainTextResponse
from starlette.types import Message, Receive, Scope, Send

from crucible_pipeline.index import journal
from crucible_pipeline.index.access import Access
from crucible_pipeline.index.directory import DirectoryStore
from crucible_pipeline.index.limits import Limits, TooMany, TooSlow
from crucible_pipeline.index.memory import MemoryStore
from crucible_pipeline.index.server import Running, running
from crucible_pipeline.index.store import Unavailable
from index.distributions import CLIENT, fetch, fields, post, wheel
from index.test_server import PROGRAM, served

STALLED = 256


def half_an_upload(index: Running, path: str = "/legacy/") -> tuple[socket.socket, bytes]:
    """A connection with an upload of which half is sent, and the other half."""
    dist, url = wheel(), httpx.URL(index.url)
    request = CLIENT.build_request(
        "POST", index.upload_url, data=fields(dist), files={"content": (dist.filename, dist.content)}
    )
    body = request.read()
    (given,) = httpx.BasicAuth("__token__", index.token).auth_flow(request)
    head = f"POST {path} HTTP/1.1\r\nHost: index\r\nContent-Length: {len(body)}\r\n" + "".join(
        f"{name}: {given.headers[name]}\r\n" for name in ("Content-Type", "Authorization")
    )
    connection = socket.create_connection((url.host, url.port or 0), timeout=60)
    connection.sendall(head.encode() + b"\r\n" + body[: len(body) // 2])
    return connection, body[len(body) // 2 :]


def test_an_upload_under_way_is_finished_before_the_server_leaves(tmp_path: Path) -> None:
    _, token = Access(DirectoryStore(tmp_path / "index")).create(("*",))
    with served(tmp_path / "index", token, program=PROGRAM) as (process, index):
        connection, rest = half_an_upload(index)
        time.sleep(0.2)
        process.send_signal(signal.SIGTERM)
        time.sleep(0.2)
        connection.sendall(rest)
        assert b" 200 OK" in connection.recv(10_000).partition(b"\r\n")[0]
        connection.close()
        assert process.wait(30) == 0
    assert [file.name for file in index.catalog.project("demo-pkg").files] == [wheel().filename]


def test_pages_are_served_while_256_uploads_stand_still(tmp_path: Path) -> None:
    _, token = Access(DirectoryStore(tmp_path / "index")).create(("*",))
    with served(tmp_path / "index", token) as (_, index):
        assert post(index, wheel()).status_code == 200
        stalled = [half_an_upload(index)[0] for _ in range(STALLED)]
        statuses = [fetch(index, "simple/demo-pkg/").status_code for _ in range(5)]
        statuses.append(post(index, wheel(version="1.1")).status_code)
        for connection in stalled:
            connection.close()
    assert statuses == [200] * 6


@pytest.mark.parametrize("is_chunked", [False, True], ids=["of a known length", "in chunks"])
def test_an_upload_that_breaks_off_leaves_nothing(index: Running, *, is_chunked: bool) -> None:
    connection, rest = half_an_upload(index)
    connection.close()
    url = httpx.URL(index.url)
    if is_chunked:
        connection, rest = half_an_upload(index)
        connection.close()
        with socket.create_connection((url.host, url.port or 0)) as other:
            head = "POST /legacy/ HTTP/1.1\r\nHost: index\r\nTransfer-Encoding: chunked\r\n"
            other.sendall(f"{head}Authorization: Bearer {index.token}\r\n".encode())
            other.sendall(b"Content-Type: multipart/form-data; boundary=x\r\n\r\n20\r\n--x\r\nContent-Dis")
    assert index.catalog.projects() == ()
    assert post(index, wheel()).status_code == 200
    assert len(rest) > 0


def reading(pause: float, allowed: float, bodies: int = 1) -> list[bytes]:
    """What an application reads of a body whose pieces come so late."""
    got: list[bytes] = []
    coming = [b"a", b"b", b""]

    async def receive() -> Message:
        await asyncio.sleep(pause)
        piece = coming.pop(0)
        return {"type": "http.request", "body": piece, "more_body": bool(coming)}

    async def send(_: Message) -> None:
        raise AssertionError

    async def application(_: Scope, receive: Receive, __: Send) -> None:
        more = True
        while more:
            message = await receive()
            got.append(message["body"])
            more = message["more_body"]

    limits = Limits(application, pause=allowed, bodies=bodies)
    asyncio.run(limits({"type": "http", "method": "POST"}, receive, send))
    return got


def test_a_body_that_pauses_too_long_is_given_up() -> None:
    assert reading(pause=0, allowed=30) == [b"a", b"b", b""]
    with pytest.raises(TooSlow):
        reading(pause=30, allowed=0.05)


def test_more_bodies_than_allowed_are_refused() -> None:
    with pytest.raises(TooMany):
        reading(pause=0, allowed=30, bodies=0)


@pytest.mark.parametrize(("pieces", "is_kept"), [(1, True), (4, True), (8, False)])
def test_a_refusal_before_the_end_of_a_body_keeps_the_connection_or_says_that_it_does_not(
    *, pieces: int, is_kept: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crucible_pipeline.index.limits.MAX_DRAINED_BYTES", 50)
    coming, sent = [b"0123456789"] * pieces, list[Message]()

    async def receive() -> Message:
        piece = coming.pop(0)
        return {"type": "http.request", "body": piece, "more_body": bool(coming)}

    async def send(message: Message) -> None:
        sent.append(message)

    refusing = PlainTextResponse("no\n", 507)
    asyncio.run(Limits(refusing)({"type": "http", "method": "POST"}, receive, send))
    assert (not coming) == is_kept
    assert ((b"connection", b"close") not in sent[0]["headers"]) == is_kept


def test_a_client_that_stands_still_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Limits.__init__, "__defaults__", (0.2, 512))
    with running() as index:
        connection, _ = half_an_upload(index)
        answer = connection.recv(10_000)
        connection.close()
        assert b" 408 " in answer.partition(b"\r\n")[0]
        assert b"connection: close" in answer.lower()
        assert post(index, wheel()).status_code == 200


def test_health_tells_a_living_server_from_one_that_can_serve(monkeypatch: pytest.MonkeyPatch) -> None:
    with running() as index:
        assert fetch(index, "health").text == fetch(index, "health/live").text == "ok\n"
        reached = MemoryStore.tag

        def tag(store: MemoryStore, key: str) -> str:
            if key == "simple/index.json":
                raise Unavailable("the storage does not answer", "try again")
            return reached(store, key)

        monkeypatch.setattr(MemoryStore, "tag", tag)
        refused = fetch(index, "health")
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
        assert "does not answer" in refused.text
        assert fetch(index, "health/live").status_code == 200


def test_the_counters_count_what_is_answered_and_name_no_project(index: Running) -> None:
    post(index, wheel())
    post(index, wheel(body=b"VALUE = 2\n"))
    for _ in range(3):
        fetch(index, "simple/demo-pkg/")
    fetch(index, "simple/unknown/")
    answer = fetch(index, "metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    lines = answer.text.splitlines()
    assert 'crucible_requests_total{method="POST",status="200"} 1.0' in lines
    assert 'crucible_requests_total{method="POST",status="409"} 1.0' in lines
    assert 'crucible_requests_total{method="GET",status="404"} 1.0' in lines
    assert 'crucible_uploads_total{outcome="published"} 1.0' in lines
    assert any(line.startswith("process_resident_memory_bytes ") for line in lines)
    assert "demo" not in answer.text


def test_a_strangers_path_and_method_make_no_new_series(index: Running) -> None:
    counted: list[int] = []
    for number in range(20):
        fetch(index, f"made-up-{number}/x")
        fetch(index, "simple/", method=f"MADEUP{number}")
        counted.append(len(fetch(index, "metrics").text.splitlines()))
    assert len(set(counted[2:])) == 1


def test_the_counters_are_for_those_who_may_read() -> None:
    with running(anonymous_read=False) as index:
        assert fetch(index, "metrics").status_code == 401
        assert CLIENT.get(f"{index.url}metrics", auth=("__token__", index.token)).status_code == 200


@pytest.fixture
def told() -> Iterator[io.StringIO]:
    stream = io.StringIO()
    with journal.told_to(stream):
        yield stream


def test_each_line_of_the_log_is_one_json_object_whatever_was_asked(
    told: io.StringIO, index: Running
) -> None:
    fetch(index, "legacy/%0d%0a%7b%22level%22%3a%22forged%22%7d?token=hidden", method="POST")
    post(index, wheel())
    rows = [json.loads(line) for line in told.getvalue().splitlines()]
    assert all({"time", "level", "message"} <= row.keys() for row in rows)
    assert "forged" not in {row["level"] for row in rows}
    (asked,) = (row for row in rows if row.get("status") == 200)
    assert (asked["method"], asked["path"], asked["client"]) == ("POST", "/legacy/", "127.0.0.1")
    assert index.token not in told.getvalue()
    assert "token=hidden" not in told.getvalue()


def test_no_token_leaves_by_way_of_the_log(told: io.StringIO) -> None:
    secret = f"crucible_{'aB3_-' * 8}"
    logging.getLogger("crucible.index").error(
        "%s", f"broke at {secret} and Authorization: Basic dXNlcjpwYXNz"
    )
    assert secret[:20] not in told.getvalue()
    assert "dXNlcjpw" not in told.getvalue()
    assert "broke at (hidden)" in told.getvalue()


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_gets_plain_lines_that_cannot_steer_it() -> None:
    stream = Terminal()
    with journal.told_to(stream):
        logging.getLogger("crucible.index").info("%s", "published \x1b[31mred\r\nsecond")
    assert stream.getvalue() == "published ?[31mred??second\n"

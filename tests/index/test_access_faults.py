"""What other private indexes got wrong about tokens: by their timing, logs, headers and clocks."""

import base64
import contextlib
import hmac
import logging
import socket
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from crucible_pipeline.index.access import Access, Forbidden, Unauthorized
from crucible_pipeline.index.clock import Clock
from crucible_pipeline.index.directory import DirectoryStore
from crucible_pipeline.index.memory import MemoryStore
from crucible_pipeline.index.origins import github
from crucible_pipeline.index.server import Running, running
from crucible_pipeline.index.store import NotFound
from crucible_pipeline.index.used import PREFIX as USED
from crucible_pipeline.index.used import LastUse
from index.distributions import fetch, post, sdist, wheel
from index.local_issuer import OWNER_ID, REPOSITORY, WORKFLOW, issuer
from index.test_server import PROGRAM, served


def comparisons(ask: Callable[[], object]) -> int:
    """How many comparisons in constant time a call makes."""
    made = 0

    def watch(_frame: object, event: str, function: object) -> None:
        nonlocal made
        made += event == "c_call" and function is hmac.compare_digest

    sys.setprofile(watch)
    try:
        with contextlib.suppress(Unauthorized):
            ask()
    finally:
        sys.setprofile(None)
    return made


def test_a_known_and_an_unknown_token_take_the_same_comparisons() -> None:
    access = Access(MemoryStore(), anonymous_read=False)
    secrets = [access.create(("*",))[1] for _ in range(5)]
    access.check(f"Bearer {secrets[0]}", "read", None)
    tried = [*secrets, "unknown", "", secrets[0][:-1], secrets[0] + "x"]
    counts = {comparisons(partial(access.check, f"Bearer {each}", "read", None)) for each in tried}
    assert counts == {5}


def everything_in(index: Running) -> bytes:
    store = index.catalog.store
    return b"".join(entry.key.encode() + store.get(entry.key).data for entry in store.list(""))


def test_no_secret_is_in_a_log_an_answer_or_the_store(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    answers: list[httpx.Response] = []
    with running() as index, issuer() as signer:
        access = Access(index.catalog.store)
        _, narrow = access.create(("other",), ("read",))
        origin = github(REPOSITORY, OWNER_ID, WORKFLOW, None, signer.url)
        access.publishers.add(access.publishers.new("trusted", origin))
        audience = access.publishers.audience
        identity = signer.sign(audience, signer.claims)
        minting = httpx.post(f"{index.url}_/oidc/mint-token", json={"token": identity}, trust_env=False)
        minted = minting.json()["token"]
        wrong = "crucible_this-one-is-wrong-and-secret-all-the-same"
        for secret in (index.token, narrow, minted, wrong):
            answers += [post(index, wheel(), secret), post(index, sdist("trusted"), secret)]
            answers += [fetch(index, f"simple/{secret}/"), fetch(index, f"project/demo-pkg/?token={secret}")]
            answers.append(fetch(index, "simple/", Authorization=f"Digest {secret}"))
            form = {"do": "yank", "reason": "x"}
            place = f"{index.url}project/demo-pkg/1.0/yank"
            answers.append(httpx.post(place, data=form, auth=("u", secret), trust_env=False))
        used = httpx.post(f"{index.url}_/oidc/mint-token", json={"token": identity}, trust_env=False)
        answers += [used, httpx.post(f"{index.url}_/oidc/mint-token", content=identity, trust_env=False)]
        kept = everything_in(index)
    signature = identity.rpartition(".")[2]
    # The client of this test logs the addresses that it asks, with what the test put there.
    asking = {"httpx", "httpcore"}
    records = [record for record in caplog.records if record.name.split(".")[0] not in asking]
    told = "\n".join(record.getMessage() for record in records)
    bodies = b"".join(answer.content for answer in answers)
    for secret in (index.token, narrow, minted, wrong, signature):
        packed = base64.b64encode(f"__token__:{secret}".encode()).decode()
        for form_ in (secret, packed, secret[9:40]):
            assert form_ not in told
            assert form_.encode() not in kept
        if secret is not wrong:
            assert secret.encode() not in bodies.replace(f"simple/{secret}".encode(), b"")


def test_the_program_itself_prints_no_secret(tmp_path: Path) -> None:
    _, secret = Access(DirectoryStore(tmp_path)).create(("*",))
    with served(tmp_path, secret, PROGRAM) as (process, index):
        assert post(index, wheel()).status_code == 200
        assert post(index, wheel(), f"{secret}x").status_code == 401
        process.terminate()
        out, err = process.communicate(timeout=20)
    assert index.url in err
    assert secret not in out + err


INJECTED = "%0d%0aX-Injected:%20yes%0d%0a%0d%0a<script>"
ROUTES = (
    "simple/{}", "simple/{}/", "simple/a?x={}", "project/{}/", "project/A.b/?x={}", "?q={}", "{}",
    "_/oidc/{}", "project/demo-pkg/{}/yank", "project/demo-pkg/{}/reference", "project/Demo.Pkg/{}/reference",
    "files/aa/bb/{}", "files/{}/bb/x.whl", "integrity/demo-pkg/1.0/{}/provenance", "pypi/{}/json",
    "pypi/demo-pkg/{}/json",
)  # fmt: skip


def test_no_request_writes_a_header_of_the_answer(index: Running) -> None:
    post(index, wheel())
    for route in ROUTES:
        for method in ("GET", "POST"):
            path = f"/{route.format(INJECTED)}"
            answer = raw(
                index,
                f'{method} {path} HTTP/1.1\r\nHost: x"\t<\r\nContent-Length: 0\r\n'
                "Connection: close\r\nAccept: text/html\r\n\r\n",
            )
            head, _, body = answer.partition(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 ")
            assert b"x-injected:" not in head.lower().replace(b"%0d%0ax-injected:", b"")
            assert b"\r" not in head.replace(b"\r\n", b"")
            assert b"<script>" not in body


def test_what_an_upload_says_writes_no_header_of_a_later_answer(index: Running) -> None:
    evil = "x\r\nX-Injected: yes"
    for over in (
        {"name": evil},
        {"version": evil},
        {":action": evil},
        {"filetype": evil},
        {"sha256_digest": evil},
    ):
        answer = post(index, wheel(), over=over)
        assert (answer.status_code, "x-injected" in answer.headers) == (400, False)
    post(index, wheel())
    form = {"do": "yank", "reason": evil}
    place = f"{index.url}project/demo-pkg/1.0/yank"
    answer = httpx.post(place, data=form, auth=("u", index.token), trust_env=False)
    assert (answer.status_code, "x-injected" in answer.headers) == (303, False)
    for path in ("project/demo-pkg/", "simple/demo-pkg/", "pypi/demo-pkg/json"):
        assert "x-injected" not in fetch(index, path).headers


def raw(index: Running, request: str) -> bytes:
    url = httpx.URL(index.url)
    with socket.create_connection((url.host, url.port or 80), timeout=30) as connection:
        connection.sendall(request.encode("latin-1"))
        answer = b""
        while piece := connection.recv(1 << 16):
            answer += piece
    return answer


@pytest.fixture
def moment() -> list[Any]:
    """The wall's clock, and one that counts."""
    return [datetime(2024, 5, 6, tzinfo=UTC), 0.0]


def test_a_clock_set_back_makes_no_expired_token_good(moment: list[Any]) -> None:
    clock = Clock(lambda: moment[0], lambda: moment[1])
    access = Access(MemoryStore(), anonymous_read=False, clock=clock)
    _, secret = access.create(("*",), lifetime=timedelta(minutes=10))

    def works() -> bool:
        try:
            access.check(f"Bearer {secret}", "upload", "a")
        except Unauthorized:
            return False
        return True

    moment[1] += 60
    moment[0] -= timedelta(days=365)
    assert works()
    moment[1] += 500
    assert works()
    moment[1] += 60
    assert not works()
    moment[0] = datetime(2024, 5, 6, tzinfo=UTC)
    assert not works()


def test_a_clock_that_is_behind_at_the_start_does_not_revive_what_ended_before_a_later_token_was_made() -> (
    None
):
    store, day = MemoryStore(), datetime(2024, 5, 6, tzinfo=UTC)
    _, secret = Access(store, clock=lambda: day).create(("*",), lifetime=timedelta(days=1))
    Access(store, clock=lambda: day + timedelta(days=2)).create(("*",))
    restarted = Access(store, anonymous_read=False, clock=lambda: day)
    with pytest.raises(Unauthorized):
        restarted.check(f"Bearer {secret}", "read", None)


def test_time_follows_a_clock_that_is_set_forward_and_never_goes_back(moment: list[Any]) -> None:
    clock = Clock(lambda: moment[0], lambda: moment[1])
    before = clock()
    for wall, ticks in ((3600, 1), (-7200, 1), (0, 5), (10, 0), (-1, 0)):
        moment[0] += timedelta(seconds=wall)
        moment[1] += ticks
        assert clock() >= max(before, moment[0])
        before = clock()


class Counted(MemoryStore):
    """Counts what is written below a prefix."""

    written = 0

    def swap(self, key: str, data: bytes, expected: str | None) -> str:
        self.written += key.startswith(USED)
        return super().swap(key, data, expected)


def test_the_last_use_is_written_once_an_hour_whatever_the_servers_and_requests(moment: list[Any]) -> None:
    store = Counted()
    servers = [Access(store, anonymous_read=False, clock=lambda: moment[0]) for _ in range(3)]
    for server in servers:
        server.used = LastUse(store, lambda: moment[0], lambda: moment[1])
    token, secret = servers[0].create(("*",))
    for hours in range(3):
        for _ in range(10):
            for server in servers:
                server.check(f"Bearer {secret}", "read", "a")
                server.close()
        assert store.written == hours + 1
        assert servers[0].used.of(token.id) == f"2024-05-06T0{hours}:00:00Z"
        moment[0] += timedelta(hours=1)
        moment[1] += 3600
    servers[0].revoke(token.id)
    assert list(store.list(USED)) == []


def test_a_store_that_takes_no_last_use_lets_the_request_pass(moment: list[Any]) -> None:
    class Sealed(MemoryStore):
        def swap(self, key: str, data: bytes, expected: str | None) -> str:
            if key.startswith(USED):
                raise NotFound("the store is read-only")
            return super().swap(key, data, expected)

    access = Access(Sealed(), anonymous_read=False, clock=lambda: moment[0])
    token, secret = access.create(("*",))
    access.check(f"Bearer {secret}", "read", "a")
    access.close()
    assert access.used.of(token.id) is None


def test_a_token_that_yanks_uploads_nothing() -> None:
    access = Access(MemoryStore(), anonymous_read=False)
    _, secret = access.create(("a",), ("yank",))
    access.check(f"Bearer {secret}", "yank", "a")
    access.check(f"Bearer {secret}", "read", "a")
    for action, project in (("upload", "a"), ("yank", "b")):
        with pytest.raises(Forbidden):
            access.check(f"Bearer {secret}", action, project)  # type: ignore[arg-type]

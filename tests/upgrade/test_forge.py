"""Pull requests over real HTTP, against a small server that stands for a forge and can fail like one."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from crucible_pipeline.errors import CannotDo
from crucible_pipeline.upgrade.forge import Forge, propose

REMOTE = "git@git.example:platform/storage-service.git"
PULLS = "/repos/platform/storage-service/pulls"
HEAD = "crucible/upgrade-crucible-shared-0.4"
TOKEN = "a-token-of-the-test"


class FakeForge(ThreadingHTTPServer):
    """Keeps pull requests in memory; `fails` answers everything with a status."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.pulls: list[dict[str, Any]] = []
        self.asked: list[tuple[str, str]] = []
        self.fails = 0

    @property
    def api(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    server: FakeForge

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass

    def answer(self) -> None:
        url = urlsplit(self.path)
        self.server.asked.append((self.command, url.path))
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or "null")
        if self.server.fails:
            return self.send(self.server.fails, {"message": "no"})
        if self.headers["Authorization"] != f"Bearer {TOKEN}":
            return self.send(401, {"message": "Bad credentials"})
        if self.command == "GET" and url.path == PULLS:
            asked = parse_qs(url.query)
            found = [
                one
                for one in self.server.pulls
                if f"platform:{one['head']}" == asked["head"][0] and one["base"] == asked["base"][0]
            ]
            return self.send(200, found)
        if self.command == "POST" and url.path == PULLS:
            number = len(self.server.pulls) + 1
            made = {**body, "number": number, "html_url": f"https://git.example/pull/{number}"}
            self.server.pulls.append(made)
            return self.send(201, made)
        if self.command == "PATCH" and url.path.startswith(f"{PULLS}/"):
            self.server.pulls[int(url.path.rsplit("/", 1)[1]) - 1].update(body)
            return self.send(200, {})
        return self.send(404, {"message": "Not Found"})

    do_GET = do_POST = do_PATCH = answer  # noqa: N815

    def send(self, status: int, document: object) -> None:
        data = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


@pytest.fixture
def forge() -> Iterator[FakeForge]:
    server = FakeForge()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def proposed(forge: FakeForge, title: str = "Upgrade", token: str = TOKEN) -> str:
    return propose(Forge(token, forge.api), REMOTE, HEAD, "main", (title, "the proposal"))


def test_a_pull_request_is_opened_once_and_left_alone_afterwards(forge: FakeForge) -> None:
    assert proposed(forge) == proposed(forge) == "https://git.example/pull/1"
    assert [command for command, _ in forge.asked] == ["GET", "POST", "GET"]
    assert forge.pulls[0]["head"] == HEAD


def test_an_open_pull_request_is_brought_up_to_date(forge: FakeForge) -> None:
    proposed(forge)
    proposed(forge, "Upgrade further")
    assert [one["title"] for one in forge.pulls] == ["Upgrade further"]


@pytest.mark.parametrize("status", [403, 404, 422, 500])
def test_a_refusal_says_the_status_and_what_to_do(forge: FakeForge, status: int) -> None:
    forge.fails = status
    with pytest.raises(CannotDo, match=str(status)) as refused:
        proposed(forge)
    assert refused.value.todo


def test_a_wrong_token_is_not_shown(forge: FakeForge) -> None:
    with pytest.raises(CannotDo, match="401") as refused:
        proposed(forge, token="hunter2")
    assert "hunter2" not in str(refused.value) + repr(Forge("hunter2"))


@pytest.mark.parametrize(
    "remote",
    [
        "git@git.example:platform/storage-service.git",
        "https://git.example/platform/storage-service",
        "https://me@git.example:8443/platform/storage-service.git/",
        "ssh://git@git.example:22/platform/storage-service.git",
    ],
)
def test_every_form_of_a_remote_names_its_repository(forge: FakeForge, remote: str) -> None:
    propose(Forge(TOKEN, forge.api), remote, HEAD, "main", ("Upgrade", ""))
    assert {path for _, path in forge.asked} == {PULLS}


@pytest.mark.parametrize(
    "remote", ["../storage-service", "/srv/git/storage-service.git", "file:///srv/x.git"]
)
def test_a_remote_that_is_no_forge_is_told_to_be_pushed_by_hand(remote: str) -> None:
    with pytest.raises(CannotDo, match="by hand"):
        propose(Forge(TOKEN), remote, HEAD, "main", ("Upgrade", ""))

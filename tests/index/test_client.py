import contextlib
import hashlib
import http.server
import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from packaging.version import Version

from crucible_pipeline.errors import CannotDo, Refused
from crucible_pipeline.index import client
from crucible_pipeline.index.client import Index
from crucible_pipeline.index.server import Running, running
from index.distributions import post, sdist, wheel

FILE = "demo_pkg-1.0-py3-none-any.whl"


class Canned(http.server.BaseHTTPRequestHandler):
    """Answers each path as told, and remembers what was asked."""

    answers: dict[str, tuple[int, str, bytes]]
    asked: list[tuple[str, str | None]]

    def do_GET(self) -> None:
        self.asked.append((self.path, self.headers.get("Authorization")))
        status, kind, body = self.answers.get(self.path, (404, "text/plain", b""))
        self.send_response(status)
        self.send_header("Location" if status in {301, 302} else "Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@contextlib.contextmanager
def canned(answers: dict[str, tuple[int, str, bytes]]) -> Iterator[tuple[str, list[tuple[str, str | None]]]]:
    asked: list[tuple[str, str | None]] = []
    handler = type("Handler", (Canned,), {"answers": answers, "asked": asked})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/simple/", asked
        server.shutdown()


def page(*files: dict[str, Any]) -> tuple[int, str, bytes]:
    return 200, "application/vnd.pypi.simple.v1+json", json.dumps({"files": files}).encode()


def test_both_forms_of_a_page_name_the_same_releases(index: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    for dist in (
        wheel(more="Requires-Python: >=3.9\n"),
        sdist(),
        wheel(version="1.1"),
        wheel(version="1.10"),
    ):
        post(index, dist)
    index.catalog.yank("demo-pkg", Version("1.0"), 'a "reason" & more')
    index.catalog.yank("demo-pkg", Version("1.1"), "")
    with Index(index.simple_url) as reader:
        as_json = reader.releases("Demo.Pkg")
    monkeypatch.setattr(client, "ACCEPT", "text/html")
    with Index(index.simple_url) as reader:
        as_html = reader.releases("demo-pkg")
    assert all(each.uploaded for each in as_json), "the HTML form has no upload time (PEP 700)"
    assert [replace(each, uploaded=None) for each in as_json] == list(as_html)
    assert [(str(each.version), each.kind, each.yanked) for each in as_json] == [
        ("1.0", "bdist_wheel", 'a "reason" & more'),
        ("1.0", "sdist", 'a "reason" & more'),
        ("1.1", "bdist_wheel", ""),
        ("1.10", "bdist_wheel", None),
    ]
    assert as_json[0].requires_python == ">=3.9"


def test_a_downloaded_file_is_the_uploaded_one(index: Running) -> None:
    post(index, wheel())
    with Index(index.simple_url) as reader:
        (release,) = reader.releases("demo-pkg")
        assert reader.download(release) == wheel().content
        with pytest.raises(Refused, match="another sha256"):
            reader.download(replace(release, sha256="0" * 64))
        with pytest.raises(Refused, match="gives no sha256"):
            reader.download(replace(release, sha256=None))


def test_an_unknown_project_has_no_releases(index: Running) -> None:
    with Index(index.simple_url) as reader:
        assert reader.releases("unknown") == ()
        with pytest.raises(Refused):
            reader.releases("../x")


def test_a_private_index_is_read_with_the_token_wherever_it_is_given() -> None:
    with running(anonymous_read=False) as index:
        post(index, wheel())
        with Index(index.simple_url) as reader, pytest.raises(CannotDo, match="token that may read"):
            reader.releases("demo-pkg")
        inside = index.simple_url.replace("://", f"://__token__:{index.token}@")
        for reader in (Index(index.simple_url, "__token__", index.token), Index(inside)):
            with reader:
                (release,) = reader.releases("demo-pkg")
                assert reader.download(release) == wheel().content
                assert index.token not in reader.url + release.url + repr(release)


def test_credentials_stay_with_their_host() -> None:
    content = b"content"
    with canned({"/file.whl": (200, "application/octet-stream", content)}) as (elsewhere, asked):
        url = elsewhere.replace("127.0.0.1", "localhost").replace("/simple/", "/file.whl")
        file = {"filename": FILE, "url": url, "hashes": {"sha256": hashlib.sha256(content).hexdigest()}}
        with (
            canned({"/simple/demo-pkg/": page(file)}) as (home, at_home),
            Index(home, "user", "secret") as reader,
        ):
            (release,) = reader.releases("demo-pkg")
            assert reader.download(release) == content
        assert at_home[0][1] is not None
        assert [authorization for _, authorization in asked] == [None]


HASH = {"sha256": "0" * 64}
ODD: list[dict[str, Any]] = [
    {"filename": "other_pkg-1.0-py3-none-any.whl", "url": "x", "hashes": HASH},
    {"filename": "demo_pkg-1.0.exe", "url": "x", "hashes": HASH},
    {"filename": "../demo_pkg-1.0.tar.gz", "url": "x", "hashes": HASH},
    {"filename": FILE, "url": "file:///etc/passwd", "hashes": HASH},
    {"filename": FILE, "url": "http://[", "hashes": HASH},
    {"filename": FILE, "url": "x", "hashes": None},
    {"filename": FILE},
    {"filename": 1, "url": 2, "hashes": 3},
]


def test_what_no_installer_would_take_is_left_out() -> None:
    right = {"filename": FILE, "url": "x", "hashes": HASH, "requires-python": "nonsense", "yanked": 1}
    with canned({"/simple/demo-pkg/": page(*ODD, right)}) as (url, _), Index(url) as reader:
        (release,) = reader.releases("demo-pkg")
        assert (release.filename, release.requires_python, release.yanked) == (FILE, None, None)


@pytest.mark.parametrize(
    "answer",
    [
        (200, "application/vnd.pypi.simple.v1+json", b"<html>"),
        (200, "application/json", b"[]"),
        (200, "application/json", b"[" * 100_000),
        (500, "text/plain", b""),
        (302, "/simple/demo-pkg/", b""),
    ],
)
def test_an_index_that_answers_nonsense_is_named(answer: tuple[int, str, bytes]) -> None:
    with (
        canned({"/simple/demo-pkg/": answer}) as (url, _),
        Index(url) as reader,
        pytest.raises(CannotDo, match="the index at"),
    ):
        reader.releases("demo-pkg")


def test_an_answer_without_an_end_is_given_up_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "MAX_PAGE_BYTES", 1000)
    with (
        canned({"/simple/demo-pkg/": (200, "text/html", b"x" * 2000)}) as (url, _),
        Index(url) as reader,
        pytest.raises(CannotDo, match="larger than 1000 bytes"),
    ):
        reader.releases("demo-pkg")


def test_an_index_that_is_not_there_is_named_without_its_credentials() -> None:
    with Index("http://user:secret@127.0.0.1:9/simple/") as reader, pytest.raises(CannotDo) as caught:
        reader.releases("demo-pkg")
    assert "127.0.0.1:9" in str(caught.value)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["", "packages.example", "ftp://packages.example/", "https://", "http://[", "http://a\nb/"]
)
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(Refused):
        Index(url)

"""What a client asks a second time, and what it does not."""

from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crucible_pipeline.errors import CannotDo
from crucible_pipeline.index.client import Index
from crucible_pipeline.index.patience import MAX_PAUSE_SECONDS, pause
from crucible_pipeline.index.saved import Page, Saved
from crucible_pipeline.index.server import running
from index.distributions import post, wheel
from index.loopback import answering

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


@given(st.integers(1, 50), st.integers(0, 50), st.text() | st.integers(-10, 10**12).map(str))
def test_a_pause_has_an_end_whatever_the_server_says(asked: int, retries: int, wanted: str) -> None:
    wait = pause(asked, retries, wanted, NOW)
    assert wait is None or 0 <= wait <= MAX_PAUSE_SECONDS
    assert wait is None or asked <= retries


def test_a_server_names_seconds_or_a_date() -> None:
    assert pause(1, 3, "7", NOW) == 7
    assert pause(1, 3, format_datetime(NOW + timedelta(seconds=9), usegmt=True), NOW) == 9
    assert pause(1, 3, format_datetime(NOW - timedelta(seconds=9), usegmt=True), NOW) == 0
    assert pause(1, 3, "3600", NOW) is None


def test_without_a_word_of_the_server_the_pauses_grow() -> None:
    waits = [pause(asked, 3, None, NOW) for asked in (1, 2, 3, 4)]
    assert waits == [0.5, 1, 2, None]


class Handler(BaseHTTPRequestHandler):
    answers: list[tuple[int, str]]
    asked: list[str]

    def do_GET(self) -> None:
        self.asked.append(self.headers.get("If-None-Match", ""))
        status, retry_after = self.answers.pop(0)
        body = b'{"files": [], "meta": {"api-version": "1.0"}, "name": "x"}'
        self.send_response(status)
        if retry_after:
            self.send_header("Retry-After", retry_after)
        self.send_header("Content-Type", "application/vnd.pypi.simple.v1+json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the signature is the server's
        pass


@contextmanager
def replying(*answers: tuple[int, str]) -> Generator[tuple[str, list[str]]]:
    """A server with these answers in turn: its address, and the ETags that it was asked with."""
    asked: list[str] = []
    kind = type("Replying", (Handler,), {"answers": list(answers), "asked": asked})
    with answering(kind) as url:
        yield f"{url}/simple/", asked


def test_an_index_that_is_busy_is_asked_again_when_it_says() -> None:
    with replying((429, "0"), (503, "0"), (200, "")) as (url, asked), Index(url, retries=3) as index:
        assert index.releases("x") == ()
        assert len(asked) == 3


def test_an_index_that_wants_a_long_rest_is_left_alone() -> None:
    with replying((429, "86400")) as (url, asked), Index(url, retries=3) as index:
        with pytest.raises(CannotDo, match="status 429"):
            index.releases("x")
        assert len(asked) == 1


@pytest.mark.parametrize("status", [400, 401, 403, 500])
def test_an_answer_that_is_final_is_not_asked_for_again(status: int) -> None:
    with replying((status, "0")) as (url, asked), Index(url, retries=3) as index:
        with pytest.raises(CannotDo):
            index.releases("x")
        assert len(asked) == 1


def test_an_index_that_says_nothing_changed_without_being_asked_lies() -> None:
    with replying((304, "")) as (url, _), Index(url) as index, pytest.raises(CannotDo, match="304"):
        index.releases("x")


def test_a_page_and_a_file_are_fetched_once_and_the_page_is_asked_for_by_its_etag(tmp_path: Path) -> None:
    saved = Saved(tmp_path / "saved")
    with running() as server:
        assert post(server, wheel("crucible-kept", "0.1.0")).is_success
        with Index(server.simple_url, saved=saved) as index:
            (first,) = index.releases("crucible-kept")
            content = index.download(first)
        assert post(server, wheel("crucible-kept", "0.2.0")).is_success
        with Index(server.simple_url, saved=saved) as index:
            assert [str(one.version) for one in index.releases("crucible-kept")] == ["0.1.0", "0.2.0"]
            assert index.releases("crucible-kept")[0] == first
        url = server.simple_url
    with Index(url, saved=saved) as index:
        assert index.download(first) == content
        with pytest.raises(CannotDo):
            index.releases("crucible-kept")


def test_the_etag_of_a_kept_page_is_sent_as_it_is(tmp_path: Path) -> None:
    with replying((304, "")) as (url, asked):
        saved = Saved(tmp_path)
        saved.keep_page(f"{url}x/", Page('W/"a b"', "application/json", url, '{"files": []}'))
        with Index(url, saved=saved) as index:
            assert index.releases("x") == ()
        assert asked == ['W/"a b"']


def test_what_was_kept_and_was_changed_since_is_not_used(tmp_path: Path) -> None:
    saved = Saved(tmp_path)
    saved.keep_page("u", Page("e", "k", "b", "t"))
    saved.keep_file("0" * 64, b"another content")
    assert saved.file("0" * 64) is None
    for text in ("", "[]", '{"etag": 1, "kind": "", "base": "", "text": ""}', '{"etag": ""}', "[" * 9999):
        (path,) = (tmp_path / "pages").iterdir()
        path.write_text(text)
        assert saved.page("u") is None

"""The reference page of a wheel as the index serves it: untrusted, bounded, one for each release."""

import pytest

from crucible_pipeline.index import inside
from crucible_pipeline.index.access import Access
from crucible_pipeline.index.page import Status
from crucible_pipeline.index.server import Running, running
from index.distributions import Dist, Members, fetch, post, sdist, wheel

PAGE = b"<!DOCTYPE html><title>demo</title><style>p{color:red}</style><script>alert(1)</script><p>one\xc3\xa9"


def with_page(version: str = "1.0", content: bytes = PAGE, path: str = "demo_pkg/reference.html") -> Dist:
    def add(members: Members) -> None:
        members.append((path, content))

    return wheel(version=version, before=add)


def test_each_release_has_its_own_page(index: Running) -> None:
    post(index, with_page())
    post(index, with_page("1.1", b"<p>another"))
    answer = fetch(index, "project/demo-pkg/1.0/reference")
    assert (answer.status_code, answer.content) == (200, PAGE)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert fetch(index, "project/demo-pkg/1.1/reference").content == b"<p>another"
    assert fetch(index, "project/demo-pkg/v1.1.0/reference").content == b"<p>another"


def test_a_page_can_run_load_and_send_nothing(index: Running) -> None:
    post(index, with_page())
    answer = fetch(index, "project/demo-pkg/1.0/reference")
    policy = {rule.strip() for rule in answer.headers["content-security-policy"].split(";")}
    assert {"default-src 'none'", "sandbox", "form-action 'none'", "base-uri 'none'"} <= policy
    assert not any(rule.startswith(("script-src", "connect-src", "sandbox allow")) for rule in policy)
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_an_unchanged_page_is_not_sent_again(index: Running) -> None:
    post(index, with_page())
    etag = fetch(index, "project/demo-pkg/1.0/reference").headers["etag"]
    again = fetch(index, "project/demo-pkg/1.0/reference", If_None_Match=etag)
    assert (again.status_code, again.content) == (304, b"")
    assert "sandbox" in again.headers["content-security-policy"]


def test_a_releases_page_links_its_reference_if_it_has_one(index: Running) -> None:
    post(index, wheel(version="0.9"))
    post(index, with_page())
    link = 'href="/project/demo-pkg/1.0/reference"'
    assert link in fetch(index, "project/demo-pkg/").text
    assert link in fetch(index, "project/demo-pkg/1.0/").text
    assert "/reference" not in fetch(index, "project/demo-pkg/0.9/").text


def test_a_quarantined_project_shows_no_page(index: Running) -> None:
    post(index, with_page())
    index.catalog.set_status("demo-pkg", Status("quarantined", "a key was published"))
    assert fetch(index, "project/demo-pkg/1.0/reference").status_code == 404
    assert "/reference" not in fetch(index, "project/demo-pkg/1.0/").text
    index.catalog.set_status("demo-pkg", Status("archived"))
    assert fetch(index, "project/demo-pkg/1.0/reference").content == PAGE


@pytest.mark.parametrize(
    "path",
    [
        "reference.html",
        "demo_pkg/inner/reference.html",
        "demo_pkg/reference.htm",
        "demo_pkg/myreference.html",
    ],
)
def test_another_file_is_no_page(index: Running, path: str) -> None:
    post(index, with_page(path=path))
    assert fetch(index, "project/demo-pkg/1.0/reference").status_code == 404


@pytest.mark.parametrize(
    "path",
    ["demo-pkg/1.0/", "demo-pkg/2.0/", "demo-pkg/none/", "unknown/1.0/", "demo-pkg/..%2f1.0/", "%2e%2e/1.0/"],
)
def test_what_has_no_page_is_not_found(index: Running, path: str) -> None:
    post(index, wheel())
    post(index, sdist())
    answer = fetch(index, f"project/{path}reference")
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/plain")


def test_another_spelling_of_the_project_leads_to_the_one_page(index: Running) -> None:
    post(index, with_page())
    answer = fetch(index, "project/Demo.Pkg/1.0/reference")
    assert (answer.status_code, answer.headers["location"]) == (301, "/project/demo-pkg/1.0/reference")


def test_a_page_that_is_too_large_is_none(index: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inside, "MAX_TEXT_BYTES", len(PAGE) - 1)
    post(index, with_page("3.0", PAGE))
    assert fetch(index, "project/demo-pkg/3.0/reference").status_code == 404


def test_reading_a_page_needs_a_token_where_strangers_may_not() -> None:
    with running(anonymous_read=False) as index:
        post(index, with_page())
        _, other = Access(index.catalog.store).create(("other",), ("read",))
        path = "project/demo-pkg/1.0/reference"
        assert fetch(index, path).status_code == 401
        assert fetch(index, path, Authorization=f"Bearer {other}").status_code == 403
        assert fetch(index, path, Authorization=f"Bearer {index.token}").content == PAGE

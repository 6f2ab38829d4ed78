import gzip
import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from packaging.version import Version

from crucible_pipeline.index.access import Access
from crucible_pipeline.index.negotiate import JSON
from crucible_pipeline.index.server import Running, running
from crucible_pipeline.index.terms import Terms
from crucible_pipeline.index.web import application
from index.distributions import Dist, fetch, fields, post, sdist, wheel

HOSTILE = "<script>alert(1)</script>\"'&"


@pytest.mark.parametrize(
    ("accept", "status", "content_type"),
    [
        ("text/html", 200, "text/html; charset=utf-8"),
        (JSON, 200, JSON),
        ("application/vnd.pypi.simple.latest+json", 200, JSON),
        ("application/json", 406, "text/plain; charset=utf-8"),
    ],
)
@pytest.mark.parametrize("path", ["simple/", "simple/demo-pkg/"])
def test_a_page_comes_in_the_form_asked_for(
    index: Running, path: str, accept: str, status: int, content_type: str
) -> None:
    post(index, wheel())
    for method in ("GET", "HEAD"):
        answer = fetch(index, path, method, Accept=accept)
        assert (answer.status_code, answer.headers["content-type"]) == (status, content_type)
        assert (method == "HEAD") is (answer.content == b"")
    if status == 200:
        assert answer.headers["vary"] == "Accept, Accept-Encoding"
        assert answer.headers["cache-control"] == "no-cache"


def test_the_form_can_be_asked_for_in_the_address(index: Running) -> None:
    answer = fetch(index, f"simple/?format={JSON.replace('+', '%2B')}", Accept="text/html")
    assert answer.json() == {"meta": {"api-version": "1.4"}, "projects": []}


def test_an_unchanged_page_is_not_sent_again(index: Running) -> None:
    post(index, wheel())
    for extra in ({}, {"Accept_Encoding": "gzip"}):
        etag = fetch(index, "simple/demo-pkg/", **extra).headers["etag"]
        for given in (etag, f"W/{etag}", f'"other", {etag}', "*"):
            answer = fetch(index, "simple/demo-pkg/", If_None_Match=given, **extra)
            assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", etag)
        post(index, wheel(version="1.1", body=str(extra).encode()))
        post(index, wheel(version=f"1.{len(extra) + 2}"))
        assert fetch(index, "simple/demo-pkg/", If_None_Match=etag, **extra).status_code == 200


def test_the_forms_of_a_page_have_different_etags(index: Running) -> None:
    post(index, wheel())
    asked = [
        {"Accept": form, "Accept_Encoding": coding}
        for form in (JSON, "text/html")
        for coding in ("gzip", "identity")
    ]
    assert len({fetch(index, "simple/demo-pkg/", **headers).headers["etag"] for headers in asked}) == 4


def test_a_compressed_page_holds_the_same_bytes(index: Running) -> None:
    post(index, wheel())
    plain = fetch(index, "simple/demo-pkg/", Accept=JSON)
    with httpx.stream(
        "GET",
        f"{index.simple_url}demo-pkg/",
        headers={"Accept": JSON, "Accept-Encoding": "gzip"},
        trust_env=False,
    ) as answer:
        assert answer.headers["content-encoding"] == "gzip"
        assert gzip.decompress(b"".join(answer.iter_raw())) == plain.content


@pytest.mark.parametrize(
    "path", ["simple/Demo.Pkg/", "simple/demo-pkg", "simple/DEMO__pkg", "simple/demo.pkg?x=1"]
)
def test_another_spelling_of_a_name_leads_to_the_one_page(index: Running, path: str) -> None:
    answer = fetch(index, path)
    assert answer.status_code == 301
    assert answer.headers["location"].partition("?")[0] == "/simple/demo-pkg/"


@pytest.mark.parametrize(
    "path",
    [
        "simple/unknown/", "simple/..%2f..%2fetc/", "simple/%2f%2fevil.example", "simple/a%0d%0ab/",
        "project/unknown/", "files/aa/bb/demo-1.0-py3-none-any.whl", "files/../access/tokens.json",
        "files/aa/..%2f..%2faccess/tokens.json", "access/tokens.json",
        "files/aa/bb/tokens.json", "files/aa/bb/..", "nothing",
    ],
)  # fmt: skip
def test_what_is_not_published_is_not_found(folder_index: Running, path: str) -> None:
    answer = fetch(folder_index, path)
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/plain")


def address(index: Running, name: str = "demo-pkg") -> str:
    page = fetch(index, f"simple/{name}/", Accept=JSON).json()
    return str(httpx.URL(f"{index.simple_url}{name}/").join(page["files"][0]["url"])).removeprefix(index.url)


def test_a_file_comes_whole_or_in_parts_and_never_changes(folder_index: Running) -> None:
    dist = wheel()
    post(folder_index, dist)
    path = address(folder_index)
    whole = fetch(folder_index, path)
    assert (whole.content, whole.headers["content-type"]) == (dist.content, "application/octet-stream")
    assert "immutable" in whole.headers["cache-control"]
    assert fetch(folder_index, path, Range="bytes=0-9").content == dist.content[:10]
    tail = fetch(folder_index, path, Range="bytes=-22")
    assert (tail.status_code, tail.content) == (206, dist.content[-22:])
    assert (
        tail.headers["content-range"]
        == f"bytes {len(dist.content) - 22}-{len(dist.content) - 1}/{len(dist.content)}"
    )
    assert fetch(folder_index, path, Range="bytes=9999999-").status_code == 416
    assert fetch(folder_index, path, If_None_Match=whole.headers["etag"]).status_code == 304
    head = fetch(folder_index, path, "HEAD")
    assert (head.headers["content-length"], head.content) == (str(len(dist.content)), b"")


def test_the_metadata_beside_a_wheel_is_the_one_inside(index: Running) -> None:
    dist = wheel(more="Requires-Dist: other>=1\n")
    post(index, dist)
    page = fetch(index, "simple/demo-pkg/", Accept=JSON).json()["files"][0]
    answer = fetch(index, f"{address(index)}.metadata")
    assert b"Requires-Dist: other>=1" in answer.content
    assert page["core-metadata"] == {"sha256": hashlib.sha256(answer.content).hexdigest()}
    assert "dist-info-metadata" not in page
    post(index, sdist())
    (listed,) = (
        file
        for file in fetch(index, "simple/demo-pkg/", Accept=JSON).json()["files"]
        if file["filename"].endswith("gz")
    )
    assert "core-metadata" not in listed


def test_an_upload_is_published_once_whoever_repeats_it(index: Running) -> None:
    assert post(index, wheel()).status_code == 200
    assert post(index, wheel()).status_code == 200
    other = post(index, wheel(body=b"other"))
    assert (other.status_code, "other content" in other.text) == (409, True)
    assert fetch(index, address(index)).content == wheel().content


def test_a_refusal_is_one_line_of_plain_text(index: Running) -> None:
    answer = post(index, wheel(), over={"version": f"2.0{HOSTILE}\n"})
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.text.count("\n") == 1


def test_uploading_needs_a_token_for_the_project(folder_index: Running) -> None:
    access = Access(folder_index.catalog.store)
    _, other = access.create(("other",))
    _, reader = access.create(("*",), ("read",))
    _, right = access.create(("Demo_Pkg",))
    assert [post(folder_index, wheel(), token).status_code for token in ("", "wrong", other, reader)] == [
        401,
        401,
        403,
        403,
    ]
    assert post(folder_index, wheel(), "").headers["www-authenticate"] == 'Basic realm="crucible"'
    assert fetch(folder_index, "simple/demo-pkg/").status_code == 404
    assert post(folder_index, wheel(), right).status_code == 200


def test_reading_needs_a_token_where_strangers_may_not() -> None:
    with running(anonymous_read=False) as index:
        post(index, wheel())
        _, other = Access(index.catalog.store).create(("other",), ("read",))
        pages = ["", "simple/", "simple/demo-pkg/", "project/demo-pkg/", "files/aa/bb/demo_pkg-1.0.tar.gz"]
        for path in pages:
            assert fetch(index, path).status_code == 401
        assert fetch(index, "simple/demo-pkg/", Authorization=f"Bearer {other}").status_code == 403
        assert fetch(index, "simple/demo-pkg/", Authorization=f"Bearer {index.token}").status_code == 200
        assert fetch(index, "health").status_code == 200


def test_a_stranger_with_a_large_file_reads_why_it_was_refused(index: Running) -> None:
    answer = post(index, Dist("big", "1.0", "big-1.0.tar.gz", bytes(20 << 20), "sdist"), "")
    assert (answer.status_code, "token is needed" in answer.text) == (401, True)


def test_more_bytes_than_the_index_takes_are_refused(tmp_path: Path) -> None:
    with running() as index:
        app = application(index.catalog, Access(index.catalog.store), Terms(max_upload_bytes=10_000))
        headers = {"Authorization": f"Bearer {index.token}"}
        transport = httpx.ASGITransport(app=app)
        import asyncio

        async def send(**body: object) -> httpx.Response:
            async with httpx.AsyncClient(transport=transport, base_url="http://index") as client:
                return await client.post("/legacy/", headers=headers, **body)  # type: ignore[arg-type]

        content = {"content": ("demo_pkg-1.0-py3-none-any.whl", bytes(20_000))}
        assert asyncio.run(send(data=fields(wheel()), files=content)).status_code == 413

        async def endless() -> object:
            yield b'--x\r\nContent-Disposition: form-data; name="content"; filename="a"\r\n\r\n'
            for _ in range(30):
                yield bytes(1000)

        headers["Content-Type"] = "multipart/form-data; boundary=x"
        assert asyncio.run(send(content=endless())).status_code == 413


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"--x--\r\n",
        b"--x\r\n\r\nno name\r\n--x--\r\n",
        b"\xff" * 100,
        b"--x\r\nContent-Disposition: form-data\r\n\r\n--x--",
    ],
)
@pytest.mark.parametrize(
    "kind", ["multipart/form-data; boundary=x", "multipart/form-data", "application/json", "text/plain", ""]
)
def test_a_body_that_is_no_form_is_refused(index: Running, kind: str, body: bytes) -> None:
    headers = {"Content-Type": kind, "Authorization": f"Bearer {index.token}"}
    answer = httpx.post(index.upload_url, content=body, headers=headers, trust_env=False)
    assert answer.status_code == 400
    assert answer.text.strip()


PAGES: list[Callable[[Running], httpx.Response]] = [
    lambda index: fetch(index, ""),
    lambda index: fetch(index, "project/demo-pkg/"),
    lambda index: fetch(index, "simple/demo-pkg/", Accept="text/html"),
    lambda index: fetch(index, "simple/", Accept="text/html"),
]


def test_no_page_carries_what_a_hostile_upload_wrote(index: Running) -> None:
    more = (
        f"Summary: {HOSTILE}\nDescription-Content-Type: text/plain\n\n{HOSTILE}<img src=x onerror=alert(1)>"
    )
    assert post(index, wheel(more=more)).status_code == 200
    index.catalog.yank("demo-pkg", Version("1.0"), f"{HOSTILE}--> bad")
    pages = [page(index) for page in PAGES]
    assert all(page.status_code == 200 for page in pages)
    assert not any("<script" in page.text or "<img" in page.text for page in pages)
    assert "&lt;script&gt;" in pages[1].text
    assert "default-src 'none'" in pages[1].headers["content-security-policy"]
    assert "script-src" not in pages[1].headers["content-security-policy"]
    document = fetch(index, "simple/demo-pkg/", Accept=JSON)
    assert document.json()["files"][0]["yanked"] == f"{HOSTILE}--> bad"


def test_a_project_page_shows_releases_files_yanks_and_how_to_install(index: Running) -> None:
    post(
        index,
        wheel(
            more="Summary: What it is\nRequires-Python: >=3.9\nRequires-Dist: other\n"
            "Description-Content-Type: text/markdown\n\n# Read me\n"
        ),
    )
    post(index, wheel(version="1.1rc1"))
    post(index, wheel(version="1.0.1"))
    index.catalog.yank("demo-pkg", Version("1.0.1"), "wrong limit")
    text = fetch(index, "project/Demo-Pkg/").headers["location"]
    text = fetch(index, text.removeprefix("/")).text + fetch(index, "project/demo-pkg/1.0.1/").text
    assert f"pip install --index-url {index.simple_url} demo-pkg==1.0<" in text
    for part in (
        "What it is",
        "&gt;=3.9",
        "Read me</h",
        "demo_pkg-1.0.1-py3-none-any.whl",
        "This release is yanked.",
        "wrong limit",
    ):
        assert part in text


def test_a_gate_answers_the_uploader(tmp_path: Path) -> None:
    with running(gate=lambda candidate: f"{candidate.version} breaks the line; release 2.0") as index:
        answer = post(index, wheel())
        assert (answer.status_code, answer.text) == (400, "1.0 breaks the line; release 2.0\n")


def test_a_change_by_another_process_shows_at_once(tmp_path: Path) -> None:
    with running(tmp_path) as here, running(tmp_path) as there:
        post(here, wheel())
        assert len(fetch(there, "simple/demo-pkg/", Accept=JSON).json()["files"]) == 1
        post(there, wheel(version="1.1"))
        assert len(fetch(here, "simple/demo-pkg/", Accept=JSON).json()["files"]) == 2
        assert json.loads((tmp_path / "simple/demo-pkg/index.json").read_bytes())["versions"] == [
            "1.0",
            "1.1",
        ]

"""Names of others through this index: kept, checked, there when the other is down, and never our own."""

import concurrent.futures
import hashlib
import json
import random
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crucible_pipeline.cli.app import main
from crucible_pipeline.errors import CannotDo
from crucible_pipeline.index import foreign, page, room
from crucible_pipeline.index.access import Access
from crucible_pipeline.index.configured import pip_index_url
from crucible_pipeline.index.memory import MemoryStore
from crucible_pipeline.index.negotiate import JSON
from crucible_pipeline.index.reserved import Reserved
from crucible_pipeline.index.server import Running, running
from crucible_pipeline.index.store import NotFound
from crucible_pipeline.index.upstream import FRESH_SECONDS, PAUSE_SECONDS, Upstream, UpstreamDown
from index.distributions import CLIENT, Dist, fetch, metadata, post, wheel
from index.elsewhere import Answer, Elsewhere, elsewhere

LIB = wheel("public-lib", "1.0", body=b"VALUE = 1\n")


@pytest.fixture
def other() -> Iterator[Elsewhere]:
    with elsewhere() as found:
        yield found


@pytest.fixture
def index(other: Elsewhere, tmp_path: Path) -> Iterator[Running]:
    with running(tmp_path / "index", upstream=lambda: other.simple_url) as server:
        yield server


def rows(index: Running, name: str) -> list[dict[str, object]]:
    answer = fetch(index, f"simple/{name}/", Accept=JSON)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, object]] = answer.json()["files"]
    return found


def address(row: dict[str, object]) -> str:
    return str(row["url"]).removeprefix("../../")


def stored(index: Running) -> list[str]:
    return [entry.key for entry in index.catalog.store.list("upstream/files/")]


def test_a_page_of_the_upstream_keeps_its_fields_and_leads_through_this_index(
    index: Running, other: Elsewhere
) -> None:
    more = {"requires-python": ">=3.8", "upload-time": "2024-05-06T07:08:09Z", "yanked": "bad <limit>"}
    other.offer(LIB, **more)
    answer = fetch(index, "simple/public-lib/", Accept=JSON)
    document = answer.json()
    (row,) = document["files"]
    assert document["versions"] == ["1.0"]
    assert {key: row[key] for key in more} == more
    assert row["size"] == len(LIB.content)
    assert row["core-metadata"]["sha256"]
    html = fetch(index, "simple/public-lib/", Accept="text/html").text
    assert 'data-yanked="bad &lt;limit&gt;"' in html
    assert other.url not in answer.text + html
    assert fetch(index, address(row)).content == LIB.content
    assert fetch(index, f"{address(row)}.metadata").content == metadata("public-lib", "1.0")
    assert fetch(index, "simple/Public.Lib/").headers["location"] == "/simple/public-lib/"
    assert fetch(index, "simple/", Accept=JSON).json()["projects"] == []


def test_an_upstream_that_knows_html_alone_is_read_as_well(index: Running, other: Elsewhere) -> None:
    digest = hashlib.sha256(LIB.content).hexdigest()
    body = (
        f'<a href="../../packages/{LIB.filename}#sha256={digest}" data-requires-python="&gt;=3.8">'
        f"{LIB.filename}</a>"
        f'<a href="../../packages/public_lib-0.9.tar.gz">public_lib-0.9.tar.gz</a>'
    )
    other.answers["/simple/public-lib/"] = Answer(body.encode(), headers={"Content-Type": "text/html"})
    other.answers[f"/packages/{LIB.filename}"] = Answer(LIB.content)
    document = fetch(index, "simple/public-lib/", Accept=JSON).json()
    assert [row["filename"] for row in document["files"]] == [LIB.filename]
    assert document["meta"]["api-version"] == "1.0"
    assert document["files"][0]["requires-python"] == ">=3.8"
    assert fetch(index, address(document["files"][0])).content == LIB.content


def test_what_was_seen_works_on_while_the_upstream_is_down(tmp_path: Path) -> None:
    unseen = wheel("unseen")
    with elsewhere() as other:
        url = other.simple_url
        other.offer(LIB)
        with running(tmp_path, upstream=lambda: url) as index:
            path = address(rows(index, "public-lib")[0])
            assert fetch(index, path).content == LIB.content
    with running(tmp_path, upstream=lambda: url) as index:
        assert address(rows(index, "public-lib")[0]) == path
        assert fetch(index, path).content == LIB.content
        assert fetch(index, path, Range="bytes=0-3").content == LIB.content[:4]
        answer = fetch(index, f"simple/{unseen.name}/")
        # Not 404: an installer must not conclude that the project does not exist.
        assert (answer.status_code, "does not answer" in answer.text) == (502, True)


def test_a_kept_page_is_asked_about_again_only_when_it_is_old(other: Elsewhere) -> None:
    now = [0.0]
    upstream = Upstream(MemoryStore(), lambda: other.simple_url, clock=lambda: now[0])
    other.offer(LIB)
    first = upstream.page("public-lib")
    assert upstream.page("public-lib") is first
    assert len(other.asked) == 1
    now[0] += FRESH_SECONDS + 1
    assert upstream.page("public-lib") is first
    assert other.asked[1][1]["If-None-Match"] == other.answers["/simple/public-lib/"].headers["ETag"]
    other.offer(wheel("public-lib", "1.1"))
    now[0] += FRESH_SECONDS + 1
    assert b"public_lib-1.1" in upstream.page("public-lib").forms["json"].plain
    other.answers.clear()
    now[0] += FRESH_SECONDS + 1
    for _ in range(2):
        with pytest.raises(NotFound):
            upstream.page("public-lib")
    assert len(other.asked) == 4
    upstream.close()


def test_a_failing_upstream_is_left_alone_for_a_while(other: Elsewhere) -> None:
    now = [0.0]
    upstream = Upstream(MemoryStore(), lambda: other.simple_url, clock=lambda: now[0])
    other.answers["/simple/public-lib/"] = Answer(status=503)
    for _ in range(3):
        with pytest.raises(UpstreamDown):
            upstream.page("public-lib")
    assert len(other.asked) == 1
    other.offer(LIB)
    now[0] += PAUSE_SECONDS + 1
    upstream.page("public-lib")
    upstream.close()


def test_a_page_of_another_upstream_is_not_taken_for_this_ones(other: Elsewhere, tmp_path: Path) -> None:
    other.offer(LIB)
    with running(tmp_path, upstream=lambda: other.simple_url) as index:
        rows(index, "public-lib")
    with elsewhere() as new, running(tmp_path, upstream=lambda: new.simple_url) as index:
        assert fetch(index, "simple/public-lib/").status_code == 404


LARGE = wheel("public-lib", "1.0", body=random.Random(1).randbytes(2_000_000))  # noqa: S311  content, no secret


@pytest.mark.parametrize("dist", [LIB, LARGE], ids=["small", "large"])
def test_content_with_another_hash_is_never_whole_and_never_kept(
    index: Running, other: Elsewhere, dist: Dist
) -> None:
    other.offer(dist)
    other.answers[f"/packages/{dist.filename}"] = Answer(dist.content[:-1] + b"!")
    other.answers[f"/packages/{dist.filename}.metadata"] = Answer(b"Name: evil\n")
    path = address(rows(index, "public-lib")[0])
    if dist is LIB:
        assert fetch(index, path).status_code == 502
    else:
        with pytest.raises(httpx.RemoteProtocolError):
            fetch(index, path)
    assert fetch(index, f"{path}.metadata").status_code == 502
    assert stored(index) == []
    other.offer(dist)
    assert fetch(index, path).content == dist.content
    assert len(stored(index)) == 1


def test_a_file_larger_than_its_page_says_is_cut_off(index: Running, other: Elsewhere) -> None:
    other.offer(LIB)
    other.answers[f"/packages/{LIB.filename}"] = Answer(LIB.content + bytes(9 << 20))
    assert fetch(index, address(rows(index, "public-lib")[0])).status_code == 502
    assert stored(index) == []


WRONG_PAGES: dict[str, Answer] = {
    "no JSON": Answer(b"{", headers={"Content-Type": JSON}),
    "no page": Answer(b"[]", headers={"Content-Type": JSON}),
    "another major version": Answer(
        b'{"meta": {"api-version": "2.0"}, "files": []}', headers={"Content-Type": JSON}
    ),
    "an image": Answer(b"GIF89a", headers={"Content-Type": "image/gif"}),
    "a redirect to a file": Answer(status=302, headers={"Location": "file:///etc/passwd"}),
    "a redirect to itself": Answer(status=302, headers={"Location": "/simple/public-lib/"}),
    "a server error": Answer(status=500),
    "credentials refused": Answer(status=403),
}


@pytest.mark.parametrize("case", WRONG_PAGES)
def test_a_page_that_is_none_is_a_bad_gateway(index: Running, other: Elsewhere, case: str) -> None:
    other.answers["/simple/public-lib/"] = WRONG_PAGES[case]
    answer = fetch(index, "simple/public-lib/")
    assert (answer.status_code, answer.text.count("\n")) == (502, 1)


def test_an_upstream_that_leads_back_here_is_named() -> None:
    urls: list[str] = []
    with running(upstream=lambda: urls[0]) as index:
        urls.append(index.simple_url)
        answer = fetch(index, "simple/public-lib/")
    assert (answer.status_code, "leads back" in answer.text) == (508, True)


@pytest.mark.parametrize(
    "path",
    [
        "upstream/public-lib/{sha}/other_lib-1.0-py3-none-any.whl", "upstream/public-lib/{zero}/{file}",
        "upstream/Public-Lib/{sha}/{file}", "upstream/public-lib/../{file}",
        "upstream/public-lib/{sha}/..%2f{file}",
        "upstream/other/{sha}/{file}", "upstream/pages/public-lib.json",
    ],
)  # fmt: skip
def test_what_the_upstream_does_not_list_is_not_found(index: Running, other: Elsewhere, path: str) -> None:
    other.offer(LIB)
    assert rows(index, "public-lib")
    sha = hashlib.sha256(LIB.content).hexdigest()
    assert fetch(index, path.format(sha=sha, zero="0" * 64, file=LIB.filename)).status_code == 404


def test_a_token_for_own_projects_reads_other_names_too(other: Elsewhere) -> None:
    other.offer(LIB)
    with running(anonymous_read=False, upstream=lambda: other.simple_url) as index:
        _, narrow = Access(index.catalog.store).create(("own",), ("read",))
        assert fetch(index, "simple/public-lib/").status_code == 401
        answer = fetch(index, "simple/public-lib/", Accept=JSON, Authorization=f"Bearer {narrow}")
        path = address(answer.json()["files"][0])
        assert fetch(index, path).status_code == 401
        assert fetch(index, path, Authorization=f"Bearer {narrow}").content == LIB.content
        assert "private" in fetch(index, path, Authorization=f"Bearer {narrow}").headers["cache-control"]


EVIL = tuple(wheel(name, "99.0.0") for name in ("crucible-shared", "crucible-new", "claimed", "own"))


def test_own_names_are_never_asked_for_upstream(index: Running, other: Elsewhere) -> None:
    for dist in EVIL:
        other.offer(dist)
    Reserved(index.catalog.store).add("Crucible_")
    Access(index.catalog.store).create(("claimed",))
    post(index, wheel("own", "1.0"))
    for dist in EVIL:
        for path in (f"simple/{dist.name}/", f"upstream/{dist.name}/{'0' * 64}/{dist.filename}"):
            assert b"99.0.0" not in fetch(index, path, Accept=JSON).content
            assert fetch(index, path).status_code == (200 if path == "simple/own/" else 404)
    assert other.paths == []


def test_a_name_stays_ours_when_the_upstream_had_it_first(index: Running, other: Elsewhere) -> None:
    other.offer(wheel("own", "99.0.0"))
    path = address(rows(index, "own")[0])
    assert fetch(index, path).status_code == 200
    post(index, wheel("own", "1.0"))
    assert [row["filename"] for row in rows(index, "own")] == [wheel("own", "1.0").filename]
    assert fetch(index, path).status_code == 404


def test_reserved_names_are_kept_with_the_index(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = MemoryStore()
    reserved = Reserved(store)
    assert not reserved.covers("crucible-shared")
    assert reserved.add("Crucible_") == "crucible-"
    assert reserved.covers("crucible-shared")
    assert not reserved.covers("crucible")
    assert Reserved(store).prefixes() == ("crucible-",)
    reserved.remove("crucible-")
    assert not reserved.covers("crucible-shared")
    with pytest.raises(NotFound):
        reserved.remove("crucible-")
    for wrong in ("", "-", "*", "ä", "a/b"):
        assert main(["serve", "--data", str(tmp_path), "--reserve", wrong]) == 1
    assert main(["serve", "--data", str(tmp_path), "--upstream", "ftp://packages.example"]) == 1
    assert "https://" in capsys.readouterr().err


def test_the_index_that_pip_is_configured_for_is_pips_own_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "https://packages.example/simple")
    assert pip_index_url() == "https://packages.example/simple"
    for url, why in (
        ("https://me:secret@packages.example/", "needs credentials"),
        ("file:///srv", "a folder"),
    ):
        monkeypatch.setenv("PIP_INDEX_URL", url)
        with pytest.raises(CannotDo, match=why) as caught:
            pip_index_url()
        assert "secret" not in str(caught.value)


TEXTS = st.sampled_from(
    ["public_lib-1.0.tar.gz", LIB.filename, "evil-1.0.zip", "../x.whl", "https://packages.example/a",
     "http://packages.example/a", "file:///etc/passwd", "javascript:alert(1)", "//[", "a" * 64, "1.1", "\0",
     "active"]
)  # fmt: skip
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXTS | st.just("sha256"), inner, max_size=2),
    max_leaves=4,
)
ROWS = st.fixed_dictionaries(
    {"filename": TEXTS, "url": TEXTS, "hashes": st.just({"sha256": "a" * 64}) | VALUES},
    optional=dict.fromkeys(("size", "yanked", "core-metadata", "provenance", "requires-python"), VALUES),
)


@settings(max_examples=80, deadline=None)
@given(files=st.lists(ROWS, max_size=4), versions=VALUES, status=VALUES)
def test_whatever_an_upstream_says_becomes_a_clean_page(
    files: list[object], versions: object, status: object
) -> None:
    document = {
        "meta": {"api-version": "1.4"},
        "files": files,
        "versions": versions,
        "project-status": status,
    }
    found = foreign.read(
        json.dumps(document).encode(),
        is_json=True,
        base="https://packages.example/simple/public-lib/",
        name="public-lib",
    )
    for link in found.links:
        assert link.url.startswith("https://")
        assert link.name in {"public_lib-1.0.tar.gz", LIB.filename}
    kept = foreign.Foreign(found, None, "https://packages.example/simple/")
    assert foreign.restore(foreign.dump(kept), "public-lib") == kept
    assert b"packages.example" not in page.as_html(page.Page("x", foreign.shown(kept).links[:0]))
    assert all(link.url.startswith("../../upstream/public-lib/") for link in foreign.shown(kept).links)


def test_both_forms_of_a_hostile_page_are_escaped(index: Running, other: Elsewhere) -> None:
    other.offer(LIB, **{"requires-python": '"><script>', "yanked": "<script>"})
    assert "<script>" not in fetch(index, "simple/public-lib/", Accept="text/html").text


def test_many_who_ask_at_once_make_one_request_and_one_file(other: Elsewhere, tmp_path: Path) -> None:
    other.offer(LARGE)
    with (
        running(tmp_path, upstream=lambda: other.simple_url) as index,
        concurrent.futures.ThreadPoolExecutor(8) as crowd,
    ):
        pages = list(crowd.map(lambda _: rows(index, "public-lib"), range(8)))
        paths = {address(page[0]) for page in pages}
        found = list(crowd.map(lambda _: fetch(index, min(paths)).content, range(8)))
        assert (len(paths), len(stored(index))) == (1, 1)
    assert set(found) == {LARGE.content}
    assert other.paths.count("/simple/public-lib/") == 1


def test_a_client_that_leaves_in_the_middle_holds_nothing_up(index: Running, other: Elsewhere) -> None:
    other.offer(LARGE)
    path = address(rows(index, "public-lib")[0])
    for _ in range(40):
        with CLIENT.stream("GET", f"{index.url}{path}") as answer:
            next(answer.iter_raw(1000))
    assert fetch(index, path).content == LARGE.content


def test_an_upstream_that_nobody_can_name_is_said_so_to_the_client() -> None:
    def unknown() -> str:
        raise CannotDo("there is no pip", "name an index with --upstream")

    with running(upstream=unknown) as index:
        answer = fetch(index, "simple/public-lib/")
        assert (answer.status_code, answer.text) == (502, "there is no pip; name an index with --upstream\n")
        post(index, wheel("own"))
        assert fetch(index, "simple/own/").status_code == 200


def test_credentials_go_to_the_upstream_alone_and_into_no_message(other: Elsewhere, tmp_path: Path) -> None:
    with elsewhere() as files:
        other.offer(LIB)
        other.offer(LIB, url=f"{files.url}{LIB.filename}")
        files.answers[f"/{LIB.filename}"] = Answer(LIB.content)
        secret = other.simple_url.replace("://", "://me:s3cret@")
        with running(tmp_path, upstream=lambda: secret) as index:
            assert fetch(index, address(rows(index, "public-lib")[0])).content == LIB.content
            other.answers["/simple/refused/"] = Answer(status=401)
            assert "s3cret" not in fetch(index, "simple/refused/").text
    assert other.asked[0][1]["Authorization"].startswith("Basic ")
    assert "Authorization" not in files.asked[0][1]
    kept = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    assert not any(b"s3cret" in content for content in kept)


def test_the_least_recently_used_files_of_the_upstream_make_room_for_new_ones(
    other: Elsewhere, tmp_path: Path
) -> None:
    dists = [wheel("public-lib", f"1.{number}") for number in range(4)]
    size = max(len(dist.content) for dist in dists)
    other.offer(*dists)
    url = other.simple_url
    with running(tmp_path / "index", upstream=lambda: url, max_upstream_bytes=3 * size) as index:
        addresses = [address(row) for row in rows(index, "public-lib")]
        for number in (0, 1, 2, 0, 3):
            assert fetch(index, addresses[number]).content == dists[number].content
        deadline = time.monotonic() + 30
        # Room is made once the client has all of the file.
        while len(stored(index)) > 3 and time.monotonic() < deadline:
            time.sleep(0.01)
        kept = {key.rsplit("/", 1)[-1] for key in stored(index)}
        assert kept == {dists[number].filename for number in (0, 2, 3)}
        asked = len(other.asked)
        assert fetch(index, addresses[1]).content == dists[1].content
        assert len(other.asked) > asked


def test_a_file_that_is_being_served_is_not_taken_away() -> None:
    store = MemoryStore()
    kept = room.Room(store, limit=10)
    for name in "abc":
        store.create(f"{room.FILES}{name}", b"12345")
        with kept.held(f"{room.FILES}a"):
            gone = kept.came(f"{room.FILES}{name}", 5)
    assert gone == (f"{room.FILES}b",)
    assert [entry.key[-1] for entry in store.list(room.FILES)] == ["a", "c"]


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(1, 9)), max_size=30), st.integers(9, 30))
def test_what_is_kept_of_the_upstream_never_exceeds_its_bound(
    steps: list[tuple[str, int]], limit: int
) -> None:
    store = MemoryStore()
    kept = room.Room(store, limit)
    for name, size in steps:
        key = f"{room.FILES}{name}"
        if key not in {entry.key for entry in store.list(room.FILES)}:
            store.create(key, b"x" * size)
            kept.came(key, size)
        assert sum(entry.size for entry in store.list(room.FILES)) <= limit

"""What the pages for people say: found, ranked, rendered, bounded, and hidden where it has to be."""

import gzip
import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from crucible_pipeline.index import about, apart, inside, people, readme, releases, search, simple
from crucible_pipeline.index.access import Access
from crucible_pipeline.index.apart import Apart, Busy
from crucible_pipeline.index.catalog import Catalog
from crucible_pipeline.index.memory import MemoryStore
from crucible_pipeline.index.overview import Overview
from crucible_pipeline.index.page import Status
from crucible_pipeline.index.search import Row
from crucible_pipeline.index.server import Running, running
from crucible_pipeline.index.simple import File, Project, with_files
from crucible_pipeline.release.difference import CONTRACTS
from index.distributions import CLIENT, fetch, post, published, sdist, wheel
from index.furnished import GROWN, HOSTILE_HTML, HOSTILE_MARKDOWN, OLD, README, release
from index.programs import programs

BROWSER = "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"
WORDS = st.sampled_from(["contract", "shared", "crucible", "limits", "event", "of", "a"])


def row(name: str, summary: str = "") -> Row:
    return Row(name, summary, Version("1.0"), "2026-01-01", "active")


# --- search


def test_a_search_finds_the_name_then_its_beginning_then_its_words_then_those_of_the_summary() -> None:
    rows = [
        row("a-summary", "all events of the platform"),
        row("my-event"),
        row("prevents"),
        row("event-worker"),
        row("event"),
        row("other", "nothing"),
    ]
    found = [each.name for each in search.ranked(rows, " Event ")]
    assert found == ["event", "event-worker", "my-event", "prevents", "a-summary"]


@given(
    st.lists(st.tuples(st.lists(WORDS, min_size=1), st.lists(WORDS)), max_size=8),
    st.lists(WORDS, min_size=1, max_size=3),
)
def test_a_search_keeps_exactly_what_holds_every_word(
    made: list[tuple[list[str], list[str]]], query: list[str]
) -> None:
    rows = [row("-".join(name), " ".join(summary)) for name, summary in made]
    found = {(each.name, each.summary) for each in search.ranked(rows, " ".join(query))}
    for each in rows:
        starts = each.summary.split()
        holds = all(word in each.name or any(s.startswith(word) for s in starts) for word in query)
        assert ((each.name, each.summary) in found) is holds


@given(st.text(max_size=300))
def test_any_query_is_answered(query: str) -> None:
    assert search.ranked([row("x")], query) in ([], [row("x")])


def test_the_list_of_projects_is_cut_into_pages(index: Running) -> None:
    for number in range(people.PER_PAGE + 1):
        published(index.catalog, wheel(f"p{number:03}"))
    first, second = fetch(index, "").text, fetch(index, "?page=2").text
    assert "p049" in first
    assert "p050" not in first
    assert 'href="?q=&amp;page=2"' in first
    assert ("p050" in second, "p049" in second) == (True, False)
    assert fetch(index, "?page=99999999999").text == first
    assert fetch(index, "?q=p05").text.count("<li>") == 1


@pytest.mark.parametrize("is_local", [True, False])
def test_a_change_shows_in_the_list_at_once(*, is_local: bool) -> None:
    store = MemoryStore()
    store.is_local = is_local
    catalog = Catalog(store)
    overview = Overview(catalog)
    published(catalog, wheel(more="Summary: first\n"))
    assert [(each.summary, str(each.version)) for each in overview.rows()] == [("first", "1.0")]
    published(catalog, wheel(version="1.1", more="Summary: other\n"))
    assert [(each.summary, str(each.version)) for each in overview.rows()] == [("other", "1.1")]
    catalog.yank("demo-pkg", Version("1.1"), "wrong")
    assert [str(each.version) for each in overview.rows()] == ["1.0"]
    catalog.set_status("demo-pkg", Status("quarantined"))
    assert [(each.summary, each.marker) for each in overview.rows()] == [("", "quarantined")]


def test_a_list_looks_only_into_what_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    catalog = Catalog(MemoryStore())
    for name in ("one", "two"):
        published(catalog, wheel(name))
    overview, looked = Overview(catalog), []
    whole = catalog.project

    def look(name: str) -> Project:
        looked.append(name)
        return whole(name)

    monkeypatch.setattr(catalog, "project", look)
    for _ in range(3):
        assert [each.name for each in overview.rows()] == ["one", "two"]
    published(catalog, wheel("two", version="2.0"))
    overview.rows()
    assert looked == ["one", "two", "two"]


# --- releases


@given(
    st.lists(st.sampled_from(["0.1", "0.2", "0.2.1", "0.3rc1", "1.0", "1.0.post1", "2.0.dev1"]), min_size=1),
    st.sets(st.sampled_from(["0.2", "1.0"])),
    st.sampled_from(["", "==0.2.*", "==1.0", "==9", ">=0.3rc1", "<1", "~=0.2", "!=1.0", "===1.0", "==0.2"]),
)
def test_a_specifier_installs_what_packaging_would_choose(
    versions: list[str], yanked: set[str], specifier: str
) -> None:
    files = tuple(
        File(
            f"demo-{each}.tar.gz", "0" * 64, 1, "2026-01-01T00:00:00Z", yanked="" if each in yanked else None
        )
        for each in sorted(set(versions))
    )
    found = releases.releases(with_files(Project("demo"), files))
    taken = releases.installed_by(SpecifierSet(specifier), found)
    offered = [str(one.version) for one in found if one.yanked is None]
    wanted = max(SpecifierSet(specifier).filter(offered), key=Version, default=None)
    if wanted is None and specifier in {"==1.0", "===1.0", "==0.2"}:
        pinned = specifier.lstrip("=")
        wanted = pinned if pinned in versions else None
    assert (None if taken is None else str(taken.version)) == wanted


def test_a_project_of_thousands_of_files_is_shown_in_one_short_page(index: Running) -> None:
    files = tuple(
        File(f"demo_pkg-1.{number}-py3-none-any.whl", "0" * 64, 1, "2026-01-01T00:00:00.000000Z")
        for number in range(3000)
    )
    published(index.catalog, wheel(version="2.0"))
    project = index.catalog.project("demo-pkg")
    document = simple.dump(with_files(project, (*project.files, *files)))
    store, key = index.catalog.store, simple.key_of("demo-pkg")
    store.swap(key, document, store.tag(key))
    page = fetch(index, "project/demo-pkg/").text
    assert page.count("<li") < people.MAX_RELEASES + 20
    assert len(page) < 30_000
    assert 'href="/project/demo-pkg/releases">All 3001 releases' in page
    assert fetch(index, "project/demo-pkg/releases").text.count("/project/demo-pkg/1.") == 3000


# --- descriptions


class Elements(HTMLParser):
    """Every element and attribute of a text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


PIECES = st.sampled_from(
    [
        *(piece for piece in re.split(r"(?<=>)|\n", HOSTILE_HTML + HOSTILE_MARKDOWN) if piece),
        *(
            "<a href=",
            "'",
            '"',
            ">",
            "<!--",
            "-->",
            "<![CDATA[",
            "&#x6a;",
            "&lt;",
            "`",
            "](",
            "\n\n",
            "<p id=content>",
        ),
        *("<svg><style>", "</title>", "<template>", "<select><option>", "\0", "java\tscript:", "|a|\n|-|\n"),
    ]
)


@given(st.lists(PIECES | st.text(max_size=8), max_size=12))
def test_a_rendered_description_holds_listed_elements_and_safe_addresses_alone(parts: list[str]) -> None:
    html = readme.render("".join(parts), about.MARKDOWN, 2)
    assert html is not None
    for tag, attributes in Elements(html).found:
        assert tag in readme._TAGS - {"h1", "h2"}
        allowed = readme._ATTRIBUTES.get(tag, set()) | {"class", "rel", "tabindex", "align"}
        assert attributes.keys() <= allowed
        address = attributes.get("href") or "#readme-"
        assert address.startswith(("#readme-", "http://", "https://", "mailto:")), address
        assert (attributes.get("id") or "readme-").startswith("readme-")


def test_a_description_keeps_what_github_would_show() -> None:
    html = readme.render(README, about.MARKDOWN, 2) or ""
    for part in (
        '<h3 id="readme-demo-contracts">demo-contracts</h3>',
        '<h4 id="readme-concepts">',
        'href="#readme-concepts"',
        '<img alt="build">',
        "☑ statuses",
        "☐ events",
        "<s>numbers</s>",
        '<td align="right">300</td>',
        '<a href="https://docs.example/contracts"',
        "<summary>More</summary>",
        'class="markdown-alert-warning"',
        '<pre tabindex="0"><code>from demo_contracts',
    ):
        assert part in html
    assert "badge.svg" not in html
    assert "contracts/" not in html.replace("docs.example/contracts", "")


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        ("", "text/x-rst"),
        ("text/markdown; charset=UTF-8; variant=GFM", "text/markdown"),
        ("Text/Plain", "text/plain"),
        ("nonsense", "text/plain"),
    ],
)
def test_a_description_is_of_the_kind_that_its_metadata_names(given: str, kind: str) -> None:
    assert about.media_type(given) == kind


def test_only_web_addresses_become_links() -> None:
    rows = "".join(
        f"Project-URL: {label}, {url}\n"
        for label, url in (
            ("good", "https://a.example/x"),
            ("script", "javascript:alert(1)"),
            ("data", "data:text/html,x"),
            ("split", "https:\\\\evil"),
            ("none", "https://"),
        )
    )
    metadata = f"Metadata-Version: 2.1\nName: a\nVersion: 1\nHome-page: JAVASCRIPT:x\n{rows}".encode()
    assert about.about(metadata).links == (("good", "https://a.example/x"),)


# --- apart

HUNG = "[" * 60_000 + "![a](" * 20_000
NESTED = "<div>" * 40_000


@pytest.mark.parametrize("text", [HUNG, NESTED], ids=["brackets", "depth"])
def test_what_takes_too_long_is_ended_and_shown_as_it_is(text: str) -> None:
    question = json.dumps({"text": text, "type": about.MARKDOWN, "below": 2}).encode()
    begun = time.monotonic()
    assert apart.run("crucible_pipeline.index.readme", question, seconds=0.6) is None
    assert time.monotonic() - begun < 30


def test_a_process_apart_inherits_no_secret_and_is_bounded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = (
        "import os, json\nfrom crucible_pipeline.index.apart import confined\n"
        "def work(given):\n"
        "    found = {'secret': os.environ.get('CRUCIBLE_SECRET')}\n"
        "    memory, disk = lambda: bytearray(2 << 30), lambda: open('out', 'wb', 0).write(b'x')\n"
        "    for name, do in (('memory', memory), ('disk', disk)):\n"
        "        try:\n            do(); found[name] = 'had'\n"
        "        except (MemoryError, OSError):\n            found[name] = 'refused'\n"
        "    return json.dumps(found).encode()\n"
        "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\nconfined(work)\n"
    )
    (tmp_path / "strange.py").write_text(program)
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}:{Path(apart.__file__).parents[2]}")
    monkeypatch.setenv("CRUCIBLE_SECRET", "token")
    monkeypatch.chdir(tmp_path)
    answer = apart.run("strange", b"")
    assert json.loads(answer or b"null") == {"secret": None, "memory": "refused", "disk": "refused"}


def test_an_answer_is_made_once_and_a_crowd_is_sent_away(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []

    def run(module: str, given: bytes) -> bytes | None:
        made.append(module)
        return given or None

    monkeypatch.setattr(apart, "run", run)
    desk = Apart()
    assert [desk.answer("m", ("a",), lambda: b"one") for _ in range(3)] == [b"one"] * 3
    assert desk.answer("m", ("b",), lambda: b"") is None
    assert desk.answer("m", ("b",), lambda: b"") is None
    assert len(made) == 2
    monkeypatch.setattr(apart, "FAILED_SECONDS", -1.0)
    assert desk.answer("m", ("b",), lambda: b"late") == b"late"
    monkeypatch.setattr(apart, "MAX_WAITING", 0)
    with pytest.raises(Busy):
        desk.answer("m", ("c",), lambda: b"")
    assert desk.answer("m", ("a",), lambda: b"") == b"one"


def test_what_is_kept_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apart, "run", lambda _, given: given)
    monkeypatch.setattr(apart, "MAX_KEPT_BYTES", 100)
    desk = Apart()
    for number in range(30):
        desk.answer("m", (str(number),), lambda: bytes(30))
    assert len(desk._kept) == 3
    assert desk._bytes == 90


# --- over HTTP

PATHS = (
    "",
    "?q=demo",
    "project/demo-contracts/",
    "project/demo-contracts/0.3.0/",
    "project/demo-contracts/releases",
    "project/demo-contracts/0.3.0/changelog",
    "project/demo-contracts/compare?from=0.3.0&to=0.4.0",
    "rules",
)


@pytest.fixture(scope="module")
def site() -> Iterator[Running]:
    with running(contracts=CONTRACTS) as index:
        release(index, "0.3.0", OLD)
        release(index, "0.4.0", GROWN, README)
        yield index


@pytest.mark.parametrize("path", PATHS)
def test_every_page_has_strict_headers_and_is_sent_once(site: Running, path: str) -> None:
    answer = fetch(site, path)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    policy = dict(rule.strip().split(" ", 1) for rule in answer.headers["content-security-policy"].split(";"))
    assert policy.pop("style-src").startswith("'sha256-")
    none = dict.fromkeys(("default-src", "base-uri", "frame-ancestors"), "'none'")
    assert policy == {**none, "form-action": "'self'"}
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.headers["referrer-policy"] == "same-origin"
    assert answer.headers["cross-origin-opener-policy"] == "same-origin"
    again = fetch(site, path, If_None_Match=answer.headers["etag"])
    assert (again.status_code, again.content) == (304, b"")
    with CLIENT.stream("GET", f"{site.url}{path}", headers={"accept-encoding": "gzip"}) as packed:
        assert packed.headers["content-encoding"] == "gzip"
        assert gzip.decompress(b"".join(packed.iter_raw())) == answer.content
        assert packed.headers["etag"] != answer.headers["etag"]
    assert fetch(site, path, "HEAD").content == b""
    assert "<script" not in answer.text


def test_a_comparison_shows_each_change_with_its_rule_in_either_order(site: Running) -> None:
    page = fetch(site, "project/demo-contracts/compare?from=0.3.0&to=0.4.0")
    assert fetch(site, "project/demo-contracts/compare?from=0.4.0&to=v0.3").text == page.text
    assert 'href="/rules#enum-value-added"' in page.text
    assert "&#34;firecracker&#34;" in page.text
    assert 'id="enum-value-added"' in fetch(site, "rules").text
    same = fetch(site, "project/demo-contracts/compare?from=0.3.0&to=0.3.0").text
    assert "say the same" in same


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("", 400),
        ("?from=0.3.0", 400),
        ("?from=x&to=y", 400),
        ("?from=0.3.0&to=9", 404),
        ("?from=<b>&to=1", 400),
    ],
)
def test_a_comparison_of_what_is_not_there_is_refused(site: Running, query: str, status: int) -> None:
    answer = fetch(site, f"project/demo-contracts/compare{query}")
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("text/plain")


def test_contracts_that_cannot_be_read_are_told_and_hurt_nothing() -> None:
    with running(contracts=CONTRACTS) as index:
        release(index, "1.0", b'{"format": 99}')
        release(index, "1.1", b"\xff\xfe")
        release(index, "1.2", OLD)
        for old, new in (("1.0", "1.2"), ("1.1", "1.2")):
            page = fetch(index, f"project/demo-contracts/compare?from={old}&to={new}")
            assert page.status_code == 200
            assert "cannot be read" in page.text
        post(index, wheel("demo-contracts", "1.3"))
        assert fetch(index, "project/demo-contracts/compare?from=1.2&to=1.3").status_code == 404


def test_an_index_without_contracts_compares_nothing(index: Running) -> None:
    release(index, "0.3.0", OLD)
    assert fetch(index, "rules").status_code == 404
    assert fetch(index, "project/demo-contracts/compare/?from=0.3.0&to=0.3.0").status_code == 404
    assert "Compare" not in fetch(index, "project/demo-contracts/").text


def test_names_of_the_upstream_show_only_when_they_are_asked_for() -> None:
    with running() as other, running(upstream=lambda: other.simple_url) as index:
        post(other, wheel("foreign-gateway"))
        post(index, wheel("own-gateway"))
        assert fetch(index, "simple/foreign-gateway/").status_code == 200
        assert "foreign" not in fetch(index, "").text
        plain = fetch(index, "?q=gateway").text
        assert ("own-gateway" in plain, "foreign-gateway" in plain) == (True, False)
        assert 'href="?q=gateway&amp;upstream=1"' in plain
        asked = fetch(index, "?q=gateway&upstream=1").text
        assert '<a href="/simple/foreign-gateway/" rel="nofollow">foreign-gateway</a>' in asked
        assert "foreign" not in fetch(index, "?q=own&upstream=1").text
        assert fetch(index, "project/foreign-gateway/").status_code == 404
        assert "upstream" not in fetch(other, "?q=gateway&upstream=1").text


SEGMENTS = st.sampled_from(
    [
        *("demo-contracts", "Demo.Contracts", "0.3.0", "9", "..", "%2e%2e", "%00", "%0d%0aSet-Cookie:x", ""),
        *("compare", "releases", "changelog", "reference", "yank", "<script>", "%3Cscript%3E", "a" * 300),
        "//evil.example",
    ]
)


@settings(max_examples=60)
@given(
    st.lists(SEGMENTS, max_size=4),
    st.dictionaries(
        st.sampled_from(["q", "from", "to", "page", "upstream"]), st.text(max_size=20), max_size=3
    ),
)
def test_any_address_below_a_project_is_answered_without_a_fault(
    site: Running, segments: list[str], query: dict[str, str]
) -> None:
    answer = CLIENT.get(f"{site.url}project/{'/'.join(segments)}", params=query, headers={"accept": BROWSER})
    assert answer.status_code in {200, 301, 307, 400, 401, 404}
    assert "<script" not in answer.text
    assert "set-cookie" not in answer.headers
    assert not answer.headers.get("location", "/").startswith(("//", "https://evil", "http://evil"))


def test_a_refusal_is_a_page_for_a_browser_and_a_line_for_a_program(site: Running) -> None:
    program = fetch(site, "project/unknown/")
    reader = fetch(site, "project/unknown/", Accept=BROWSER)
    assert (program.status_code, reader.status_code) == (404, 404)
    assert program.headers["content-type"].startswith("text/plain")
    assert reader.headers["content-type"].startswith("text/html")
    assert "<h1>Not found</h1>" in reader.text
    assert "content-security-policy" in reader.headers
    hostile = fetch(site, "project/a%3Cscript%3E/", Accept=BROWSER)
    assert (hostile.status_code, "<script" in hostile.text) == (404, False)


def test_a_quarantined_project_shows_nothing_of_its_files() -> None:
    with running(contracts=CONTRACTS) as index:
        release(index, "0.3.0", OLD)
        release(index, "0.4.0", GROWN, README)
        assert "firecracker" in fetch(index, "project/demo-contracts/0.4.0/changelog").text
        assert "Concepts" in fetch(index, "project/demo-contracts/").text
        index.catalog.set_status("demo-contracts", Status("quarantined", "a key was published"))
        page = fetch(index, "project/demo-contracts/").text
        assert "a key was published" in page
        assert "demo_contracts-0.4.0.tar.gz" in page
        for hidden in (
            "/files/",
            "What the services of the platform",
            "pip install",
            "Concepts",
            "/integrity/",
        ):
            assert hidden not in page
        for path in ("0.4.0/changelog", "0.4.0/reference", "compare?from=0.3.0&to=0.4.0"):
            assert fetch(index, f"project/demo-contracts/{path}").status_code == 404
        assert "What the services" not in fetch(index, "?q=demo").text


def test_links_hold_no_host_that_a_request_could_choose(site: Running) -> None:
    page = fetch(site, "project/demo-contracts/", Host="evil.example").text
    assert not re.search(r'(href|action|src)="[^"]*evil\.example', page)


def test_a_reader_without_a_token_is_asked_for_one() -> None:
    with running(contracts=CONTRACTS, anonymous_read=False) as index:
        release(index, "0.3.0", OLD)
        _, other = Access(index.catalog.store).create(("other",), ("read",))
        paths = [
            "",
            *(f"project/demo-contracts/{rest}" for rest in ("", "0.3.0/", "releases", "0.3.0/changelog")),
        ]
        for path in [*paths, "project/demo-contracts/compare?from=0.3.0&to=0.3.0"]:
            stranger = fetch(index, path, Accept=BROWSER)
            assert (stranger.status_code, "Basic" in stranger.headers["www-authenticate"]) == (401, True)
            if path:
                assert fetch(index, path, Authorization=f"Bearer {other}").status_code == 403
            assert fetch(index, path, Authorization=f"Bearer {index.token}").status_code == 200
        page = fetch(index, "project/demo-contracts/", Authorization=f"Bearer {index.token}").text
        assert "Reading needs a token" in page


@pytest.mark.parametrize(
    ("members", "text"),
    [
        ((("CHANGELOG.md", b"# One"),), '<h2 id="readme-one">One</h2>'),
        ((("NEWS.txt", b"news <b>"), ("docs/CHANGELOG.md", b"# No")), "news &lt;b&gt;"),
        ((("HISTORY.rst", b"Old\n===\n\ntext"), ("changes", b"a list")), "a list"),
        ((("README.md", b"# No"),), None),
        ((("CHANGELOG.md", b"\xff\xfe**x**"),), "<strong>x</strong>"),
    ],
)
def test_the_changelog_is_the_one_at_the_top_of_the_source_distribution(
    index: Running, members: tuple[tuple[str, bytes], ...], text: str | None
) -> None:
    stem = "demo_pkg-1.0"
    post(index, sdist(more=tuple((f"{stem}/{name}", data) for name, data in members)))
    answer = fetch(index, "project/demo-pkg/1.0/changelog")
    assert answer.status_code == (200 if text else 404)
    assert (text or "") in answer.text
    assert ("/changelog" in fetch(index, "project/demo-pkg/").text) is (text is not None)


def test_a_release_whose_files_are_lost_still_has_its_page(index: Running) -> None:
    release(index, "0.3.0", OLD)
    for file in index.catalog.project("demo-contracts").files:
        for key in file.keys[:2]:
            index.catalog.store.delete(key)
    inside._CHANGELOGS.clear()
    inside._MEMBERS.clear()
    page = fetch(index, "project/demo-contracts/")
    assert (page.status_code, "demo_contracts-0.3.0.tar.gz" in page.text) == (200, True)
    for path in ("0.3.0/reference", "0.3.0/changelog"):
        assert fetch(index, f"project/demo-contracts/{path}").status_code == 404
    release(index, "0.3.0", OLD)
    assert fetch(index, "project/demo-contracts/0.3.0/changelog").status_code == 200


def test_a_large_source_distribution_is_read_no_further_than_is_reasonable(
    index: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inside, "MAX_UNPACKED_BYTES", 50_000)
    members = (("demo_pkg-1.0/big.bin", bytes(60_000)), ("demo_pkg-1.0/CHANGELOG.md", b"# Late"))
    post(index, sdist(more=members))
    assert fetch(index, "project/demo-pkg/1.0/changelog").status_code == 404


def lines(index: Running) -> dict[str, str]:
    """Installer → the lines that the project's page shows for it."""
    page = fetch(index, "project/demo-pkg/").text
    return dict(re.findall(r"<dt>([^<]+)</dt>\n<dd><pre[^>]*><code>([^<]+)</code>", page))


def test_the_install_lines_install_the_release(
    index: Running, tmp_path: Path, clean_environment: dict[str, str]
) -> None:
    post(index, wheel(body=b"VALUE = 7\n"))
    post(index, sdist())
    shown = lines(index)
    assert list(shown) == ["pip", "uv", "Poetry", "requirements.txt"]
    (tmp_path / "requirements.txt").write_text(shown["requirements.txt"])
    (tmp_path / "pyproject.toml").write_text(
        '[project]\nname = "service"\nversion = "1"\nrequires-python = ">=3.11"\n'
    )
    pip = [sys.executable, "-m", *shown["pip"].split(), "--target", "by-pip", "--no-compile"]
    uv = [str(Path(sys.executable).with_name("uv")), *shown["uv"].split()[1:]]
    locked = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--no-compile",
        "--target",
        "locked",
        "-r",
        "requirements.txt",
    ]
    for command in (pip, uv, locked):
        done = subprocess.run(
            command,
            cwd=tmp_path,
            env=clean_environment,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stderr
    found = [*tmp_path.glob("by-pip/demo_pkg/__init__.py"), *tmp_path.glob("locked/demo_pkg/__init__.py")]
    found += tmp_path.glob(".venv/lib/*/site-packages/demo_pkg/__init__.py")
    assert [path.read_text() for path in found] == ["VALUE = 7\n"] * 3


@pytest.mark.slow
def test_the_lines_for_poetry_install_the_release(
    index: Running, tmp_path: Path, clean_environment: dict[str, str]
) -> None:
    post(index, wheel(body=b"VALUE = 7\n"))
    (tmp_path / "pyproject.toml").write_text(
        '[project]\nname = "service"\nversion = "1"\nrequires-python = ">=3.11"\n'
        "[tool.poetry]\npackage-mode = false\n"
    )
    environment = {**clean_environment, "POETRY_VIRTUALENVS_IN_PROJECT": "true", "HOME": str(tmp_path)}
    for line in lines(index)["Poetry"].splitlines():
        done = subprocess.run(
            [programs() / "poetry", *line.split()[1:], "--no-interaction"],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
    (installed,) = tmp_path.glob(".venv/lib/*/site-packages/demo_pkg/__init__.py")
    assert installed.read_text() == "VALUE = 7\n"

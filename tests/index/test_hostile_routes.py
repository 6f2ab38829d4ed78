"""Whatever is sent to whichever route: a decent answer, never a 5xx, no traceback, always the headers."""

import asyncio
import hashlib
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.types import Message, Scope

from crucible_pipeline.index.access import Access
from crucible_pipeline.index.catalog import Catalog
from crucible_pipeline.index.memory import MemoryStore
from crucible_pipeline.index.terms import Terms
from crucible_pipeline.index.verify import survey
from crucible_pipeline.index.web import application
from index.distributions import fields, metadata, published, wheel
from index.seeded import packed, right_sdist, right_wheel

SMALL, LARGE = 60, 15_000
CATALOG = Catalog(MemoryStore())
ACCESS = Access(CATALOG.store)
TOKEN = ACCESS.create(("*",))[1]
WHEEL = wheel(more="Summary: x\nDescription-Content-Type: text/markdown\n\n# Read me\n")
published(CATALOG, WHEEL)
SHA256 = hashlib.sha256(WHEEL.content).hexdigest()
APP = application(CATALOG, ACCESS, Terms(max_upload_bytes=1 << 20))

Answer = tuple[int, list[tuple[bytes, bytes]], bytes]


def ask(
    method: str, path: bytes, query: bytes, headers: list[tuple[bytes, bytes]], body: bytes = b""
) -> Answer:
    """One request straight to the application; what it raises comes out here."""
    scope: Scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path.decode("utf-8", "surrogateescape").encode("utf-8", "replace").decode(),
        "raw_path": path,
        "query_string": query,
        "root_path": "",
        "headers": headers,
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
    }
    sent: list[Message] = []
    waiting = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Message:
        return waiting.pop(0) if waiting else {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    async def run() -> None:
        await APP(scope, receive, send)

    asyncio.run(run())
    start = sent[0]
    return start["status"], list(start["headers"]), b"".join(each.get("body", b"") for each in sent[1:])


def decent(answer: Answer) -> None:
    """What holds of every answer of this index."""
    status, headers, body = answer
    assert status < 500
    assert b"Traceback" not in body
    assert TOKEN.encode() not in body
    named = {name.lower(): value for name, value in headers}
    assert named.get(b"x-content-type-options") == b"nosniff"
    assert all(b"\r" not in value and b"\n" not in value and b"\0" not in value for value in named.values())
    if b"location" in named:
        assert named[b"location"].startswith(b"/")
        assert not named[b"location"].startswith((b"//", b"/\\"))
    if named.get(b"content-type", b"").startswith(b"text/html") and b"content-security-policy" in named:
        assert b"default-src 'none'" in named[b"content-security-policy"]


WORDS = [
    "simple",
    "files",
    "legacy",
    "project",
    "integrity",
    "pypi",
    "json",
    "provenance",
    "health",
    "yank",
    "_",
    "oidc",
    "audience",
    "mint-token",
    "search",
    "compare",
    "releases",
    "changelog",
    "pins",
    "metrics",
    "upstream",
    "reference",
    "demo-pkg",
    "Demo.Pkg",
    "1.0",
    "1.0.0",
    "v1",
    "2!1.0+x",
    SHA256[:2],
    SHA256,
    WHEEL.filename,
    f"{WHEEL.filename}.metadata",
    "..",
    ".",
    "",
    "access",
    "tokens.json",
    "%2e%2e",
    "..%2f..%2faccess%2ftokens.json",
    "a\r\nX: y",
    "<script>",
    "\u00e9",
    "\udcff",
    "a" * 300,
    "\\",
    "//evil.example",
    "evil.example:80",
    "'\"",
    "\0",
    "{name}",
    "index.json",
]
SEGMENTS = st.one_of(st.sampled_from(WORDS), st.sampled_from(WORDS), st.text(max_size=6))
PATHS = st.builds(
    lambda parts, end: "/" + "/".join(parts) + end,
    st.lists(SEGMENTS, max_size=5),
    st.sampled_from(["", "/"]),
).map(lambda path: path.encode("utf-8", "surrogateescape" if path.isprintable() else "replace"))
METHODS = st.sampled_from(
    ["GET", "GET", "GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "X"]
)
VALUES = st.one_of(
    st.binary(max_size=20).map(lambda value: bytes(each for each in value if each not in b"\r\n\0")),
    st.sampled_from(
        [
            b"application/vnd.pypi.simple.v1+json",
            b"text/html;q=0.1, */*;q=9",
            b"*",
            b"bytes=0-1",
            b"bytes=-0",
            b"bytes=9999999999999999999999-",
            b"bytes=5-1,2-3",
            b"items=1",
            b"gzip;q=0",
            b"br, zstd, gzip",
            b'W/"x"',
            b"Basic",
            b"Basic ====",
            b"Basic " + b"x" * 200,
            b"Bearer ",
            b"Bearer crucible_x",
            b"-1",
            b"9" * 30,
            b"1e3",
            b"multipart/form-data",
            b"multipart/form-data; boundary=",
            b"application/x-www-form-urlencoded",
            b"http://evil.example",
            b"null",
            b"evil.example",
            b"cross-site",
            b"Thu, 01 Jan 1970 00:00:00 GMT",
            b"\xff\xfe",
        ]
    ),
)
HEADERS = st.lists(
    st.tuples(
        st.sampled_from(
            [
                b"accept",
                b"accept-encoding",
                b"range",
                b"if-range",
                b"if-none-match",
                b"authorization",
                b"content-type",
                b"content-length",
                b"host",
                b"origin",
                b"sec-fetch-site",
                b"x-forwarded-host",
                b"x-forwarded-proto",
                b"via",
                b"cookie",
                b"expect",
                b"transfer-encoding",
                b"if-modified-since",
                b"user-agent",
            ]
        ),
        VALUES,
    ),
    max_size=5,
    unique_by=lambda pair: pair[0],
)
QUERIES = st.one_of(
    st.just(b""),
    st.sampled_from(
        [
            b"format=application/vnd.pypi.simple.v1%2Bjson",
            b"q=%00",
            b"q=" + b"a" * 500,
            b"from=1.0&to=%ff",
            b"&=&",
        ]
    ),
    st.binary(max_size=12),
)


def request(
    method: str, path: bytes, query: bytes, headers: list[tuple[bytes, bytes]], *, known: bool
) -> None:
    given = [pair for pair in headers if not (known and pair[0] == b"authorization")]
    if known:
        given.append((b"authorization", f"Bearer {TOKEN}".encode()))
    decent(ask(method, path, query, given))


REQUESTS = {"method": METHODS, "path": PATHS, "query": QUERIES, "headers": HEADERS, "known": st.booleans()}


def test_every_route_answers_every_request_decently() -> None:
    settings(max_examples=SMALL, deadline=None)(given(**REQUESTS)(request))()


@pytest.mark.slow
def test_every_route_answers_every_request_decently_in_a_long_search() -> None:
    settings(max_examples=LARGE, deadline=None)(given(**REQUESTS)(request))()


@pytest.mark.parametrize(
    "path", ["/health/", "/project/demo-pkg", "/pypi/demo-pkg/json/", "//health/", "/\\health/"]
)
def test_a_missing_or_spare_slash_leads_nowhere_else(path: str) -> None:
    answer = ask("GET", path.encode(), b"a=1&b=%0d%0a", [(b"host", b"evil.example")])
    decent(answer)
    places = [value for name, value in answer[1] if name == b"location"]
    assert places == (
        []
        if path[1] in "/\\"
        else [f"{path.removesuffix('/')}{'' if path[-1] == '/' else '/'}?a=1&b=%0d%0a".encode()]
    )


@pytest.mark.parametrize(
    "path", [b"/simple/Demo.Pkg/", b"/simple/x", b"/project/Demo.Pkg/", b"/health/", b"/"]
)
def test_a_query_that_is_no_text_breaks_nothing(path: bytes) -> None:
    for query in (b"\xff", b"q=\xc3\x28", b"%ff", b"\0", b"a b"):
        decent(ask("GET", path, query, []))


# The upload form.

FIELD_NAMES = st.sampled_from(
    [
        ":action",
        "protocol_version",
        "name",
        "version",
        "filetype",
        "sha256_digest",
        "md5_digest",
        "blake2_256_digest",
        "metadata_version",
        "content",
        "attestations",
        "classifiers",
        "x",
        "",
        "gpg_signature",
        "\u00e9",
        'a"; filename="b',
    ]
)
FIELD_VALUES = st.one_of(
    st.sampled_from(
        [
            "file_upload",
            "1",
            "demo-pkg",
            "1.0",
            "bdist_wheel",
            "",
            "[]",
            "[{}]",
            "[[" * 600,
            "../x",
            "\0",
            "1" * 400,
        ]
    ),
    st.text(max_size=12),
)
FILENAMES = st.one_of(
    st.sampled_from(
        [
            right_wheel().filename,
            right_sdist().filename,
            "../../demo_pkg-1.0-py3-none-any.whl",
            "",
            "a",
            "demo_pkg-1.0.tar.gz\r\nX: y",
            "demo_pkg-1.0-py3-none-any.whl\0.txt",
            "C:\\demo_pkg-1.0-py3-none-any.whl",
            "/etc/passwd",
            "demo_pkg-1.0-py3-none-any.WHL",
            "demo_pkg-1.0+local-py3-none-any.whl",
            "demo_pkg-1.0-py3.whl",
            "\u00e9-1.0.tar.gz",
            "a" * 500 + "-1.0.tar.gz",
        ]
    ),
    st.text(max_size=20),
)
CONTENTS = st.one_of(
    st.sampled_from(
        [right_wheel().content, right_sdist().content, b"", b"PK", packed(head=metadata("evil", "9")).content]
    ),
    st.binary(max_size=200),
)
BOUNDARIES = st.sampled_from(
    [b"x", b"x", b"x", b"x", b"", b"y", b"x" * 80, b'"x"', b"x; boundary=y", b"\xff"]
)
CODINGS = st.sampled_from([b"", b"", b"", b"base64", b"quoted-printable", b"gzip"])
RIGHT_FORM = [(name, value) for name, value in fields(right_wheel()).items()]


def form_body(
    texts: list[tuple[str, str]], files: list[tuple[str, bytes]], coding: bytes, tail: bytes, newline: bytes
) -> bytes:
    body = b""
    head = b"Content-Transfer-Encoding: " + coding + newline if coding else b""
    for name, value in texts:
        body += b'--x%bContent-Disposition: form-data; name="%b"%b%b%b%b%b' % (
            newline,
            name.encode(),
            newline,
            head,
            newline,
            value.encode(),
            newline,
        )
    for name, content in files:
        body += b'--x%bContent-Disposition: form-data; name="content"; filename="%b"%b%b%b%b%b' % (
            newline,
            name.encode(),
            newline,
            head,
            newline,
            content,
            newline,
        )
    return body + tail


def upload_form(
    *,
    texts: list[tuple[str, str]],
    files: list[tuple[str, bytes]],
    coding: bytes,
    tail: bytes,
    newline: bytes,
    boundary: bytes,
) -> None:
    body = form_body(texts, files, coding, tail, newline)
    headers = [
        (b"content-type", b"multipart/form-data; boundary=" + boundary),
        (b"authorization", f"Bearer {TOKEN}".encode()),
        (b"content-length", str(len(body)).encode()),
    ]
    answer = ask("POST", b"/legacy/", b"", headers, body)
    decent(answer)
    assert answer[0] in {200, 400, 403, 409, 413}
    assert answer[2].strip()


FORMS: dict[str, st.SearchStrategy[Any]] = {
    "texts": st.one_of(
        st.lists(st.tuples(FIELD_NAMES, FIELD_VALUES), max_size=8),
        st.lists(st.tuples(FIELD_NAMES, FIELD_VALUES), max_size=2).map(lambda more: [*RIGHT_FORM, *more]),
        st.sets(st.integers(0, 5), max_size=2).map(
            lambda gone: [pair for index, pair in enumerate(RIGHT_FORM) if index not in gone]
        ),
    ),
    "files": st.lists(st.tuples(FILENAMES, CONTENTS), max_size=2),
    "coding": CODINGS,
    "tail": st.sampled_from(
        [b"--x--\r\n", b"--x--\r\n", b"--x--\r\n", b"", b"--x", b"--y--\r\n", b"\r\n\r\n", b"--x\r\n\r\n"]
    ),
    "newline": st.sampled_from([b"\r\n", b"\r\n", b"\r\n", b"\n"]),
    "boundary": BOUNDARIES,
}


def test_every_form_is_answered_decently_and_publishes_nothing_wrong() -> None:
    settings(max_examples=SMALL, deadline=None)(given(**FORMS)(upload_form))()
    nothing_wrong()


@pytest.mark.slow
def test_every_form_is_answered_decently_and_publishes_nothing_wrong_in_a_long_search() -> None:
    long = settings(max_examples=LARGE, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    long(given(**FORMS)(upload_form))()
    nothing_wrong()


def nothing_wrong() -> None:
    assert survey(CATALOG).findings == ()
    right = {dist.filename: dist.content for dist in (WHEEL, right_wheel(), right_sdist())}
    for name in CATALOG.projects():
        for file in CATALOG.project(name).files:
            assert CATALOG.store.get(file.key).data in {right[file.name], WHEEL.content}


def test_the_form_that_the_search_changes_is_right() -> None:
    """So that the search starts from what is accepted."""
    catalog = Catalog(MemoryStore())
    access = Access(catalog.store)
    app = application(catalog, access)
    body = form_body(
        RIGHT_FORM, [(right_wheel().filename, right_wheel().content)], b"", b"--x--\r\n", b"\r\n"
    )
    headers = {
        "Content-Type": "multipart/form-data; boundary=x",
        "Authorization": f"Bearer {access.create(('*',))[1]}",
    }

    async def send() -> httpx.Response:
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app=app), base_url="http://index"
        ) as client:
            return await client.post("/legacy/", headers=headers, content=body)

    assert asyncio.run(send()).status_code == 200
    assert quote(right_wheel().filename) in str(catalog.project("demo-pkg").files[0].key)

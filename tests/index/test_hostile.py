"""The classes of holes that other private indexes had, one test each."""

import base64
import hmac
import logging
import socket
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from crucible_pipeline.index.access import Access, Unauthorized
from crucible_pipeline.index.memory import MemoryStore
from crucible_pipeline.index.server import Running, running
from index.distributions import CLIENT, Dist, fetch, fields, post, sdist, wheel
from index.seeded import packed


def raw(index: Running, request: bytes) -> bytes:
    """Send exactly these bytes, and read until the server closes."""
    parts = urlsplit(index.url)
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=20) as connection:
        connection.sendall(request)
        answer = b""
        while piece := connection.recv(1 << 16):
            answer += piece
    return answer


def asked(index: Running, target: bytes, *headers: bytes) -> bytes:
    lines = [b"GET " + target + b" HTTP/1.1", b"Host: packages.example", b"Connection: close", *headers]
    return raw(index, b"\r\n".join(lines) + b"\r\n\r\n")


def test_path_traversal_neither_reads_nor_writes_outside_of_the_index(tmp_path: Path) -> None:
    with running(tmp_path / "index") as index:
        secret = tmp_path / "index" / "access" / "tokens.json"
        (tmp_path / "outside.txt").write_text("outside")
        before = {path for path in tmp_path.rglob("*") if path.is_file()}
        assert secret in before
        climbs = [
            b"..",
            b"%2e%2e",
            b"..%2f..",
            b"..%5c",
            b"%252e%252e",
            b"....//",
            b"%c0%ae%c0%ae",
            b".%00./",
        ]
        for climb in climbs:
            for start in (b"/", b"/files/", b"/files/aa/bb/", b"/simple/", b"/simple/demo/", b"/project/"):
                for end in (
                    b"/access/tokens.json",
                    b"/outside.txt",
                    b"/../outside.txt",
                    b"/../../etc/passwd",
                ):
                    answer = asked(index, start + climb + end)
                    assert b"sha256" not in answer.partition(b"\r\n\r\n")[2]
                    assert b"outside" not in answer.partition(b"\r\n\r\n")[2].replace(b"outside.txt", b"")
                    assert b"root:" not in answer
        climbing = "../../x-1.0.tar.gz", "/etc/x-1.0.tar.gz", "..\\x-1.0.tar.gz", "x-1.0.tar.gz/../../y"
        for name in (*climbing, "..%2fx-1.0.tar.gz", "x-1.0.tar.gz\0"):
            dist = sdist("x")
            assert post(index, Dist("x", "1.0", name, dist.content, "sdist")).status_code == 400, name
        for name in ("../x", "x/../../y", "..", "x\0"):
            assert post(index, wheel(), over={"name": name}).status_code == 400
        now = {path for path in tmp_path.rglob("*") if path.is_file()}
        # What the index notes of refusals is its own; no content came, and nothing outside of it.
        folders = {path.relative_to(tmp_path / "index").parts[0] for path in now - before}
        assert not folders & {"files", "simple"}
        assert (tmp_path / "outside.txt").read_text() == "outside"


def test_no_redirect_leads_to_another_site(index: Running) -> None:
    post(index, wheel())
    targets = [
        b"//evil.example/simple",
        b"//evil.example/..",
        b"/\\evil.example/simple",
        b"/simple//evil.example",
        b"/simple/%2f%2fevil.example",
        b"/simple/evil.example%2f..",
        b"/simple/Demo.Pkg//",
        b"/simple/Demo.Pkg",
        b"/simple/https:%2f%2fevil.example/",
        b"/project/Demo.Pkg/?next=//evil.example",
        b"/simple?//evil.example",
        b"http://evil.example/simple",
        b"http://evil.example/simple/Demo.Pkg/",
        b"/project/DEMO-PKG/1.0/reference",
        b"/health/",
        b"/project/demo-pkg",
        b"//health/",
        b"/pypi/demo-pkg/json/",
    ]
    redirects = 0
    for target in targets:
        headers = asked(index, target, b"X-Forwarded-Host: evil.example", b"X-Forwarded-Proto: javascript")
        for line in headers.partition(b"\r\n\r\n")[0].split(b"\r\n"):
            if line.lower().startswith(b"location:"):
                redirects += 1
                place = line.partition(b":")[2].strip().decode()
                assert urlsplit(place)[:2] == ("", ""), target
                assert place.startswith("/"), target
                assert not place.startswith(("//", "/\\")), target
    assert redirects >= 4


class Danger(HTMLParser):
    """Finds what could run on a page."""

    TAGS = frozenset(
        {"script", "iframe", "object", "embed", "applet", "base", "form", "svg", "math", "style", "meta"}
    )
    PLACES = frozenset({"href", "src", "action", "formaction", "xlink:href", "data", "poster"})
    SCHEMES = frozenset({"", "http", "https", "mailto"})

    def __init__(self, own: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self._own = own

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        text = self.get_starttag_text() or ""
        if tag in self.TAGS and text not in self._own:
            self.found.append(text)
        for name, value in attrs:
            scheme = urlsplit((value or "").strip().lower().replace("\t", "").replace("\n", "")).scheme
            bad_place = name in self.PLACES and scheme not in self.SCHEMES
            if name.startswith("on") or name == "srcdoc" or bad_place:
                self.found.append(text)


SCRIPT = "<script>alert(1)</script>"
HOSTILE = f"""
# Title {SCRIPT}

{SCRIPT}<img src=x onerror=alert(1)><svg onload=alert(1)><iframe srcdoc="{SCRIPT}"></iframe>

[a](javascript:alert(1)) [b](JaVaScRiPt:alert(1)) [c](data:text/html;base64,PHNjcmlwdD4=) [d](vbscript:x)
[e](java\tscript:alert(1)) ![f](javascript:alert(1)) <a href="javascript:alert(1)" onclick=alert(1)>g</a>

<form action=javascript:alert(1)><button>h</button></form>
<base href=//evil.example/><meta http-equiv=refresh content=0>

`{SCRIPT}` <math><mtext></form><style>{SCRIPT}</style> &lt;script&gt; <a\nhref="\x01javascript:alert(1)">i</a>
"""


@pytest.mark.parametrize(
    "kind", ["text/markdown", "text/x-rst", "text/plain", "text/markdown; variant=CommonMark"]
)
def test_no_script_in_readme_or_metadata_reaches_a_page(index: Running, kind: str) -> None:
    harmless = wheel("harmless", more=f"Summary: x\nDescription-Content-Type: {kind}\n\nText.\n")
    assert post(index, harmless).status_code == 200
    text = HOSTILE.replace("\x01", "")
    rst = f"\n\n.. raw:: html\n\n   {SCRIPT}\n\n`x <javascript:alert(1)>`_\n" if "rst" in kind else ""
    head = (
        "Metadata-Version: 2.4\nName: demo-pkg\nVersion: 1.0\n"
        f'Summary: {SCRIPT}"onmouseover="alert(1)\nAuthor: {SCRIPT}\nKeywords: {SCRIPT},"x\n'
        f"License: {SCRIPT}\nProject-URL: Home{SCRIPT}, javascript:alert(1)\n"
        f"Project-URL: B, data:text/html,{SCRIPT}\n"
        f"Home-page: javascript:alert(1)\nDownload-URL: javascript:alert(1)\nMaintainer: {SCRIPT}\n"
        f"Description-Content-Type: {kind}\n\n{text}{rst}"
    )
    assert post(index, packed(head=head.encode())).status_code == 200
    for path in (
        "",
        "project/demo-pkg/",
        "project/demo-pkg/1.0/",
        "simple/demo-pkg/",
        "search?q=demo",
        f"search?q={SCRIPT}",
    ):
        answer = fetch(index, path, Accept="text/html")
        own = fetch(index, path.replace("demo-pkg", "harmless"), Accept="text/html").text
        page = Danger(own)
        page.feed(answer.text)
        assert page.found == [], path
        if answer.status_code == 200 and not path.startswith("simple"):
            policy = answer.headers["content-security-policy"]
            assert "default-src 'none'" in policy
            assert "unsafe" not in policy


def test_no_token_reaches_a_log_the_store_or_an_answer(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    with running(tmp_path / "index", anonymous_read=False) as index:
        wrong = "crucible_" + "w" * 43
        answers: list[str] = []
        for secret in (index.token, wrong):
            answers.append(post(index, wheel(), secret).text)
            answers.append(post(index, wheel(version="2"), secret, over={"sha256_digest": "0" * 64}).text)
            for header in (
                f"Bearer {secret}",
                f"Basic {secret}",
                f"Basic {_basic(secret)}",
                f"Token {secret}",
            ):
                for path in ("simple/", "simple/demo-pkg/", "project/nothing/", "files/a/b/c", "nothing"):
                    answer = fetch(index, path, Authorization=header)
                    answers.append(answer.text + str(answer.headers))
            answers.append(fetch(index, f"simple/?token={secret}").text)
        kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()).decode("latin-1")
        # httpx is the client here.
        told = (each.getMessage() for each in caplog.records if not each.name.startswith("http"))
        logged = "\n".join(told) + "".join(capfd.readouterr()) + kept
        for secret in (index.token, wrong, _basic(index.token), _basic(wrong)):
            assert secret not in logged
            assert all(secret not in answer for answer in answers)


def _basic(secret: str) -> str:
    return base64.b64encode(f"__token__:{secret}".encode()).decode()


def test_no_line_break_makes_a_header(index: Running) -> None:
    assert post(index, wheel(more="Summary: a\n Set-Cookie: x=1\n")).status_code in {200, 400}
    index.catalog.projects()
    for target in (
        b"/simple/a%0d%0aSet-Cookie:%20x=1",
        b"/simple/a%0aSet-Cookie:%20x=1/",
        b"/simple/A.b%0d%0aSet-Cookie:x/",
        b"/project/A%0d%0aSet-Cookie:x/",
        b"/simple?%0d%0aSet-Cookie:x=1",
        b"/simple/Demo.Pkg?a=%0d%0aSet-Cookie:x",
        b"/files/aa/bb/a%0d%0aSet-Cookie:x-1.0.tar.gz",
        b"/project/Demo.Pkg/1%0d%0aSet-Cookie:x/reference",
    ):
        head = asked(index, target).partition(b"\r\n\r\n")[0]
        assert not any(line.lower().startswith(b"set-cookie") for line in head.split(b"\r\n")), target
    for name in ("demo_pkg-1.0.tar.gz\r\nSet-Cookie: x", "demo_pkg-1.0\n.tar.gz", "demo_pkg-1.0.tar.gz\0"):
        body = (
            "".join(
                f'--x\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'
                for key, value in fields(sdist()).items()
            ).encode()
            + f'--x\r\nContent-Disposition: form-data; name="content"; filename="{name}"\r\n\r\n'.encode()
            + sdist().content
            + b"\r\n--x--\r\n"
        )
        answer = CLIENT.post(
            index.upload_url,
            content=body,
            headers={
                "Content-Type": "multipart/form-data; boundary=x",
                "Authorization": f"Bearer {index.token}",
            },
        )
        assert answer.status_code == 400
        assert "set-cookie" not in answer.headers


def test_tokens_are_compared_in_constant_time_and_by_digests_of_one_length(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    access = Access(MemoryStore())
    made = [access.create(("*",)) for _ in range(5)]
    compared: list[tuple[int, int]] = []
    compare = hmac.compare_digest

    def spied(one: str, other: str) -> bool:
        compared.append((len(one), len(other)))
        return compare(one, other)

    monkeypatch.setattr("crucible_pipeline.index.access.hmac.compare_digest", spied)
    given = [made[0][1], made[4][1], "", "x", "crucible_" + "a" * 43, made[2][1][:-1], "x" * 10_000]
    for secret in given:
        compared.clear()
        right = secret in {each for _, each in made}
        try:
            access.check(f"Bearer {secret}", "upload", "demo-pkg")
            assert right
        except Unauthorized:
            assert not right
        # Each of them is compared, whichever fits, and always as many characters.
        assert compared in ([(64, 64)] * 5, [])
        assert compared or not secret

"""What stands in front of an index is believed where it was named, and makes no stranger a local reader."""

import asyncio
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from crucible_pipeline.cli import main
from crucible_pipeline.index.access import Access
from crucible_pipeline.index.catalog import Catalog
from crucible_pipeline.index.directory import DirectoryStore
from crucible_pipeline.index.later import Later
from crucible_pipeline.index.memory import MemoryStore
from crucible_pipeline.index.terms import Terms
from crucible_pipeline.index.web import application
from index.distributions import fetch, fields, post, wheel
from index.test_server import PROGRAM, SERVER, served

PROXY, READER = "10.1.2.3", "203.0.113.9"
FORWARDED = {"Host": "packages.example", "X-Forwarded-For": READER, "X-Forwarded-Proto": "https"}
PASSED_ON = ("X-Forwarded-For", "Forwarded", "X-Real-IP")


def asked(
    proxies: tuple[str, ...], peer: str, headers: dict[str, str] = FORWARDED
) -> tuple[str, list[str | None]]:
    """The front page as a peer gets it, and where an upload by it came from by the audit log."""
    store = MemoryStore()
    catalog, access = Catalog(store), Access(store)
    _, secret = access.create(("*",))
    transport = httpx.ASGITransport(application(catalog, access, Terms(proxies=proxies)), client=(peer, 5))
    dist = wheel()

    async def both() -> str:
        async with httpx.AsyncClient(transport=transport, base_url="http://index") as client:
            content = {"content": (dist.filename, dist.content)}
            given = {**headers, "Authorization": f"Bearer {secret}"}
            answer = await client.post("/legacy/", data=fields(dist), files=content, headers=given)
            assert answer.status_code == 200, answer.text
            return (await client.get("/", headers=headers)).text

    page = asyncio.run(both())
    return page, [entry.source for entry in access.ledger.entries() if entry.action == "upload"]


@pytest.mark.parametrize("proxies", [(PROXY,), ("10.1.0.0/16",), ("192.0.2.1/32", f"{PROXY}/32")])
def test_a_named_proxy_says_for_whom_and_over_what_it_asks(proxies: tuple[str, ...]) -> None:
    page, sources = asked(proxies, PROXY)
    assert "https://packages.example/legacy/" in page
    assert sources == [READER]


@pytest.mark.parametrize("proxies", [(), ("10.9.0.0/16",), (READER,)])
def test_nobody_else_says_where_a_request_comes_from(proxies: tuple[str, ...]) -> None:
    page, sources = asked(proxies, PROXY)
    assert "http://packages.example/legacy/" in page
    assert "https://packages.example" not in page
    assert sources == [PROXY]


def test_a_client_of_a_named_proxy_cannot_pretend_another_address() -> None:
    # The proxy adds its own peer at the end; what stands before is the client's invention.
    headers = {**FORWARDED, "X-Forwarded-For": f"192.0.2.77, {READER}"}
    assert asked((PROXY,), PROXY, headers)[1] == [READER]
    twice = {**FORWARDED, "X-Forwarded-For": f"192.0.2.77, {READER}, {PROXY}"}
    assert asked((PROXY,), PROXY, twice)[1] == [READER]


@pytest.mark.parametrize("program", [PROGRAM, SERVER], ids=["the command", "the library"])
def test_an_index_for_this_machine_alone_is_not_open_to_those_behind_a_proxy(
    program: tuple[str, ...], tmp_path: Path
) -> None:
    _, token = Access(DirectoryStore(tmp_path)).create(("*",))
    with served(tmp_path, token, program) as (_, index):
        assert post(index, wheel()).status_code == 200
        (file,) = index.catalog.project("demo-pkg").files
        for path in ("simple/demo-pkg/", "simple/", file.key, "", "project/demo-pkg/", "metrics"):
            assert fetch(index, path).status_code == 200, path
            for name in PASSED_ON:
                assert fetch(index, path, **{name: READER}).status_code == 401, (path, name)
        allowed = fetch(
            index, "simple/demo-pkg/", **{PASSED_ON[0]: READER, "Authorization": f"Bearer {token}"}
        )
        assert allowed.status_code == 200


def test_with_a_named_proxy_nobody_reads_without_a_token_unless_that_was_asked_for(tmp_path: Path) -> None:
    _, token = Access(DirectoryStore(tmp_path)).create(("*",))
    program = (*PROGRAM, "--no-upstream", "--trusted-proxy", "127.0.0.1")
    with served(tmp_path, token, program) as (_, index):
        assert fetch(index, "simple/").status_code == 401
        assert fetch(index, "simple/", Authorization=f"Bearer {token}").status_code == 200
    with served(tmp_path, token, (*program, "--open")) as (_, index):
        assert fetch(index, "simple/", X_Forwarded_For=READER).status_code == 200


@pytest.mark.parametrize("given", ["proxy.example", "10.0.0.1/8", "*", ""])
def test_a_proxy_is_named_by_its_address(
    given: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["serve", "--data", str(tmp_path / "index"), "--trusted-proxy", given]) == 1
    assert "takes an address or a network" in capsys.readouterr().err
    assert not (tmp_path / "index").exists()


def test_without_a_token_nobody_could_read_through_a_proxy(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["serve", "--data", str(tmp_path / "index"), "--trusted-proxy", "127.0.0.1"]) == 1
    assert "crucible index token create" in capsys.readouterr().err


def test_the_first_page_loads_no_routes_and_the_next_request_finds_them(tmp_path: Path) -> None:
    heavy = (
        "jinja2",
        "prometheus_client",
        "python_multipart",
        "httpx",
        "nh3",
        "crucible_pipeline.index.site",
    )
    code = f"""
import subprocess
import sys
from pathlib import Path
from crucible_pipeline.cli import serve
from crucible_pipeline.index import server
from crucible_pipeline.index.web import application
from crucible_pipeline.index.access import Access
from crucible_pipeline.index.catalog import Catalog
from crucible_pipeline.index.directory import DirectoryStore
store = DirectoryStore(Path({str(tmp_path)!r}))
app = application(Catalog(store), Access(store))
print([name for name in {heavy!r} if name in sys.modules])
app.load()
print([name for name in {heavy!r} if name not in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    before, after = done.stdout.splitlines()
    assert before == "[]"
    assert "jinja2" not in after


def test_what_cannot_be_loaded_is_tried_again_with_the_next_request() -> None:
    made: list[int] = []

    async def app(*_: object) -> None:
        made.append(-1)

    def make() -> Callable[..., object]:
        made.append(1)
        if len(made) == 1:
            raise ImportError
        return app

    later = Later(make)  # type: ignore[arg-type]
    with pytest.raises(ImportError):
        asyncio.run(later({}, None, None))  # type: ignore[arg-type]
    for _ in range(2):
        asyncio.run(later({}, None, None))  # type: ignore[arg-type]
    assert made == [1, 1, -1, -1]

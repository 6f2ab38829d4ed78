"""An exported index on real static servers, with real pip."""

import contextlib
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from crucible_pipeline.cli.app import main
from crucible_pipeline.errors import CannotDo, Refused
from crucible_pipeline.index.access import Access
from crucible_pipeline.index.catalog import Catalog
from crucible_pipeline.index.directory import DirectoryStore
from crucible_pipeline.index.export import Exported, export, nginx_configuration
from crucible_pipeline.index.memory import MemoryStore
from crucible_pipeline.index.page import Status
from index.distributions import published, sdist, wheel
from index.seaweed import free_ports

JSON = "application/vnd.pypi.simple.v1+json"


@pytest.fixture
def catalog() -> Catalog:
    catalog = Catalog(MemoryStore())
    for dist in (wheel(), wheel(version="1.1"), sdist(version="1.1"), wheel("other", "2.0")):
        published(catalog, dist)
    return catalog


@contextlib.contextmanager
def answering(command: list[str], port: int, folder: Path) -> Iterator[str]:
    process = subprocess.Popen(command, cwd=folder, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}/"
    try:
        deadline = time.monotonic() + 15
        while time.monotonic() < deadline:
            with contextlib.suppress(httpx.TransportError):
                httpx.get(f"{url}simple/", trust_env=False)
                break
            time.sleep(0.05)
        yield url
    finally:
        process.kill()
        process.wait()


def install(url: str, target: Path, environment: dict[str, str]) -> set[str]:
    """What a real pip installs of `demo-pkg==1.*`."""
    command = [sys.executable, "-m", "pip", "install", "--no-cache-dir", "--target", str(target)]
    asked = ["--index-url", f"{url}simple/", "--only-binary", ":all:", "demo-pkg==1.*"]
    subprocess.run([*command, *asked], check=True, env=environment, capture_output=True, timeout=60)
    return {path.name for path in target.glob("*.dist-info")}


def test_pip_installs_from_the_folder_behind_pythons_own_web_server(
    catalog: Catalog, tmp_path: Path, clean_environment: dict[str, str]
) -> None:
    export(catalog, DirectoryStore(tmp_path / "out"))
    (port,) = free_ports(1)
    command = [sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1"]
    with answering(command, port, tmp_path / "out") as url:
        assert install(url, tmp_path / "site", clean_environment) == {"demo_pkg-1.1.dist-info"}


@pytest.mark.skipif(shutil.which("nginx") is None, reason="nginx is not installed here")
def test_nginx_with_the_printed_configuration_serves_both_forms(
    catalog: Catalog, tmp_path: Path, clean_environment: dict[str, str]
) -> None:
    out = tmp_path / "out"
    export(catalog, DirectoryStore(out))
    (port,) = free_ports(1)
    site = nginx_configuration(out).replace("8471", str(port))
    temporary = "".join(
        f"{kind}_temp_path {tmp_path}/{kind};\n"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (tmp_path / "nginx.conf").write_text(
        f"daemon off; master_process off; pid {tmp_path}/pid; error_log {tmp_path}/error;\n"
        f"events {{}}\nhttp {{\naccess_log off;\n{temporary}{site}}}\n"
    )
    with answering(["nginx", "-c", str(tmp_path / "nginx.conf")], port, tmp_path) as url:
        json = httpx.get(f"{url}simple/demo-pkg/", headers={"Accept": f"{JSON}, text/html;q=0.1"})
        html = httpx.get(f"{url}simple/demo-pkg/", headers={"Accept": "text/html"})
        file = httpx.get(f"{url}simple/demo-pkg/{json.json()['files'][0]['url']}")
        hidden = httpx.get(f"{url}.lock/00")
        installed = install(url, tmp_path / "site", clean_environment)
    assert json.headers["content-type"] == JSON
    assert json.headers["vary"] == "Accept"
    assert json.headers["cache-control"] == "no-cache"
    assert html.headers["content-type"] == "text/html"
    assert html.text.startswith("<!DOCTYPE html>")
    assert (file.status_code, file.headers["content-type"]) == (200, "application/octet-stream")
    assert "immutable" in file.headers["cache-control"]
    assert hidden.status_code == 404
    assert installed == {"demo_pkg-1.1.dist-info"}


def test_a_second_export_writes_what_is_new_and_removes_what_is_gone(catalog: Catalog) -> None:
    target = MemoryStore()
    assert export(catalog, target) == Exported(2, 4, 13, 0)
    assert export(catalog, target) == Exported(2, 4, 0, 0)
    published(catalog, wheel(version="1.2"))
    # The wheel, its metadata, and the project's two pages.
    assert export(catalog, target) == Exported(2, 5, 4, 0)
    catalog.withdraw("demo-pkg", lambda _: ["demo_pkg-1.2-py3-none-any.whl"])
    assert export(catalog, target) == Exported(2, 4, 2, 2)


def test_an_export_holds_nothing_private(catalog: Catalog) -> None:
    Access(catalog.store).create(("*",))
    catalog.set_status("other", Status("quarantined", "stolen token"))
    catalog.withdraw("demo-pkg", lambda _: ["demo_pkg-1.0-py3-none-any.whl"])
    target = MemoryStore()
    export(catalog, target)
    keys = [entry.key for entry in target.list("")]
    assert {key.split("/")[0] for key in keys} == {"simple", "files"}
    assert not any("other" in key for key in keys if key.startswith("files/"))
    text = b"".join(target.get(key).data for key in keys if key.startswith("simple/"))
    assert b"_withdrawn" not in text
    assert b"_files" not in text


def test_a_damaged_file_is_not_exported(catalog: Catalog) -> None:
    target = MemoryStore()
    (file, *_) = catalog.project("other").files
    catalog.store.delete(file.key)
    catalog.store.create(file.key, b"damaged")
    with pytest.raises(CannotDo, match="damaged"):
        export(catalog, target)
    assert all(entry.key.startswith("files/") for entry in target.list(""))
    assert not any("other" in entry.key for entry in target.list(""))


def test_a_folder_of_something_else_is_left_alone(catalog: Catalog, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(Refused, match=r"thesis\.txt"):
        export(catalog, DirectoryStore(tmp_path))
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_the_command_exports_and_prints_the_configuration(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data, out = tmp_path / "index", tmp_path / "out"
    published(Catalog(DirectoryStore(data)), wheel())
    assert main(["index", "export", str(out), "--data", str(data), "--format", "json"]) == 0
    assert '"written": 6' in capsys.readouterr().out
    assert main(["index", "export", str(out), "--data", str(data), "--nginx"]) == 0
    assert f"root {out};" in capsys.readouterr().out

"""The files that put an index on a machine are what the programs that read them take."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from crucible_pipeline.index.access import Access
from crucible_pipeline.index.directory import DirectoryStore
from crucible_pipeline.index.server import Running
from index.distributions import fetch, post, wheel
from index.seaweed import free_ports
from index.test_export import answering
from index.test_server import PROGRAM, served

EXAMPLES = Path(__file__).parents[2] / "examples" / "index"
MOST_EXPOSED = 1.3


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed here")
def test_the_unit_is_right_and_lets_the_service_do_little_else(tmp_path: Path) -> None:
    unit = tmp_path / "crucible-index.service"
    program = str(Path(sys.executable).with_name("crucible"))
    text = (EXAMPLES / unit.name).read_text()
    unit.write_text(text.replace("/opt/crucible/bin/crucible", program))
    checked = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(unit)], check=False, capture_output=True, text=True
    )
    assert [line for line in checked.stderr.splitlines() if unit.name in line] == []
    told = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--no-pager", str(unit)],
        check=False, capture_output=True, text=True,
    )  # fmt: skip
    found = re.search(r"Overall exposure level for .*: ([\d.]+)", told.stdout)
    assert found is not None, told.stderr
    assert float(found[1]) <= MOST_EXPOSED


def test_the_container_file_is_clean() -> None:
    program = str(Path(sys.executable).with_name("hadolint"))
    done = subprocess.run(
        [program, str(EXAMPLES / "Containerfile")], check=False, capture_output=True, text=True
    )
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.skipif(shutil.which("nginx") is None, reason="nginx is not installed here")
def test_nginx_in_front_hands_on_pages_and_uploads(tmp_path: Path) -> None:
    _, token = Access(DirectoryStore(tmp_path / "index")).create(("*",))
    told = re.search(r"`crucible serve (.*?)`", (EXAMPLES / "nginx.conf").read_text())
    assert told is not None
    program = (*PROGRAM, "--no-upstream", *told[1].split())
    with served(tmp_path / "index", token, program) as (_, index):
        (port,) = free_ports(1)
        # As it stands but for the addresses and the certificate.
        site = re.sub(r"\n    ssl_.*", "", (EXAMPLES / "nginx.conf").read_text())
        site = site.replace("443 ssl", f"127.0.0.1:{port}").replace("8470", str(httpx.URL(index.url).port))
        folders = "".join(
            f"{kind}_temp_path {tmp_path}/{kind};\n"
            for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        (tmp_path / "nginx.conf").write_text(
            f"daemon off; master_process off; pid {tmp_path}/pid; error_log {tmp_path}/error;\n"
            f"events {{}}\nhttp {{\naccess_log off;\n{folders}{site}}}\n"
        )
        with answering(["nginx", "-c", str(tmp_path / "nginx.conf")], port, tmp_path) as url:
            outside = Running(url, token, index.catalog)
            assert post(outside, wheel()).status_code == 200
            assert fetch(outside, "simple/demo-pkg/").status_code == 401
            allowed = {"Authorization": f"Bearer {token}"}
            page = fetch(outside, "simple/demo-pkg/", accept_encoding="gzip", **allowed)
            (file,) = index.catalog.project("demo-pkg").files
            assert fetch(outside, file.key, **allowed).content == wheel().content
    assert (page.status_code, page.headers["content-encoding"]) == (200, "gzip")
    assert wheel().filename in page.text

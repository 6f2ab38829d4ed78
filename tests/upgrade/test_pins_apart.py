"""Beside the move to a breaking line, what changes with it: the patch of the own line, and the locks."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from crucible_pipeline.cli import main
from crucible_pipeline.index.server import Running
from crucible_pipeline.upgrade.locks import Stale
from crucible_pipeline.upgrade.locks_run import refresh
from crucible_pipeline.upgrade.service import open_service
from upgrade.upgrade_services import ServiceRepository

PATCH, BREAKING = "crucible/crucible-shared-0.3", "crucible/crucible-shared-0.4"


def upgraded(
    index: Running, service: ServiceRepository, capsys: pytest.CaptureFixture[str], *arguments: str
) -> list[dict[str, Any]]:
    capsys.readouterr()
    base = ["upgrade", str(service.root), "--no-types", "--index-url", index.simple_url, "--format", "json"]
    assert main([*base, *arguments]) == 0
    rows: list[dict[str, Any]] = json.loads(capsys.readouterr().out)
    return rows


def test_the_compatible_patch_is_a_branch_apart_from_the_breaking_line(
    index: Running, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = {"requirements.txt": "crucible-shared==0.3.0\n", "dev.txt": "crucible-shared==0.3.*\n"}
    service = ServiceRepository.create(tmp_path / "worker", {**files, "requirements-dev.txt": "-r dev.txt\n"})
    rows = upgraded(index, service, capsys)
    assert [(row["file"], row["to"], row["branch"]) for row in rows] == [
        ("requirements.txt", "==0.3.1", PATCH),
        ("requirements.txt", "==0.4.0", BREAKING),
        ("dev.txt", "==0.4.*", BREAKING),
    ]
    assert service.file_at(PATCH, "requirements.txt") == b"crucible-shared==0.3.1\n"
    assert service.file_at(PATCH, "dev.txt") == b"crucible-shared==0.3.*\n"
    for branch in (PATCH, BREAKING):
        assert service.git("rev-parse", f"{branch}^") == service.git("rev-parse", "main")
    refs = service.git("for-each-ref")
    assert upgraded(index, service, capsys) == rows
    assert service.git("for-each-ref") == refs


@pytest.mark.parametrize("specifier", ["==0.3.*", "==0.3.1", "~=0.3.0", ">=0.3,<0.4"])
def test_a_pin_that_has_the_newest_of_its_line_gets_one_branch(
    index: Running, tmp_path: Path, capsys: pytest.CaptureFixture[str], specifier: str
) -> None:
    files = {"requirements.txt": f"crucible-shared{specifier}\n"}
    service = ServiceRepository.create(tmp_path / "worker", files)
    assert [row["branch"] for row in upgraded(index, service, capsys)] == [BREAKING]


def test_a_version_that_was_asked_for_comes_alone(
    index: Running, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    service = ServiceRepository.create(tmp_path / "worker", {"requirements.txt": "crucible-shared==0.3.0\n"})
    assert [row["to"] for row in upgraded(index, service, capsys, "--to", "0.4.0")] == ["==0.4.0"]


PROJECT = """\
[project]
name = "worker"
version = "1"
requires-python = ">=3.11"
dependencies = ["crucible-shared==0.3.*"]

[[tool.uv.index]]
url = "URL"
default = true
"""


@pytest.mark.slow
def test_a_lock_is_refreshed_by_its_own_tool_when_asked(
    index: Running, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    uv = shutil.which("uv", path=str(Path(".venv/bin").resolve())) or shutil.which("uv")
    if uv is None:
        pytest.skip("uv is not installed")
    service = ServiceRepository.create(
        tmp_path / "worker", {"pyproject.toml": PROJECT.replace("URL", index.simple_url)}
    )
    subprocess.run([uv, "--quiet", "--no-cache", "lock"], cwd=service.root, check=True, timeout=120)
    service.commit({})
    before = service.file_at("HEAD", "uv.lock").decode()
    main(["upgrade", str(service.root), "--no-types", "--index-url", index.simple_url])
    assert "type: uv lock --upgrade-package crucible-shared" in capsys.readouterr().err
    service.git("branch", "-D", BREAKING)

    main(["upgrade", str(service.root), "--no-types", "--index-url", index.simple_url, "--refresh-locks"])
    assert "still holds" not in capsys.readouterr().err
    after = service.file_at(BREAKING, "uv.lock").decode()
    assert 'name = "crucible-shared"\nversion = "0.4.0"' in after
    assert (
        before.replace("0.3.1", "0.4.0").replace("0.3.*", "0.4.*").splitlines()[:4] == after.splitlines()[:4]
    )
    assert service.git("diff", "--name-only", "main", BREAKING).split() == ["pyproject.toml", "uv.lock"]
    assert service.git("status", "--porcelain") == ""
    monkeypatch.chdir(tmp_path)
    service.git("checkout", "--quiet", BREAKING)
    subprocess.run(
        [uv, "--quiet", "--no-cache", "lock", "--check"], cwd=service.root, check=True, timeout=120
    )


@pytest.mark.parametrize(
    ("command", "why"),
    [
        (("no-such-tool-at-all", "lock"), "no-such-tool-at-all is not installed here"),
        (("false",), "its exit code was 1: "),
        (("rm", "uv.lock"), "no lock came of it"),
        (("ln", "-sf", "/etc/passwd", "uv.lock"), "no lock came of it"),
    ],
)
def test_a_tool_that_fails_leaves_the_lock_and_the_command_to_type(
    tmp_path: Path, command: tuple[str, ...], why: str
) -> None:
    service = ServiceRepository.create(tmp_path / "worker", {"uv.lock": "1\n", "pyproject.toml": ""})
    made = refresh(open_service(service.root), {}, [Stale("uv.lock", command)])
    assert made.files == {}
    assert list(made.notes) == [f"uv.lock still holds the old version; type: {' '.join(command)} ({why})"]

"""All pins of a service move in one commit or none does, whatever files they stand in."""

import json
from pathlib import Path
from typing import Any

import pytest

from crucible_pipeline.cli import main
from crucible_pipeline.index.server import Running
from upgrade.pin_kinds import KINDS, REQUIREMENTS, STAYING
from upgrade.upgrade_services import ServiceRepository

BRANCH = "crucible/crucible-shared-0.4"
DOCKER = 'ARG V=0.3.1\nRUN pip install "crucible-shared==$V"\n'
PROJECT = '[project]\nname = "s"\ndependencies = ["crucible-shared==0.3.*"]\n'
WEB = '{"dependencies": {"@crucible/shared": "~0.3.0"}}\n'


pytestmark = pytest.mark.usefixtures("no_settings_of_the_machine")


def run(
    index: Running, capsys: pytest.CaptureFixture[str], service: ServiceRepository, *more: str
) -> tuple[int, list[dict[str, Any]]]:
    capsys.readouterr()
    arguments = ["upgrade", str(service.root), "--index-url", index.simple_url, "--format", "json", *more]
    code = main(arguments)
    return code, json.loads(capsys.readouterr().out)


def test_pins_of_several_kinds_move_in_one_commit(
    index: Running, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = {"Dockerfile": DOCKER, "pyproject.toml": PROJECT, "web/package.json": WEB, "CI.YML": "- redis\n"}
    service = ServiceRepository.create(tmp_path / "service", files)
    code, rows = run(index, capsys, service)
    assert code == 0
    assert {row["file"]: row["to"] for row in rows} == {
        "Dockerfile": "==0.4.0",
        "pyproject.toml": "==0.4.*",
        "web/package.json": "~0.4.0",
    }
    assert service.file_at(BRANCH, "Dockerfile").decode() == DOCKER.replace("0.3.1", "0.4.0")
    assert service.file_at(BRANCH, "pyproject.toml").decode() == PROJECT.replace("0.3", "0.4")
    assert service.file_at(BRANCH, "web/package.json").decode() == WEB.replace("0.3", "0.4")
    assert service.git("rev-parse", f"{BRANCH}^") == service.git("rev-parse", "HEAD")


@pytest.mark.slow
def test_every_kind_that_moves_is_found_in_a_repository(
    index: Running, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # each in a folder of its own; a file of another name is one that the service's requirements include
    kinds = [one for one in KINDS if one not in STAYING and "hash" not in one.name]
    files = {f"k{number}/{kind.path}": kind.before for number, kind in enumerate(kinds)}
    files["requirements.txt"] = "".join(f"-r {path}\n" for path in files if path.endswith(".list"))
    service = ServiceRepository.create(tmp_path / "service", files)
    assert run(index, capsys, service)[0] == 0
    for number, kind in enumerate(kinds):
        assert service.file_at(BRANCH, f"k{number}/{kind.path}").decode() == kind.after, kind.name


def test_no_pin_moves_where_one_cannot(
    index: Running, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = {
        "requirements.txt": REQUIREMENTS[0].before,
        "Dockerfile": "RUN pip install crucible-shared==$V\n",
    }
    service = ServiceRepository.create(tmp_path / "service", files)
    _, rows = run(index, capsys, service)
    assert [row["to"] for row in rows] == [None, None]
    assert "Dockerfile:1 cannot move" in next(r["skipped"] for r in rows if r["file"] == "requirements.txt")
    assert service.git("branch", "--list", "crucible/*") == ""


@pytest.mark.parametrize("name", ["pyproject.toml", ".crucible.toml"])
def test_a_service_says_in_its_own_file_what_it_ignores(
    index: Running, service: ServiceRepository, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    table = "tool.crucible.upgrade" if name == "pyproject.toml" else "upgrade"
    service.commit({name: f'[{table}]\nignore = ["==0.4.*"]\n'})
    code, rows = run(index, capsys, service)
    assert (code, rows[0]["to"], rows[0]["latest"]) == (0, None, "0.3.1")
    assert run(index, capsys, service, "--to", "0.4.0")[1][0]["to"] == "==0.4.*"


def test_a_release_that_came_just_now_waits_for_its_cooldown(
    index: Running, service: ServiceRepository, capsys: pytest.CaptureFixture[str]
) -> None:
    service.commit({"pyproject.toml": "[tool.crucible.upgrade]\ncooldown = 3\n"})
    code, rows = run(index, capsys, service)
    assert (code, rows[0]["to"]) == (0, None)
    assert "not yet in the index for 3 days" in rows[0]["skipped"]


def test_a_setting_that_cannot_be_meant_is_refused(
    index: Running, service: ServiceRepository, capsys: pytest.CaptureFixture[str]
) -> None:
    service.commit({".crucible.toml": '[upgrade]\ncooldown = "soon"\n'})
    code, rows = run(index, capsys, service)
    assert code == 1
    assert ".crucible.toml: cooldown is no number of days" in rows[0]["skipped"]

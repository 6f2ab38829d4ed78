"""`crucible impact` on a real repository of contracts and real services."""

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from crucible_pipeline.cli.app import main
from upgrade.upgrade_services import CONTRACTS, ServiceRepository

PROJECT = '[project]\nname = "crucible-shared"\n[tool.crucible]\n'
BREAKS = "from crucible_shared import EvaluationStatus\n\nWAITS = EvaluationStatus.QUEUED\n"
FINE = "from crucible_shared import EvaluationStatus\n\nRUNS = EvaluationStatus.RUNNING\n"
HIT = {
    "file": "app.py",
    "line": 3,
    "symbol": "EvaluationStatus.QUEUED",
    "rule": "enum-value-removed",
    "tier": "likely",
    "column": 26,
}
WHY = 'the value "queued" was removed'


@pytest.fixture
def contracts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ServiceRepository:
    """Contracts with the release 0.3.0, and a change that is not committed."""
    made = ServiceRepository.create(tmp_path / "contracts-repository", {"pyproject.toml": PROJECT})
    shutil.copytree(CONTRACTS / "old", made.root / "contracts")
    made.commit({})
    made.git("tag", "--annotate", "--message", "0.3.0", "v0.3.0")
    shutil.rmtree(made.root / "contracts")
    shutil.copytree(CONTRACTS / "new", made.root / "contracts")
    monkeypatch.chdir(made.root)
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    monkeypatch.delenv("CRUCIBLE_INDEX_URL", raising=False)
    return made


def service(tmp_path: Path, name: str, text: str) -> ServiceRepository:
    return ServiceRepository.create(tmp_path / name, {"app.py": text})


def said(capsys: pytest.CaptureFixture[str], *arguments: str, code: int) -> dict[str, Any]:
    capsys.readouterr()
    assert main(["impact", *arguments, "--no-types", "--format", "json"]) == code
    document: dict[str, Any] = json.loads(capsys.readouterr().out)
    return document


def test_the_lines_that_an_unreleased_change_breaks_are_named(
    contracts: ServiceRepository, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    storage, api = service(tmp_path, "storage", BREAKS), service(tmp_path, "api", FINE)
    before = contracts.state(), storage.state()
    document = said(capsys, "../storage", str(api.root), code=1)
    assert document == {
        "package": "crucible-shared",
        "base": "0.3.0",
        "services": [
            {
                "service": "storage",
                "impact": [HIT],
                "error": None,
                "verdict": "needs a person",
                "for_a_person": [{"file": "app.py", "line": 3, "why": WHY}],
            },
            {"service": "api", "impact": [], "error": None, "verdict": "safe", "for_a_person": []},
        ],
    }
    assert (contracts.state(), storage.state()) == before
    assert said(capsys, "../api", code=0)["services"][0]["impact"] == []


def test_a_service_that_cannot_be_read_is_no_clean_service(
    contracts: ServiceRepository, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    service(tmp_path, "storage", BREAKS)
    missing, found = said(capsys, "../nowhere", "../storage", code=2)["services"]
    assert missing["impact"] == []
    assert "there is no folder" in missing["error"]
    assert found["impact"] == [HIT]


def test_a_folder_outside_of_git_is_read_as_it_is(
    contracts: ServiceRepository, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plain = tmp_path / "plain"
    (plain / ".venv").mkdir(parents=True)
    (plain / "app.py").write_text(BREAKS)
    (plain / ".venv" / "hidden.py").write_text(BREAKS)
    secret = tmp_path / "secret.py"
    secret.write_text(BREAKS)
    (plain / "link.py").symlink_to(secret)
    (plain / "folder").symlink_to(tmp_path)
    os.mkfifo(plain / "pipe.py")
    (found,) = said(capsys, str(plain), code=1)["services"]
    assert found["impact"] == [HIT]


def test_of_a_repository_the_commit_counts_and_not_what_lies_beside_it(
    contracts: ServiceRepository, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    storage = service(tmp_path, "storage", BREAKS)
    storage.write({"app.py": FINE, "more.py": BREAKS})
    (found,) = said(capsys, "../storage", code=1)["services"]
    assert found["impact"] == [HIT]


@pytest.mark.slow
def test_a_type_checker_makes_a_line_certain_and_is_asked_once(
    contracts: ServiceRepository,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CRUCIBLE_CACHE", str(tmp_path / "cache"))
    service(tmp_path, "storage", BREAKS)
    arguments = ["impact", "../storage", "--format", "json"]
    assert main(arguments) == 1
    (found,) = json.loads(capsys.readouterr().out)["services"]
    assert found["impact"] == [{**HIT, "tier": "certain"}]
    (kept,) = (tmp_path / "cache" / "types").iterdir()
    # what is kept is believed, so that it can be seen to be read
    kept.write_text("[]")
    assert main(arguments) == 1
    (found,) = json.loads(capsys.readouterr().out)["services"]
    assert found["impact"] == [HIT]
    # and what cannot be read is asked again
    kept.write_text("nonsense")
    assert main(arguments) == 1
    (found,) = json.loads(capsys.readouterr().out)["services"]
    assert found["impact"] == [{**HIT, "tier": "certain"}]


def test_a_url_is_cloned_and_leaves_nothing(
    contracts: ServiceRepository, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    storage = service(tmp_path, "storage", BREAKS)
    (found,) = said(capsys, storage.root.as_uri(), code=1)["services"]
    assert (found["service"], found["impact"]) == ("storage", [HIT])
    (found,) = said(capsys, (tmp_path / "gone").as_uri(), code=2)["services"]
    assert "cannot clone" in found["error"]
    (found,) = said(capsys, "https://me:secret@packages.example/storage.git", code=2)["services"]
    assert "secret" not in found["error"]


def test_a_base_may_be_named(
    contracts: ServiceRepository, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    service(tmp_path, "storage", BREAKS)
    assert said(capsys, "../storage", "--against", "v0.3.0", code=1)["base"] == "0.3.0"
    assert (
        said(capsys, "../storage", "--against", str(CONTRACTS / "new"), code=0)["services"][0]["impact"] == []
    )
    assert main(["impact", "../storage", "--against", "v9.9.9"]) == 2


def test_a_waiver_mends_no_service(
    contracts: ServiceRepository, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    service(tmp_path, "storage", BREAKS)
    waiver = (
        "- {rule: enum-value-removed, element: EvaluationStatus.queued, reason: why, expires: '2099-01-01'}\n"
    )
    contracts.write({"contracts/waivers.yaml": waiver})
    (found,) = said(capsys, "../storage", code=1)["services"]
    assert found["impact"] == [HIT]


def test_before_the_first_release_nothing_can_break(
    contracts: ServiceRepository, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    service(tmp_path, "storage", BREAKS)
    contracts.git("tag", "--delete", "v0.3.0")
    document = said(capsys, "../storage", code=0)
    assert (document["base"], document["services"][0]["impact"]) == (None, [])


def test_contracts_with_problems_cannot_be_compared(
    contracts: ServiceRepository, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    service(tmp_path, "storage", BREAKS)
    contracts.write({"contracts/broken.yaml": "openapi: 3.1.0\ncomponents: {schemas: {A: {type: strin}}}\n"})
    assert main(["impact", "../storage"]) == 2
    assert "contracts/broken.yaml:2:" in capsys.readouterr().err


def test_the_text_shows_the_line_the_reason_and_what_to_write(
    contracts: ServiceRepository, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    service(
        tmp_path,
        "storage",
        "from crucible_shared import EvaluationRequest\n\n\n"
        "def seconds(request: EvaluationRequest) -> int:\n    return request.timeout\n",
    )
    assert main(["impact", "../storage", "--no-types"]) == 1
    assert capsys.readouterr().out == (
        "error[property-renamed]: EvaluationRequest.timeout (likely)\n"
        " --> ../storage/app.py:5\n"
        "  |\n"
        "5 |     return request.timeout\n"
        "  |                    ^^^^^^^\n"
        "  = because: EvaluationRequest.time_limit: the property timeout is called time_limit now\n"
        "    contracts/evaluation.yaml:15:9\n"
        "  = help: write EvaluationRequest.time_limit\n"
        "\n"
        "storage: fixable: 1 line breaks in 1 file\n"
    )


def test_a_pull_request_of_the_contracts_is_annotated_where_it_breaks_a_service(
    contracts: ServiceRepository,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    service(tmp_path, "storage", BREAKS)
    page = tmp_path / "summary.md"
    page.write_text("before\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(page))
    assert main(["impact", "../storage", "../nowhere", "--no-types", "--format", "github"]) == 2
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == (
        "::error file=contracts/evaluation.yaml,line=5,col=5,"
        "title=enum-value-removed breaks 1 line of storage::"
        'EvaluationStatus.queued: the value "queued" was removed'
        "%0A../storage/app.py:3 EvaluationStatus.QUEUED"
    )
    assert lines[1].startswith("::error title=nowhere could not be looked at::there is no folder")
    text = page.read_text()
    assert text.startswith("before\n## What crucible-shared breaks since 0.3.0\n")
    assert "| `app.py:3` | `EvaluationStatus.QUEUED` |" in text
    assert main(["impact", "../storage", "--no-types", "--format", "markdown"]) == 1


def test_what_a_large_service_hands_on_is_found_in_each_file(
    contracts: ServiceRepository, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    body = "".join(f"\n\ndef f{i}(a: int, b: str) -> str:\n    return b * a + str(a)\n" for i in range(25))
    files = {f"app/m{i}.py": f"from app.m{i - 1} import f0\n{body}" for i in range(1, 500)}
    uses = "from app.contracts import EvaluationStatus\n\nWAITS = EvaluationStatus.QUEUED\n"
    files |= {f"app/m{i}.py": f"{uses}{body}" for i in range(1, 500, 4)}
    files["app/contracts.py"] = "from crucible_shared import EvaluationStatus\n"
    large = ServiceRepository.create(tmp_path / "large", files)
    (found,) = said(capsys, str(large.root), code=1)["services"]
    assert len(found["impact"]) == 125

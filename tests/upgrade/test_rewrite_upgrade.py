"""`crucible upgrade` brings the new names along, in a commit of its own."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from crucible_pipeline.cli import main
from crucible_pipeline.contracts.snapshot import dump
from crucible_pipeline.index.server import Running, running
from index.distributions import Members, post, wheel
from upgrade.rewrite_contracts import NEW, OLD, uses
from upgrade.upgrade_services import ServiceRepository

BRANCH = "crucible/crucible-shared-0.4"
APP = b"""\
from crucible_shared import Request, Status  # \xc3\xa4\r
\r
WAITS = Status.QUEUED\r
TEXT = "queued"\r
\r
\r
def seconds(one: Request) -> int:\r
\treturn one . timeout\r
"""
NEW_APP = (
    APP.replace(b"Request", b"EvaluationRequest")
    .replace(b"QUEUED", b"WAITING")
    .replace(b"timeout", b"time_limit")
)


@pytest.fixture(scope="module")
def renaming() -> Iterator[Running]:
    """An index with 0.3.0 and 0.4.0, between which nearly everything is called otherwise."""
    with running() as server:
        for version, contract in {"0.3.0": OLD, "0.4.0": NEW}.items():
            snapshot = dump(contract).encode()

            def add(members: Members, snapshot: bytes = snapshot) -> None:
                members.append(("crucible_shared/contract.json", snapshot))

            assert post(server, wheel("crucible-shared", version, before=add)).is_success
        yield server


@pytest.fixture
def service(tmp_path: Path) -> ServiceRepository:
    return ServiceRepository.create(
        tmp_path / "worker", {"requirements.txt": "crucible-shared==0.3.*\n", "app.py": APP}
    )


def test_new_names_are_a_second_commit_and_its_message_says_what_by_which_rule(
    renaming: Running, service: ServiceRepository
) -> None:
    assert main(["upgrade", str(service.root), "--no-types", "--index-url", renaming.simple_url]) == 0
    log = service.git("log", "--format=%s", f"main..{BRANCH}").splitlines()
    assert log == ["Use the new names of crucible-shared 0.4.0", "Upgrade crucible-shared to 0.4.0"]
    assert service.git("diff", "--name-only", "main", f"{BRANCH}^") == "requirements.txt"
    assert service.git("diff", "--name-only", f"{BRANCH}^", BRANCH) == "app.py"
    assert service.file_at(BRANCH, "app.py") == NEW_APP
    said = service.git("log", "-1", "--format=%B", BRANCH)
    assert "- app.py:3 Status.QUEUED becomes Status.WAITING (enum-value-renamed)" in said
    assert "Crucible-Tree: " in said
    assert [hit.symbol for hit in uses({"app.py": NEW_APP}).hits] == ['"queued"']


def test_the_proposal_says_which_lines_were_written_and_which_are_left(
    renaming: Running, service: ServiceRepository, capsys: pytest.CaptureFixture[str]
) -> None:
    assert (
        main(["upgrade", str(service.root), "--no-types", "--index-url", renaming.simple_url, "--dry-run"])
        == 0
    )
    shown = capsys.readouterr().out
    assert "The second commit has written the new names into 4 lines of this service." in shown
    assert (
        "| app.py:3 | `Status.QUEUED` | enum-value-renamed | likely | `Status.WAITING` (written) |" in shown
    )
    assert '| app.py:4 | `"queued"` | enum-value-renamed | possible | `Status.WAITING` |' in shown
    assert "-WAITS = Status.QUEUED\n" in shown
    assert "+WAITS = Status.WAITING\n" in shown
    assert service.git("branch", "--list", "crucible/*") == ""


def test_a_second_run_leaves_both_commits_as_they_are(
    renaming: Running, service: ServiceRepository, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = [
        "upgrade",
        str(service.root),
        "--no-types",
        "--index-url",
        renaming.simple_url,
        "--format",
        "json",
    ]
    assert main(arguments) == 0
    first, refs = json.loads(capsys.readouterr().out), service.git("for-each-ref")
    assert main(arguments) == 0
    assert (json.loads(capsys.readouterr().out), service.git("for-each-ref")) == (first, refs)
    assert first[0]["commit"] == service.git("rev-parse", BRANCH)


@pytest.mark.slow
def test_without_the_extra_the_pins_still_move_and_a_note_says_what_is_missing(
    renaming: Running, service: ServiceRepository
) -> None:
    blocked = (
        "import sys; sys.modules['libcst'] = None; from crucible_pipeline.cli import main; sys.exit(main())"
    )
    command = [
        sys.executable,
        "-c",
        blocked,
        "upgrade",
        str(service.root),
        "--index-url",
        renaming.simple_url,
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    assert "libcst is missing: install crucible-pipeline with its extra upgrade" in done.stderr
    assert service.git("log", "--format=%s", f"main..{BRANCH}") == "Upgrade crucible-shared to 0.4.0"


@pytest.mark.slow
def test_a_service_that_uses_no_new_name_does_not_load_the_parser(renaming: Running, tmp_path: Path) -> None:
    service = ServiceRepository.create(
        tmp_path / "plain",
        {"requirements.txt": "crucible-shared==0.3.*\n", "app.py": "import crucible_shared\n"},
    )
    checked = "import sys; from crucible_pipeline.cli import main; main(); sys.exit('libcst' in sys.modules)"
    command = [
        sys.executable,
        "-c",
        checked,
        "upgrade",
        str(service.root),
        "--index-url",
        renaming.simple_url,
    ]
    assert subprocess.run(command, capture_output=True, check=False, timeout=120).returncode == 0

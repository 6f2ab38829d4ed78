"""A service's own tests, run with the new version before anybody is asked to merge it."""

import json
import os
import sys
import time
from pathlib import Path

import pytest

from crucible_pipeline.cli import main
from crucible_pipeline.errors import Refused
from crucible_pipeline.index.server import Running
from crucible_pipeline.upgrade.policy import NONE, read_policy
from crucible_pipeline.upgrade.proposal import Facts, proposal
from crucible_pipeline.upgrade.scratch import clean_environment, run_bounded, write_files
from crucible_pipeline.upgrade.service import open_service
from crucible_pipeline.upgrade.trial import Result, Trial, check_seconds, parse_command, shown
from crucible_pipeline.upgrade.trial_run import Wheel, _install
from crucible_pipeline.version import parse
from upgrade.upgrade_services import ServiceRepository

BRANCH = "crucible/crucible-shared-0.4"
PLACE = ("tool", "crucible", "upgrade")
# Tells what the new version is, and everything of the caller's that can be seen.
CHECK = """\
import importlib.metadata, os, pathlib, sys
assert importlib.metadata.version("crucible-shared") == "0.4.0"
assert "==0.4.*" in pathlib.Path("requirements.txt").read_text()
assert not any("hunter2" in value for value in os.environ.values()), os.environ
assert not list(pathlib.Path.home().iterdir())
assert sys.prefix != sys.base_prefix
"""


@pytest.fixture
def tested(service: ServiceRepository) -> ServiceRepository:
    service.commit({"requirements.txt": "crucible-shared==0.3.*\n", "check.py": CHECK})
    return service


def outcome(
    index: Running, service: ServiceRepository, capsys: pytest.CaptureFixture[str], *arguments: str
) -> dict[str, str] | None:
    """What the command says of the tests."""
    capsys.readouterr()
    base = ["upgrade", str(service.root), "--no-types", "--index-url", index.simple_url, "--format", "json"]
    assert main([*base, *arguments]) == 0
    tests: dict[str, str] | None = json.loads(capsys.readouterr().out)[0]["tests"]
    return tests


def test_the_tests_run_with_the_new_version_and_without_the_callers_secrets(
    index: Running,
    tested: ServiceRepository,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    for name in ("GITHUB_TOKEN", "CRUCIBLE_TOKEN", "AWS_SECRET_ACCESS_KEY", "SOMETHING"):
        monkeypatch.setenv(name, "hunter2")
    monkeypatch.setenv("HTTPS_PROXY", "http://user:hunter2@packages.example:3128")
    before, proposed = tested.state(), tmp_path / "proposal.md"
    command = ("--run-tests", "python check.py", "--proposal", str(proposed))
    found = outcome(index, tested, capsys, *command)
    assert found == {
        "result": "passed",
        "command": "python check.py",
        "why": "",
    }
    assert tested.state() == before
    said = "**Passed**: `python check.py`, in a clean environment with crucible-shared 0.4.0."
    assert said in proposed.read_text()


def test_a_service_decides_what_runs_only_where_the_caller_lets_it(
    index: Running, tested: ServiceRepository, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    proof = tmp_path / "proof"
    tested.commit({".crucible.toml": f"[upgrade]\ntest_command = ['touch', '{proof}']\n"})
    assert outcome(index, tested, capsys) is None
    assert not proof.exists()


@pytest.mark.slow
def test_what_the_caller_names_runs_in_place_of_what_the_service_names(
    index: Running, tested: ServiceRepository, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    proof = tmp_path / "proof"
    tested.commit({".crucible.toml": f"[upgrade]\ntest_command = ['touch', '{proof}']\n"})
    # what the caller says comes first
    named = outcome(index, tested, capsys, "--allow-test-command", "--run-tests", "no-such-program")
    assert named == {
        "result": "not run",
        "command": "no-such-program",
        "why": "it could not be started: No such file or directory",
    }
    assert not proof.exists()


@pytest.mark.slow
def test_a_failure_stands_in_the_proposal_which_is_the_same_the_next_time(
    index: Running, tested: ServiceRepository, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    tested.commit(
        {
            "check.py": "import os, sys, time\nprint('\\x1b[31m```', os.getcwd(), time.monotonic(), 's')\n"
            "sys.exit(3)\n",
            ".crucible.toml": "[upgrade]\ntest_command = 'python check.py'\n",
        }
    )
    proposed = tmp_path / "proposal.md"
    command = ("--allow-test-command", "--proposal", str(proposed))
    tests = outcome(index, tested, capsys, *command)
    assert tests == {"result": "failed", "command": "python check.py", "why": "its exit code was 3"}
    first = proposed.read_text()
    assert "    ``` …/checkout … s\n" in first
    outcome(index, tested, capsys, *command)
    assert proposed.read_text() == first


@pytest.mark.slow
def test_requirements_that_cannot_be_installed_are_a_reason_not_a_failure(
    index: Running, tested: ServiceRepository, capsys: pytest.CaptureFixture[str]
) -> None:
    tested.commit({"dev-requirements.txt": "no-such-package-anywhere==1\n"})
    tests = outcome(index, tested, capsys, "--run-tests", "python check.py")
    assert tests is not None
    assert tests["result"] == "not run"
    assert "no-such-package-anywhere" in tests["why"]
    assert tested.git("log", "--format=%s", f"main..{BRANCH}")


@pytest.mark.slow
def test_what_takes_too_long_ends_with_everything_it_started(tmp_path: Path) -> None:
    proof = tmp_path / "proof"
    (tmp_path / "late.py").write_text("import time\ntime.sleep(3)\nopen('proof', 'w')\n")
    script = (
        "import subprocess, sys, time\nsubprocess.Popen([sys.executable, 'late.py'])\n"
        "print('begun', flush=True)\ntime.sleep(600)\n"
    )
    code, output = run_bounded([sys.executable, "-c", script], tmp_path, {}, 1)
    assert code is None
    assert output == b"begun\n"
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline and not proof.exists():
        time.sleep(0.2)
    assert not proof.exists()


def test_output_is_kept_to_its_end(tmp_path: Path) -> None:
    code, output = run_bounded(
        [sys.executable, "-c", "print('x' * (1 << 22)); print('end')"], tmp_path, {}, 60
    )
    assert code == 0
    assert len(output) <= 1 << 16
    assert output.endswith(b"x\nend\n")


def test_a_checkout_holds_the_branch_and_no_link_leads_out_of_it(tmp_path: Path) -> None:
    service = ServiceRepository.create(
        tmp_path / "linked",
        {"a/run.sh": "#!/bin/sh\n", "b.txt": "old\n", ".gitattributes": "b.txt filter=evil\n"},
    )
    (service.root / "a" / "out").symlink_to("../../../secret")
    (service.root / "a" / "far").symlink_to("/etc/passwd")
    (service.root / "a" / "near").symlink_to("../b.txt")
    (service.root / "a" / "run.sh").chmod(0o755)
    service.commit({})
    service.git("config", "filter.evil.smudge", f"touch {tmp_path / 'proof'}")
    folder = tmp_path / "checkout"
    write_files(open_service(service.root), {"b.txt": b"new\n"}, folder)
    assert (folder / "a" / "near").read_text() == "new\n"
    assert sorted(path.name for path in (folder / "a").iterdir()) == ["near", "run.sh"]
    assert os.access(folder / "a" / "run.sh", os.X_OK)
    assert not (folder / ".git").exists()
    assert not (tmp_path / "proof").exists()


def test_the_environment_holds_the_path_and_nothing_that_was_not_chosen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MY_SECRET", "1")
    monkeypatch.setenv("http_proxy", "http://packages.example:3128")
    monkeypatch.setenv("https_proxy", "http://me:secret@packages.example:3128")
    found = clean_environment(tmp_path)
    assert found["http_proxy"] == "http://packages.example:3128"
    assert not {"MY_SECRET", "https_proxy", "VIRTUAL_ENVIRONMENT", "PYTHONPATH"} & set(found)
    assert found["PATH"].startswith(str(tmp_path / "venv" / "bin"))
    assert str(Path(sys.executable).parent) not in found["PATH"].split(os.pathsep)


@pytest.mark.slow
def test_another_version_than_the_wanted_one_is_told(
    tmp_path: Path, service: ServiceRepository, index: Running
) -> None:
    service.commit({"requirements.txt": "crucible-shared==0.3.*\n"})
    wheel = Wheel("crucible-shared", "0.4.0", "crucible_shared-0.4.0-py3-none-any.whl", b"", index.simple_url)
    (tmp_path / "checkout").mkdir()
    write_files(open_service(service.root), {}, tmp_path / "checkout")
    why = _install(open_service(service.root), ["requirements.txt"], wheel, tmp_path, 120)
    assert why == "its requirements install crucible-shared 0.3.1"


@pytest.mark.parametrize(
    ("said", "command"),
    [
        ("test_command = 'python -m pytest -q \"a b\"'", ("python", "-m", "pytest", "-q", "a b")),
        ("test_command = ['make', 'test']", ("make", "test")),
    ],
)
def test_a_command_is_a_text_or_a_list(said: str, command: tuple[str, ...]) -> None:
    assert (
        read_policy(f"[tool.crucible.upgrade]\n{said}\n", PLACE, "x.toml") or NONE
    ).test_command == command


@pytest.mark.parametrize("said", ["5", "[5]", "'a \"'", "['']", "''"])
def test_a_command_that_is_none_is_refused(said: str) -> None:
    with pytest.raises(Refused, match="test"):
        read_policy(f"[tool.crucible.upgrade]\ntest_command = {said}\n", PLACE, "x.toml")


def test_a_time_limit_that_is_none_is_refused() -> None:
    with pytest.raises(Refused):
        check_seconds(0)
    with pytest.raises(Refused):
        parse_command("'")


def test_output_cannot_leave_its_block_in_the_proposal() -> None:
    trial = Trial(
        Result.FAILED, "a `b`", "its exit code was 1", shown(b"```\n# <b>\r\n in 0.31s\x07", "nowhere")
    )
    facts = Facts(package="p", service="s", moves=(), installed=None, target=parse("0.4.0"), trial=trial)
    assert (
        "## Tests\n\n**Failed**: `` a `b` ``, in a clean environment with p 0.4.0: its exit code was 1.\n\n"
        "    ```\n    # <b>\n     in … s\n"
    ) in proposal(facts)

"""The workflows are well formed, hold no more rights than they need, and run what a laptop runs."""

import re
import shlex
import subprocess
import sysconfig
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml
from typer.core import TyperGroup

from crucible_pipeline.cli.app import application

ROOT = Path(__file__).parents[2]
BIN = Path(sysconfig.get_path("scripts"))
OWN = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
OF_SERVICES = sorted((ROOT / "examples").glob("*/.github/workflows/*.yml"))
WORKFLOWS = [*OWN, *OF_SERVICES]

each_workflow = pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: str(path.relative_to(ROOT)))


def read(path: Path) -> dict[Any, Any]:
    document = yaml.safe_load(path.read_text())
    assert isinstance(document, dict)
    return document


def steps(path: Path) -> list[dict[str, Any]]:
    return [step for job in read(path)["jobs"].values() for step in job["steps"]]


def commands(path: Path) -> list[list[str]]:
    lines = [line for step in steps(path) for line in step.get("run", "").splitlines()]
    return [shlex.split(line) for line in lines]


def test_each_workflow_stands_in_its_place() -> None:
    assert [path.name for path in OWN] == ["ci.yml", "release.yml"]
    assert [path.parts[-4] for path in OF_SERVICES] == ["event-worker", "storage-service"]


def test_actionlint_finds_nothing() -> None:
    done = subprocess.run([BIN / "actionlint", *WORKFLOWS], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_zizmor_finds_nothing_in_its_strictest_persona() -> None:
    done = subprocess.run(
        [BIN / "zizmor", "--offline", "--persona", "auditor", "--strict-collection", ".github", "examples"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr.count("completed") == len(WORKFLOWS) + 1, "the workflows and dependabot.yml"


@each_workflow
def test_every_action_is_pinned_by_commit_with_its_version_beside_it(path: Path) -> None:
    uses = re.findall(r"uses: *(.*)", path.read_text())
    assert uses
    for use in uses:
        assert re.fullmatch(r"[\w.-]+/[\w.-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", use), use


def test_one_action_has_one_pin_in_all_workflows() -> None:
    uses = {use for path in WORKFLOWS for use in re.findall(r"uses: *(.*)", path.read_text())}
    assert len({use.partition("@")[0] for use in uses}) == len(uses)


@each_workflow
def test_a_workflow_has_no_right_but_those_its_jobs_name(path: Path) -> None:
    document = read(path)
    assert document["permissions"] == {}
    granted = {tuple(right) for job in document["jobs"].values() for right in job["permissions"].items()}
    writing = {("contents", "write"), ("pull-requests", "write")} if path in OF_SERVICES else set()
    identity = {("id-token", "write")} if path.name == "release.yml" else set()
    assert granted <= {("contents", "read")} | writing | identity


@each_workflow
def test_no_check_out_leaves_its_credentials_behind(path: Path) -> None:
    for step in steps(path):
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False
            assert step["with"]["fetch-depth"] == 0


def test_a_release_holds_no_secret_and_one_job_has_an_identity_in_the_protected_environment() -> None:
    path = ROOT / ".github" / "workflows" / "release.yml"
    assert "secrets." not in path.read_text()
    jobs = read(path)["jobs"]
    assert {name for name, job in jobs.items() if "id-token" in job["permissions"]} == {"publish"}
    assert jobs["publish"]["environment"] == "release"
    assert set(jobs["publish"]["needs"]) == {"test", "build"}


def test_a_release_uses_no_cache() -> None:
    assert "cache" not in yaml.safe_dump(read(ROOT / ".github" / "workflows" / "release.yml"))


@pytest.mark.parametrize("path", OWN, ids=lambda path: path.name)
def test_every_command_of_ours_is_a_task_of_the_makefile_or_the_program(path: Path) -> None:
    tasks = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for command in commands(path):
        if command[0] == "make":
            assert set(command[1:]) <= tasks
        else:
            assert command[0] == ".venv/bin/crucible"
            assert_known(command[1:])


@pytest.mark.parametrize("path", OF_SERVICES, ids=lambda path: path.parts[-4])
def test_every_command_of_a_service_exists(path: Path) -> None:
    assert commands(path)[:2] == [
        ["pip", "install", "crucible-pipeline[upgrade]"],
        ["gh", "auth", "setup-git"],
    ]
    assert commands(path)[2:] == [["crucible", "upgrade", ".", "--push", "--pr"]]
    assert_known(commands(path)[2][1:])
    # The runner has no name of its own to commit with.
    assert {"GIT_AUTHOR_EMAIL", "GIT_COMMITTER_EMAIL", "GITHUB_TOKEN"} <= set(steps(path)[-1]["env"])


def test_the_services_upgrade_in_the_same_way() -> None:
    assert len({path.read_bytes() for path in OF_SERVICES}) == 1


def assert_known(arguments: list[str]) -> None:
    """The program has this command with these options; nothing runs."""
    program = typer.main.get_command(application())
    assert isinstance(program, TyperGroup)
    with program.make_context("crucible", list(arguments)) as context:
        name, command, rest = program.resolve_command(context, list(arguments))
        assert command is not None
        command.make_context(name, rest, parent=context)


def test_dependabot_watches_every_place_that_pins_something() -> None:
    watched = {
        (update["package-ecosystem"], directory)
        for update in read(ROOT / ".github" / "dependabot.yml")["updates"]
        for directory in update["directories"]
    }
    for path in OWN:
        assert path.is_file()
    assert ("github-actions", "/") in watched
    for service in (path.parents[2] for path in OF_SERVICES):
        place = f"/{service.relative_to(ROOT)}"
        assert {
            ("pip", place),
            ("docker", place),
            ("github-actions", f"{place}/.github/workflows"),
        } <= watched
    # No entry outlives its folder.
    assert all((ROOT / directory.lstrip("/")).is_dir() for _, directory in watched)


def test_dependabot_waits_a_week_and_leaves_the_contracts_to_the_upgrade() -> None:
    updates = read(ROOT / ".github" / "dependabot.yml")["updates"]
    assert all(update["cooldown"]["default-days"] >= 7 for update in updates)
    for update in updates:
        if "/examples/storage-service" in update["directories"] and update["package-ecosystem"] == "pip":
            assert {"dependency-name": "crucible-shared"} in update["ignore"]

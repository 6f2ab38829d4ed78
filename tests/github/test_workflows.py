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
UPGRADES = [path for path in OF_SERVICES if path.name == "upgrade.yml"]
IMPACTS = [path for path in OF_SERVICES if path.name == "impact.yml"]
WORKFLOWS = [*OWN, *OF_SERVICES]
PUBLISHING = [ROOT / ".github" / "workflows" / name for name in ("preview.yml", "release.yml")]
SCAFFOLD = (
    ROOT / "src" / "crucible_pipeline" / "start" / "scaffold" / "dot-github" / "workflows" / "release.yml"
)
USES = re.compile(r"^ *(?:- )?uses: *(.*)", re.MULTILINE)

each_workflow = pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: str(path.relative_to(ROOT)))


def read(path: Path) -> dict[Any, Any]:
    document = yaml.safe_load(path.read_text())
    assert isinstance(document, dict)
    return document


def steps(path: Path) -> list[dict[str, Any]]:
    return [step for job in read(path)["jobs"].values() for step in job["steps"]]


def commands(path: Path) -> list[list[str]]:
    runs = [step.get("run", "").replace("\\\n", " ") for step in steps(path)]
    lines = [line for run in runs for line in run.splitlines()]
    return [shlex.split(line) for line in lines]


def test_each_workflow_stands_in_its_place() -> None:
    assert [path.name for path in OWN] == [
        "ci.yml",
        "impact.yml",
        "preview.yml",
        "release.yml",
        "upgrade.yml",
    ]
    for paths in (UPGRADES, IMPACTS):
        assert [path.parts[-4] for path in paths] == ["event-worker", "storage-service"]
    assert {*OF_SERVICES} == {*UPGRADES, *IMPACTS}


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
    told = "the workflows, and a dependabot.yml here, in each service and to copy"
    assert done.stderr.count("completed") == len(WORKFLOWS) + 1 + len(UPGRADES) + 1, told


@each_workflow
def test_every_action_is_pinned_by_commit_with_its_version_beside_it(path: Path) -> None:
    uses = USES.findall(path.read_text())
    assert uses
    for use in uses:
        assert re.fullmatch(r"[\w.-]+/[\w.-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", use), use


def test_one_action_has_one_pin_in_all_workflows() -> None:
    uses = {use for path in WORKFLOWS for use in USES.findall(path.read_text())}
    assert len({use.partition("@")[0] for use in uses}) == len(uses)


# Beyond reading the repository: what a job of a workflow writes.
WRITING = {
    ("ci.yml", "test"): set[str](),
    ("release.yml", "publish"): {"id-token", "attestations"},
    ("release.yml", "release"): {"contents"},
    ("preview.yml", "publish"): {"id-token"},
    ("upgrade.yml", "upgrade"): {"contents", "pull-requests"},
    ("impact.yml", "impact"): {"pull-requests"},
}


@each_workflow
def test_a_workflow_has_no_right_but_those_its_jobs_name(path: Path) -> None:
    document = read(path)
    assert document["permissions"] == {}
    for name, job in document["jobs"].items():
        rights = job["permissions"]
        assert {right for right, level in rights.items() if level == "write"} == WRITING.get(
            (path.name, name), set()
        )
        assert set(rights.values()) <= {"read", "write"}


@each_workflow
def test_no_check_out_leaves_its_credentials_behind(path: Path) -> None:
    for step in steps(path):
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False
            assert step["with"]["fetch-depth"] == 0


@pytest.mark.parametrize(("name", "environment"), [("release.yml", "release"), ("preview.yml", "preview")])
def test_one_job_has_an_identity_in_its_environment_and_no_job_before_it_has_a_secret(
    name: str, environment: str
) -> None:
    jobs = read(ROOT / ".github" / "workflows" / name)["jobs"]
    assert {key for key, job in jobs.items() if "id-token" in job["permissions"]} == {"publish"}
    assert jobs["publish"]["environment"] == environment
    assert "build" in jobs["publish"]["needs"]
    for key in ("test", "build", "publish"):
        assert "secrets." not in yaml.safe_dump(jobs.get(key, {}))
    # What publishes takes what the build job made.
    (taken,) = [step for step in jobs["publish"]["steps"] if "download-artifact" in step.get("uses", "")]
    assert taken["with"] == {"name": "dist", "path": "dist/"}


@pytest.mark.parametrize("path", [*PUBLISHING, SCAFFOLD], ids=["preview", "release", "scaffold"])
def test_where_an_identity_is_at_hand_nothing_of_the_repository_runs(path: Path) -> None:
    job = read(path)["jobs"]["publish"]
    assert "id-token" in job["permissions"]
    install, publish = [shlex.split(step["run"]) for step in job["steps"] if "run" in step]
    # A released pipeline, from an index: not the one of the checkout, and no Makefile.
    assert install == ["pip", "install", "crucible-pipeline[release]"]
    assert publish[:2] == ["crucible", "publish"]
    assert publish[-2:] == ["--dist", "dist"]
    assert_known(publish[1:])


def test_nothing_is_shown_or_told_before_the_index_has_the_release() -> None:
    jobs = read(ROOT / ".github" / "workflows" / "release.yml")["jobs"]
    assert set(jobs["publish"]["needs"]) == {"test", "build"}
    assert jobs["release"]["needs"] == jobs["announce"]["needs"] == "publish"
    # The one secret is the app's key, in an environment of its own, in a job that checks nothing out.
    held = {name for name, job in jobs.items() if "secrets." in yaml.safe_dump(job)}
    assert held == {"announce"}
    assert jobs["announce"]["environment"] == "announce"
    assert not [step for step in jobs["announce"]["steps"] if "checkout" in step.get("uses", "")]


@pytest.mark.parametrize("name", ["release.yml", "preview.yml"])
def test_what_publishes_uses_no_cache(name: str) -> None:
    assert "cache" not in yaml.safe_dump(read(ROOT / ".github" / "workflows" / name))


@pytest.mark.parametrize("path", OWN, ids=lambda path: path.name)
def test_every_command_of_ours_is_a_task_of_the_makefile_or_the_program(path: Path) -> None:
    tasks = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for command in commands(path):
        if command[0] == "make":
            assert set(command[1:]) <= tasks
        elif command[0] in {".venv/bin/crucible", "crucible"}:
            assert_known(command[1:])
        elif command[0] == "pip":
            assert re.fullmatch(r"crucible-pipeline\[[a-z,]+\]", " ".join(command[2:]))
        else:
            # The rest speaks to GitHub, by the program that a laptop has as well.
            assert path.name in {"release.yml", "upgrade.yml"}
            assert command[0] in {"gh", "for", "done", "status=0", "exit"}


@pytest.mark.parametrize("path", UPGRADES, ids=lambda path: path.parts[-4])
def test_every_command_of_a_service_exists(path: Path) -> None:
    assert commands(path) == [
        ["pip", "install", "crucible-pipeline[release,upgrade]"],
        ["crucible", "verify", "crucible-shared==$ANNOUNCED", "--github", "$PUBLISHER"],
        ["gh", "auth", "setup-git"],
        ["crucible", "upgrade", ".", "--push", "--pr"],
    ]
    for command in commands(path):
        if command[0] == "crucible":
            assert_known(command[1:])
    # The runner has no name of its own to commit with.
    assert {"GIT_AUTHOR_EMAIL", "GIT_COMMITTER_EMAIL", "GITHUB_TOKEN"} <= set(steps(path)[-1]["env"])


@pytest.mark.parametrize("path", [*UPGRADES, ROOT / ".github" / "workflows" / "upgrade.yml"], ids=str)
def test_an_announcement_is_only_ever_a_variable_and_is_looked_up_in_the_index(
    path: Path,
) -> None:
    (check,) = [step for step in steps(path) if "ANNOUNCED" in step.get("env", {})]
    assert check["if"] == "github.event_name == 'repository_dispatch'"
    assert "crucible verify" in check["run"]
    assert not [step for step in steps(path) if "${{" in step.get("run", "")]
    # What is announced decides nothing: the upgrade asks the index for the newest.
    assert "ANNOUNCED" not in steps(path)[-1]["run"] + yaml.safe_dump(steps(path)[-1]["env"])


def test_the_reusable_upgrade_does_for_any_package_what_the_services_do() -> None:
    shared = (ROOT / ".github" / "workflows" / "upgrade.yml").read_text()
    whole = UPGRADES[0].read_text()
    assert "workflow_call" in shared
    plain = shared.replace("$PACKAGE==", "crucible-shared==").replace(' --package "$PACKAGE"', "")
    plain = plain.replace("          PACKAGE: ${{ inputs.package }}\n", "")
    assert plain[plain.index("\njobs:") :] == whole[whole.index("\njobs:") :]


def test_the_services_upgrade_in_the_same_way() -> None:
    assert len({path.read_bytes() for path in UPGRADES}) == len({path.read_bytes() for path in IMPACTS}) == 1


def test_the_check_of_a_pull_request_runs_nothing_of_it_and_names_it_by_variables_alone() -> None:
    for path in (*IMPACTS, ROOT / ".github" / "workflows" / "impact.yml"):
        extra = ["--package", "$PACKAGE"] if path in OWN else []
        assert commands(path) == [
            ["pip", "install", "crucible-pipeline[upgrade]"],
            ["crucible", "impact", ".", "--pins-since", "origin/$BASE", "--comment", "$NUMBER", *extra],
        ]
        assert_known(commands(path)[1][1:])
        assert not [step for step in steps(path) if "${{" in step.get("run", "")]
        assert "pull_request_target" not in path.read_text()


def test_the_reusable_check_does_for_any_package_what_the_services_do() -> None:
    shared = (ROOT / ".github" / "workflows" / "impact.yml").read_text()
    plain = shared.replace(' --package "$PACKAGE"', "").replace(
        "          PACKAGE: ${{ inputs.package }}\n", ""
    )
    whole = IMPACTS[0].read_text()
    assert "workflow_call" in shared
    assert plain[plain.index("\njobs:") :] == whole[whole.index("\njobs:") :]


def assert_known(arguments: list[str]) -> None:
    """The program has this command with these options; nothing runs."""
    # what a workflow puts there is a number
    arguments = ["7" if one == "$NUMBER" else one for one in arguments]
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
    # The services stand on the base, which alone pins an image.
    assert ("docker", "/examples/base") in watched
    for service in (path.parents[2] for path in UPGRADES):
        place = f"/{service.relative_to(ROOT)}"
        assert {
            ("pip", place),
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


@pytest.mark.parametrize("path", UPGRADES, ids=lambda path: path.parts[-4])
def test_the_bot_of_a_service_asks_the_private_index_alone(path: Path) -> None:
    bot = read(path.parents[1] / "dependabot.yml")
    (index,) = bot["registries"].values()
    assert index["replaces-base"] is True
    (pip,) = [update for update in bot["updates"] if update["package-ecosystem"] == "pip"]
    assert pip["registries"] == list(bot["registries"])
    assert {"dependency-name": "crucible-shared"} in pip["ignore"]
    assert all(update["cooldown"]["default-days"] >= 7 for update in bot["updates"])

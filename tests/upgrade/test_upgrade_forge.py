"""`crucible upgrade --pr` and `crucible impact --comment`: an index, git over HTTP, each kind of forge."""

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from crucible_pipeline.cli import main
from crucible_pipeline.index.server import Running
from upgrade.forge_server import ROOTS, TOKEN_NAMES, serving
from upgrade.forge_world import PROJECT, TOKEN, Pull, World
from upgrade.upgrade_services import ServiceRepository

BRANCH = "crucible/crucible-shared-0.4"
KINDS = [
    "github",
    pytest.param("gitlab", marks=pytest.mark.slow),
    pytest.param("gitea", marks=pytest.mark.slow),
]


@dataclass
class Stage:
    """A service on a forge, and the options that lead there."""

    world: World
    service: ServiceRepository
    index: Running
    options: tuple[str, ...]

    def upgrade(self, target: Path | str, capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, Any]]:
        capsys.readouterr()
        asked = ["upgrade", str(target), "--index-url", self.index.simple_url, "--format", "json"]
        code = main([*asked, "--pr", *self.options])
        said = capsys.readouterr()
        assert TOKEN not in said.out + said.err
        return code, json.loads(said.out)[0]


@pytest.fixture(params=KINDS)
def stage(
    index: Running,
    service: ServiceRepository,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> Iterator[Stage]:
    kind = str(request.param)
    for name in ("CRUCIBLE_INDEX_URL", "CRUCIBLE_TOKEN", "PIP_INDEX_URL", *TOKEN_NAMES.values()):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("CRUCIBLE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv(TOKEN_NAMES[kind], TOKEN)
    world = World(tmp_path / "repositories")
    with serving(world) as url:
        world.create(service.root)
        service.git("remote", "add", "origin", f"{url}/{PROJECT}.git")
        yield Stage(world, service, index, ("--forge", kind, "--forge-url", f"{url}{ROOTS[kind]}"))


def test_the_proposal_says_all_that_a_reader_needs_and_a_second_run_writes_nothing(
    stage: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    code, row = stage.upgrade(stage.service.root, capsys)
    (pull,) = stage.world.pulls
    assert (code, row["branch"], row["commit"]) == (0, BRANCH, stage.world.tip(BRANCH))
    assert row["pull_request"].startswith("http://127.0.0.1")
    assert (pull.title, pull.labels) == ("Upgrade crucible-shared to 0.4.0", ["crucible: needs a person"])
    head = stage.service.git("rev-parse", "HEAD")
    for part in (
        "**Needs a person**",
        "[app.py:3](http://127.0.0.1",
        f"/{head}/app.py#L3",
        "A request names its time limit time_limit.",
        "0.3.1 accepts and 0.4.0 rejects",
        "`==0.3.*` | `==0.4.*`",
    ):
        assert part in pull.body
    assert "Nothing to see" not in pull.body
    assert TOKEN not in pull.body + stage.service.git("config", "--list") + str(stage.world.asked)
    assert "Crucible-Tree: " in stage.world.git("show", "--no-patch", "--format=%B", BRANCH)
    before = (stage.world.git("for-each-ref"), len(stage.world.writes()))
    assert stage.upgrade(stage.service.root, capsys) == (code, row)
    assert (stage.world.git("for-each-ref"), len(stage.world.writes())) == before


@pytest.mark.slow
def test_a_service_that_moved_by_itself_has_its_proposal_closed(
    stage: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    stage.upgrade(stage.service.root, capsys)
    stage.service.commit({"requirements.txt": "crucible-shared==0.4.*\n"})
    stage.service.git("push", "--quiet", "origin", "main")
    code, row = stage.upgrade(stage.service.root, capsys)
    assert (code, row["to"]) == (0, None)
    assert (stage.world.pulls[0].state, stage.world.tip(BRANCH)) == ("closed", "")


@pytest.mark.parametrize("stage", ["github"], indirect=True)
def test_the_pull_request_of_another_program_gets_one_comment_that_follows_it(
    stage: Stage, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    service = stage.service
    url = service.git("remote", "get-url", "origin").removesuffix(f"/{PROJECT}.git")
    monkeypatch.setenv("GITHUB_SERVER_URL", url)
    monkeypatch.setenv("GITHUB_API_URL", stage.options[3])
    service.git("checkout", "--quiet", "-b", "bot/crucible-shared")
    service.commit({"requirements.txt": "crucible-shared==0.4.*\n"})
    service.git("push", "--quiet", "origin", "HEAD")
    stage.world.open(Pull(0, "bot/crucible-shared", "main", "Bump", ""))
    asked = ["impact", str(service.root), "--pins-since", "main", "--index-url", stage.index.simple_url]
    assert main([*asked, "--comment", "1"]) == 1
    (said,) = stage.world.comments
    assert "from 0.3.1 to 0.4.0" in said.body
    assert "[app.py:3](http://127.0.0.1" in said.body
    writes = len(stage.world.writes())
    assert main([*asked, "--comment", "1"]) == 1
    assert len(stage.world.writes()) == writes
    service.commit({"app.py": "import crucible_shared\n"})
    assert main([*asked, "--comment", "1"]) == 0
    (said,) = stage.world.comments
    assert "**Safe**" in said.body
    capsys.readouterr()
    service.commit({"requirements.txt": "# nothing moves\ncrucible-shared==0.3.*\n"})
    assert main(asked) == 0
    assert "install what they did" in capsys.readouterr().out


def test_pins_are_compared_with_a_commit_that_is_there(
    index: Running, service: ServiceRepository, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["impact", str(service.root), "--index-url", index.simple_url, "--pins-since"]
    assert main([*asked, "origin/nowhere"]) == 1
    assert "names no commit" in capsys.readouterr().err
    subprocess.run(["git", "-C", service.root, "tag", "before"], check=True)
    assert main([*asked, "before"]) == 0

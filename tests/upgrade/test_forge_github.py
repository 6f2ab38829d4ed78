"""Every request to GitHub, held to GitHub's own description of its API by Prism."""

import re
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from crucible_pipeline.upgrade.forge_place import Kind
from crucible_pipeline.upgrade.publish import connected, propose
from crucible_pipeline.upgrade.service import open_service
from upgrade.forge_description import USED, holding_to_it
from upgrade.forge_repository import place, project, wanted
from upgrade.forge_server import ROOTS, serving
from upgrade.forge_world import PROJECT, TOKEN, World

pytestmark = pytest.mark.slow


def test_the_whole_life_of_proposals_is_as_github_describes_its_api(tmp_path: Path) -> None:
    world = World(tmp_path / "repositories")
    service = project(world, tmp_path / "storage-service")
    world.page = 1
    with (
        serving(world) as url,
        holding_to_it(f"{url}{ROOTS['github']}", tmp_path) as proxy,
        connected(replace(place(Kind.GITHUB, url), api=proxy)) as forge,
    ):
        there = open_service(service.root)
        propose(there, wanted(), forge)
        propose(there, wanted(title="Upgrade further"), forge)
        propose(there, replace(wanted(title="Upgrade further"), label="crucible: fixable"), forge)
        world.commit_as_a_person(wanted().name, "app.py", "mended = 1\n")
        propose(there, wanted(), forge)
        propose(there, wanted(title="Upgrade once more"), forge)
        newer = replace(wanted("0.5"), may_merge=True)
        propose(there, newer, forge)
        world.pulls[0].state = "closed"
        propose(there, wanted("0.6"), forge)
        propose(there, newer, forge)
        world.checks[world.tip(newer.name)] = ["success"]
        assert any("was merged" in note for note in propose(there, newer, forge).notes)
    for template, methods in USED.items():
        path = re.sub(r"\\{[a-z_]+\\}", "[^/]+", re.escape(template.replace("{owner}/{repo}", PROJECT)))
        assert {method.lower() for method, asked in world.asked if re.fullmatch(path, asked)} >= {*methods}


def test_a_request_that_github_does_not_describe_does_not_get_through(tmp_path: Path) -> None:
    world = World(tmp_path)
    with serving(world) as url, holding_to_it(f"{url}{ROOTS['github']}", tmp_path) as proxy:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        for path, document in ((f"{PROJECT}/pulls", {"title": "no head"}), (f"{PROJECT}/pushes", {})):
            answer = httpx.post(f"{proxy}/repos/{path}", json=document, headers=headers, trust_env=False)
            assert answer.status_code in {404, 422}, answer.text
    assert world.asked == []

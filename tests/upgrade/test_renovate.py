"""Renovate as an independent client of the small forge, with the preset that we hand out, and beside us."""

import platform
import sys
from pathlib import Path

import pytest

from crucible_pipeline.index.server import Running
from crucible_pipeline.upgrade.forge_place import Kind
from crucible_pipeline.upgrade.publish import connected, propose
from crucible_pipeline.upgrade.service import open_service
from upgrade.forge_repository import FILES, place, wanted
from upgrade.forge_server import serving
from upgrade.forge_world import World
from upgrade.renovate_client import preset, renovate
from upgrade.upgrade_services import ServiceRepository

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        (sys.platform, platform.machine()) != ("linux", "x86_64"), reason="its node is locked for one machine"
    ),
]
THEIRS = "renovate/contracts"


def test_the_preset_moves_every_pin_in_one_branch_and_both_programs_leave_the_others_work_alone(
    index: Running, tmp_path: Path
) -> None:
    world = World(tmp_path / "repositories")
    service = ServiceRepository.create(
        tmp_path / "storage-service",
        {
            **FILES,
            "constraints.txt": "crucible-shared==0.3.*\n",
            "Dockerfile": "FROM scratch\nRUN pip install 'crucible-shared==0.3.*'\n",
            "renovate.json": preset(index.simple_url),
        },
    )
    # it labels with what the repository knows
    world.labels = ["breaking"]
    world.create(service.root)
    service.git("remote", "add", "origin", str(world.bare))
    with serving(world) as url:
        renovate(url, tmp_path)
        (pull,) = world.pulls
        assert (pull.branch, pull.base, pull.state) == (THEIRS, "main", "open")
        assert pull.labels == ["breaking"]
        for file in ("requirements.txt", "constraints.txt", "Dockerfile"):
            assert "crucible-shared==0.4.*" in world.git("show", f"{THEIRS}:{file}")
        theirs = (world.tip(THEIRS), pull.title, pull.body)
        with connected(place(Kind.GITEA, url)) as forge:
            propose(open_service(service.root), wanted(), forge)
            ours = world.tip(wanted().name)
            before = (world.git("for-each-ref"), len(world.pulls), len(world.comments))
            propose(open_service(service.root), wanted(), forge)
            renovate(url, tmp_path)
        assert (world.git("for-each-ref"), len(world.pulls), len(world.comments)) == before
        assert (world.tip(THEIRS), pull.title, pull.body) == theirs
        assert (world.tip(wanted().name), world.pulls[1].state) == (ours, "open")

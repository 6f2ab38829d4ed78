"""A service's work tree whose remote is a project of the small forge."""

from pathlib import Path

from crucible_pipeline.upgrade.forge_place import Kind, Place
from upgrade.forge_server import ROOTS
from upgrade.forge_world import PROJECT, TOKEN, World
from upgrade.upgrade_services import ServiceRepository

FILES = {"requirements.txt": "crucible-shared==0.3.*\nredis\n", "app.py": "import crucible_shared\n"}


def project(world: World, root: Path) -> ServiceRepository:
    """A work tree that was pushed to the forge; its remote is the project's repository."""
    service = ServiceRepository.create(root, FILES)
    world.create(service.root)
    service.git("remote", "add", "origin", str(world.bare))
    return service


def place(kind: Kind, url: str, token: str = TOKEN) -> Place:
    return Place(kind, PROJECT, f"{url}{ROOTS[kind]}", f"{url}/{PROJECT}", token)

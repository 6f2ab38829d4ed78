"""A service's work tree whose remote is a project of the small forge."""

from pathlib import Path

from crucible_pipeline.upgrade.branch import Step, branch_name
from crucible_pipeline.upgrade.forge_place import Kind, Place
from crucible_pipeline.upgrade.marks import change_key
from crucible_pipeline.upgrade.publish import Wanted
from upgrade.forge_server import ROOTS
from upgrade.forge_world import PROJECT, TOKEN, World
from upgrade.upgrade_services import ServiceRepository

PACKAGE = "crucible-shared"
FILES = {"requirements.txt": "crucible-shared==0.3.*\nredis\n", "app.py": "import crucible_shared\n"}


def project(world: World, root: Path) -> ServiceRepository:
    """A work tree that was pushed to the forge; its remote is the project's repository."""
    service = ServiceRepository.create(root, FILES)
    world.create(service.root)
    service.git("remote", "add", "origin", str(world.bare))
    return service


def place(kind: Kind, url: str, token: str = TOKEN) -> Place:
    return Place(kind, PROJECT, f"{url}{ROOTS[kind]}", f"{url}/{PROJECT}", token)


def wanted(
    line: str = "0.4", *, title: str = "", specifier: str = "", file: str = "requirements.txt"
) -> Wanted:
    """An upgrade of the service to a line."""
    specifier = specifier or f"=={line}.*"
    content = FILES["requirements.txt"].replace("==0.3.*", specifier).encode()
    title = title or f"Upgrade {PACKAGE} to {line}.0"
    return Wanted(
        package=PACKAGE,
        name=branch_name(PACKAGE, line, ""),
        steps=(Step({file: content}, title, "requirements.txt moves"),),
        title=title,
        body=f"# {title}\n\n**Safe**\n",
        label="crucible: safe",
        change=change_key(PACKAGE, [specifier]),
    )

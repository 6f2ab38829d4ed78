"""From the texts of a repository to everything that a migration changes and leaves. Pure."""

import fnmatch
import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from crucible_pipeline.migrate.change import Edit, Found, Left
from crucible_pipeline.migrate.images import Image, Needs, migrate_image
from crucible_pipeline.migrate.inline import inline_imports
from crucible_pipeline.migrate.manifests import manifest_notes
from crucible_pipeline.migrate.package import Package
from crucible_pipeline.migrate.python_files import Pythons, migrate_python
from crucible_pipeline.migrate.requirement import requires
from crucible_pipeline.migrate.tree import Tree, is_below

IMAGES = ("*dockerfile*", "*containerfile*")
YAML = ("*.yml", "*.yaml")
SCRIPTS = ("*.sh", "makefile", "*.mk", "procfile", "justfile", "*.toml", "*.cfg", "*.ini")
REQUIREMENTS = ("*requirements*.txt", "*requirements*.in", "*constraints*.txt")


@dataclass(slots=True)
class Plan:
    """What a migration does.

    Args:
        files: path → what is edited and left there.
        moved: how many imports moved.
    """

    files: dict[str, Found] = field(default_factory=dict[str, Found])
    moved: int = 0

    def add(self, path: str, found: Found) -> None:
        """Note what one look at a file yields."""
        if found.edits or found.left:
            self.files[path] = self.files.get(path, Found()) + found


def kind_of(path: str) -> tuple[str, ...]:
    """The patterns by which a file is of interest; none if it is of no interest."""
    name = posixpath.basename(path).lower()
    in_folder = posixpath.basename(posixpath.dirname(path)) == "requirements" and name.endswith(
        (".txt", ".in")
    )
    if in_folder:
        return REQUIREMENTS
    kinds = (("*.py",), REQUIREMENTS, IMAGES, YAML, SCRIPTS)
    return next((kind for kind in kinds if any(fnmatch.fnmatchcase(name, one) for one in kind)), ())


def plan(texts: Mapping[str, str], tree: Tree, package: Package, shared: str) -> Plan:
    """Everything that a migration does to the files of a folder.

    Args:
        texts: path from the repository's top → text, of the files of interest that are to be migrated.
        tree: the repository.
        package: what there is instead of the copy.
        shared: the copy's name.
    """
    result = Plan()
    own = {path: text for path, text in texts.items() if shared not in path.split("/")[:-1]}
    services: dict[str, dict[str, str]] = {}
    for path, text in own.items():
        services.setdefault(tree.service_of(path, shared), {})[path] = text
    needs: dict[str, Needs] = {}
    for folder, files in services.items():
        pythons = migrate_python(_of(files, ("*.py",)), tree, package, shared)
        for path, found in pythons.files.items():
            result.add(path, found)
        result.moved += pythons.moved
        needs[folder] = _needs(pythons, _of(files, REQUIREMENTS), package)
        if pythons.moved:
            _require(result, files, folder, package)
    for path, text in own.items():
        if kind_of(path) == IMAGES:
            image = Image(path, text, tree, shared)
            result.add(path, migrate_image(image, _together(_needs_of(image, needs, tree), package)))
    for path, text in own.items():
        for found in _others(path, text, package, shared):
            result.add(path, found)
    return result


def _of(files: Mapping[str, str], kind: tuple[str, ...]) -> dict[str, str]:
    return {path: text for path, text in files.items() if kind_of(path) == kind}


def _needs(pythons: Pythons, requirements: Mapping[str, str], package: Package) -> Needs:
    first = pythons.stays[0] if pythons.stays else None
    copied = f"{first.path}:{first.line} still imports {first.name}" if first is not None else ""
    return Needs(copied, pythons.imports, requirements, package.requirement if pythons.moved else "")


def _require(result: Plan, files: Mapping[str, str], folder: str, package: Package) -> None:
    wanted = _of(files, REQUIREMENTS)
    wanted |= {path: text for path, text in files.items() if posixpath.basename(path) == "pyproject.toml"}
    found = requires(wanted, folder, package.requirement)
    if found is not None:
        path, done = found
        result.add(path, Found((done,)) if isinstance(done, Edit) else Found(left=(done,)))


def _needs_of(image: Image, needs: Mapping[str, Needs], tree: Tree) -> list[Needs]:
    """Those of the services that an image holds: what it copies, else what lies around it."""
    named = {name for names in image.copied() for name in names}
    inside = [
        held
        for folder, held in needs.items()
        if any(is_below(name, folder) for name in named if folder != ".")
    ]
    around = tree.service_of(image.path, image.shared)
    return inside or ([needs[around]] if around in needs else [])


def _together(several: list[Needs], package: Package) -> Needs:
    """The needs of all services of one image."""
    return Needs(
        next((one.copied for one in several if one.copied), ""),
        frozenset[str]().union(*(one.imports for one in several)),
        {path: text for one in several for path, text in one.requirements.items()},
        package.requirement if any(one.requirement for one in several) else "",
    )


def _others(path: str, text: str, package: Package, shared: str) -> Iterator[Found]:
    kind = kind_of(path)
    if kind in {IMAGES, YAML, SCRIPTS}:
        yield inline_imports(text, package, shared)
    if kind == YAML:
        yield Found(left=tuple(manifest_notes(path, text, shared)))


def left_of(plan_: Plan) -> list[tuple[str, Left]]:
    """What is left for a person, by file and line."""
    return [(path, told) for path, found in sorted(plan_.files.items()) for told in sorted(found.left)]

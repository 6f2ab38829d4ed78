"""What compose files, Kubernetes manifests and workflows still say about the copy. Pure.

They are told and not edited: whether something else needs an entry is seen where the service is deployed.
"""

import posixpath
import re
from collections.abc import Iterator

from crucible_pipeline.migrate.change import Left, line_of
from crucible_pipeline.upgrade.pins_yaml import Leaf, leaves

_FILTERS = frozenset({"paths", "paths-ignore"})


def manifest_notes(path: str, text: str, shared: str) -> list[Left]:
    """What a person has to look at in a YAML file, in its order."""
    return sorted(set(_notes(path, text, shared)))


def _notes(path: str, text: str, shared: str) -> Iterator[Left]:
    is_workflow = ".github" in path.split("/")
    folder = re.compile(rf"(?:^|[\s:/\"'=]|\./){re.escape(shared)}(?=[/:\"'\s]|$)")
    for leaf in leaves(text):
        if not leaf.line.offsets:
            continue
        line = line_of(text, leaf.line.offsets[0])
        if leaf.value == "PYTHONPATH" or leaf.key == "PYTHONPATH" or leaf.value.startswith("PYTHONPATH="):
            yield Left(line, "PYTHONPATH is set here", "remove it where nothing but the copy needed it")
        elif is_workflow and _is_filter(leaf) and folder.search(leaf.value):
            yield Left(
                line,
                f"the workflow runs when {leaf.value} changes",
                "remove the filter: an upgrade of the package is a pull request",
            )
        elif _is_place(leaf, folder):
            yield Left(line, f"{leaf.value.strip()} hands out the copy", "remove it")


def _is_filter(leaf: Leaf) -> bool:
    return any(step in _FILTERS for step in leaf.steps if isinstance(step, str))


def _is_place(leaf: Leaf, folder: re.Pattern[str]) -> bool:
    """Whether a one-line value is a path of the copy: a volume, a mount, a build context."""
    value = leaf.value.strip()
    return "\n" not in value and " " not in value and posixpath.sep in value and bool(folder.search(value))

"""The order of the rooms: each arrow is listed here, and any other fails."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "src" / "crucible_pipeline"

# room → the rooms it may import from; `index` knows no contract, `upgrade` neither release nor generate.
ARROWS = {
    "errors": set(),
    "version": {"errors"},
    "git": {"errors", "version"},
    "contracts": {"errors", "version", "git"},
    "generate": {"errors", "contracts"},
    "compat": {"errors", "version", "git", "contracts"},
    "index": {"errors", "version"},
    "release": {"errors", "version", "git", "contracts", "generate", "compat", "index"},
    "upgrade": {"errors", "version", "git", "contracts", "compat", "index"},
    # A service that comes to the package is read as one that is upgraded: its pins, its files, its commit.
    "migrate": {"errors", "version", "git", "index", "upgrade"},
    # A new repository is templates, the code of its contracts, and a commit; the index rules on its name.
    "start": {"errors", "git", "contracts", "generate", "index"},
    "cli": {
        "errors",
        "version",
        "git",
        "contracts",
        "generate",
        "compat",
        "index",
        "release",
        "upgrade",
        "migrate",
        "start",
    },
}


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported_rooms(path: Path) -> set[str]:
    """Rooms named by any import statement of a file, wherever it stands: lazy and type-only ones count."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = path.relative_to(PACKAGE.parent).with_suffix("").parts[: -node.level] if node.level else ()
            module = ".".join([*base, *((node.module or "").split(".") if node.module else [])])
            names |= {module, *(f"{module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            # importlib.import_module("crucible_pipeline.release") is an import as well
            names.add(node.value)
    parts = [name.split(".") for name in names if name.startswith("crucible_pipeline.")]
    return {part[1] for part in parts if part[1].isidentifier()}


FILES = sorted(path for path in PACKAGE.rglob("*.py") if not {"runtime", "scaffold"} & set(path.parts))


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_file_imports_only_from_rooms_below_its_own(path: Path) -> None:
    room = room_of(path)
    if room == "__init__":
        assert not imported_rooms(path)
        return
    assert imported_rooms(path) - {room} <= ARROWS[room]


def test_every_room_of_the_design_stands_and_no_other() -> None:
    assert {room_of(path) for path in FILES} - {"__init__"} == set(ARROWS)


def test_the_order_has_no_circle() -> None:
    order = list(ARROWS)
    for room, below in ARROWS.items():
        assert all(order.index(other) < order.index(room) for other in below)

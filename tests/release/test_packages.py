"""Two packages from one repository: each takes its version from its own tags, and holds its own files."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from crucible_pipeline.git import Repository
from crucible_pipeline.release.archive import unzipped
from release.contracts_repository import BUILD_FILES

ROOT = Path(__file__).parents[2]
PIPELINE = Path("src") / "crucible_pipeline"


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """A repository that holds both packages as the work tree has them, without a tag."""
    root = tmp_path_factory.mktemp("packages") / "repository"
    unwanted = shutil.ignore_patterns("__pycache__", "build", "*.egg-info", "*.pyc", "node_modules")
    for folder in ("src", "contracts"):
        shutil.copytree(ROOT / folder, root / folder, ignore=unwanted)
    for name in BUILD_FILES:
        shutil.copyfile(ROOT / name, root / name)
    made = Repository(root)
    made.run("init", "--quiet", "--initial-branch", "main")
    made.run("config", "user.name", "A")
    made.run("config", "user.email", "a@packages.example")
    made.commit("One", ["."])
    return made


def version(folder: Path) -> str:
    argv = [sys.executable, "-W", "ignore", "-m", "setuptools_scm"]
    said = subprocess.run(argv, cwd=folder, capture_output=True, text=True, check=True)
    return said.stdout.strip()


def wheel_of(folder: Path, out: Path) -> dict[str, bytes]:
    # Without isolation: what is tried here is our configuration, and an environment would cost seconds.
    argv = [sys.executable, "-P", "-m", "build", "--wheel", "--no-isolation", "--outdir", os.fspath(out)]
    subprocess.run([*argv, os.fspath(folder)], check=True, capture_output=True)
    (path,) = out.iterdir()
    return unzipped(path.read_bytes())


def tracked(repository: Repository, folder: str) -> set[str]:
    return {name.removeprefix("src/") for name in repository.run("ls-files", folder).splitlines()}


def test_the_version_of_each_package_comes_from_its_own_tags_and_no_other(repository: Repository) -> None:
    shared, pipeline = repository.root, repository.root / PIPELINE
    for tag in ("version-1", "deploy-2026-11-24", "0.7.0", "release-v0.8.0"):
        repository.tag(tag, "none of ours")
    assert version(shared).startswith("0.1.dev")
    assert version(pipeline).startswith("0.1.dev")
    repository.tag("pipeline-v0.1.0", "the pipeline")
    assert version(shared).startswith("0.1.dev")
    assert version(pipeline) == "0.1.0"
    repository.tag("v0.3.0", "the contracts")
    assert version(shared) == "0.3.0"
    assert version(pipeline) == "0.1.0"


def test_the_pipelines_wheel_holds_all_its_code_and_data(repository: Repository) -> None:
    files = wheel_of(repository.root / PIPELINE, repository.root.parent / "pipeline")
    info = next(name.partition("/")[0] for name in files if ".dist-info/" in name)
    names = {name for name in files if not name.startswith(info)}
    beside = ("pyproject.toml", "README.md", "CHANGELOG.md", "LICENSE")
    own = tracked(repository, "src/crucible_pipeline") - {f"crucible_pipeline/{name}" for name in beside}
    assert names == own
    assert any(name.startswith("crucible_pipeline/generate/runtime/") for name in names)
    assert b"crucible = crucible_pipeline.cli:run" in files[f"{info}/entry_points.txt"]


def test_the_contracts_wheel_holds_types_snapshot_yaml_page_and_marker_and_nothing_else(
    repository: Repository,
) -> None:
    files = wheel_of(repository.root, repository.root.parent / "shared")
    info = next(name.partition("/")[0] for name in files if ".dist-info/" in name)
    about = ("METADATA", "WHEEL", "RECORD", "top_level.txt", "licenses/LICENSE")
    assert set(files) == tracked(repository, "src/crucible_shared") | {f"{info}/{name}" for name in about}
    assert {name.rpartition(".")[2] for name in files if not name.startswith(info)} == {
        "html", "json", "py", "pyi", "typed", "yaml"
    }  # fmt: skip
    yaml = {name.removeprefix("crucible_shared/") for name in files if name.endswith(".yaml")}
    assert yaml == set(repository.run("ls-files", "contracts").splitlines())
    assert not any(name.startswith(("crucible_pipeline", "tests", "typescript")) for name in files)

"""crucible-pipeline builds from a clone: its own version from its own tags, its data with its code."""

import os
import shutil
import subprocess
import sys
import zipfile
from email.parser import BytesParser
from pathlib import Path

import pytest

from crucible_pipeline.git import Repository

ROOT = Path(__file__).parents[2]
PIPELINE = Path("src") / "crucible_pipeline"


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """A repository that holds the pipeline as the work tree has it, tagged for both packages."""
    root = tmp_path_factory.mktemp("pipeline") / "repository"
    unwanted = shutil.ignore_patterns("__pycache__", "build", "*.egg-info", "*.pyc")
    shutil.copytree(ROOT / PIPELINE, root / PIPELINE, ignore=unwanted)
    for name in (".gitignore", "LICENSE", "pyproject.toml"):
        shutil.copyfile(ROOT / name, root / name)
    made = Repository(root)
    made.run("init", "--quiet", "--initial-branch", "main")
    made.run("config", "user.name", "A")
    made.run("config", "user.email", "a@packages.example")
    made.commit("One", ["."])
    return made


def version(repository: Repository) -> str:
    argv = [sys.executable, "-W", "ignore", "-m", "setuptools_scm"]
    said = subprocess.run(argv, cwd=repository.root / PIPELINE, capture_output=True, text=True, check=True)
    return said.stdout.strip()


def test_the_wheel_holds_all_code_and_data_and_the_version_of_its_own_tag(repository: Repository) -> None:
    assert version(repository).startswith("0.1.dev")
    repository.tag("v9.9.9", "the other package")
    assert version(repository).startswith("0.1.dev")
    repository.tag("pipeline-v0.1.0", "this package")

    out = repository.root.parent / "dist"
    # Without isolation: what is tried here is our configuration, and an environment would cost seconds.
    argv = [sys.executable, "-P", "-m", "build", "--wheel", "--no-isolation", "--outdir", os.fspath(out)]
    subprocess.run([*argv, os.fspath(repository.root / PIPELINE)], check=True, capture_output=True)
    (wheel,) = out.iterdir()
    assert wheel.name == "crucible_pipeline-0.1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
        metadata = BytesParser().parsebytes(archive.read("crucible_pipeline-0.1.0.dist-info/METADATA"))
        scripts = archive.read("crucible_pipeline-0.1.0.dist-info/entry_points.txt").decode()
    tracked = repository.run("ls-files", "src/crucible_pipeline").splitlines()
    assert names == {name.removeprefix("src/") for name in tracked} - {"crucible_pipeline/pyproject.toml"}
    assert any(name.startswith("crucible_pipeline/generate/runtime/") for name in names)
    assert metadata["Version"] == "0.1.0"
    assert "crucible = crucible_pipeline.cli:run" in scripts

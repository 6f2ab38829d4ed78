"""Each service as a repository of its own, and an environment with the package installed."""

import shutil
import site
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from examples.surroundings import environment

ROOT = Path(__file__).parents[2]
SERVICES = ("event-worker", "storage-service")
# What the wheel is built from; a copy, so that no build leaves anything in the checkout.
SOURCES = ("pyproject.toml", "README.md", "LICENSE", "src/crucible_shared")


@pytest.fixture(scope="session")
def service_python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An interpreter that sees crucible_shared because pip installed it, and the services' other needs."""
    folder = tmp_path_factory.mktemp("services")
    for name in SOURCES:
        source, target = ROOT / name, folder / "checkout" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)
    venv.create(folder / "venv", with_pip=False, symlinks=True)
    python = folder / "venv" / "bin" / "python"
    (own_site,) = (folder / "venv" / "lib").glob("python*/site-packages")
    # The other needs were installed from the lock once; they are not copied for each run.
    (own_site / "locked.pth").write_text("\n".join(site.getsitepackages()) + "\n")
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-index"),
            *("--no-deps", "--no-build-isolation", "--disable-pip-version-check", str(folder / "checkout")),
        ],
        env=environment() | {"SETUPTOOLS_SCM_PRETEND_VERSION": "0.3.0"},
        check=True,
    )
    return python


@pytest.fixture(scope="session")
def type_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the type checker learned about the libraries of one service serves the other."""
    return tmp_path_factory.mktemp("types")


@pytest.fixture(params=SERVICES)
def service(request: pytest.FixtureRequest) -> Path:
    """The folder of one service."""
    folder = ROOT / "examples" / str(request.param)
    assert folder.is_dir()
    return folder


@pytest.fixture
def repository(service: Path, tmp_path: Path) -> Path:
    """A copy of one service, outside this repository."""
    return Path(shutil.copytree(service, tmp_path / service.name, ignore=shutil.ignore_patterns("*cache*")))

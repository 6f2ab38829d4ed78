"""Poetry, PDM, Hatch, Flit and pip-tools as they are: each uploads, or locks and installs by one URL."""

import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from crucible_pipeline.index.server import Running, running
from index.distributions import post, sdist, wheel
from index.elsewhere import elsewhere
from index.programs import UV, programs

pytestmark = pytest.mark.slow

PYPROJECT = """\
[build-system]
requires = ["flit_core >=3.11,<5"]
build-backend = "flit_core.buildapi"

[project]
name = "demo-pkg"
version = "1.0"
description = "What it is"
requires-python = ">=3.9"
"""
SERVICE = """\
[project]
name = "service"
version = "1.0"
requires-python = ">=3.11"
dependencies = ["demo-pkg==1.*"]
"""


@pytest.fixture(scope="module")
def tools() -> Path:
    return programs()


@pytest.fixture
def environment(clean_environment: dict[str, str], tmp_path: Path) -> dict[str, str]:
    """Also without what these programs keep in the home of whoever runs the tests."""
    home = tmp_path / "home"
    home.mkdir()
    kept = {name: value for name, value in clean_environment.items() if name != "VIRTUAL_ENV"}
    return {
        **kept,
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / "config"),
        "XDG_CACHE_HOME": str(home / "cache"),
        "XDG_DATA_HOME": str(home / "data"),
        "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
        "PDM_CHECK_UPDATE": "0",
        "PDM_IGNORE_SAVED_PYTHON": "1",
        "POETRY_VIRTUALENVS_IN_PROJECT": "true",
        "UV_NO_CACHE": "1",
        "UV_PYTHON_DOWNLOADS": "never",
    }


def run(environment: Mapping[str, str], at: Path, *command: str | Path) -> str:
    done = subprocess.run(
        [str(part) for part in command],
        cwd=at,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def poetry_upload(tools: Path, index: Running, environment: Mapping[str, str], at: Path) -> str:
    secret = {
        "POETRY_REPOSITORIES_HERE_URL": index.upload_url,
        "POETRY_HTTP_BASIC_HERE_USERNAME": "__token__",
        "POETRY_HTTP_BASIC_HERE_PASSWORD": index.token,
    }
    return run({**environment, **secret}, at, tools / "poetry", "publish", "--repository", "here")


def hatch_upload(tools: Path, index: Running, environment: Mapping[str, str], at: Path) -> str:
    secret = {
        "HATCH_INDEX_REPO": index.upload_url,
        "HATCH_INDEX_USER": "__token__",
        "HATCH_INDEX_AUTH": index.token,
    }
    return run({**environment, **secret}, at, tools / "hatch", "--no-interactive", "publish", "dist")


def flit_upload(tools: Path, index: Running, environment: Mapping[str, str], at: Path) -> str:
    secret = {"FLIT_INDEX_URL": index.upload_url, "FLIT_USERNAME": "__token__", "FLIT_PASSWORD": index.token}
    return run({**environment, **secret}, at, tools / "flit", "publish", "--no-use-vcs")


def pdm_upload(tools: Path, index: Running, environment: Mapping[str, str], at: Path) -> str:
    secret = {
        "PDM_PUBLISH_REPO": index.upload_url,
        "PDM_PUBLISH_USERNAME": "__token__",
        "PDM_PUBLISH_PASSWORD": index.token,
    }
    return run({**environment, **secret}, at, tools / "pdm", "publish", "--no-build")


UPLOADS = {"poetry": poetry_upload, "hatch": hatch_upload, "flit": flit_upload, "pdm": pdm_upload}


@pytest.mark.parametrize("program", UPLOADS)
def test_a_program_uploads_both_distributions(
    program: str, tools: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    at = tmp_path / "project"
    (at / "dist").mkdir(parents=True)
    (at / "pyproject.toml").write_text(PYPROJECT)
    (at / "demo_pkg.py").write_text('"""What it is"""\n')
    if program != "flit":
        # Flit alone builds what it uploads; the others take what lies in dist.
        for dist in (wheel(), sdist()):
            (at / "dist" / dist.filename).write_bytes(dist.content)
    with running(tmp_path / "index") as index:
        told = UPLOADS[program](tools, index, environment, at)
        files = index.catalog.project("demo-pkg").files
    assert {file.filename.kind for file in files} == {"bdist_wheel", "sdist"}
    assert index.token not in told


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Running]:
    """Ours needs what only the upstream has."""
    with elsewhere() as other, running(tmp_path / "index", upstream=lambda: other.simple_url) as server:
        other.offer(wheel("public-lib", body=b"VALUE = 2\n"))
        post(server, wheel(more="Requires-Dist: public-lib>=1\nRequires-Python: >=3.9\n"))
        yield server


def poetry_lock(tools: Path, index: Running, environment: Mapping[str, str], at: Path) -> tuple[Path, str]:
    source = f'\n[[tool.poetry.source]]\nname = "here"\nurl = "{index.simple_url}"\npriority = "primary"\n'
    (at / "pyproject.toml").write_text(f"{SERVICE}\n[tool.poetry]\npackage-mode = false\n{source}")
    run(environment, at, tools / "poetry", "lock")
    run(environment, at, tools / "poetry", "sync")
    return at / ".venv", (at / "poetry.lock").read_text()


def pdm_lock(tools: Path, index: Running, environment: Mapping[str, str], at: Path) -> tuple[Path, str]:
    source = f'\n[[tool.pdm.source]]\nname = "pypi"\nurl = "{index.simple_url}"\nverify_ssl = false\n'
    (at / "pyproject.toml").write_text(f"{SERVICE}\n[tool.pdm]\ndistribution = false\n{source}")
    run(environment, at, tools / "pdm", "venv", "create", "--with", "venv", sys.executable)
    run(environment, at, tools / "pdm", "lock")
    run(environment, at, tools / "pdm", "sync", "--no-self")
    return at / ".venv", (at / "pdm.lock").read_text()


def pip_tools_lock(tools: Path, index: Running, environment: Mapping[str, str], at: Path) -> tuple[Path, str]:
    (at / "requirements.in").write_text("demo-pkg==1.*\n")
    options = ("--quiet", "--generate-hashes", "--no-emit-index-url", "--index-url", index.simple_url)
    run(environment, at, tools / "pip-compile", *options, "requirements.in")
    run(environment, at, UV, "venv", "--quiet", "--seed", "--python", sys.executable, ".venv")
    python = at / ".venv" / "bin" / "python"
    run(environment, at, tools / "pip-sync", "--index-url", index.simple_url, "--python-executable", python)
    return at / ".venv", (at / "requirements.txt").read_text()


def uv_lock(_: Path, index: Running, environment: Mapping[str, str], at: Path) -> tuple[Path, str]:
    source = f'\n[[tool.uv.index]]\nurl = "{index.simple_url}"\ndefault = true\n'
    (at / "pyproject.toml").write_text(SERVICE + source)
    configured = {name: value for name, value in environment.items() if name != "UV_NO_CONFIG"}
    run(configured, at, UV, "lock", "--python", sys.executable)
    run(configured, at, UV, "sync", "--locked", "--python", sys.executable)
    return at / ".venv", (at / "uv.lock").read_text()


Locking = Callable[[Path, Running, Mapping[str, str], Path], tuple[Path, str]]
LOCKS: dict[str, Locking] = {
    "poetry": poetry_lock,
    "pdm": pdm_lock,
    "pip-tools": pip_tools_lock,
    "uv": uv_lock,
}


@pytest.mark.parametrize("program", LOCKS)
def test_a_program_locks_and_installs_own_and_public_packages_through_one_url(
    program: str, index: Running, tools: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    at = tmp_path / "service"
    at.mkdir()
    venv, lock = LOCKS[program](tools, index, environment, at)
    for name in ("demo-pkg", "public-lib"):
        assert name in lock
    assert lock.count("sha256:") >= 2
    (installed,) = venv.glob("lib/python3*/site-packages")
    assert (installed / "demo_pkg/__init__.py").read_bytes() == b"VALUE = 1\n"
    assert (installed / "public_lib/__init__.py").read_bytes() == b"VALUE = 2\n"


@pytest.mark.parametrize("version", ["21.3.1", "22.3.1", "23.0.1"])
def test_an_old_pip_installs_what_has_metadata_beside_it(
    index: Running, environment: dict[str, str], tmp_path: Path, version: str
) -> None:
    old = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--target"]
    subprocess.run([sys.executable, *old, str(tmp_path / "pip"), f"pip=={version}"], check=True)
    asked = ["install", "--disable-pip-version-check", "--index-url", index.simple_url, "--target"]
    subprocess.run(
        [sys.executable, str(tmp_path / "pip" / "pip"), *asked, str(tmp_path / "into"), "Demo_Pkg==1.*"],
        env=environment,
        cwd=tmp_path,
        check=True,
    )
    assert {path.name for path in (tmp_path / "into").iterdir()} >= {"demo_pkg", "public_lib"}

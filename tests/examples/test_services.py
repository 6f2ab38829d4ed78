"""The services run on an installed crucible-shared, and on nothing else of this repository."""

import json
import re
import socket
import subprocess
import sysconfig
import time
import urllib.error
import urllib.request
from importlib.metadata import version
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from crucible_pipeline.upgrade.pins import edit
from crucible_pipeline.upgrade.pins_requirements import find_pins
from examples.dockerfile import instructions
from examples.surroundings import environment


def test_a_service_passes_its_own_tests(service_python: Path, repository: Path) -> None:
    done = subprocess.run(
        [service_python, "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        cwd=repository,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"^\d+ passed in", done.stdout, re.MULTILINE), "nothing is skipped"


@pytest.mark.slow
def test_a_service_is_strictly_typed_against_the_installed_package(
    service_python: Path, repository: Path, type_cache: Path
) -> None:
    done = subprocess.run(
        [service_python, "-m", "mypy", "--cache-dir", type_cache],
        cwd=repository,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_package_is_found_from_any_directory_because_it_is_installed(
    service_python: Path, tmp_path: Path
) -> None:
    # -I: neither the directory nor a variable of the environment takes part.
    where = subprocess.run(
        [service_python, "-I", "-c", "import crucible_shared; print(crucible_shared.__file__)"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert Path(where).is_relative_to(service_python.parents[1])


def test_no_file_of_a_service_bends_the_path_of_imports(service: Path) -> None:
    for path in filter(Path.is_file, service.rglob("*")):
        if "__pycache__" not in path.parts:
            assert not re.search(rb"sys\.path|PYTHONPATH|site\.addsitedir", path.read_bytes()), path


def test_the_tests_run_on_the_versions_that_a_service_pins(service: Path) -> None:
    pins = {}
    for name in ("requirements.txt", "requirements-dev.txt"):
        for line in (service / name).read_text().splitlines():
            if not line.startswith("-r"):
                requirement = Requirement(line.partition("  #")[0])
                pins[requirement.name] = requirement.specifier
    assert str(pins.pop("crucible-shared")) == "==0.3.*"
    for name, specifier in pins.items():
        assert specifier.contains(version(name)), f"{name}{specifier} but {version(name)} is installed"


def test_an_upgrade_finds_the_one_pin_of_a_service_and_changes_nothing_else(service: Path) -> None:
    text = (service / "requirements.txt").read_text()
    (pin,) = find_pins("requirements.txt", text, "crucible-shared")
    assert edit(text, pin, "==0.4.*") == text.replace("crucible-shared==0.3.*", "crucible-shared==0.4.*")
    assert not find_pins(
        "requirements-dev.txt", (service / "requirements-dev.txt").read_text(), "crucible-shared"
    )


@pytest.fixture
def port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def test_the_command_of_the_image_serves_requests(service_python: Path, port: int, tmp_path: Path) -> None:
    folder = Path(__file__).parents[2] / "examples" / "storage-service"
    (command,) = [
        json.loads(argument)
        for word, argument in instructions((folder / "Dockerfile").read_text())
        if word == "CMD"
    ]
    settings = {
        "GRANIAN_HOST": "127.0.0.1",
        "GRANIAN_PORT": str(port),
        "STORAGE_DATABASE": str(tmp_path / "evaluations.sqlite3"),
    }
    # The script itself, not `-m`, which would add the directory to the path where the image does not.
    script = Path(sysconfig.get_path("scripts")) / command[0]
    with subprocess.Popen(
        [service_python, script, *command[1:]],
        cwd=folder,
        env=environment() | settings,
        stderr=subprocess.DEVNULL,
    ) as server:
        try:
            answer = json.loads(first_answer(f"http://127.0.0.1:{port}/evaluations"))
        finally:
            server.terminate()
    assert answer == {"items": [], "total": 0, "limit": 20, "offset": 0, "has_more": False}


def first_answer(url: str) -> bytes:
    end = time.monotonic() + 20
    while True:
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310  http on loopback
                return bytes(answer.read())
        except urllib.error.URLError:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)


def test_the_image_of_the_worker_runs_the_program_that_its_tests_run() -> None:
    folder = Path(__file__).parents[2] / "examples" / "event-worker"
    assert ("CMD", '["python", "-m", "event_worker"]') in instructions((folder / "Dockerfile").read_text())

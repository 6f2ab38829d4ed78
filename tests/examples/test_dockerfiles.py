"""The images hold the service and no credential; no container engine is needed to see it."""

import re
import subprocess
import sysconfig
from pathlib import Path

from examples.dockerfile import instructions

SECRET = "--mount=type=secret,id=pip_conf,target=/etc/pip.conf,required=true"


def of(service: Path, word: str) -> list[str]:
    return [rest for found, rest in instructions((service / "Dockerfile").read_text()) if found == word]


def test_hadolint_finds_nothing(service: Path) -> None:
    program = Path(sysconfig.get_path("scripts")) / "hadolint"
    done = subprocess.run(
        [program, "--no-color", "Dockerfile"], cwd=service, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "")


def test_each_command_that_installs_sees_the_index_only_through_a_mounted_secret(service: Path) -> None:
    assert (service / "Dockerfile").read_text().startswith("# syntax=docker/dockerfile:1\n")
    installing = [command for command in of(service, "RUN") if re.search(r"\b(pip|uv)\b", command)]
    assert installing
    for command in installing:
        assert command.startswith(SECRET)
        assert not re.search(r"https?://|--(extra-)?index-url|-i ", command)


def test_no_variable_of_an_image_holds_a_credential_or_bends_the_path_of_imports(service: Path) -> None:
    assert not of(service, "ARG")
    for line in of(service, "ENV"):
        assert not re.search(r"token|password|secret|index|netrc|PYTHONPATH", line, re.IGNORECASE)


def test_the_base_image_is_pinned_by_its_digest(service: Path) -> None:
    (base,) = of(service, "FROM")
    assert re.fullmatch(r"python:3\.11-slim@sha256:[0-9a-f]{64}", base)


def test_a_service_does_not_run_as_root(service: Path) -> None:
    assert of(service, "USER") == ["10001"]
    words = [word for word, _ in instructions((service / "Dockerfile").read_text())]
    assert words.index("USER") < words.index("CMD")


def test_an_image_takes_the_service_alone_and_the_ignore_file_lets_nothing_else_in(service: Path) -> None:
    package = service.name.replace("-", "_")
    assert [line.split()[0] for line in of(service, "COPY")] == ["requirements.txt", package]
    assert (service / package / "__init__.py").is_file()
    rules = [line for line in (service / ".dockerignore").read_text().splitlines() if line[:1] != "#"]
    assert rules == ["*", "!requirements.txt", f"!{package}/**", "**/__pycache__"]

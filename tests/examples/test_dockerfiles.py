"""The images hold the service and no credential; no container engine is needed to see it."""

import re
import subprocess
import sysconfig
from pathlib import Path

from examples.conftest import ROOT
from examples.dockerfile import instructions

BASE = ROOT / "examples" / "base"

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
        assert "--require-hashes -r requirements.lock" in command
        assert not re.search(r"https?://|--(extra-)?index-url|-i ", command)


def test_no_variable_of_an_image_holds_a_credential_or_bends_the_path_of_imports(service: Path) -> None:
    assert not of(service, "ARG")
    for line in of(service, "ENV"):
        assert not re.search(r"token|password|secret|index|netrc|PYTHONPATH", line, re.IGNORECASE)


def test_a_service_stands_on_the_base_and_that_on_a_digest(service: Path) -> None:
    (base,) = of(service, "FROM")
    assert base == "packages.example/platform/python:3.11"
    assert f"docker build -t {base} ." in (BASE / "Dockerfile").read_text()
    first, verify, last = of(BASE, "FROM")
    assert re.fullmatch(r"python:3\.11-slim@sha256:[0-9a-f]{64} AS python", first)
    # What is built without --target is the base, which holds no tool.
    assert (verify, last) == ("python AS verify", "python")


def test_the_base_holds_no_credential_and_bends_no_path_of_imports() -> None:
    for command in of(BASE, "RUN"):
        if "pip" in command:
            assert command.startswith(SECRET)
            assert not re.search(r"https?://|--(extra-)?index-url|-i ", command)
    assert not of(BASE, "ARG")
    for line in of(BASE, "ENV"):
        assert not re.search(r"token|password|secret|index|netrc|PYTHONPATH", line, re.IGNORECASE)
    assert not of(BASE, "COPY")
    done = subprocess.run(
        [Path(sysconfig.get_path("scripts")) / "hadolint", BASE / "Dockerfile"], check=False
    )
    assert done.returncode == 0


def test_a_service_does_not_run_as_root(service: Path) -> None:
    lines = instructions((service / "Dockerfile").read_text())
    words = [word for word, _ in lines]
    assert of(service, "USER")[-1] == of(BASE, "USER")[-1] == "10001"
    # Root installs, and nothing after the last change of the user runs at the build.
    assert "RUN" not in words[len(words) - words[::-1].index("USER") :]


def test_an_image_takes_the_service_alone_and_the_ignore_file_lets_nothing_else_in(service: Path) -> None:
    package = service.name.replace("-", "_")
    assert [line.split()[0] for line in of(service, "COPY")] == ["requirements.lock", package]
    assert (service / package / "__init__.py").is_file()
    rules = [line for line in (service / ".dockerignore").read_text().splitlines() if line[:1] != "#"]
    assert rules == ["*", "!requirements.lock", f"!{package}/**", "**/__pycache__"]

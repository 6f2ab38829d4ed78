"""A build takes what its lock holds, with these hashes, and nothing else; a differing build is told."""

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from crucible_pipeline.errors import CannotDo, Refused
from crucible_pipeline.git import clone
from crucible_pipeline.release.build import Artifacts, backend_of, lock_of, same
from crucible_pipeline.release.frontend import make
from crucible_pipeline.release.installer import Installer, installer
from release.contracts_repository import Workshop


def built(shop: Workshop, lock: bytes, folder: Path) -> Mapping[str, int]:
    copy = clone(shop.root, folder / "clone", "v0.1.0")
    (folder / "out").mkdir()
    backend = backend_of(lock, 1764000000, installer(os.environ, folder), folder / "backend")
    make(copy.root, folder / "out", 1764000000, backend)
    return {path.name: path.stat().st_size for path in (folder / "out").iterdir()}


@pytest.mark.slow
@pytest.mark.parametrize("program", ["uv", "pip"])
def test_a_requirement_that_the_lock_does_not_hold_is_never_installed(
    program: str, released: Workshop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CRUCIBLE_INSTALLER", program)
    whole = lock_of(released.root).decode()
    without = whole[: whole.index("setuptools-scm==")]
    with pytest.raises(Refused, match="the lock of the build does not hold setuptools-scm"):
        built(released, without.encode(), tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("program", ["uv", "pip"])
def test_a_package_with_another_hash_than_the_lock_says_is_never_installed(
    program: str, released: Workshop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CRUCIBLE_INSTALLER", program)
    lines = lock_of(released.root).decode().splitlines()
    wrong = [line if "--hash" not in line else f"    --hash=sha256:{'0' * 64}" for line in lines]
    text = "\n".join(line for number, line in enumerate(wrong) if number == 0 or line != wrong[number - 1])
    with pytest.raises(CannotDo, match=r"(?i)hash"):
        built(released, text.encode(), tmp_path)


def test_the_repositorys_own_lock_goes_before_that_of_the_program(tmp_path: Path) -> None:
    assert b"setuptools-scm==" in lock_of(tmp_path)
    (tmp_path / ".ci" / "lock").mkdir(parents=True)
    (tmp_path / ".ci" / "lock" / "build.txt").write_text("own")
    assert lock_of(tmp_path) == b"own"


def test_builds_that_differ_are_refused_by_the_names_of_what_differs(tmp_path: Path) -> None:
    made: list[Artifacts] = []
    for number in range(2):
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "a-1.tar.gz").write_text("same")
        (folder / "a-1-py3-none-any.whl").write_text(str(number))
        made.append(Artifacts(folder / "a-1.tar.gz", folder / "a-1-py3-none-any.whl"))
    assert same(made[0], made[0]) == {"a-1.tar.gz": 4, "a-1-py3-none-any.whl": 1}
    with pytest.raises(Refused, match=r"differ in a-1-py3-none-any\.whl;"):
        same(made[0], made[1])


def test_what_pip_is_configured_for_holds_for_uv_and_uvs_own_word_wins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pip.conf").write_text(
        "[global]\nindex-url = https://packages.example/simple/\n"
        "extra-index-url =\n  file:///elsewhere/simple\n  https://more.example/simple/\n"
        "find-links = /wheels\n"
    )
    (tmp_path / "uv").write_text("#!/bin/sh\n")
    (tmp_path / "uv").chmod(0o755)
    environ = {**os.environ, "PIP_CONFIG_FILE": str(tmp_path / "pip.conf")}
    for name in ("PIP_FIND_LINKS", "PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "UV_DEFAULT_INDEX", "UV_INDEX"):
        environ.pop(name, None)
    found = installer({**environ, "UV_INDEX": "https://own.example/simple/"}, tmp_path).environment
    assert found["UV_DEFAULT_INDEX"] == "https://packages.example/simple/"
    assert found["UV_INDEX"] == "https://own.example/simple/"
    assert "https://more.example/simple/" in installer(environ, tmp_path).environment["UV_INDEX"]
    assert installer({**environ, "CRUCIBLE_INSTALLER": "pip"}, tmp_path).uv is None
    assert Installer({}).name == "pip"

"""Bases that cannot be compared with end in a sentence and exit 2; a line is compared as a whole."""

import io
import json
import zipfile
from pathlib import Path

import pytest

from compat.test_check_command import Shop, git, said
from compat.test_check_command import shop as shop  # noqa: PLC0414  the fixture
from crucible_pipeline.cli import main

Captured = pytest.CaptureFixture[str]


def refused(capsys: Captured, base: str) -> str:
    assert main(["check", "--against", base]) == 2
    return capsys.readouterr().err


def test_a_tag_that_does_not_exist_is_named(shop: Shop, capsys: Captured) -> None:
    shop.release("0.3.0")
    assert "v0.9.0" in refused(capsys, "v0.9.0")
    assert "v0.9.0" in refused(capsys, "0.9.0")


def test_a_base_that_is_newer_than_the_checkout_is_refused(shop: Shop, capsys: Captured) -> None:
    shop.release("0.3.0")
    git(shop.root, "checkout", "--quiet", "-b", "later")
    git(shop.root, "commit", "--quiet", "--allow-empty", "--message", "later")
    shop.release("0.5.0")
    git(shop.root, "checkout", "--quiet", "main")
    assert "0.5.0 is newer than what is checked out, which follows 0.3.0" in refused(capsys, "v0.5.0")


def wheel(path: Path, files: dict[str, str]) -> str:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    path.write_bytes(content.getvalue())
    return str(path)


def test_a_wheel_without_a_contract_is_refused(shop: Shop, capsys: Captured, tmp_path: Path) -> None:
    empty = wheel(tmp_path / "other_package-1.0.0-py3-none-any.whl", {"other_package/__init__.py": ""})
    assert "holds no contract.json" in refused(capsys, empty)
    broken = tmp_path / "other_package-1.0.1-py3-none-any.whl"
    broken.write_bytes(b"no wheel")
    assert "cannot be read as a wheel" in refused(capsys, str(broken))


@pytest.mark.parametrize("text", [json.dumps({"format": 99}), "{", "[]", '{"format": 1}'])
def test_a_snapshot_that_is_not_understood_is_refused(
    shop: Shop, capsys: Captured, tmp_path: Path, text: str
) -> None:
    path = tmp_path / "shop_contracts-0.2.0-py3-none-any.whl"
    message = refused(capsys, wheel(path, {"shop_contracts/contract.json": text}))
    assert "contract.json" in message


def test_what_breaks_an_older_release_of_the_line_is_told(shop: Shop, capsys: Captured) -> None:
    for version in ("0.3.0", "0.3.1"):
        shop.release(version)
    assert said(capsys)["compared"] == ["0.3.0", "0.3.1"]

"""Bases that cannot be compared with end in a sentence and exit 2; a line is compared as a whole."""

import io
import json
import socket
import zipfile
from pathlib import Path

import pytest

from compat.test_check_command import NOTED, ORDER, WIDER, Shop, git, said
from compat.test_check_command import shop as shop  # noqa: PLC0414  the fixture
from crucible_pipeline.cli import main
from crucible_pipeline.contracts.project import find_project, load_project
from crucible_pipeline.contracts.snapshot import dump

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


def test_what_breaks_only_an_older_release_of_the_line_is_told(shop: Shop, capsys: Captured) -> None:
    shop.release("0.3.0")
    shop.write(WIDER)  # as if nobody had asked: 0.3.1 may send what 0.3.0 refuses
    shop.release("0.3.1")
    shop.release("0.3.2")
    shop.write(WIDER.replace("[id]", "[id, size]"))
    document = said(capsys)
    assert document["compared"] == ["0.3.0", "0.3.1", "0.3.2"]
    assert [(one["rule"], one["message"]) for one in document["changes"] if one["breaks"]] == [
        ("property-became-required", "the property is required now")
    ]
    shop.write(ORDER)
    # 0.3.2 lets 12 through, which 0.3.0 and this one refuse; nothing breaks for 0.3.0.
    (change,) = said(capsys)["changes"]
    assert (change["rule"], "(for services on" in change["message"]) == ("maximum-lowered", False)


def test_a_break_for_those_on_an_older_release_counts_though_the_newest_is_as_it_was(
    shop: Shop, capsys: Captured
) -> None:
    shop.write(ORDER.replace("maximum: 9", "maximum: 9\n        kind: {type: string, maxLength: 5}"))
    shop.release("0.3.0")
    shop.write(ORDER)
    shop.release("0.3.2")
    shop.write(ORDER.replace("maximum: 9", "maximum: 9\n        kind: {type: string, maxLength: 3}"))
    document = said(capsys)
    assert (document["base"], document["required_bump"]) == ("0.3.2", "minor")
    older = [one for one in document["changes"] if "(for services on 0.3.0)" in one["message"]]
    assert [(one["rule"], one["element"]) for one in older] == [("max-length-lowered", "Order.kind")]
    assert older[0]["witness"] == {"direction": "backward", "payload": {"id": "a", "kind": "aaaa"}}
    assert [one["breaks"] for one in document["changes"] if one not in older] == [[]]


@pytest.mark.parametrize(
    ("released", "text", "wanted", "code", "following"),
    [
        ("0.9.1", WIDER, "0.9.2", 1, "0.10.0"),
        ("0.9.1", WIDER, "1.0.0", 0, "0.10.0"),
        ("0.9.1", WIDER, "1.0.0rc1", 0, "0.10.0"),
        ("0.9.1", NOTED, "0.9.1.post1", 1, "0.9.2"),
        ("0.9.1", NOTED, "0.9.2rc1", 0, "0.9.2"),
        ("0.9.1", NOTED, "0.9.2.post1", 0, "0.9.2"),
        ("0.9.1", ORDER, "0.9.1.post1", 0, "0.9.1"),
        ("1.4.2", WIDER, "1.5.0", 1, "2.0.0"),
        ("1.4.2", WIDER, "2.0.0b1", 0, "2.0.0"),
        ("1.4.2", NOTED, "1.4.3", 1, "1.5.0"),
        ("1.4.2", NOTED, "1.5.0rc1", 0, "1.5.0"),
        ("1.4.2.post1", NOTED, "1.4.3", 1, "1.5.0"),
        ("1.4.2.post1", NOTED, "1.4.2", 1, "1.5.0"),
        ("0.9.1", ORDER, "0.8.0", 1, "0.9.1"),
    ],
)
def test_a_version_is_enough_or_the_right_one_is_named(  # noqa: PLR0917  one row of the table
    shop: Shop, capsys: Captured, released: str, text: str, wanted: str, code: int, following: str
) -> None:
    shop.release(released)
    shop.write(text)
    assert main(["check", "--version", wanted]) == code
    shown = capsys.readouterr()
    assert (f"take {following}" in shown.err) is bool(code)
    assert said(capsys)["next_version"] == following


def test_a_pre_release_is_no_base(shop: Shop, capsys: Captured) -> None:
    shop.release("0.3.0")
    shop.write(WIDER)
    shop.release("0.4.0rc1")
    document = said(capsys, "--version", "0.4.0rc2")
    assert (document["compared"], document["next_version"]) == (["0.3.0"], "0.4.0")


SMALL, SMALLER = ({"type": "object", "properties": {"size": {"maximum": most}}} for most in (9, 3))


@pytest.mark.parametrize("name", ["old.json", "old.yaml", "order-item.yaml"])
def test_a_file_is_compared_with_a_file_whatever_they_are_called(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path(name).write_text(json.dumps(SMALL))
    Path("stock-item.json").write_text(json.dumps(SMALLER))
    document = said(capsys, "--contracts", "stock-item.json", "--against", name)
    assert (document["package"], document["base"]) == ("stock-item", name)
    (change,) = document["changes"]
    assert (change["rule"], change["element"]) == ("maximum-lowered", "StockItem.size")
    assert (change["file"], change["line"]) == ("stock-item.json", 1)
    assert said(capsys, "--contracts", name, "--against", name)["changes"] == []


def test_one_file_of_the_contracts_is_compared_with_what_it_was(shop: Shop, capsys: Captured) -> None:
    (shop.root / "contracts" / "other.yaml").write_text(ORDER.replace("Order:", "Other:"))
    shop.release("0.3.0")
    shop.write(WIDER)
    for base in ("v0.3.0", "HEAD"):
        document = said(capsys, "--contracts", "contracts/order.yaml", "--against", base)
        assert [one["rule"] for one in document["changes"]] == ["maximum-raised"]
        assert document["changes"][0]["file"] == "contracts/order.yaml"
    file = shop.root / "src" / "shop_contracts" / "contract.json"
    assert [one["rule"] for one in said(capsys, "--against", str(file))["changes"]] == ["maximum-raised"]
    file.write_text('{"format": 99}')
    assert "format is 99" in refused(capsys, str(file))


def test_one_file_is_never_taken_for_all_that_code_is_made_of(shop: Shop, capsys: Captured) -> None:
    assert main(["generate", "--contracts", "contracts/order.yaml"]) == 2
    assert "there is no folder contracts/order.yaml" in capsys.readouterr().err


def test_a_folder_or_a_file_without_contracts_is_no_base(
    shop: Shop, capsys: Captured, tmp_path: Path
) -> None:
    (tmp_path / "bare").mkdir()
    assert "holds no contracts" in refused(capsys, str(tmp_path / "bare"))
    (tmp_path / "broken.json").write_text('{"type": ')
    assert "broken.json has problems" in refused(capsys, str(tmp_path / "broken.json"))
    git(shop.root, "commit", "--quiet", "--allow-empty", "--message", "nothing")
    git(shop.root, "tag", "empty")
    assert "empty holds neither contract.json nor contracts" in refused(capsys, "empty")


def test_a_wheel_that_did_not_arrive_whole_is_refused(shop: Shop, capsys: Captured, tmp_path: Path) -> None:
    path = tmp_path / "shop_contracts-0.2.0-py3-none-any.whl"
    text = dump(load_project(find_project(shop.root / "contracts")))
    wheel(path, {"shop_contracts/contract.json": text})
    path.write_bytes(path.read_bytes()[:-30])
    assert f"{path.name} cannot be read as a wheel" in refused(capsys, str(path))


def test_an_index_that_is_down_is_named(shop: Shop, capsys: Captured) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and does not listen
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/simple/"
        assert main(["check", "--against", "0.9.0", "--index-url", url]) == 2
    assert url.removesuffix("/simple/") in capsys.readouterr().err

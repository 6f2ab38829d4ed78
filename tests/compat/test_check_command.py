"""`crucible check` as it is typed, on real repositories, folders, wheels and a real index."""

import hashlib
import json
import shutil
import subprocess
import threading
import zipfile
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from crucible_pipeline.cli import main
from crucible_pipeline.contracts.project import find_project, load_project
from crucible_pipeline.contracts.snapshot import dump

PYPROJECT = """
[project]
name = "shop-contracts"
[tool.crucible]
contracts = "contracts"
python = "src/shop_contracts"
"""
ORDER = """openapi: 3.1.0
info: {title: Orders, version: '1'}
components:
  schemas:
    Order:
      type: object
      required: [id]
      properties:
        id: {type: string}
        size:
          type: integer
          maximum: 9
"""
WIDER = ORDER.replace("maximum: 9", "maximum: 12")
NOTED = ORDER.replace(
    "        id: {type: string}", "        id: {type: string}\n        note: {type: string}"
)
KEYS = {"package", "base", "compared", "required_bump", "next_version", "compatible", "changes"}


def git(folder: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=A", "-c", "user.email=a@packages.example"]
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


class Shop:
    """A repository of contracts."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "contracts").mkdir(parents=True)
        (root / "src" / "shop_contracts").mkdir(parents=True)
        (root / "pyproject.toml").write_text(PYPROJECT)
        git(root, "init", "--quiet", "--initial-branch=main")
        self.write(ORDER)

    def write(self, text: str) -> None:
        (self.root / "contracts" / "order.yaml").write_text(text)

    def release(self, version: str, *, snapshot: bool = True) -> None:
        if snapshot:
            contract = load_project(find_project(self.root / "contracts"))
            (self.root / "src" / "shop_contracts" / "contract.json").write_text(dump(contract))
        git(self.root, "add", "--all")
        git(self.root, "commit", "--quiet", "--allow-empty", "--message", version)
        git(self.root, "tag", "--annotate", "--message", version, f"v{version}")


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    made = Shop(tmp_path / "shop")
    monkeypatch.chdir(made.root)
    monkeypatch.delenv("CRUCIBLE_INDEX_URL", raising=False)
    return made


def said(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> dict[str, Any]:
    assert main(["check", "--format", "json", *arguments]) == code
    document: dict[str, Any] = json.loads(capsys.readouterr().out)
    return document


def test_without_a_release_it_says_so(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check"]) == 0
    assert "no release" in capsys.readouterr().out
    document = said(capsys)
    assert set(document) == KEYS
    assert (document["base"], document["required_bump"], document["next_version"]) == (None, "none", "0.1.0")


def test_a_break_is_reported_with_its_payload_and_the_version_it_needs(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    shop.release("0.3.0")
    shop.write(WIDER)
    document = said(capsys)
    assert set(document) == KEYS
    assert document["package"] == "shop-contracts"
    assert (document["base"], document["compared"]) == ("0.3.0", ["0.3.0"])
    assert (document["required_bump"], document["next_version"]) == ("minor", "0.4.0")
    assert document["compatible"] is False
    (change,) = document["changes"]
    assert change == {
        "rule": "maximum-raised",
        "severity": "breaking",
        "breaks": ["forward"],
        "element": "Order.size",
        "file": "contracts/order.yaml",
        "line": 10,
        "message": "maximum changed from 9 to 12",
        "witness": {"direction": "forward", "payload": {"id": "a", "size": 10}},
    }


@pytest.mark.parametrize(("version", "code"), [("0.3.1", 1), ("0.3.0", 1), ("0.4.0", 0), ("0.4.0rc1", 0)])
def test_a_version_that_is_too_small_is_refused(
    shop: Shop, capsys: pytest.CaptureFixture[str], version: str, code: int
) -> None:
    shop.release("0.3.0")
    shop.write(WIDER)
    assert main(["check", "--version", version]) == code
    if code:
        assert "take 0.4.0" in capsys.readouterr().err


def test_a_released_version_is_checked_against_those_before_it(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    shop.release("0.3.0")
    shop.write(WIDER)
    shop.release("0.4.0")
    document = said(capsys, "--version", "0.4.0")
    assert (document["compared"], document["next_version"]) == (["0.3.0"], "0.4.0")


def test_every_release_of_the_newest_line_is_compared_and_no_other(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    for version in ("0.2.0", "0.3.0", "0.3.1", "0.3.10", "0.4.0rc1"):
        shop.release(version)
    document = said(capsys)
    assert document["compared"] == ["0.3.0", "0.3.1", "0.3.10"]
    assert (document["base"], document["required_bump"], document["changes"]) == ("0.3.10", "none", [])


def test_a_release_from_before_the_snapshot_is_read_from_its_yaml(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    shop.release("0.3.0", snapshot=False)
    shop.write(NOTED)
    assert [change["rule"] for change in said(capsys)["changes"]] == ["property-added-optional"]


def test_the_snapshot_counts_before_the_yaml_of_the_past(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    shop.release("0.3.0")
    shop.write("this: was never a contract")
    git(shop.root, "commit", "--quiet", "--all", "--message", "break the YAML")
    git(shop.root, "tag", "v0.3.1")
    shop.write(ORDER)
    assert said(capsys, "--against", "v0.3.1")["changes"] == []


@pytest.mark.parametrize("name", ["0.3.0", "v0.3.0", "HEAD", "main"])
def test_a_base_may_be_a_version_a_tag_or_any_ref(
    shop: Shop, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    shop.release("0.3.0")
    shop.write(WIDER)
    document = said(capsys, "--against", name)
    assert document["base"] == {"v0.3.0": "0.3.0"}.get(name, name)
    assert document["next_version"] == "0.4.0"


def test_folders_outside_any_repository_are_compared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, bound in (("old", 5), ("new", 3)):
        (tmp_path / name).mkdir()
        schema = {"type": "object", "properties": {"size": {"type": "integer", "maximum": bound}}}
        (tmp_path / name / "order-item.json").write_text(json.dumps(schema))
    document = said(capsys, "--contracts", "new", "--against", "old")
    assert [(change["rule"], change["element"]) for change in document["changes"]] == [
        ("maximum-lowered", "OrderItem.size")
    ]
    assert document["changes"][0]["witness"] == {"direction": "backward", "payload": {"size": 4}}
    assert (document["base"], document["required_bump"], document["next_version"]) == (
        "old",
        "minor",
        "0.1.0",
    )
    assert document["changes"][0]["file"] == "new/order-item.json"
    assert main(["check", "--contracts", "new", "--against", "old", "--version", "0.0.1"]) == 1


def test_any_valid_json_schema_has_a_verdict_and_what_is_odd_in_it_is_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    odd = {"multipleOF": 2, "minimum": 5, "maximum": 3, "default": "many", "type": "integer"}
    for name, schema in (("old", odd), ("new", {**odd, "maximum": 9})):
        (tmp_path / name).mkdir()
        (tmp_path / name / "size.json").write_text(json.dumps(schema))
    assert main(["check", "--format", "json", "--contracts", "new", "--against", "old"]) == 0
    shown = capsys.readouterr()
    assert json.loads(shown.out)["changes"][0]["witness"] == {"direction": "forward", "payload": 5}
    assert "warning: 'multipleOF' is no keyword of a schema; did you mean 'multipleOf'?" in shown.err
    assert "[default-invalid]" in shown.err
    (tmp_path / "new" / "size.json").rename(tmp_path / "new" / "size.yaml")
    assert main(["check", "--contracts", "new", "--against", "old"]) == 1


def wheel(folder: Path, version: str, *, text: str | None) -> Path:
    path = folder / f"shop_contracts-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        if text is not None:
            archive.writestr("shop_contracts/contract.json", text)
        archive.writestr("shop_contracts/__init__.py", "")
    return path


def test_a_wheel_is_a_base(shop: Shop, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    built = wheel(tmp_path, "0.3.2", text=dump(load_project(find_project(shop.root / "contracts"))))
    shop.write(WIDER)
    document = said(capsys, "--against", str(built))
    assert (document["base"], document["next_version"]) == ("0.3.2", "0.4.0")


def test_a_release_that_only_the_index_has_is_a_base(
    shop: Shop, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = wheel(tmp_path, "0.3.2", text=dump(load_project(find_project(shop.root / "contracts"))))
    shop.write(WIDER)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    page = {
        "meta": {"api-version": "1.1"},
        "name": "shop-contracts",
        "files": [{"filename": path.name, "url": f"../../{path.name}", "hashes": {"sha256": digest}}],
    }
    (tmp_path / "simple" / "shop-contracts").mkdir(parents=True)
    (tmp_path / "simple" / "shop-contracts" / "index.json").write_text(json.dumps(page))

    class Pages(SimpleHTTPRequestHandler):
        """A folder as an index."""

        def __init__(self, *arguments: Any) -> None:
            super().__init__(*arguments, directory=str(tmp_path))

        def translate_path(self, path: str) -> str:
            return super().translate_path(f"{path}index.json" if path.endswith("/") else path)

        def guess_type(self, path: Any) -> str:
            return "application/vnd.pypi.simple.v1+json" if str(path).endswith("json") else "application/zip"

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the base's name
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Pages) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/simple/"
        document = said(capsys, "--against", "0.3.2", "--index-url", url)
        monkeypatch.setenv("CRUCIBLE_INDEX_URL", url)
        assert main(["check", "--against", "0.3.3"]) == 2
        server.shutdown()
    assert (document["base"], document["next_version"]) == ("0.3.2", "0.4.0")


@pytest.mark.parametrize(
    ("base", "words"),
    [
        ("no-such-thing", "no git ref, folder, file, wheel or version"),
        ("0.9.9", "there is no tag v0.9.9"),
        ("--output=x", "no git ref, folder, file, wheel or version"),
        ("empty.whl", "cannot be read as a wheel"),
        ("shop_contracts-0.1-py3-none-any.whl", "holds no contract.json"),
        ("shop_contracts-0.2-py3-none-any.whl", "format is 99"),
    ],
)
def test_a_base_that_cannot_be_read_is_an_error_of_its_own(
    shop: Shop, capsys: pytest.CaptureFixture[str], base: str, words: str
) -> None:
    Path("empty.whl").write_bytes(b"")
    wheel(Path(), "0.1", text=None)
    wheel(Path(), "0.2", text='{"format": 99}')
    assert main(["check", f"--against={base}"]) == 2
    captured = capsys.readouterr()
    assert words in captured.err
    assert captured.out == ""


def test_problems_of_the_contracts_come_before_any_comparison(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    shop.release("0.3.0")
    shop.write(ORDER.replace("type: string", "type: strin").replace("maximum: 9", "maximum: many"))
    document = said(capsys, code=1)
    assert set(document) == {"problems"}
    assert len(document["problems"]) == 2
    assert set(document["problems"][0]) == {"file", "line", "column", "message", "todo", "rule", "severity"}
    assert main(["check"]) == 1
    lines = capsys.readouterr().err.splitlines()
    assert [line.split(": ")[0] for line in lines] == [
        f"{p['file']}:{p['line']}:{p['column']}" for p in document["problems"]
    ]
    assert main(["check", "--format", "github"]) == 1
    assert capsys.readouterr().out.startswith("::error file=contracts/order.yaml,line=9,")


def test_a_warning_is_shown_beside_the_verdict_and_decides_nothing(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check"]) == 0
    shown = capsys.readouterr()
    assert "order.yaml:5:5: warning: the type Order has no description" in shown.err
    assert "no release" in shown.out
    assert main(["check", "--format", "github"]) == 0
    assert "::warning file=contracts/order.yaml,line=5,col=5" in capsys.readouterr().out
    assert main(["check", "--format", "sarif"]) == 0
    (run,) = json.loads(capsys.readouterr().out)["runs"]
    assert {result["level"] for result in run["results"]} == {"warning"}
    for result in run["results"]:
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]


def test_a_lint_error_ends_the_check_and_the_warnings_are_listed_with_it(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    shop.write(ORDER.replace("required: [id]", "required: [id, siz]"))
    problems = said(capsys, code=1)["problems"]
    assert {problem["severity"] for problem in problems} == {"error", "warning"}
    assert [one["rule"] for one in problems if one["severity"] == "error"] == ["required-misspelled"]


@pytest.mark.parametrize("rule", ["description-missing", "maximum-raised"])
def test_every_kind_of_rule_has_its_page(rule: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--explain", rule]) == 0
    page = capsys.readouterr().out
    assert page.startswith(f"{rule}\n")
    assert "  why: " in page
    assert main(["check", "--explain", "all"]) == 0
    assert page in capsys.readouterr().out


def test_a_stale_waiver_fails_the_check_and_a_valid_one_lets_it_pass(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    shop.release("0.3.0")
    shop.write(WIDER)
    waiver = "- {rule: maximum-raised, element: Order.size, reason: nobody reads it, expires: '%s'}\n"
    waivers = shop.root / "contracts" / "waivers.yaml"
    waivers.write_text(waiver % "2099-01-01")
    assert said(capsys, "--version", "0.3.1")["compatible"] is True
    waivers.write_text(waiver % "2020-01-01")
    (problem,) = said(capsys, code=1)["problems"]
    assert problem["rule"] == "waiver-expired"
    waivers.write_text((waiver % "2099-01-01").replace("Order.size", "Order.gone"))
    (problem,) = said(capsys, code=1)["problems"]
    assert problem["rule"] == "waiver-stale"


def test_a_mode_may_be_given_for_once(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    shop.release("0.3.0")
    shop.write(WIDER)
    assert said(capsys, "--mode", "backward")["compatible"] is True
    assert said(capsys, "--mode", "forward")["compatible"] is False
    assert main(["check", "--mode", "sideways"]) == 2


def test_other_formats_are_one_document_on_stdout(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    shop.release("0.3.0")
    shop.write(WIDER)
    assert main(["check", "--format", "sarif"]) == 0
    assert json.loads(capsys.readouterr().out)["version"] == "2.1.0"
    assert main(["check", "--format", "github"]) == 0
    assert capsys.readouterr().out.startswith("::error file=contracts/order.yaml,line=10,col=9,")


def test_a_rule_is_explained_and_a_misspelled_one_is_guessed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--explain", "enum-value-added"]) == 0
    assert "why: " in capsys.readouterr().out
    assert main(["check", "--explain", "enum-value-ad"]) == 1
    assert "did you mean enum-value-added?" in capsys.readouterr().err


def test_a_shallow_folder_without_git_history_still_lints(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made = Shop(tmp_path / "shop")
    shutil.rmtree(made.root / ".git")
    monkeypatch.chdir(made.root)
    assert said(capsys)["base"] is None

"""Where contracts are: a folder alone, beside a pyproject.toml, or below it."""

from pathlib import Path

import pytest

from crucible_pipeline.contracts.model import Package
from crucible_pipeline.contracts.project import find_project, load_project
from crucible_pipeline.contracts.read import read_folder
from crucible_pipeline.errors import CannotDo, InvalidInput, Refused

SETTINGS = """
[project]
name = "Acme_Shared"
[tool.crucible]
contracts = "schemas"
python = "src/acme"
npm = "@acme/shared"
[tool.crucible.compatibility]
mode = "backward"
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").write_text(SETTINGS)
    (tmp_path / "schemas").mkdir()
    (tmp_path / "schemas" / "a.yaml").write_text("type: string\n")
    return tmp_path


def test_the_settings_beside_the_folder_count(project: Path) -> None:
    found = find_project(project / "schemas")
    assert found.package == Package("acme-shared", "acme_shared", "@acme/shared")
    assert (found.root, found.python, found.typescript, found.mode) == (
        project,
        project / "src/acme",
        None,
        "backward",
    )


def test_without_a_folder_the_settings_above_the_working_directory_count(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    below = project / "src" / "deep"
    below.mkdir(parents=True)
    (below / "pyproject.toml").write_text("[project]\nname = 'no-crucible'\n")
    monkeypatch.chdir(below)
    found = find_project(None)
    assert (found.root, found.contracts) == (project, project / "schemas")
    assert list(load_project(found).types) == ["A"]


def test_a_folder_that_the_settings_do_not_mean_is_on_its_own(project: Path) -> None:
    (project / "My Old.contracts").mkdir()
    found = find_project(project / "My Old.contracts")
    assert found.package == Package("my-old-contracts", "my_old_contracts", "my-old-contracts")
    assert (found.python, found.typescript, found.mode) == (None, None, "full")


def test_a_folder_far_below_a_project_is_on_its_own(project: Path) -> None:
    deep = project / "schemas" / "deep" / "er"
    deep.mkdir(parents=True)
    assert find_project(deep).package.distribution == "er"


def test_a_problem_names_the_folder_as_the_user_does(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (project / "schemas" / "b.yaml").write_text("type: strng\n")
    monkeypatch.chdir(project)
    for folder in (Path("schemas"), project / "schemas", None):
        with pytest.raises(InvalidInput, match=r"^schemas/b\.yaml:1:7: "):
            load_project(find_project(folder))


def test_no_project_anywhere_is_an_error_that_says_what_to_give(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CannotDo, match="give the folder with --contracts"):
        find_project(None)
    with pytest.raises(CannotDo, match="there is no folder"):
        find_project(tmp_path / "missing")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[tool", "is broken"),
        ("[tool]\ncrucible = 5", "tool.crucible is no table"),
        ("[tool.crucible]\ncontract = 'x'", "tool.crucible knows no 'contract'"),
        ("[tool.crucible]\npython = 5", "tool.crucible.python has to be a string"),
        ("[tool.crucible]\ncompatibility = {mode = 'none'}", "takes mode, one of full, backward, forward"),
        ("[tool.crucible]\npackage = 'a-b'", "'a-b' cannot name a Python package"),
    ],
)
def test_settings_that_cannot_be_understood_are_refused(tmp_path: Path, text: str, why: str) -> None:
    (tmp_path / "pyproject.toml").write_text(text)
    (tmp_path / "contracts").mkdir()
    with pytest.raises(Refused, match=why):
        find_project(tmp_path / "contracts")


def test_only_contract_files_are_read(tmp_path: Path) -> None:
    outside = tmp_path / "outside.yaml"
    outside.write_text("secret: 1\n")
    folder = tmp_path / "contracts"
    (folder / "deep").mkdir(parents=True)
    (folder / ".hidden").mkdir()
    for path in ("a.yaml", "b.yml", "c.json", "d.txt", ".e.yaml", "deep/f.yaml", ".hidden/g.yaml"):
        (folder / path).write_text("{}\n")
    (folder / "link.yaml").symlink_to(outside)
    assert list(read_folder(folder)) == ["a.yaml", "b.yml", "c.json", "deep/f.yaml"]


def test_line_ends_and_a_byte_order_mark_make_no_difference(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes(b"\xef\xbb\xbftype: string\r\ntitle: t\r\n")
    assert read_folder(tmp_path) == {"a.yaml": "type: string\ntitle: t\n"}


def test_an_enormous_file_is_refused_without_being_read(tmp_path: Path) -> None:
    with (tmp_path / "a.json").open("wb") as file:
        file.truncate(10**11)
    with pytest.raises(Refused, match="is larger than 32 MiB"):
        read_folder(tmp_path)

"""A new repository of contracts: named with care, put where nothing is, whole from its first commit on."""

import json
import os
import re
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.version import Version

from crucible_pipeline.cli.app import main
from crucible_pipeline.errors import Refused
from crucible_pipeline.index.configured import pip_index_url
from crucible_pipeline.index.server import running
from crucible_pipeline.release.gate import gate
from crucible_pipeline.start.scaffold import named, scaffold

ROOT = Path(__file__).parents[2]
BIN = Path(sysconfig.get_path("scripts"))
NAME = "globex-contracts"
TOOL = Version("0.3.1")
PIN = re.compile(r"uses: *(.*)")


@pytest.fixture
def person(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Git knows an author, and nothing else of the machine."""
    config = tmp_path / "gitconfig"
    config.write_text("[user]\nname = A\nemail = a@packages.example\n[init]\ndefaultBranch = other\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(config))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    for name in ("GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL", "EMAIL"):
        monkeypatch.delenv(name, raising=False)


def run(folder: Path, *argv: str | Path, env: Mapping[str, str] | None = None) -> str:
    done = subprocess.run(argv, cwd=folder, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{argv}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.mark.parametrize(
    "name",
    ["", "-a", "a b", "a/b", "../a", "a\n", "é", "1st", "class", "json", "Typescript", "pydantic", "a" * 201],
)
def test_a_name_that_could_not_be_installed_or_imported_is_refused(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["init", "--", name]) == 1
    assert list(tmp_path.iterdir()) == []


@settings(max_examples=30)
@given(st.from_regex(r"[A-Za-z][A-Za-z0-9]{0,8}([-_.]{1,2}[A-Za-z0-9]{1,8}){0,3}", fullmatch=True))
def test_every_file_speaks_of_the_new_package_and_of_no_other(name: str) -> None:
    try:
        names = named(name)
    except Refused:
        return
    files = scaffold(names, TOOL)
    assert f'name = "{names.distribution}"' in files["pyproject.toml"]
    if "acme" not in name.lower():
        assert not [path for path, text in files.items() if "acme" in path + text]
    assert named(names.distribution) == names


def test_the_tool_is_wanted_in_the_line_that_made_the_repository() -> None:
    def wanted(version: str) -> str:
        return scaffold(named(NAME), Version(version))[".ci/requirements.txt"].splitlines()[0]

    assert wanted("0.3.1") == "crucible-pipeline[index,prove,release]==0.3.*"
    assert wanted("0.1.dev114+gabc") == "crucible-pipeline[index,prove,release]>=0.1.dev114"


def test_a_folder_that_holds_something_is_left_alone(person: None, tmp_path: Path) -> None:
    place = tmp_path / "here"
    place.mkdir()
    (place / "kept").write_text("mine")
    assert main(["init", NAME, "--dir", str(place)]) == 1
    assert [path.name for path in place.iterdir()] == ["kept"]
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    assert main(["init", NAME, "--dir", str(tmp_path / "link")]) == 1
    assert main(["init", NAME, "--dir", str(place / "kept")]) == 1


def test_where_git_knows_nobody_nothing_is_written(
    person: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "gitconfig").write_text("[user]\nuseConfigOnly = true\n")
    assert main(["init", NAME, "--dir", str(tmp_path / "here")]) == 2
    assert "git config" in capsys.readouterr().err
    assert not (tmp_path / "here").exists()


def test_a_new_repository_is_clean_and_passes_its_own_checks(
    person: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["init", "Globex.Contracts", "--format", "json"]) == 0
    made = json.loads(capsys.readouterr().out)
    place = tmp_path / NAME
    assert made == {
        "package": NAME,
        "import": "globex_contracts",
        "commit": run(place, "git", "rev-parse", "HEAD").strip(),
        "folder": NAME,
    }
    assert run(place, "git", "status", "--porcelain", "--ignored") == ""
    assert run(place, "git", "branch", "--show-current").strip() == "main"
    monkeypatch.chdir(place)
    assert main(["generate", "--check"]) == 0
    assert main(["check"]) == 0
    assert main(["release", "0.1.0", "--dry-run"]) == 0
    tests = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    assert "passed" in run(place, *tests)
    run(
        place,
        BIN / "ruff",
        "check",
        "--isolated",
        "--no-cache",
        "--line-length",
        "110",
        "--select",
        "E,F,B,UP,D100",
        "tests",
        "examples",
    )
    run(place, BIN / "actionlint", *sorted((place / ".github" / "workflows").glob("*.yml")))
    run(place, BIN / "zizmor", "--offline", "--persona", "auditor", "--strict-collection", ".github")


def test_its_workflows_pin_the_same_actions_as_ours() -> None:
    ours = {
        use for path in (ROOT / ".github" / "workflows").iterdir() for use in PIN.findall(path.read_text())
    }
    theirs = {use for text in scaffold(named(NAME), TOOL).values() for use in PIN.findall(text)}
    assert theirs
    assert theirs <= ours


@pytest.mark.slow
def test_tests_demo_first_release_and_installation_pass_unchanged(person: None, tmp_path: Path) -> None:
    tool = tmp_path / "tool"
    run(tmp_path, "git", "clone", "--quiet", ROOT, tmp_path / "ours")
    wheel = ["wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", str(tool)]
    run(
        tmp_path,
        sys.executable,
        "-P",
        "-m",
        "pip",
        *wheel,
        str(tmp_path / "ours" / "src" / "crucible_pipeline"),
    )
    place = tmp_path / "new"
    env = {name: text for name, text in os.environ.items() if not name.startswith(("PYTHON", "PYTEST"))}
    env |= {"PIP_FIND_LINKS": str(tool), "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    # Made by the installed wheel: a template that it lacks would be missed by a checkout.
    venv.create(tmp_path / "maker", symlinks=True)
    maker = tmp_path / "maker" / "bin"
    pip = [sys.executable, "-P", "-m", "pip", "--python", str(maker / "python"), "install", "--quiet"]
    run(tmp_path, *pip, "crucible-pipeline", env=env)
    run(tmp_path, maker / "crucible", "init", NAME, "--dir", str(place), env=env)
    assert "passed" in run(place, "make", "test", f"PYTHON={sys.executable}", env=env)
    told = run(place, "make", "demo", env=env)
    for line in ("paid True 100", "0.1.1 is too small", f"{NAME} 0.2.0 is published", f"+{NAME}==0.2.*"):
        assert line in told
    crucible = place / ".venv" / "bin" / "crucible"
    run(place, crucible, "release", "0.1.0", env=env)
    key, public = tmp_path / "key.pem", tmp_path / "release.pub"
    run(tmp_path, "openssl", "genpkey", "-algorithm", "ed25519", "-out", key)
    run(tmp_path, "openssl", "pkey", "-in", key, "-pubout", "-out", public)
    with running(gate=gate, upstream=pip_index_url) as index:
        env["CRUCIBLE_TOKEN"] = index.token
        options = ["--repository", index.upload_url, "--signing-key", str(key)]
        run(place, crucible, "publish", *options, env=env)
        trusted = ["--index-url", index.simple_url, "--trusted-key", str(public)]
        run(place, crucible, "verify", f"{NAME}==0.1.0", *trusted, env=env)
        run(tmp_path, *pip, "--index-url", index.simple_url, f"{NAME}==0.1.*", env=env)
    seen = run(tmp_path, maker / "python", "-c", "import globex_contracts as g; print(g.OrderStatus.PAID)")
    assert seen == "paid\n"
    assert run(place, "git", "status", "--porcelain") == ""

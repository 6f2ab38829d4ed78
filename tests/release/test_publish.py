"""`crucible publish`: a real tag, a real build, a real upload and a real installation."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from crucible_pipeline.cli.app import main
from crucible_pipeline.git import Repository, clone
from crucible_pipeline.index.server import Running
from crucible_pipeline.release.archive import repacked, untarred, unzipped
from crucible_pipeline.release.tagged import Wanted, tagged
from release.contracts_repository import STATUS, Workshop
from release.one_release import CRUCIBLE, INFO, PYTHON, SDIST, WHEEL, Published, environment, published_again


def test_the_wheel_holds_the_package_and_nothing_else(published: Published) -> None:
    files = set(unzipped((published.dist / WHEEL).read_bytes()))
    # Modules with an underscore are the generator's own affair.
    private = {name for name in files if name.startswith("crucible_shared/_")} - {
        "crucible_shared/__init__.py"
    }
    assert private < set(published.shop.package())
    assert files - private == {
        "crucible_shared/__init__.py",
        "crucible_shared/contract.json",
        "crucible_shared/contracts/constants/limits.yaml",
        "crucible_shared/contracts/job-request.yaml",
        "crucible_shared/contracts/job-status.yaml",
        "crucible_shared/job_request.py",
        "crucible_shared/job_status.py",
        "crucible_shared/limits.py",
        "crucible_shared/py.typed",
        "crucible_shared/reference.html",
        "crucible_shared/resources.py",
        f"{INFO}/METADATA",
        f"{INFO}/RECORD",
        f"{INFO}/WHEEL",
        f"{INFO}/licenses/LICENSE",
        f"{INFO}/sboms/crucible.cdx.json",
        f"{INFO}/top_level.txt",
    }


def test_the_sdist_holds_what_builds_the_wheel_and_nothing_else(published: Published) -> None:
    files = set(untarred((published.dist / SDIST).read_bytes()))
    top = "crucible_shared-0.1.0"
    package = {
        f"{top}/src/{name}" for name in unzipped((published.dist / WHEEL).read_bytes()) if INFO not in name
    }
    own = {name for name in files if not name.startswith(f"{top}/src/crucible_shared.egg-info/")}
    names = ("pyproject.toml", "MANIFEST.in", "README.md", "CHANGELOG.md", "LICENSE", "PKG-INFO", "setup.cfg")
    assert own == package | {f"{top}/{name}" for name in names}


def test_each_step_is_named_with_its_time(published: Published) -> None:
    steps = ["preconditions", "build", "reproduced", "SBOM", "contents", "smoke", "attestation", "registries"]
    steps += ["upload", "confirmation"]
    assert [step["name"] for step in published.document["steps"]] == steps
    assert all(step["seconds"] >= 0 for step in published.document["steps"])
    lines = published.progress.strip().splitlines()
    assert [line[:14].strip() for line in lines] == steps
    assert published.index.token not in published.progress


def test_the_index_lists_the_hashes_that_were_printed(published: Published) -> None:
    listed = {file.name: file.sha256 for file in published.index.catalog.project("crucible-shared").files}
    assert listed == {file["name"]: file["sha256"] for file in published.document["files"]}
    assert sorted(published.document["uploaded"]) == sorted(listed)
    assert published.document["confirmed"].endswith(WHEEL)
    assert published.document["tag"] == "v0.1.0"


def test_published_again_it_sends_nothing_and_builds_nothing(
    published: Published, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    pypirc = f"[own]\nrepository = {published.index.upload_url}\nusername = __token__\n"
    (tmp_path / ".pypirc").write_text(f"{pypirc}password = {published.index.token}\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(published.shop.root)
    before = {path.name: path.stat().st_mtime_ns for path in published.dist.iterdir()}
    # A trial: it asks the index and would confirm next, which takes seconds.
    assert published_again(published, published.dist, "--repository", "own", "--dry-run") == 0
    document = json.loads(capsys.readouterr().out)
    assert document["uploaded"] == []
    assert document["steps"][-1]["told"] == "list everything already"
    assert {path.name: path.stat().st_mtime_ns for path in published.dist.iterdir()} == before


def test_other_bytes_under_a_published_name_are_refused(
    published: Published, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    dist = shutil.copytree(published.dist, tmp_path / "dist")
    (dist / SDIST).write_bytes(repacked((dist / SDIST).read_bytes(), 7))
    monkeypatch.setenv("CRUCIBLE_TOKEN", published.index.token)
    monkeypatch.chdir(published.shop.root)
    assert published_again(published, dist) == 1
    assert f"lists {SDIST} with other content" in capsys.readouterr().err


def test_an_artifact_changed_after_the_build_is_refused(
    published: Published, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    dist = shutil.copytree(published.dist, tmp_path / "dist")
    data = bytearray((dist / WHEEL).read_bytes())
    data[100] ^= 1
    (dist / WHEEL).write_bytes(data)
    monkeypatch.chdir(published.shop.root)
    assert published_again(published, dist) == 1
    assert WHEEL in capsys.readouterr().err


def test_a_wrong_token_fails_with_the_indexs_words_and_never_shows(
    published: Published, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], index: Running
) -> None:
    monkeypatch.setenv("CRUCIBLE_TOKEN", "wr0ng-s3cret")
    monkeypatch.chdir(published.shop.root)
    assert published_again(published, published.dist, index=index) == 2
    captured = capsys.readouterr()
    assert "the upload failed" in captured.err
    assert "wr0ng-s3cret" not in captured.out + captured.err
    assert index.catalog.projects() == ()


def refused(shop: Workshop, capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, str]:
    """The objections to a publication; none of its later steps may have begun."""
    assert main(["publish", "--dry-run", "--format", "json", *arguments]) == 1
    captured = capsys.readouterr()
    assert captured.err.splitlines()[0].split() == ["preconditions", "failed"]
    rows = json.loads(captured.out)["objections"]
    return {row["check"]: f"{row['what']}; {row['todo']}" for row in rows}


def test_everything_that_stands_against_a_tag_is_named_before_anything_is_built(
    released: Workshop, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    released.repository.run("checkout", "--quiet", "-b", "side")
    released.write(status=STATUS.replace("done]", "done, paused]"))
    released.commit("Code and changelog forgotten")
    released.repository.run("tag", "v0.1.1")
    (released.root / "stray.txt").write_text("stray")
    monkeypatch.chdir(released.root)
    monkeypatch.setenv("SETUPTOOLS_SCM_PRETEND_VERSION", "9.9.9")
    found = refused(released, capsys)
    assert set(found) == {
        "tag", "work tree", "branch", "environment", "generated code", "changelog", "version"
    }  # fmt: skip
    assert "mere name" in found["tag"]
    assert "take 0.2.0 or more" in found["version"]


@pytest.mark.parametrize("tag", ["version-1", "v1.0", "v0.1.0-rc1", "pipeline-v0.1.0", "v9x"])
def test_a_tag_that_is_not_a_version_is_refused(
    fresh: Workshop, tag: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fresh.repository.tag(tag, "no version")
    monkeypatch.chdir(fresh.root)
    assert "names no version" in refused(fresh, capsys)["tag"]
    assert "there is no tag v0.9.0" in refused(fresh, capsys, "--tag", "v0.9.0")["tag"]


def test_a_shallow_clone_is_refused_with_its_tag_and_without(
    released: Workshop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    released.note("Later.")
    released.commit("Later")
    for arguments, checks in (
        (["--depth", "1"], {"tag", "history"}),
        (["--depth", "1", "--branch", "v0.1.0"], {"history", "branch"}),
        (["--no-tags"], {"tag"}),
    ):
        copy = tmp_path / "-".join(arguments).replace("--", "")
        argv = ["git", "clone", "--quiet", *arguments, f"file://{released.root}", str(copy)]
        subprocess.run(argv, check=True, capture_output=True)
        monkeypatch.chdir(copy)
        assert checks <= set(refused(Workshop(copy), capsys))


def test_a_tag_is_looked_into_as_it_is_and_not_as_the_tree_is(
    released: Workshop, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (released.root / "src" / "crucible_shared" / "job_status.py").write_text("broken = 1\n")
    released.commit("Stale code")
    released.repository.run("tag", "-a", "-m", "stale", "v0.1.1")
    monkeypatch.chdir(released.root)
    assert "job_status.py" in refused(released, capsys, "--tag", "v0.1.1")["generated code"]


def test_without_an_index_nothing_begins(
    released: Workshop, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(released.root)
    monkeypatch.delenv("CRUCIBLE_REPOSITORY", raising=False)
    assert main(["publish"]) == 2
    assert "give --repository, or --dry-run" in capsys.readouterr().err


def test_only_the_tag_that_is_published_can_name_the_version(released: Workshop, tmp_path: Path) -> None:
    for tag in ("v0.2.0", "v9x", "pipeline-v9.9.9", "version-1"):
        released.repository.run("tag", "--annotate", "--message", "later", tag)
    released.repository.run("branch", "v0.1.0", "HEAD")
    found = tagged(Wanted(released.project, {}, tag="v0.1.0", branch="main"), tmp_path / "clone")
    assert Repository(found.project.root).tags_at("HEAD") == ["v0.1.0"]
    said = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "setuptools_scm"],
        cwd=found.project.root,
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout.strip() == "0.1.0"


@pytest.mark.slow
def test_another_clone_umask_zone_and_installer_give_the_same_bytes(
    published: Published, tmp_path: Path
) -> None:
    copy = clone(published.shop.root, tmp_path / "elsewhere")
    copy.run("branch", "--quiet", "--force", "main", "v0.1.0")
    argv = [str(CRUCIBLE), "publish", "--dry-run", "--python", PYTHON]
    argv += ["--dist", str(tmp_path / "dist"), "--signing-key", str(published.key)]
    subprocess.run(
        argv,
        cwd=copy.root,
        env=environment(CRUCIBLE_INSTALLER="pip", TZ="Asia/Kathmandu", LC_ALL="C"),
        umask=0o077,
        check=True,
    )
    names = {path.name for path in published.dist.iterdir()}
    assert {path.name for path in (tmp_path / "dist").iterdir()} == names
    for name in names:
        assert (tmp_path / "dist" / name).read_bytes() == (published.dist / name).read_bytes(), name

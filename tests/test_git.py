"""Git as a program, against real repositories in temporary folders."""

import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crucible_pipeline.errors import CannotDo, Refused
from crucible_pipeline.git import Repository, clone


@pytest.fixture(autouse=True)
def author(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "gitconfig"))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    (tmp_path / "gitconfig").write_text("[user]\nname = A\nemail = a@packages.example\n")


def repository(folder: Path, branch: str = "main") -> Repository:
    folder.mkdir(parents=True)
    made = Repository(folder)
    made.run("init", "--quiet", "--initial-branch", branch)
    return made


def with_commit(folder: Path, branch: str = "main") -> Repository:
    made = repository(folder, branch)
    (folder / "a.txt").write_text("a\n")
    made.commit("One", ["a.txt"])
    return made


def test_a_repository_is_found_from_any_folder_inside(tmp_path: Path) -> None:
    made = with_commit(tmp_path / "r")
    (tmp_path / "r" / "deep" / "er").mkdir(parents=True)
    assert Repository.containing(tmp_path / "r" / "deep" / "er").root.samefile(made.root)


def test_a_folder_outside_any_repository_cannot_be_used(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "missing"):
        with pytest.raises(CannotDo, match="in no git repository"):
            Repository.containing(folder)


def test_a_variable_that_points_elsewhere_does_not_mislead(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = with_commit(tmp_path / "other")
    monkeypatch.setenv("GIT_DIR", str(other.root / ".git"))
    monkeypatch.setenv("GIT_COMMON_DIR", str(other.root / ".git"))
    made = repository(tmp_path / "r")
    assert not made.has_commits()


def test_a_commit_takes_exactly_its_paths(tmp_path: Path) -> None:
    made = with_commit(tmp_path / "r")
    for name in ("a.txt", "b.txt", "c.txt"):
        (made.root / name).write_text("new\n")
    made.run("add", "b.txt")
    head = made.commit("Two", ["a.txt"], body="Why.")
    assert made.run("show", "--name-only", "--format=%s|%b", head).split() == ["Two|Why.", "a.txt"]
    assert made.changes() == ["b.txt", "c.txt"]


def test_going_back_takes_a_commit_away_and_keeps_what_was_not_in_it(tmp_path: Path) -> None:
    made = with_commit(tmp_path / "r")
    before = made.head()
    (made.root / "a.txt").write_text("b\n")
    made.commit("Two", ["a.txt"])
    (made.root / "new.txt").write_text("new\n")
    made.go_back(before)
    assert made.head() == before
    assert (made.root / "a.txt").read_text() == "a\n"
    assert made.changes() == ["new.txt"]


def test_a_hook_of_the_repository_never_runs(tmp_path: Path) -> None:
    made = with_commit(tmp_path / "r")
    for name in ("pre-commit", "post-commit", "post-checkout"):
        hook = made.root / ".git" / "hooks" / name
        hook.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
        hook.chmod(0o755)
    (made.root / "a.txt").write_text("b\n")
    made.commit("Two", ["a.txt"])
    clone(made.root, tmp_path / "c")
    assert not (tmp_path / "ran").exists()


def test_a_tag_is_an_object_of_its_own_and_is_never_moved(tmp_path: Path) -> None:
    made = with_commit(tmp_path / "r")
    made.tag("v0.1.0", "one\n\n### Added\n- It.")
    made.run("tag", "v0.1.1")
    assert made.run("tag", "--list", "--format=%(contents)", "v0.1.0") == "one\n\n### Added\n- It."
    assert made.is_annotated("v0.1.0")
    assert not made.is_annotated("v0.1.1")
    assert not made.is_annotated("v0.1.2")
    with pytest.raises(Refused, match=r"v0\.1\.0 exists"):
        made.tag("v0.1.0", "again")


def test_only_release_tags_are_listed_and_in_the_order_of_their_versions(tmp_path: Path) -> None:
    made = with_commit(tmp_path / "r")
    for tag in ("v0.10.0", "v0.9.0", "v0.10.0rc1", "pipeline-v9.9.9", "version-1", "v1x", "v0.9.0-2"):
        made.run("tag", tag)
    assert made.release_tags() == ["v0.9.0", "v0.10.0rc1", "v0.10.0"]
    assert len(made.tags_at(made.head())) == 7


def test_tags_of_another_branch_are_not_in_the_history(tmp_path: Path) -> None:
    made = with_commit(tmp_path / "r")
    made.tag("v0.1.0", "one")
    made.run("checkout", "--quiet", "-b", "side")
    (made.root / "a.txt").write_text("side\n")
    made.commit("Side", ["a.txt"])
    made.tag("v0.2.0", "two")
    main = made.commit_of("main")
    assert main is not None
    assert made.release_tags(at=main) == ["v0.1.0"]
    assert made.reaches("side", made.head())
    assert not made.reaches("main", made.head())
    assert not made.reaches("nowhere")


def test_a_ref_that_looks_like_an_option_names_no_commit(tmp_path: Path) -> None:
    made = with_commit(tmp_path / "r")
    assert made.commit_of("--all") is None
    assert made.commit_of("HEAD") == made.head()


def test_a_symbolic_link_is_no_content_of_a_commit(tmp_path: Path) -> None:
    made = with_commit(tmp_path / "r")
    (made.root / "link").symlink_to("/etc/passwd")
    made.commit("Link", ["link"])
    assert made.files_at("HEAD") == {"a.txt": b"a\n"}


@settings(max_examples=5, deadline=None)
@given(content=st.binary(max_size=200), name=st.text("abc é\t'\"\\", min_size=1, max_size=8))
def test_bytes_and_names_come_back_from_a_commit_as_they_were(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, name: str
) -> None:
    made = repository(tmp_path_factory.mktemp("bytes") / "r")
    (made.root / name).write_bytes(content)
    made.run("config", "core.autocrlf", "false")
    made.commit("One", [f":(literal){name}"])
    assert made.files_at("HEAD") == {name: content}


@pytest.mark.parametrize("branch", ["main", "master"])
def test_the_default_branch_is_the_origins_or_the_usual_one(tmp_path: Path, branch: str) -> None:
    made = with_commit(tmp_path / "r", branch)
    assert made.default_branch() == branch
    made.run("branch", "--move", "trunk")
    assert made.default_branch() == ""
    copy = clone(made.root, tmp_path / "c")
    copy.run("checkout", "--quiet", "-b", "main")
    assert copy.default_branch() == "trunk"


def test_a_clone_of_depth_one_is_shallow_and_without_tags(tmp_path: Path) -> None:
    made = with_commit(tmp_path / "r")
    made.tag("v0.1.0", "one")
    (made.root / "a.txt").write_text("b\n")
    made.commit("Two", ["a.txt"])
    subprocess.run(
        ["git", "clone", "--quiet", "--depth", "1", f"file://{made.root}", str(tmp_path / "c")], check=True
    )
    assert Repository(tmp_path / "c").is_shallow()
    assert Repository(tmp_path / "c").release_tags() == []
    assert not made.is_shallow()


def test_a_clone_is_full_and_shares_no_file_with_its_source(tmp_path: Path) -> None:
    made = with_commit(tmp_path / "r")
    made.tag("v0.1.0", "one")
    made.tag("other-v9", "other")
    copy = clone(made.root, tmp_path / "c", "v0.1.0")
    assert copy.head() == made.head()
    assert copy.time_of("v0.1.0") == made.time_of("HEAD")
    objects = [path for path in (copy.root / ".git" / "objects").rglob("*") if path.is_file()]
    assert all(path.stat().st_nlink == 1 for path in objects)
    copy.keep_only_tag("v0.1.0")
    assert copy.tags_at("HEAD") == ["v0.1.0"]
    assert len(made.tags_at("HEAD")) == 2


def test_a_clone_of_what_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(CannotDo, match="cannot clone"):
        clone(tmp_path / "missing", tmp_path / "c")


def test_a_push_brings_branch_and_tag_or_neither(tmp_path: Path) -> None:
    made = with_commit(tmp_path / "r")
    subprocess.run(["git", "init", "--quiet", "--bare", str(tmp_path / "o.git")], check=True)
    made.run("remote", "add", "origin", str(tmp_path / "o.git"))
    made.tag("v0.1.0", "one")
    made.push("main", "v0.1.0")
    origin = Repository(tmp_path / "o.git")
    assert origin.commit_of("main") == made.head() == origin.commit_of("v0.1.0")

    (made.root / "a.txt").write_text("b\n")
    made.commit("Two", ["a.txt"])
    made.tag("v0.2.0", "two")
    origin.run("update-ref", "refs/tags/v0.2.0", made.commit_of("v0.1.0") or "")
    with pytest.raises(CannotDo, match=r"git push failed"):
        made.push("main", "v0.2.0")
    assert origin.commit_of("main") == made.commit_of("v0.1.0")


def test_a_failed_command_says_what_git_said(tmp_path: Path) -> None:
    made = with_commit(tmp_path / "r")
    with pytest.raises(CannotDo, match=r"git checkout failed .*nowhere"):
        made.run("checkout", "nowhere")

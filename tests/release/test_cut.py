"""`crucible release` on real repositories."""

import json
import subprocess
from datetime import date
from pathlib import Path

import pytest

from crucible_pipeline.cli.app import main
from crucible_pipeline.errors import CannotDo, CrucibleError
from crucible_pipeline.git import Repository
from crucible_pipeline.release.cut import Plan, carry_out, plan
from crucible_pipeline.release.plan import NotReady
from crucible_pipeline.version import parse
from release.contracts_repository import LIMITS, REQUEST, STATUS, Workshop

OPEN_STATUS = STATUS.replace("[queued, running, done]", "[queued, running, done, paused]")


def planned(shop: Workshop, wanted: str | None = None, branch: str | None = None) -> Plan:
    return plan(shop.package_released, parse(wanted) if wanted else None, date(2026, 11, 25), branch, {})


def refused(shop: Workshop, wanted: str | None = None) -> dict[str, str]:
    with pytest.raises(NotReady) as caught:
        planned(shop, wanted)
    return {found.check: str(found) for found in caught.value.objections}


def state(shop: Workshop) -> tuple[str, str, list[str]]:
    return (shop.repository.head(), shop.repository.run("tag", "--list"), shop.repository.changes())


def test_a_first_release_is_0_1_0_and_tagged_with_its_entry(fresh: Workshop) -> None:
    commit = carry_out(planned(fresh), fresh.repository, push=False)
    assert fresh.repository.commit_of("v0.1.0") == commit == fresh.repository.head()
    assert fresh.repository.is_annotated("v0.1.0")
    assert fresh.repository.changes() == []
    text = (fresh.root / "CHANGELOG.md").read_text()
    assert text == "# Changelog\n\n## [Unreleased]\n\n## [0.1.0] - 2026-11-25\n\n### Added\n\n- Jobs.\n"
    message = fresh.repository.run("tag", "--list", "--format=%(contents)", "v0.1.0")
    assert message.strip() == "crucible-shared 0.1.0\n\n### Added\n\n- Jobs."


def test_auto_takes_a_patch_for_what_breaks_nothing_and_a_minor_for_what_breaks(released: Workshop) -> None:
    released.change("A longer timeout.", limits=LIMITS.replace("Longest", "The longest"))
    carry_out(planned(released), released.repository, push=False)
    assert released.repository.release_tags() == ["v0.1.0", "v0.1.1"]

    released.change("Paused jobs.", status=OPEN_STATUS)
    made = planned(released)
    assert str(made.version) == "0.2.0"
    carry_out(made, released.repository, push=False)
    text = (released.root / "CHANGELOG.md").read_text()
    entry = text.split("## [0.2.0]")[1].split("## [0.1.1]")[0]
    assert "- Paused jobs." in entry
    assert "### Contract\n\n- **Breaking**: `JobStatus" in entry


def test_a_version_smaller_than_the_contract_needs_is_refused_with_the_right_one(released: Workshop) -> None:
    released.change("Paused jobs.", status=OPEN_STATUS)
    found = refused(released, "0.1.1")
    assert set(found) == {"version"}
    assert "0.1.1 is too small" in found["version"]
    assert "take 0.2.0 or more" in found["version"]


def test_everything_that_stands_in_the_way_is_named_at_once_and_nothing_is_done(released: Workshop) -> None:
    released.write(request=REQUEST.replace("[code]", "[code, timeout]"))
    released.repository.run("checkout", "--quiet", "-b", "side")
    released.commit("Code forgotten")
    (released.root / "stray.txt").write_text("stray")
    before = state(released)
    found = refused(released, "0.1.0")
    assert set(found) == {"work tree", "branch", "tag", "generated code", "changelog"}
    assert "stray.txt" in found["work tree"]
    assert "src/crucible_shared/" in found["generated code"]
    assert state(released) == before


def test_a_branch_may_be_named(released: Workshop) -> None:
    released.repository.run("checkout", "--quiet", "-b", "side")
    released.change("More.", limits=LIMITS.replace("Longest", "The longest"))
    assert planned(released, branch="side").branch == "side"


def test_a_shallow_clone_cannot_release(released: Workshop, tmp_path: Path) -> None:
    copy = tmp_path / "shallow"
    argv = ["git", "clone", "--quiet", "--depth", "1", "--no-tags", f"file://{released.root}", str(copy)]
    subprocess.run(argv, check=True)
    shop = Workshop(copy)
    shop.note("More.")
    shop.commit("More")
    assert "shallow" in refused(shop, "0.2.0")["history"]


def test_a_push_that_fails_leaves_the_tag_and_says_how_to_go_on(released: Workshop) -> None:
    released.change("More.", limits=LIMITS.replace("Longest", "The longest"))
    with pytest.raises(CannotDo, match=r"(?s)not pushed: .*; push it: git push --atomic origin"):
        carry_out(planned(released), released.repository, push=True)
    assert released.repository.commit_of("v0.1.1") == released.repository.head()


def test_a_push_brings_branch_and_tag_to_origin(fresh: Workshop, tmp_path: Path) -> None:
    subprocess.run(["git", "init", "--quiet", "--bare", str(tmp_path / "o.git")], check=True)
    fresh.repository.run("remote", "add", "origin", str(tmp_path / "o.git"))
    commit = carry_out(planned(fresh), fresh.repository, push=True)
    origin = Repository(tmp_path / "o.git")
    assert origin.commit_of("main") == origin.commit_of("v0.1.0") == commit


def test_the_tag_is_signed_where_git_is_configured_to_sign(fresh: Workshop, tmp_path: Path) -> None:
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    (tmp_path / "signers").write_text(f"a@packages.example {key.with_suffix('.pub').read_text()}")
    for name, value in (
        ("gpg.format", "ssh"),
        ("user.signingkey", str(key)),
        ("tag.gpgSign", "true"),
        ("gpg.ssh.allowedSignersFile", str(tmp_path / "signers")),
    ):
        fresh.repository.run("config", name, value)
    carry_out(planned(fresh), fresh.repository, push=False)
    fresh.repository.run("verify-tag", "v0.1.0")


def test_a_commit_from_the_future_is_not_released(
    released: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_COMMITTER_DATE", "2099-01-01T00:00:00Z")
    released.change("More.", limits=LIMITS.replace("Longest", "The longest"))
    monkeypatch.delenv("GIT_COMMITTER_DATE")
    assert "set the clock" in refused(released)["clock"]


@pytest.mark.parametrize("setting", ["tag.gpgSign", "commit.gpgSign"])
def test_a_release_that_git_refuses_to_make_leaves_nothing_behind(fresh: Workshop, setting: str) -> None:
    made = planned(fresh)
    fresh.repository.run("config", setting, "true")
    fresh.repository.run("config", "gpg.program", "false")
    before = state(fresh)
    with pytest.raises(CrucibleError):
        carry_out(made, fresh.repository, push=False)
    assert state(fresh) == before


def test_a_dry_run_tells_everything_and_changes_nothing(
    released: Workshop, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    released.change("Paused jobs.", status=OPEN_STATUS)
    monkeypatch.chdir(released.root)
    before = state(released)
    assert main(["release", "auto", "--dry-run", "--push"]) == 0
    said = capsys.readouterr().out
    for words in (
        "0.2.0 (minor bump since 0.1.0)",
        "- Paused jobs.",
        "**Breaking**",
        "tag v0.2.0",
        "Nothing was",
    ):
        assert words in said
    assert state(released) == before


def test_the_json_form_tells_the_release_and_the_objections(
    released: Workshop, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(released.root)
    assert main(["release", "--format", "json"]) == 1
    (row,) = json.loads(capsys.readouterr().out)["objections"]
    assert row["check"] == "changelog"
    released.note("Words only.")
    released.commit("Words")
    assert main(["release", "--format", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["version"], document["base"], document["pushed"]) == ("0.1.1", "0.1.0", False)
    assert document["commit"] == released.repository.head()

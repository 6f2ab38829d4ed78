"""`crucible upgrade` on real repositories, against a real index."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from crucible_pipeline.cli import main
from crucible_pipeline.index.server import Running
from index.distributions import post, wheel
from upgrade.upgrade_services import ServiceRepository

BRANCH = "crucible/crucible-shared-0.4"


pytestmark = pytest.mark.usefixtures("no_settings_of_the_machine")


def run(
    index: Running, capsys: pytest.CaptureFixture[str], *arguments: str | Path
) -> tuple[int, list[dict[str, Any]]]:
    """Run the command with --format json."""
    capsys.readouterr()
    code = main(["upgrade", *map(str, arguments), "--index-url", index.simple_url, "--format", "json"])
    return code, json.loads(capsys.readouterr().out)


def test_the_json_document_has_the_form_of_the_design(
    index: Running, service: ServiceRepository, capsys: pytest.CaptureFixture[str]
) -> None:
    code, rows = run(index, capsys, service.root)
    assert code == 0
    assert rows == [
        {
            "service": "storage-service",
            "file": "requirements.txt",
            "line": 2,
            "from": "==0.3.*",
            "to": "==0.4.*",
            "installed_line": "0.3",
            "latest": "0.4.0",
            "impact": [
                {
                    "file": "app.py",
                    "line": 3,
                    "symbol": "EvaluationStatus.QUEUED",
                    "rule": "enum-value-removed",
                    "tier": "likely",
                    "column": 26,
                }
            ],
            "branch": BRANCH,
            "commit": service.git("rev-parse", BRANCH),
            "pull_request": None,
            "skipped": None,
            "rewritten": [],
            "tests": None,
        }
    ]


def test_the_commit_changes_only_the_bytes_of_the_pin(
    index: Running, service: ServiceRepository, capsys: pytest.CaptureFixture[str]
) -> None:
    before = service.file_at("HEAD", "requirements.txt")
    run(index, capsys, service.root)
    assert service.file_at(BRANCH, "requirements.txt") == before.replace(b"==0.3.*", b"==0.4.*")
    assert service.git("diff", "--name-only", "HEAD", BRANCH) == "requirements.txt"
    assert service.git("rev-parse", f"{BRANCH}^") == service.git("rev-parse", "HEAD")


def test_the_checkout_stays_as_it_is(
    index: Running, service: ServiceRepository, capsys: pytest.CaptureFixture[str]
) -> None:
    service.write({"app.py": "# edited\n", "staged.txt": "new\n", "other.txt": "untracked\n"})
    service.git("add", "staged.txt")
    before = service.state()
    assert run(index, capsys, service.root)[0] == 0
    assert service.state() == before
    assert "staged.txt" not in service.git("ls-tree", "-r", "--name-only", BRANCH)


def test_a_second_run_changes_nothing_and_says_the_same(
    index: Running, service: ServiceRepository, capsys: pytest.CaptureFixture[str]
) -> None:
    first = run(index, capsys, service.root)
    refs = service.git("for-each-ref")
    assert run(index, capsys, service.root) == first
    assert service.git("for-each-ref") == refs


def test_the_branch_stays_while_it_merges_into_what_the_service_became(
    index: Running, service: ServiceRepository, capsys: pytest.CaptureFixture[str]
) -> None:
    run(index, capsys, service.root)
    before = service.git("rev-parse", BRANCH)
    service.commit({"more.txt": "1\n"})
    assert run(index, capsys, service.root)[0] == 0
    assert service.git("rev-parse", BRANCH) == before


def test_the_branch_is_rebased_when_it_conflicts_with_what_the_service_became(
    index: Running, service: ServiceRepository, capsys: pytest.CaptureFixture[str]
) -> None:
    run(index, capsys, service.root)
    moved = service.file_at("HEAD", "requirements.txt").replace(b"# types", b"# the contracts")
    service.commit({"requirements.txt": moved})
    assert run(index, capsys, service.root)[0] == 0
    assert service.git("rev-parse", f"{BRANCH}^") == service.git("rev-parse", "main")
    assert service.file_at(BRANCH, "requirements.txt") == moved.replace(b"==0.3.*", b"==0.4.*")


def test_a_branch_that_a_person_worked_on_is_not_overwritten(
    index: Running, service: ServiceRepository, capsys: pytest.CaptureFixture[str]
) -> None:
    run(index, capsys, service.root)
    service.git("checkout", "--quiet", BRANCH)
    service.commit({"app.py": "fixed\n"})
    tip = service.git("rev-parse", "HEAD")
    service.git("checkout", "--quiet", "main")
    code, rows = run(index, capsys, service.root)
    assert code == 1
    assert "not crucible's" in rows[0]["skipped"]
    assert service.git("rev-parse", BRANCH) == tip


def test_a_commit_that_a_person_amended_is_not_overwritten(
    index: Running, service: ServiceRepository, capsys: pytest.CaptureFixture[str]
) -> None:
    run(index, capsys, service.root)
    service.git("checkout", "--quiet", BRANCH)
    service.write({"app.py": "fixed\n"})
    service.git("commit", "--quiet", "--all", "--amend", "--no-edit")
    service.git("checkout", "--quiet", "main")
    assert run(index, capsys, service.root)[0] == 1


def test_a_branch_that_is_checked_out_elsewhere_is_not_moved(
    index: Running, service: ServiceRepository, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    run(index, capsys, service.root)
    service.git("worktree", "add", "--quiet", str(tmp_path / "other"), BRANCH)
    service.commit({"requirements.txt": "crucible-shared==0.3.*\n"})
    code, rows = run(index, capsys, service.root)
    assert code == 1
    assert "checked out" in rows[0]["skipped"]


@pytest.mark.parametrize("staged", [True, False])
def test_a_pin_with_changes_that_are_not_committed_is_refused(
    index: Running,
    service: ServiceRepository,
    capsys: pytest.CaptureFixture[str],
    staged: bool,  # noqa: FBT001
) -> None:
    service.write({"requirements.txt": "crucible-shared==0.3.1\n"})
    if staged:
        service.git("add", "requirements.txt")
    before = service.state()
    code, rows = run(index, capsys, service.root)
    assert code == 1
    assert "not committed" in rows[0]["skipped"]
    assert (rows[0]["from"], rows[0]["to"], rows[0]["commit"]) == ("==0.3.*", None, None)
    assert service.git("branch", "--list", "crucible/*") == ""
    assert service.state() == before


def test_a_checkout_with_converted_line_ends_is_not_dirty(
    index: Running, service: ServiceRepository, capsys: pytest.CaptureFixture[str]
) -> None:
    service.commit({"requirements.txt": "crucible-shared==0.3.*\n"})
    service.git("config", "core.autocrlf", "true")
    service.write({"requirements.txt": "crucible-shared==0.3.*\r\n"})
    assert run(index, capsys, service.root)[0] == 0


def test_a_dry_run_changes_nothing_and_shows_the_difference_and_the_proposal(
    index: Running, service: ServiceRepository, capsys: pytest.CaptureFixture[str]
) -> None:
    before = service.state(), service.git("for-each-ref"), service.git("count-objects")
    assert main(["upgrade", str(service.root), "--index-url", index.simple_url, "--dry-run"]) == 0
    shown = capsys.readouterr().out
    assert (service.state(), service.git("for-each-ref"), service.git("count-objects")) == before
    assert "-Crucible_Shared==0.3.*  # types\n+Crucible_Shared==0.4.*  # types\n" in shown
    assert "# Upgrade crucible-shared to 0.4.0" in shown


def test_the_proposal_holds_changes_payloads_changelog_lines_and_commands(
    index: Running, service: ServiceRepository, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "proposal.md"
    arguments = [str(service.root), "--index-url", index.simple_url, "--proposal", str(path)]
    assert main(["upgrade", *arguments]) == 0
    text = path.read_text()
    assert text in capsys.readouterr().out
    assert "EvaluationStatus.queued" in text
    assert '0.3.1 accepts and 0.4.0 rejects `"queued"`' in text
    assert "A request names its time limit time_limit." in text
    assert "Nothing to see" not in text
    assert "| app.py:3 | `EvaluationStatus.QUEUED` | enum-value-removed |" in text
    assert 'python -m pip install "crucible-shared==0.4.*"' in text
    message = service.git("log", "-1", "--format=%B", BRANCH)
    assert message.startswith("Upgrade crucible-shared to 0.4.0\n\nrequirements.txt: ==0.3.* becomes ==0.4.*")
    assert "app.py:3" in message


def test_includes_and_constraints_are_followed_and_dangling_ones_reported(
    index: Running, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    service = ServiceRepository.create(
        tmp_path / "worker",
        {
            "requirements.txt": "-r deps/base\n-c limits.list\n-r missing.txt\n-r ../outside.txt\n",
            "deps/base": "crucible-shared>=0.3,<0.4\n-r ../requirements.txt\n",
            "limits.list": "crucible-shared==0.3.1 ; python_version > '3.10'\n",
            "requirements/dev.txt": "crucible-shared[x]~=0.3.0\n",
            "dev.in": "crucible-shared\n",
            "MANIFEST.in": "include crucible-shared\n",
            "other.txt": "crucible-shared==0.3.*\n",
        },
    )
    code = main(["upgrade", str(service.root), "--index-url", index.simple_url, "--format", "json"])
    captured = capsys.readouterr()
    found = {row["file"]: (row["from"], row["to"]) for row in json.loads(captured.out)}
    assert code == 0
    assert found == {
        "deps/base": (">=0.3,<0.4", ">=0.4,<0.5"),
        "limits.list": ("==0.3.1", "==0.4.0"),
        "requirements/dev.txt": ("~=0.3.0", "~=0.4.0"),
        "dev.in": (None, None),
    }
    assert "missing.txt, which is not in the repository" in captured.err
    assert "../outside.txt, which is outside the repository" in captured.err


def test_pins_move_together_or_not_at_all(
    index: Running, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    service = ServiceRepository.create(
        tmp_path / "worker",
        {
            "requirements.txt": "crucible-shared==0.3.*\n",
            "constraints.txt": "crucible-shared @ https://packages.example/x.whl\n",
        },
    )
    code, rows = run(index, capsys, service.root)
    assert code == 0
    assert [row["to"] for row in rows] == [None, None]
    assert "constraints.txt:1 cannot move" in rows[1]["skipped"]


def test_hashes_become_those_of_the_index(
    index: Running, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old = f"crucible-shared==0.3.1 \\\n    --hash=sha256:{'0' * 64}\n"
    service = ServiceRepository.create(tmp_path / "locked", {"requirements.txt": old})
    assert run(index, capsys, service.root)[0] == 0
    lines = service.file_at(BRANCH, "requirements.txt").decode().splitlines()
    assert lines[0] == "crucible-shared==0.4.0 \\"
    assert len(lines) == 3
    target = tmp_path / "target"
    (tmp_path / "new.txt").write_bytes(service.file_at(BRANCH, "requirements.txt"))
    asked = ["download", "--quiet", "--no-deps", "--require-hashes", "--dest", str(target)]
    where = ["--index-url", index.simple_url, "-r", str(tmp_path / "new.txt")]
    subprocess.run([shutil.which("python") or "python3", "-m", "pip", *asked, *where], check=True)
    assert [path.name for path in target.iterdir()] == ["crucible_shared-0.4.0-py3-none-any.whl"]


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({"requirements.txt": "fastapi\n"}, "no file of the last commit requires"),
        ({"requirements.txt": "crucible-shared==0.4.*\n"}, "up to date"),
        ({"requirements.txt": "crucible-shared==0.9.*\n"}, "downgrade"),
        ({"requirements.txt": "crucible-shared\n"}, "no version specifier"),
    ],
)
def test_a_service_with_nothing_to_do_is_fine_and_says_why(
    index: Running,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    files: dict[str, str],
    reason: str,
) -> None:
    service = ServiceRepository.create(tmp_path / "service", files)
    code, rows = run(index, capsys, service.root)
    assert code == 0
    assert reason in rows[0]["skipped"]
    assert service.git("branch", "--list", "crucible/*") == ""


def test_a_wanted_version_that_does_not_exist_is_refused(
    index: Running, service: ServiceRepository, capsys: pytest.CaptureFixture[str]
) -> None:
    code, rows = run(index, capsys, service.root, "--to", "0.4.7")
    assert code == 1
    assert rows[0]["skipped"] == "the index has no version 0.4.7"


def test_a_wanted_pre_release_is_taken(
    index: Running, service: ServiceRepository, capsys: pytest.CaptureFixture[str]
) -> None:
    code, rows = run(index, capsys, service.root, "--to", "0.5.0rc1", "--dry-run")
    assert (code, rows[0]["to"], rows[0]["latest"]) == (0, "==0.5.*", "0.4.0")


def test_one_failed_service_does_not_stop_the_others(
    index: Running, service: ServiceRepository, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "no-repository").mkdir()
    empty = tmp_path / "empty"
    empty.mkdir()
    subprocess.run(["git", "init", "--quiet"], cwd=empty, check=True)
    targets = [tmp_path / "gone", tmp_path / "no-repository", empty, service.root]
    code, rows = run(index, capsys, *targets)
    assert code == 2
    assert [row["service"] for row in rows] == ["gone", "no-repository", "empty", "storage-service"]
    assert all(row["skipped"] for row in rows[:3])
    assert rows[3]["commit"]


def test_an_index_that_is_down_is_a_failure_and_its_password_is_not_shown(
    service: ServiceRepository, capsys: pytest.CaptureFixture[str]
) -> None:
    url = "http://user:hunter2@127.0.0.1:9/simple/"
    assert main(["upgrade", str(service.root), "--index-url", url]) == 2
    captured = capsys.readouterr()
    assert "hunter2" not in captured.out + captured.err
    assert "does not answer" in captured.out


def test_a_service_in_a_folder_of_a_repository_has_its_own_branch(
    index: Running, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = {
        f"services/{name}/{file}": text
        for name in ("api", "worker")
        for file, text in {
            "requirements.txt": "-c ../../constraints.txt\ncrucible-shared==0.3.*\n",
            "main.py": "import crucible_shared\nx = crucible_shared.CreateResponse\n",
        }.items()
    }
    service = ServiceRepository.create(
        tmp_path / "mono", {**files, "constraints.txt": "crucible-shared<0.4\n"}
    )
    code, rows = run(index, capsys, *(service.root / "services" / name for name in ("api", "worker")))
    assert code == 0
    assert [(row["service"], row["file"], row["to"]) for row in rows] == [
        ("api", "requirements.txt", "==0.4.*"),
        ("api", "../../constraints.txt", "<0.5"),
        ("worker", "requirements.txt", "==0.4.*"),
        ("worker", "../../constraints.txt", "<0.5"),
    ]
    assert rows[0]["branch"] == f"{BRANCH}-services-api"
    assert [hit["file"] for hit in rows[0]["impact"]] == ["main.py"]
    changed = service.git("diff", "--name-only", "main", f"{BRANCH}-services-worker").splitlines()
    assert changed == ["constraints.txt", "services/worker/requirements.txt"]


def test_nothing_of_a_hostile_repository_runs_and_no_link_is_followed(
    index: Running, service: ServiceRepository, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    secret, proof = tmp_path / "secret.txt", tmp_path / "proof"
    secret.write_text("crucible-shared==0.3.*\n")
    script = service.root / ".git" / "evil.sh"
    script.write_text(f"#!/bin/sh\ntouch {proof}\ncat\n")
    script.chmod(0o755)
    (service.root / "requirements-link.txt").symlink_to(secret)
    (service.root / "folder").symlink_to(tmp_path)
    service.commit(
        {
            ".gitattributes": "*.txt filter=evil diff=evil merge=evil\n*.py filter=evil diff=evil\n",
            "requirements.txt": "-r folder/secret.txt\ncrucible-shared==0.3.*\n",
        }
    )
    for name in ("pre-commit", "post-checkout", "reference-transaction", "post-index-change", "pre-push"):
        shutil.copy(script, service.root / ".git" / "hooks" / name)
    for key in ("filter.evil.clean", "filter.evil.smudge", "diff.evil.textconv", "diff.evil.command"):
        service.git("config", key, str(script))
    for key in ("core.fsmonitor", "core.pager", "diff.external", "core.editor", "gpg.program"):
        service.git("config", key, str(script))
    service.git("config", "commit.gpgsign", "true")
    os.utime(service.root / "requirements.txt")
    proof.unlink(missing_ok=True)
    code, rows = run(index, capsys, service.root)
    assert code == 0
    assert [(row["file"], row["to"]) for row in rows] == [("requirements.txt", "==0.4.*")]
    assert not proof.exists()
    assert secret.read_text() == "crucible-shared==0.3.*\n"


def test_bytes_that_are_no_utf8_survive(
    index: Running, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content = "# Gr\u00f6\u00dfe\ncrucible-shared==0.3.*".encode("latin-1")
    service = ServiceRepository.create(tmp_path / "old", {"requirements.txt": content})
    assert run(index, capsys, service.root)[0] == 0
    assert service.file_at(BRANCH, "requirements.txt") == content.replace(b"0.3", b"0.4")


def test_a_file_name_that_is_no_utf8_is_upgraded_and_shown(
    index: Running, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    service = ServiceRepository.create(tmp_path / "old", {"app.py": ""})
    name = os.fsdecode(b"requirements-gr\xfcn.txt")
    service.commit({name: "crucible-shared==0.3.*\n"})
    code, rows = run(index, capsys, service.root)
    assert (code, rows[0]["file"]) == (0, "requirements-gr\ufffdn.txt")
    assert service.file_at(BRANCH, name) == b"crucible-shared==0.4.*\n"


def test_a_release_for_newer_pythons_than_the_service_supports_is_not_taken(
    index: Running, service: ServiceRepository, capsys: pytest.CaptureFixture[str]
) -> None:
    newer = wheel("crucible-newer", "0.4.0", more="Requires-Python: >=3.13\n")
    for dist in (wheel("crucible-newer", "0.3.0"), newer):
        assert post(index, dist).is_success
    service.commit(
        {
            "requirements.txt": "crucible-newer==0.3.*\n",
            "pyproject.toml": '[project]\nrequires-python=">=3.11"\n',
        }
    )
    code, rows = run(index, capsys, service.root, "--package", "Crucible_Newer")
    assert (code, rows[0]["skipped"]) == (0, "it is up to date")
    service.commit({"pyproject.toml": '[project]\nrequires-python=">=3.13"\n'})
    code, rows = run(index, capsys, service.root, "--package", "crucible-newer")
    assert (code, rows[0]["to"]) == (0, "==0.4.*")
    assert rows[0]["impact"] == []


def test_a_detached_head_and_an_executable_file_keep_what_they_are(
    index: Running, service: ServiceRepository, capsys: pytest.CaptureFixture[str]
) -> None:
    service.git("update-index", "--chmod=+x", "requirements.txt")
    service.git("commit", "--quiet", "--message", "executable")
    (service.root / "requirements.txt").chmod(0o755)
    service.git("checkout", "--quiet", "--detach")
    assert run(index, capsys, service.root)[0] == 0
    assert service.git("ls-tree", BRANCH, "requirements.txt").startswith("100755")


def pushed(tmp_path: Path, service: ServiceRepository) -> Path:
    """A bare repository that the service's checkout has as origin."""
    bare = tmp_path / "remote" / "storage-service.git"
    subprocess.run(["git", "clone", "--quiet", "--bare", str(service.root), str(bare)], check=True)
    service.git("remote", "add", "origin", str(bare))
    return bare


def tip(bare: Path) -> str:
    done = subprocess.run(
        ["git", "rev-parse", "--verify", "--quiet", f"refs/heads/{BRANCH}"],
        cwd=bare,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip()


def test_push_brings_the_branch_to_the_remote_once(
    index: Running, service: ServiceRepository, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    bare = pushed(tmp_path, service)
    code, rows = run(index, capsys, service.root, "--push")
    assert code == 0
    assert tip(bare) == rows[0]["commit"]
    assert run(index, capsys, service.root, "--push") == (code, rows)
    service.commit({"more.txt": "1\n"})
    code, rows = run(index, capsys, service.root, "--push")
    assert (code, tip(bare)) == (0, rows[0]["commit"])


def test_push_does_not_overwrite_what_a_person_pushed(
    index: Running, service: ServiceRepository, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    bare = pushed(tmp_path, service)
    run(index, capsys, service.root, "--push")
    other = ServiceRepository(tmp_path / "person")
    subprocess.run(["git", "clone", "--quiet", "--branch", BRANCH, str(bare), str(other.root)], check=True)
    other.git("config", "user.name", "Person")
    other.git("config", "user.email", "person@packages.example")
    other.commit({"app.py": "fixed\n"})
    other.git("push", "--quiet")
    theirs = tip(bare)
    service.commit({"more.txt": "1\n"})
    code, rows = run(index, capsys, service.root, "--push")
    assert code == 1
    assert "not crucible's" in rows[0]["skipped"]
    assert tip(bare) == theirs


def test_a_url_is_cloned_only_to_be_pushed_to(
    index: Running, service: ServiceRepository, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    bare = pushed(tmp_path, service)
    code, rows = run(index, capsys, f"file://{bare}")
    assert code == 1
    assert "--push" in rows[0]["skipped"]
    code, rows = run(index, capsys, f"file://{bare}", "--push")
    assert code == 0
    assert (rows[0]["service"], rows[0]["commit"]) == ("storage-service", tip(bare))


def test_a_url_with_a_password_is_refused_without_showing_it(
    index: Running, capsys: pytest.CaptureFixture[str]
) -> None:
    code, rows = run(index, capsys, "https://me:hunter2@git.example/x.git", "--push")
    assert code == 1
    assert "hunter2" not in json.dumps(rows)


def test_a_push_without_a_remote_is_a_failure(
    index: Running, service: ServiceRepository, capsys: pytest.CaptureFixture[str]
) -> None:
    code, rows = run(index, capsys, service.root, "--push")
    assert code == 2
    assert "no remote" in rows[0]["skipped"]


def test_a_pull_request_needs_a_token(
    index: Running, service: ServiceRepository, capsys: pytest.CaptureFixture[str]
) -> None:
    service.git("remote", "add", "origin", "git@github.com:platform/storage-service.git")
    code, rows = run(index, capsys, service.root, "--pr")
    assert code == 2
    assert "GITHUB_TOKEN" in rows[0]["skipped"]
    assert not service.git("branch", "--list", BRANCH)

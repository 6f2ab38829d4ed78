"""`crucible index token` and `crucible index publisher`, as they are typed."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from crucible_pipeline.cli.app import main
from crucible_pipeline.index.access import Access
from crucible_pipeline.index.directory import DirectoryStore
from crucible_pipeline.index.server import running
from index.distributions import fetch, post, wheel

Typed = Callable[..., tuple[int, str, str]]
GITHUB = ("--github", "acme/contracts", "--owner-id", "4242", "--workflow", "release.yml")


@pytest.fixture
def typed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Typed:
    def run(*words: str) -> tuple[int, str, str]:
        code = main(["index", *words, "--data", str(tmp_path)])
        out, err = capsys.readouterr()
        return code, out, err

    return run


def listed(typed: Typed, what: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(typed(what, "list", "--format", "json")[1])
    return found


def test_a_token_is_printed_alone_once_and_listed_without_its_secret(typed: Typed, tmp_path: Path) -> None:
    code, out, err = typed("token", "create", "--project", "Demo_Pkg", "--allow", "read", "--days", "3")
    secret = out.strip()
    assert (code, out.count("\n"), secret in err) == (0, 1, False)
    (row,) = listed(typed, "token")
    assert (row["projects"], row["actions"], row["last_used"]) == (["demo-pkg"], ["read"], None)
    assert secret not in json.dumps(row)
    access = Access(DirectoryStore(tmp_path), anonymous_read=False)
    access.check(f"Bearer {secret}", "read", "demo-pkg")
    access.close()
    assert listed(typed, "token")[0]["last_used"] is not None
    assert row["id"] in typed("token", "list")[1]
    assert typed("token", "revoke", row["id"])[0] == 0
    assert listed(typed, "token") == []
    assert typed("token", "revoke", row["id"])[0] == 1


def test_a_token_as_json_is_one_document(typed: Typed) -> None:
    made = json.loads(typed("token", "create", "--project", "*", "--format", "json")[1])
    assert set(made) == {"id", "token", "projects", "expires"}
    code, _, err = typed("token", "create", "--project", "a", "--allow", "everything", "--allow", "nothing")
    assert code == 1
    assert "'everything', 'nothing'" in err


def test_a_publisher_is_pending_until_its_project_is_published(typed: Typed, tmp_path: Path) -> None:
    code, out, _ = typed("publisher", "add", "Demo_Pkg", *GITHUB, "--environment", "release")
    assert code == 0
    assert "id-token: write" in out
    (row,) = listed(typed, "publisher")
    assert (row["project"], row["kind"], row["pending"]) == ("demo-pkg", "github", True)
    assert row["claims"]["repository_owner_id"] == "4242"
    assert "(pending)" in typed("publisher", "list")[1]
    assert typed("publisher", "add", "demo-pkg", *GITHUB, "--environment", "release")[0] == 1
    assert typed("publisher", "remove", row["id"])[0] == 0
    with running(tmp_path) as index:
        assert post(index, wheel()).status_code == 200
    typed("publisher", "add", "demo-pkg", *GITHUB)
    assert listed(typed, "publisher")[0]["pending"] is False
    assert typed("publisher", "remove", "none")[0] == 1


def test_a_publisher_names_one_job_and_all_that_it_needs(typed: Typed) -> None:
    wrong = (
        (),
        ("--github", "acme/contracts"),
        (
            "--github",
            "acme/contracts",
            "--owner-id",
            "1",
            "--workflow",
            "a.yml",
            "--gitlab",
            "acme/contracts",
        ),
        ("--issuer", "https://ci.example"),
        ("--issuer", "https://ci.example", "--claim", "sub"),
        ("--issuer", "https://ci.example", "--claim", "sub=a", "--claim", "sub=b"),
        ("--issuer", "http://ci.example", "--claim", "sub=a"),
        ("--claim", "sub=a"),
    )
    for words in wrong:
        assert typed("publisher", "add", "demo", *words)[0] == 1
    assert typed("publisher", "add", "demo", "--issuer", "https://ci.example", "--claim", "sub=a")[0] == 0
    assert typed("publisher", "add", "a/b", *GITHUB)[0] == 1


def test_a_gitlab_job_is_told_the_variable_that_clients_look_for(typed: Typed) -> None:
    assert typed("publisher", "audience", "packages.example")[1] == "packages.example\n"
    out = typed("publisher", "add", "demo", "--gitlab", "acme/contracts")[1]
    assert "id_tokens: {PACKAGES_EXAMPLE_ID_TOKEN: {aud: packages.example}}" in out
    assert typed("publisher", "audience", "with space")[0] == 1
    assert typed("publisher", "audience")[1] == "packages.example\n"


def test_a_pending_name_is_never_asked_for_upstream(typed: Typed, tmp_path: Path) -> None:
    typed("publisher", "add", "ours", *GITHUB)

    def nothing_else() -> str:
        pytest.fail("the upstream was asked")

    with running(tmp_path, upstream=nothing_else) as index:
        assert fetch(index, "simple/ours/").status_code == 404

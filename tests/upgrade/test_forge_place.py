"""Which forge a remote's address names, and where the token goes."""

import pytest

from crucible_pipeline.errors import CannotDo, CrucibleError, Refused
from crucible_pipeline.upgrade.forge_place import Access, Kind, place_of

TOKENS = {"GITHUB_TOKEN": "gh", "GITLAB_TOKEN": "gl", "GITEA_TOKEN": "gt"}
ACCESS = Access(TOKENS)


@pytest.mark.parametrize(
    ("remote", "kind", "api", "path", "token"),
    [
        ("git@github.com:a/b.git", Kind.GITHUB, "https://api.github.com", "a/b", "gh"),
        ("https://github.com/a/b", Kind.GITHUB, "https://api.github.com", "a/b", "gh"),
        ("https://github.example/a/b/", Kind.GITHUB, "https://github.example/api/v3", "a/b", "gh"),
        ("https://gitlab.com/g/sub/b.git", Kind.GITLAB, "https://gitlab.com/api/v4", "g/sub/b", "gl"),
        (
            "ssh://git@gitlab.x.example:22/a/b.git",
            Kind.GITLAB,
            "https://gitlab.x.example/api/v4",
            "a/b",
            "gl",
        ),
        (
            "https://me@forgejo.example:8443/a/b",
            Kind.GITEA,
            "https://forgejo.example:8443/api/v1",
            "a/b",
            "gt",
        ),
        ("https://codeberg.org/a/b.git", Kind.GITEA, "https://codeberg.org/api/v1", "a/b", "gt"),
    ],
)
def test_every_form_of_a_remote_names_its_forge(
    remote: str, kind: Kind, api: str, path: str, token: str
) -> None:
    found = place_of(ACCESS, remote)
    assert (found.kind, found.api, found.path, found.token) == (kind, api, path, token)


@pytest.mark.parametrize(
    ("given", "kind", "api"),
    [
        (
            {"CI_SERVER_HOST": "git.example", "CI_API_V4_URL": "https://git.example/r/api/v4"},
            Kind.GITLAB,
            "/r",
        ),
        (
            {"GITHUB_SERVER_URL": "https://git.example", "GITHUB_API_URL": "https://git.example/x/api/v3"},
            Kind.GITHUB,
            "/x",
        ),
        (
            {
                "GITHUB_SERVER_URL": "https://git.example",
                "GITHUB_API_URL": "https://git.example/y/api/v1",
                "GITEA_ACTIONS": "true",
            },
            Kind.GITEA,
            "/y",
        ),
    ],
)
def test_a_job_on_a_forge_knows_it(given: dict[str, str], kind: Kind, api: str) -> None:
    found = place_of(Access(TOKENS | given), "https://git.example/a/b")
    assert (found.kind, found.api.startswith(f"https://git.example{api}/")) == (kind, True)
    # the job's forge says nothing of another host
    with pytest.raises(CannotDo, match="--forge"):
        place_of(Access(TOKENS | given), "https://other.example/a/b")


def test_what_the_caller_says_counts() -> None:
    found = place_of(Access(TOKENS, "forgejo", "https://api.example/v1/"), "git@git.example:a/b")
    assert (found.kind, found.api) == (Kind.GITEA, "https://api.example/v1")


@pytest.mark.parametrize(
    "remote",
    [
        "../storage-service",
        "/srv/git/a/b.git",
        "file:///srv/a/b.git",
        "https://github.com/b",
        "",
        "github.com",
    ],
)
def test_a_remote_that_is_no_forge_is_told_to_be_pushed_by_hand(remote: str) -> None:
    with pytest.raises(CannotDo, match="by hand"):
        place_of(ACCESS, remote)


def test_only_the_token_of_that_forge_is_taken() -> None:
    with pytest.raises(CannotDo, match="GITLAB_TOKEN"):
        place_of(Access({"GITHUB_TOKEN": "x"}), "git@gitlab.com:a/b")


@pytest.mark.parametrize(
    "access",
    [
        Access(TOKENS, "github", "http://git.example/api/v3"),
        Access(TOKENS, "github", "https://me:hunter2@git.example/api/v3"),
        Access(TOKENS, "github", "ftp://git.example"),
        Access(TOKENS, "bitbucket"),
    ],
)
def test_no_token_goes_out_unencrypted_or_to_what_is_no_forge(access: Access) -> None:
    with pytest.raises(Refused) as refused:
        place_of(access, "https://git.example/a/b")
    assert "hunter2" not in str(refused.value)


def test_no_text_shows_a_token() -> None:
    found = place_of(ACCESS, "git@github.com:a/b")
    assert "gh" not in repr(found).replace("github", "")
    assert "gt" not in repr(ACCESS)


@pytest.mark.parametrize("remote", ["https://[::1/a/b", "https://git.example:x/a/b", "a:b:c/d", "x@:y/z"])
def test_a_broken_address_is_an_error_of_ours(remote: str) -> None:
    with pytest.raises(CrucibleError):
        place_of(Access(TOKENS), remote)


@pytest.mark.parametrize(
    ("remote", "address"),
    [
        ("git@github.com:a/b", "https://github.com/a/b/blob/c0ffee/src/a%20b.py#L3"),
        ("git@gitlab.com:a/b", "https://gitlab.com/a/b/-/blob/c0ffee/src/a%20b.py#L3"),
        ("git@codeberg.org:a/b", "https://codeberg.org/a/b/src/commit/c0ffee/src/a%20b.py#L3"),
    ],
)
def test_a_line_has_a_page(remote: str, address: str) -> None:
    assert place_of(ACCESS, remote).line_address("c0ffee", "src/a b.py", 3) == address

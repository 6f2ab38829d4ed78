"""Trusted publishing against a real issuer: which identity tokens are believed, and what is given for it."""

import base64
import hmac
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crucible_pipeline.errors import Refused
from crucible_pipeline.index.access import Access, Forbidden, Unauthorized
from crucible_pipeline.index.clock import Clock
from crucible_pipeline.index.issuer import Issuers
from crucible_pipeline.index.memory import MemoryStore
from crucible_pipeline.index.minted import SECRET_PREFIX, SEEN, TOKENS
from crucible_pipeline.index.origins import Origin, any_issuer, checked_issuer, github, gitlab
from crucible_pipeline.index.publishers import Publishers
from crucible_pipeline.index.trusted import Exchange, NotMinted
from index.local_issuer import (
    OWNER_ID,
    REF,
    REPOSITORY,
    WORKFLOW,
    Issuer,
    github_claims,
    gitlab_claims,
    issuer,
)


class Clocks:
    """A clock of the wall and one that counts, moved by hand."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC)
        self.ticks = 0.0

    def pass_by(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        self.ticks += seconds


@pytest.fixture(scope="module")
def signer() -> Iterator[Issuer]:
    with issuer() as found:
        yield found


class Here:
    """An index that knows one publisher of the project `contracts`."""

    def __init__(self, signer: Issuer, origin: Origin | None = None) -> None:
        self.clocks, self.store, self.signer = Clocks(), MemoryStore(), signer
        self.access = Access(self.store, anonymous_read=False, clock=lambda: self.clocks.now)
        chosen = origin or github(REPOSITORY, OWNER_ID, WORKFLOW, "release", signer.url)
        self.publisher = self.access.publishers.new("Contracts", chosen)
        self.access.publishers.add(self.publisher)
        self.exchange = self.another()

    def another(self) -> Exchange:
        """One more server of the same index."""
        return Exchange(self.access, Issuers(lambda: self.clocks.now, lambda: self.clocks.ticks))

    @property
    def audience(self) -> str:
        return self.access.publishers.audience or ""

    def identity(self, told: dict[str, Any] | None = None, **over: Any) -> str:
        claims = github_claims() if told is None else told
        return self.signer.sign(
            over.pop("aud", self.audience), claims, now=self.clocks.now.timestamp(), **over
        )

    def refusal(self, identity: str) -> str:
        with pytest.raises(NotMinted) as caught:
            self.exchange.exchange(identity, None)
        return caught.value.code

    def upload(self, secret: str, project: str = "contracts", version: str = "0.3.0") -> str:
        return self.access.check(f"Bearer {secret}", "upload", project, version)


@pytest.fixture
def here(signer: Issuer) -> Here:
    return Here(signer)


@pytest.mark.parametrize("key", ["rsa-1", "ec-1"])
def test_a_job_gets_a_token_for_its_project_and_for_minutes(signer: Issuer, key: str) -> None:
    signer.key(key)
    here = Here(signer)
    answer = here.exchange.exchange(here.identity(key=key), "10.0.0.1")
    assert answer["success"] is True
    assert answer["token"].startswith(SECRET_PREFIX)
    assert answer["expires"] == int(here.clocks.now.timestamp()) + 900
    here.upload(answer["token"])
    here.clocks.pass_by(899)
    here.upload(answer["token"])
    here.clocks.pass_by(1)
    with pytest.raises(Unauthorized):
        here.upload(answer["token"])


def test_a_token_takes_all_files_of_one_release_and_nothing_else(here: Here) -> None:
    secret = here.exchange.exchange(here.identity(), None)["token"]
    with pytest.raises(Forbidden):
        here.upload(secret, "other")
    for _ in ("the wheel", "the sdist", "the wheel again"):
        here.upload(secret)
    for project, version in (("contracts", "0.3.1"), ("other", "0.3.0")):
        with pytest.raises(Forbidden, match=r"contracts 0\.3\.0 alone"):
            here.upload(secret, project, version)
    with pytest.raises(Forbidden):
        here.access.check(f"Bearer {secret}", "yank", "contracts")
    here.access.check(f"Bearer {secret}", "read", "contracts")
    with pytest.raises(Forbidden):
        here.access.check(f"Bearer {secret}", "read", "other")


def test_a_job_that_publishes_two_projects_gets_a_token_for_the_first_that_it_uploads(here: Here) -> None:
    access = here.access
    access.publishers.add(
        access.publishers.new("pipeline", github(REPOSITORY, OWNER_ID, WORKFLOW, "release", here.signer.url))
    )
    secret = here.exchange.exchange(here.identity(), None)["token"]
    here.upload(secret, "pipeline", "1.0")
    with pytest.raises(Forbidden):
        here.upload(secret, "contracts")
    here.upload(here.exchange.exchange(here.identity(), None)["token"], "contracts")


def test_the_binding_to_a_release_holds_for_every_server_of_the_index(here: Here) -> None:
    secret = here.exchange.exchange(here.identity(), None)["token"]
    there = Access(here.store, anonymous_read=False, clock=lambda: here.clocks.now)
    there.check(f"Bearer {secret}", "upload", "contracts", "0.3.0")
    with pytest.raises(Forbidden):
        here.upload(secret, version="0.3.1")


def test_an_identity_token_is_taken_once_by_all_servers_together(here: Here) -> None:
    for identity in (here.identity(), here.identity(jti=None)):
        here.exchange.exchange(identity, None)
        assert here.refusal(identity) == "invalid-reuse-token"
        with pytest.raises(NotMinted, match="already used"):
            here.another().exchange(identity, None)
    here.exchange.exchange(here.identity(jti="the-same"), None)
    here.clocks.pass_by(1)
    assert here.refusal(here.identity(jti="the-same")) == "invalid-reuse-token"


def test_what_was_given_and_seen_is_forgotten_when_it_has_expired(here: Here) -> None:
    for _ in range(3):
        here.exchange.exchange(here.identity(), None)
    assert len(list(here.store.list(TOKENS))) == len(list(here.store.list(SEEN))) == 3
    here.clocks.pass_by(1000)
    here.exchange.exchange(here.identity(), None)
    assert len(list(here.store.list(TOKENS))) == len(list(here.store.list(SEEN))) == 1


NOW = datetime.now(UTC).timestamp()
# What is wrong with the token itself → how it is signed.
WRONG: dict[str, dict[str, Any]] = {
    "expired": {"exp": int(NOW) - 60},
    "no end": {"exp": None},
    "an end that is no number": {"exp": "soon"},
    "an end that never comes": {"exp": float("nan")},
    "not valid yet": {"nbf": int(NOW) + 600},
    "from the future": {"iat": int(NOW) + 600},
    "no time of issue": {"iat": None},
    "for another index": {"aud": "crucible-other"},
    "for another index as well": {"aud": ["crucible-other"]},
    "for nobody": {"aud": None},
}


@pytest.mark.parametrize("over", WRONG.values(), ids=WRONG.keys())
def test_an_identity_token_that_is_not_valid_here_and_now_is_refused(
    here: Here, over: dict[str, Any]
) -> None:
    if over.get("aud") == ["crucible-other"]:
        over = {"aud": ["crucible-other", here.audience]}
    assert here.refusal(here.identity(**over)) == "invalid-token"


def forged(here: Here) -> dict[str, str]:
    """Tokens whose signature nobody should believe."""
    good = here.identity(key="rsa-1")
    head, body, signature = good.split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=="))

    def part(value: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    public = here.signer.key("rsa-1").as_pem(private=False)
    signed = f"{part({'alg': 'HS256', 'kid': 'rsa-1'})}.{body}"
    mac = hmac.digest(public, signed.encode(), "sha256")
    with_public = f"{signed}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"
    stranger = Issuer(url=here.signer.url)
    return {
        "no signature": f"{part({'alg': 'none', 'kid': 'rsa-1'})}.{body}.",
        "signed with the public key as if it were a secret": with_public,
        "another content": f"{head}.{part({**claims, 'repository': 'evil/contracts'})}.{signature}",
        "another key of the same name": stranger.sign(here.audience, github_claims(), key="rsa-1"),
        "an unnamed key": f"{part({'alg': 'RS256'})}.{body}.{signature}",
        "an unknown key": stranger.sign(here.audience, github_claims(), key="rsa-9"),
        "a key that it brings along": f"{part({'alg': 'RS256', 'kid': 'x', 'jwk': {}})}.{body}.{signature}",
        "two parts": f"{head}.{body}",
        "no JSON": f"{head}.AAAA.{signature}",
        "a list": f"{head}.{part([])}.{signature}",
        "nothing": "",
        "too long": f"{head}.{part('x' * 20_000)}.{signature}",
    }


def test_a_forged_identity_token_is_refused(here: Here) -> None:
    for what, identity in forged(here).items():
        assert (what, here.refusal(identity)) == (what, "invalid-token")
    assert list(here.store.list(TOKENS)) == []


def test_an_issuer_that_is_not_configured_is_never_asked(here: Here) -> None:
    with issuer() as other:
        identity = other.sign(here.audience, github_claims())
        assert here.refusal(identity) == "invalid-publisher"
        assert other.asked == []


def test_two_issuers_do_not_vouch_for_each_other(here: Here) -> None:
    with issuer() as other:
        access = here.access
        access.publishers.add(
            access.publishers.new("theirs", github(REPOSITORY, OWNER_ID, WORKFLOW, None, other.url))
        )
        secret = here.exchange.exchange(other.sign(here.audience, github_claims()), None)["token"]
        with pytest.raises(Forbidden):
            here.upload(secret)
        lying = other.sign(here.audience, github_claims(), iss=here.signer.url)
        assert here.refusal(lying) == "invalid-token"


GITHUB_WRONG = {
    "repository": "acme/other",
    "repository_owner": "evil",
    # The name of the owner given to somebody else: the number of the account is another.
    "repository_owner_id": "99",
    "job_workflow_ref": f"{REPOSITORY}/.github/workflows/other.yml@{REF}",
    "environment": "staging",
    "event_name": "pull_request_target",
}


@pytest.mark.parametrize(("claim", "value"), GITHUB_WRONG.items())
def test_a_github_job_that_differs_in_one_claim_is_refused(here: Here, claim: str, value: str) -> None:
    for wrong in (value, None, "", 7):
        if claim == "event_name" and wrong != value:
            continue
        assert here.refusal(here.identity(github_claims(**{claim: wrong}))) == "invalid-publisher"


@pytest.mark.parametrize(
    "reference",
    [
        f"{REPOSITORY}/.github/workflows/{WORKFLOW}@refs/heads/other",
        f"{REPOSITORY}/.github/workflows/{WORKFLOW}",
        f"{REPOSITORY}/.github/workflows/evil.yml@x/.github/workflows/{WORKFLOW}@{REF}",
        f"evil/{REPOSITORY}/.github/workflows/{WORKFLOW}@{REF}",
        f"{REPOSITORY}/.github/workflows/RELEASE.yml@{REF}",
    ],
)
def test_a_workflow_that_only_looks_like_the_right_one_is_refused(here: Here, reference: str) -> None:
    assert here.refusal(here.identity(github_claims(job_workflow_ref=reference))) == "invalid-publisher"


def test_letter_case_does_not_tell_repositories_apart_and_a_commit_stands_for_a_ref(here: Here) -> None:
    mixed = github_claims(
        repository="Acme/Contracts",
        repository_owner="ACME",
        environment="Release",
        job_workflow_ref=f"Acme/Contracts/.github/workflows/{WORKFLOW}@{'0' * 40}",
    )
    here.exchange.exchange(here.identity(mixed), None)


def test_a_gitlab_job_is_known_by_namespace_project_pipeline_and_environment(signer: Issuer) -> None:
    host = signer.url.removeprefix("http://")
    here = Here(signer, gitlab("acme/platform/contracts", "ci/release.yml", "release", signer.url))
    here.exchange.exchange(here.identity(gitlab_claims(host)), None)
    wrong = {
        "namespace_path": "acme",
        "project_path": "acme/platform/other",
        "ci_config_ref_uri": f"{host}/acme/platform/contracts//other.yml@{REF}",
        "environment": "staging",
    }
    for claim, value in wrong.items():
        for given_value in (value, None):
            claims = gitlab_claims(host, **{claim: given_value})
            assert here.refusal(here.identity(claims)) == "invalid-publisher"


def test_any_issuer_may_be_configured_with_its_audience_and_claims(signer: Issuer) -> None:
    here = Here(signer, any_issuer(signer.url, "packages.example", {"sub": "job:release", "trusted": "true"}))
    claims = {"sub": "job:release", "trusted": True}
    here.exchange.exchange(here.identity(claims, aud="packages.example"), None)
    assert here.refusal(here.identity(claims)) == "invalid-token"
    for wrong in ({"sub": "job:other", "trusted": True}, {"sub": "job:release", "trusted": False}):
        assert here.refusal(here.identity(wrong, aud="packages.example")) == "invalid-publisher"


@given(
    st.dictionaries(st.sampled_from(["repository", "repository_owner", "repository_owner_id", "environment",
                                     "job_workflow_ref"]), st.one_of(st.none(), st.booleans(), st.integers(),
                                     st.text(max_size=20)), min_size=1)
)  # fmt: skip
def test_any_change_of_a_claim_that_counts_is_seen(over: dict[str, Any]) -> None:
    claims = github_claims(**over)
    publisher = Publishers(MemoryStore()).new("x", github(REPOSITORY, OWNER_ID, WORKFLOW, "release"))
    same = {name: str(value).casefold() for name, value in claims.items()} == {
        name: str(value).casefold() for name, value in github_claims().items()
    }
    assert publisher.takes(github_claims())
    assert publisher.takes(claims) is same


def test_kept_tokens_are_refused_for_a_project_that_has_a_publisher(here: Here) -> None:
    for projects in (("*",), ("contracts",), ("contracts", "other")):
        _, kept = here.access.create(projects)
        with pytest.raises(Forbidden, match="trusted publisher alone"):
            here.upload(kept)
        here.access.check(f"Bearer {kept}", "read", "contracts")
        here.access.check(f"Bearer {kept}", "yank", "contracts")
    here.access.publishers.remove(here.publisher.id)
    here.upload(kept)


def test_a_removed_publisher_takes_its_tokens_along(here: Here) -> None:
    secret = here.exchange.exchange(here.identity(), None)["token"]
    here.access.publishers.remove(here.publisher.id)
    with pytest.raises(Unauthorized):
        here.upload(secret)
    assert here.refusal(here.identity()) == "invalid-publisher"


def test_a_name_with_a_publisher_is_claimed_before_anything_is_published(here: Here) -> None:
    assert here.access.is_claimed("contracts")
    assert not here.access.is_claimed("other")


def test_each_index_has_an_audience_of_its_own(signer: Issuer) -> None:
    here, there = Here(signer), Here(signer)
    assert here.audience != there.audience
    assert there.refusal(here.identity()) == "invalid-token"
    there.access.publishers.set_audience(here.audience)
    there.exchange.exchange(here.identity(), None)


def test_keys_are_kept_while_the_issuer_is_down_and_not_for_ever() -> None:
    with issuer() as signer:
        here = Here(signer)
        signer.down = True
        assert here.refusal(here.identity()) == "invalid-token"
        signer.down = False
        here.clocks.pass_by(11)
        here.exchange.exchange(here.identity(), None)
        signer.down = True
        for seconds in (500, 700, 700):
            here.clocks.pass_by(seconds)
            here.exchange.exchange(here.identity(), None)
        here.clocks.pass_by(3000)
        assert here.refusal(here.identity()) == "invalid-token"


def test_a_new_key_is_taken_and_a_withdrawn_one_is_not() -> None:
    with issuer() as signer:
        here = Here(signer)
        here.exchange.exchange(here.identity(), None)
        far = int(here.clocks.now.timestamp()) + 3600
        old = [here.identity(exp=far) for _ in range(2)]
        signer.key("ec-2")
        here.clocks.pass_by(11)
        here.exchange.exchange(here.identity(key="ec-2"), None)
        here.exchange.exchange(old[0], None)
        del signer.keys["ec-1"]
        here.clocks.pass_by(601)
        assert here.refusal(old[1]) == "invalid-token"
        here.exchange.exchange(here.identity(key="ec-2"), None)


def test_strangers_cannot_make_the_index_ask_an_issuer_all_the_time() -> None:
    with issuer() as signer:
        here = Here(signer)
        here.exchange.exchange(here.identity(), None)
        before = len(signer.asked)
        stranger = Issuer(url=signer.url)
        forged_ones = [stranger.sign(here.audience, {}, key=f"ec-x{number}") for number in range(30)]
        for identity in forged_ones:
            assert here.refusal(identity) == "invalid-token"
        assert len(signer.asked) - before <= 2


ODD_ANSWERS = {
    "another issuer": (
        "/.well-known/openid-configuration",
        b'{"issuer": "https://evil.example", "jwks_uri": "x"}',
    ),
    "keys without https": (
        "/.well-known/openid-configuration",
        b'{"issuer": "URL", "jwks_uri": "http://evil.example/jwks"}',
    ),
    "a file": ("/.well-known/openid-configuration", b'{"issuer": "URL", "jwks_uri": "file:///etc/passwd"}'),
    "no JSON": ("/.well-known/openid-configuration", b"<html>"),
    "a list": ("/.well-known/openid-configuration", b"[]"),
    "deep JSON": ("/.well-known/openid-configuration", b"[" * 100_000),
    "too much": ("/jwks", b'{"keys": [' + b" " * (300 << 10) + b"]}"),
    "no keys": ("/jwks", b'{"keys": []}'),
    "keys that are none": ("/jwks", b'{"keys": [{"kid": "rsa-1", "kty": "RSA", "n": "!", "e": 1}, 7, null]}'),
    "keys of another kind": ("/jwks", b'{"keys": {"rsa-1": {}}}'),
    "a secret as key": ("/jwks", b'{"keys": [{"kid": "ec-1", "kty": "oct", "k": "AAAA"}]}'),
}


@pytest.mark.parametrize(("path", "body"), ODD_ANSWERS.values(), ids=ODD_ANSWERS.keys())
def test_an_issuer_that_answers_oddly_vouches_for_nothing(path: str, body: bytes) -> None:
    with issuer() as signer:
        here = Here(signer)
        signer.says[path] = body.replace(b"URL", signer.url.encode())
        assert here.refusal(here.identity()) == "invalid-token"


@pytest.mark.parametrize(
    "url",
    [
        "http://issuer.example", "http://10.0.0.1", "http://localhost.evil.example", "https://", "ftp://127.0.0.1",
        "https://user:secret@issuer.example", "https://issuer.example/?a", "https://issuer.example/#a", "",
        "file:///etc/passwd", "127.0.0.1",
    ],
)  # fmt: skip
def test_an_issuer_is_asked_by_https_or_is_this_machine_by_name(url: str) -> None:
    with pytest.raises(Refused):
        checked_issuer(url)
    for fine in (
        "https://issuer.example",
        "https://issuer.example/path",
        "http://127.0.0.1:80",
        "http://localhost",
    ):
        assert checked_issuer(fine) == fine


@pytest.mark.parametrize(
    "make",
    [
        lambda: github("acme", OWNER_ID, WORKFLOW),
        lambda: github("acme/a/b", OWNER_ID, WORKFLOW),
        lambda: github(REPOSITORY, "acme", WORKFLOW),
        lambda: github(REPOSITORY, OWNER_ID, ".github/workflows/release.yml"),
        lambda: github(REPOSITORY, OWNER_ID, "release.sh"),
        lambda: gitlab("contracts"),
        lambda: gitlab("acme/contracts", "../.gitlab-ci.yml"),
        lambda: gitlab("acme/contracts", "//a.yml"),
        lambda: any_issuer("https://issuer.example", None, {}),
        lambda: any_issuer("https://issuer.example", "with space", {"sub": "x"}),
    ],
)
def test_a_publisher_that_could_match_too_much_is_refused(make: Any) -> None:
    with pytest.raises(Refused):
        make()


def test_a_clock_that_is_set_back_brings_no_token_back(signer: Issuer) -> None:
    here = Here(signer)
    clock = Clock(lambda: here.clocks.now, lambda: here.clocks.ticks)
    access = Access(here.store, anonymous_read=False, clock=clock)
    exchange = Exchange(access, Issuers(clock, lambda: here.clocks.ticks))
    identity = here.identity()
    secret = exchange.exchange(here.identity(), None)["token"]
    here.clocks.pass_by(1000)
    access.check(f"Bearer {access.create(('*',))[1]}", "read", None)
    here.clocks.now -= timedelta(hours=1)
    with pytest.raises(Unauthorized):
        access.check(f"Bearer {secret}", "upload", "contracts", "0.3.0")
    with pytest.raises(NotMinted, match="expired"):
        exchange.exchange(identity, None)

"""`crucible publish` in a CI job without a token: its identity is exchanged, and twine uploads with that."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from crucible_pipeline.errors import CannotDo, Refused
from crucible_pipeline.index.access import Access
from crucible_pipeline.index.origins import github, gitlab
from crucible_pipeline.index.server import Running, running
from crucible_pipeline.release.ambient import identified
from crucible_pipeline.release.environment import TOKEN
from crucible_pipeline.release.target import Target, target
from crucible_pipeline.release.upload import listed, upload
from index.distributions import sdist, wheel
from index.local_issuer import OWNER_ID, REPOSITORY, WORKFLOW, Issuer, gitlab_claims, issuer


@pytest.fixture
def index() -> Iterator[Running]:
    with running(anonymous_read=False) as found:
        yield found


@pytest.fixture
def job(monkeypatch: pytest.MonkeyPatch) -> Iterator[Issuer]:
    """A job of GitHub's: this process, with what a runner would give to it."""
    for name in list(os.environ):
        if name.startswith(("GITHUB_", "ACTIONS_", "GITLAB_", "TWINE_", "CRUCIBLE_")):
            monkeypatch.delenv(name)
    with issuer() as found:
        for name, value in found.environment.items():
            monkeypatch.setenv(name, value)
        yield found


def place(index: Running) -> Target:
    return target(index.upload_url, "")


def trust(index: Running, signer: Issuer, environment: str = "release") -> str:
    publishers = Access(index.catalog.store).publishers
    origin = github(REPOSITORY, OWNER_ID, WORKFLOW, environment, signer.url)
    publishers.add(publishers.new("demo-pkg", origin))
    return publishers.audience or ""


def test_a_job_without_any_token_uploads_a_release_and_reads_it_back(
    index: Running, job: Issuer, tmp_path: Path
) -> None:
    trust(index, job)
    environ = identified(os.environ, place(index))
    files = [tmp_path / dist.filename for dist in (wheel(), sdist())]
    for path, dist in zip(files, (wheel(), sdist()), strict=True):
        path.write_bytes(dist.content)
    upload(files, (), place(index), environ, tmp_path)
    assert set(listed(place(index), "demo-pkg", environ)) == {wheel().filename, sdist().filename}


def test_a_given_credential_is_taken_in_place_of_the_identity(index: Running, job: Issuer) -> None:
    trust(index, job)
    for name, value in ((TOKEN, "given"), ("TWINE_PASSWORD", "given")):
        environ = {**os.environ, name: value}
        assert identified(environ, place(index)) is environ
    assert job.asked == []


def test_outside_of_a_job_and_without_publishers_nothing_is_exchanged(index: Running, job: Issuer) -> None:
    assert identified(os.environ, place(index)) is os.environ
    trust(index, job)
    laptop = {"HOME": "/"}
    assert identified(laptop, place(index)) is laptop
    plain = target("http://packages.example/legacy/", "")
    assert identified(os.environ, plain) is os.environ


def test_the_index_s_reason_is_told(index: Running, job: Issuer) -> None:
    trust(index, job, "another")
    with pytest.raises(Refused, match="no corresponding publisher"):
        identified(os.environ, place(index))


def test_a_job_that_may_not_have_an_identity_is_told_what_it_lacks(
    index: Running, job: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    trust(index, job)
    monkeypatch.delenv("ACTIONS_ID_TOKEN_REQUEST_TOKEN")
    with pytest.raises(CannotDo, match="id-token: write"):
        identified(os.environ, place(index))


def test_a_gitlab_job_hands_its_identity_over_in_a_variable(
    index: Running, job: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    publishers = Access(index.catalog.store).publishers
    publishers.add(
        publishers.new("demo-pkg", gitlab("acme/platform/contracts", "ci/release.yml", None, job.url))
    )
    publishers.set_audience("packages.example")
    monkeypatch.delenv("GITHUB_ACTIONS")
    monkeypatch.setenv("GITLAB_CI", "true")
    with pytest.raises(CannotDo, match="PACKAGES_EXAMPLE_ID_TOKEN"):
        identified(os.environ, place(index))
    claims = gitlab_claims(job.url.removeprefix("http://"))
    monkeypatch.setenv("PACKAGES_EXAMPLE_ID_TOKEN", job.sign("packages.example", claims))
    assert identified(os.environ, place(index))[TOKEN].startswith("crucible-minted_")

"""The provenance of a file names who uploaded it: the CI job that was trusted, or nobody but a token."""

import asyncio
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from crucible_pipeline.index.catalog import Catalog
from crucible_pipeline.index.origins import Origin, any_issuer, github, gitlab
from crucible_pipeline.index.web import application
from index.attested import attestation, field, statement
from index.distributions import fields, wheel
from index.local_issuer import OWNER_ID, REPOSITORY, WORKFLOW, Issuer, github_claims, gitlab_claims, issuer
from index.test_trusted import Here

DIST = wheel("contracts", "0.3.0")


@pytest.fixture(scope="module")
def signer() -> Iterator[Issuer]:
    with issuer() as found:
        yield found


def uploaded(here: Here, secret: str) -> tuple[dict[str, Any], str]:
    """The publisher in the provenance of an upload with a token, and the project's page."""
    transport = httpx.ASGITransport(application(Catalog(here.store), here.access))
    _, reader = here.access.create(("*",), ("read",))
    reading = {"Authorization": f"Bearer {reader}"}
    form = {**fields(DIST), "attestations": field(attestation(statement(DIST)))}

    async def all_three() -> tuple[httpx.Response, httpx.Response]:
        async with httpx.AsyncClient(transport=transport, base_url="http://index") as client:
            content = {"content": (DIST.filename, DIST.content)}
            given = {"Authorization": f"Bearer {secret}"}
            answer = await client.post("/legacy/", data=form, files=content, headers=given)
            assert answer.status_code == 200, answer.text
            address = f"/integrity/contracts/0.3.0/{DIST.filename}/provenance"
            return (
                await client.get(address, headers=reading),
                await client.get("/project/contracts/", headers=reading),
            )

    provenance, page = asyncio.run(all_three())
    (bundle,) = provenance.json()["attestation_bundles"]
    return bundle["publisher"], page.text


def origins(signer: Issuer) -> list[tuple[Origin, dict[str, Any], dict[str, Any]]]:
    """Kinds of publishers, with what their jobs claim and what the provenance says of them."""
    return [
        (
            github(REPOSITORY, OWNER_ID, WORKFLOW, "release", signer.url),
            github_claims(),
            {"kind": "GitHub", "repository": REPOSITORY, "workflow": WORKFLOW, "environment": "release"},
        ),
        (
            gitlab("acme/platform/contracts", "ci/release.yml", None, signer.url),
            gitlab_claims(signer.url.removeprefix("http://")),
            {
                "kind": "GitLab",
                "repository": "acme/platform/contracts",
                "workflow_filepath": "ci/release.yml",
                "environment": None,
            },
        ),
        (
            any_issuer(signer.url, None, {"sub": "job:release"}),
            {"sub": "job:release"},
            {"kind": signer.url, "claims": {"sub": "job:release"}},
        ),
    ]


@pytest.mark.parametrize("kind", range(3), ids=["github", "gitlab", "another issuer"])
def test_a_file_of_a_ci_job_names_the_job_and_not_a_token(kind: int, signer: Issuer) -> None:
    origin, claims, named = origins(signer)[kind]
    here = Here(signer, origin)
    secret = here.exchange.exchange(here.identity(claims), None)["token"]
    publisher, page = uploaded(here, secret)
    assert publisher == {"claims": None, **named}
    for told in (named.get("repository"), named.get("workflow"), "job:release" if kind == 2 else None):
        assert told is None or told in page
    assert "uploaded by a token" not in page


def test_a_file_that_came_with_a_kept_token_names_no_job(signer: Issuer) -> None:
    here = Here(signer)
    here.access.publishers.remove(here.publisher.id)
    _, secret = here.access.create(("contracts",))
    publisher, page = uploaded(here, secret)
    assert publisher == {"kind": "token", "claims": None}
    assert "uploaded by a token of this index" in page


def test_a_job_of_one_project_is_not_named_for_another(signer: Issuer) -> None:
    here = Here(signer)
    secret = here.exchange.exchange(here.identity(), None)["token"]
    access = here.access
    assert access.publisher_of(f"Bearer {secret}", "contracts") == here.publisher
    assert access.publisher_of(f"Bearer {secret}", "other") is None
    assert access.publisher_of(None, "contracts") is None
    assert access.publisher_of("Bearer crucible-minted_guessed", "contracts") is None


def test_pypis_own_reader_takes_every_provenance(signer: Issuer) -> None:
    from pypi_attestations import Provenance

    for origin, _, named in origins(signer)[:2]:
        publisher = Here(signer, origin).publisher.named
        bundle: dict[str, Any] = {"publisher": publisher, "attestations": []}
        read = Provenance.model_validate({"version": 1, "attestation_bundles": [bundle]})
        assert read.attestation_bundles[0].publisher.kind == named["kind"]

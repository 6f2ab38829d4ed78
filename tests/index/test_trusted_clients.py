"""The programs that publish without a kept token, as they are: an index behind TLS, and a real issuer.

`uv publish` insists on https for the index and nothing else. `twine` asks for an identity token by itself
only where it uploads to a host that it knows; here it believes the index to be that host, through a proxy.
"""

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
import twine.utils

from crucible_pipeline.index.access import Access
from crucible_pipeline.index.minted import SECRET_PREFIX, TOKENS
from crucible_pipeline.index.origins import github, gitlab
from crucible_pipeline.index.server import Running
from index.distributions import Dist, fetch, post, sdist, wheel
from index.local_issuer import OWNER_ID, REPOSITORY, WORKFLOW, Issuer, gitlab_claims, issuer
from index.tls_front import Front, tls_front

UV = Path(sys.executable).with_name("uv")
# The one host for which twine does it by itself.
KNOWN = twine.utils.DEFAULT_REPOSITORY


@dataclass(frozen=True)
class Scene:
    index: Running
    access: Access
    signer: Issuer
    front: Front
    environment: dict[str, str]

    def files(self, folder: Path, *dists: Dist) -> list[str]:
        for dist in dists:
            (folder / dist.filename).write_bytes(dist.content)
        return [str(folder / dist.filename) for dist in dists]

    def trust(self, project: str, environment: str | None = "release") -> None:
        origin = github(REPOSITORY, OWNER_ID, WORKFLOW, environment, self.signer.url)
        self.access.publishers.add(self.access.publishers.new(project, origin))

    def run(self, *command: str, more: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            env={**self.environment, **self.front.environment, **(more or self.signer.environment)},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    def uv(self, *files: str, more: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        address = f"{self.front.url}legacy/"
        options = ("--trusted-publishing", "always", "--publish-url", address)
        return self.run(str(UV), "publish", "--no-cache", *options, *files, more=more)


@pytest.fixture
def scene(index: Running, tmp_path: Path, clean_environment: dict[str, str]) -> Iterator[Scene]:
    ambient = ("GITHUB_", "ACTIONS_", "GITLAB_", "CI")
    environment = {name: value for name, value in clean_environment.items() if not name.startswith(ambient)}
    port = urlsplit(index.url).port or 0
    with issuer() as signer, tls_front(port, tmp_path, urlsplit(KNOWN).hostname or "") as front:
        yield Scene(index, Access(index.catalog.store), signer, front, environment)


def test_uv_publishes_a_release_without_a_kept_token_and_gives_its_own_back(
    scene: Scene, tmp_path: Path
) -> None:
    scene.trust("demo-pkg")
    done = scene.uv(*scene.files(tmp_path, wheel(), sdist()))
    assert done.returncode == 0, done.stderr
    assert {file.name for file in scene.index.catalog.project("demo-pkg").files} == {
        wheel().filename,
        sdist().filename,
    }
    # It was burned: even within its minutes nobody else can use it.
    assert list(scene.index.catalog.store.list(TOKENS)) == []
    again = scene.uv(*scene.files(tmp_path, wheel(version="1.1")))
    assert again.returncode == 0, again.stderr


def test_uv_tells_why_a_job_is_not_trusted(scene: Scene, tmp_path: Path) -> None:
    scene.trust("demo-pkg", "another-environment")
    done = scene.uv(*scene.files(tmp_path, wheel()))
    assert done.returncode != 0
    assert "invalid-publisher" in done.stderr
    assert scene.index.catalog.projects() == ()


def test_uv_publishes_from_a_gitlab_job(scene: Scene, tmp_path: Path) -> None:
    origin = gitlab("acme/platform/contracts", "ci/release.yml", "release", scene.signer.url)
    scene.access.publishers.add(scene.access.publishers.new("demo-pkg", origin))
    audience = scene.access.publishers.audience or ""
    variable = re.sub(r"[^A-Z0-9_]", "_", audience.upper()) + "_ID_TOKEN"
    identity = scene.signer.sign(audience, gitlab_claims(urlsplit(scene.signer.url).netloc))
    done = scene.uv(*scene.files(tmp_path, wheel()), more={"GITLAB_CI": "true", variable: identity})
    assert done.returncode == 0, done.stderr
    assert scene.index.catalog.projects() == ("demo-pkg",)


def test_twine_publishes_two_files_of_a_release_with_one_token(scene: Scene, tmp_path: Path) -> None:
    scene.trust("demo-pkg")
    files = scene.files(tmp_path, wheel(), sdist())
    through = {**scene.signer.environment, "HTTPS_PROXY": f"http://127.0.0.1:{scene.front.proxy_port}"}
    command = (
        sys.executable,
        "-m",
        "twine",
        "upload",
        "--verbose",
        "--non-interactive",
        "--disable-progress-bar",
    )
    done = scene.run(*command, "--repository-url", KNOWN, *files, more=through)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Minted upload token for trusted publishing" in done.stdout + done.stderr
    assert len(scene.index.catalog.project("demo-pkg").files) == 2
    minted = list(scene.index.catalog.store.list(TOKENS))
    assert len(minted) == 1
    assert SECRET_PREFIX not in done.stdout + done.stderr


def test_a_kept_token_of_twine_is_refused_with_the_reason(scene: Scene) -> None:
    scene.trust("demo-pkg")
    answer = post(scene.index, wheel())
    assert answer.status_code == 403
    assert "trusted publisher alone" in answer.text


def test_the_answers_of_the_exchange_are_those_that_clients_read(index: Running) -> None:
    assert fetch(index, "_/oidc/audience").status_code == 404
    access = Access(index.catalog.store)
    with issuer() as signer:
        origin = github(REPOSITORY, OWNER_ID, WORKFLOW, None, signer.url)
        access.publishers.add(access.publishers.new("demo-pkg", origin))
        audience = fetch(index, "_/oidc/audience").json()["audience"]
        for path in ("_/oidc/mint-token", "_/oidc/github/mint-token"):
            body = {"token": signer.sign(audience, signer.claims)}
            answer = httpx.post(f"{index.url}{path}", json=body, trust_env=False)
            assert (answer.status_code, set(answer.json())) == (200, {"success", "token", "expires"})
            assert answer.headers["cache-control"] == "no-store"
        secret = answer.json()["token"]
        assert post(index, wheel(), secret).status_code == 200
        for token in (secret, secret, "no token at all"):
            burned = httpx.post(f"{index.url}_/oidc/burn-token", json={"token": token}, trust_env=False)
            assert burned.status_code == 202
        assert post(index, sdist(), secret).status_code == 401


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"{}",
        b'{"token": 1}',
        b'{"token": ""}',
        b'{"token": "a.b.c"}',
        b"[" * 60_000,
        b'"x"',
    ],
)
def test_a_body_that_is_none_gets_the_errors_that_clients_print(index: Running, body: bytes) -> None:
    answer = httpx.post(f"{index.url}_/oidc/mint-token", content=body, trust_env=False)
    assert answer.status_code == 422
    told = answer.json()
    assert told["message"] == "Token request failed"
    assert all(set(error) == {"code", "description"} for error in told["errors"])


def test_a_body_without_end_is_refused(index: Running) -> None:
    answer = httpx.post(f"{index.url}_/oidc/mint-token", content=b" " * (1 << 20), trust_env=False)
    assert answer.status_code == 413

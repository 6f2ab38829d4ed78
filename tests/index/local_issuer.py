"""A real issuer of identity tokens on the loopback address: keys, discovery, JWKS, the endpoint of a job."""

import contextlib
import json
import time
import uuid
from collections.abc import Generator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey, KeyParameters, RSAKey

from index.loopback import answering

REPOSITORY = "acme/contracts"
OWNER_ID = "4242"
WORKFLOW = "release.yml"
REF = "refs/tags/v0.3.0"
# What a job shows to its own endpoint, as GitHub hands it to the runner.
JOB_SECRET = "the-runner-s-own"


def github_claims(**over: Any) -> dict[str, Any]:
    """What GitHub says of a job that a tag started."""
    return {
        "sub": f"repo:{REPOSITORY}:environment:release",
        "repository": REPOSITORY,
        "repository_owner": "acme",
        "repository_owner_id": OWNER_ID,
        "job_workflow_ref": f"{REPOSITORY}/.github/workflows/{WORKFLOW}@{REF}",
        "ref": REF,
        "sha": "0" * 40,
        "environment": "release",
        "event_name": "push",
        "run_id": "1",
        **over,
    }


def gitlab_claims(host: str, **over: Any) -> dict[str, Any]:
    """What GitLab says of a job that a tag started."""
    return {
        "sub": "project_path:acme/platform/contracts:ref_type:tag:ref:v0.3.0",
        "namespace_path": "acme/platform",
        "project_path": "acme/platform/contracts",
        "ci_config_ref_uri": f"{host}/acme/platform/contracts//ci/release.yml@{REF}",
        "ref_path": REF,
        "sha": "0" * 40,
        "environment": "release",
        **over,
    }


@dataclass
class Issuer:
    url: str = ""
    keys: dict[str, RSAKey | ECKey] = field(default_factory=dict[str, RSAKey | ECKey])
    asked: list[str] = field(default_factory=list[str])
    # What it says in place of the truth: a path's whole answer.
    says: dict[str, bytes] = field(default_factory=dict[str, bytes])
    down: bool = False
    claims: dict[str, Any] = field(default_factory=github_claims)

    def key(self, name: str) -> RSAKey | ECKey:
        if name not in self.keys:
            more: KeyParameters = {"kid": name, "use": "sig"}
            made = (
                ECKey.generate_key("P-256", more)
                if name.startswith("ec")
                else RSAKey.generate_key(2048, more)
            )
            self.keys[name] = made
        return self.keys[name]

    def sign(
        self,
        audience: Any,
        claims: dict[str, Any],
        *,
        key: str = "ec-1",
        now: float | None = None,
        **over: Any,
    ) -> str:
        """An identity token; `over` replaces claims of the token itself, and None leaves one out."""
        moment = int(time.time() if now is None else now)
        about = {"iss": self.url, "aud": audience, "iat": moment, "nbf": moment - 5, "exp": moment + 300}
        whole = {**about, "jti": uuid.uuid4().hex, **claims, **over}
        whole = {name: value for name, value in whole.items() if value is not None}
        algorithm = "ES256" if key.startswith("ec") else "RS256"
        return jwt.encode({"alg": algorithm, "kid": key}, whole, self.key(key))

    @property
    def environment(self) -> dict[str, str]:
        """What a runner gives to a job that may ask for an identity token."""
        return {
            "GITHUB_ACTIONS": "true",
            "ACTIONS_ID_TOKEN_REQUEST_URL": f"{self.url}/token?api-version=2.0",
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN": JOB_SECRET,
        }

    def answer(self, target: str, authorization: str) -> tuple[int, bytes]:
        path = urlsplit(target).path
        if path in self.says:
            return 200, self.says[path]
        if path == "/.well-known/openid-configuration":
            return 200, json.dumps({"issuer": self.url, "jwks_uri": f"{self.url}/jwks"}).encode()
        if path == "/jwks":
            rows = [key.as_dict(private=False) for key in self.keys.values()]
            return 200, json.dumps({"keys": rows}).encode()
        if path == "/token" and authorization.lower() == f"bearer {JOB_SECRET}":
            audience = parse_qs(urlsplit(target).query)["audience"][0]
            return 200, json.dumps({"value": self.sign(audience, self.claims)}).encode()
        return 404, b"{}"


@contextlib.contextmanager
def issuer() -> Generator[Issuer]:
    found = Issuer()
    found.key("ec-1")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found.asked.append(self.path)
            status, body = found.answer(self.path, self.headers.get("Authorization", ""))
            if found.down:
                status, body = 503, b"{}"
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            with contextlib.suppress(OSError):
                self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the name is the base's
            pass

    with answering(Handler) as url:
        found.url = url
        yield found

"""Trusted publishing over HTTP: a CI job shows what its issuer signed, and gets a token for minutes.

The exchange that twine, uv and gh-action-pypi-publish speak, at the root of the index's host, since they
build these addresses from the host of the upload address:

    GET  /_/oidc/audience    → {"audience": ...}              what the job asks its CI system for
    POST /_/oidc/mint-token  {"token": JWT} → {"success": true, "token": ..., "expires": ...}
    POST /_/oidc/burn-token  {"token": ...}                   uv gives it back when it is done
"""

import hashlib
import json
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from crucible_pipeline.errors import Refused
from crucible_pipeline.index import answers
from crucible_pipeline.index.access import Access
from crucible_pipeline.index.audit import Actor
from crucible_pipeline.index.identity import LEEWAY_SECONDS, IssuerFailed, NoToken, claimed_issuer
from crucible_pipeline.index.publishers import Publisher
from crucible_pipeline.index.store import NotFound

if TYPE_CHECKING:
    from crucible_pipeline.index.issuer import Issuers

MAX_BODY_BYTES = 64 << 10
HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
# Of a run, for the audit log: who started what, where.
TOLD_CLAIMS = ("sub", "ref", "sha", "run_id", "pipeline_id", "actor", "user_login")


class NotMinted(Refused):
    """No token is given; `code` says why in the word that the public index has for it."""

    def __init__(self, code: str, what: str) -> None:
        self.code = code
        super().__init__(what)


class Exchange:
    """The handlers.

    Args:
        access: knows the publishers, makes the tokens and tells the audit log.
        issuers: checks what CI systems sign; None for the network.
    """

    def __init__(self, access: Access, issuers: "Issuers | None" = None) -> None:
        self._access, self._known = access, issuers

    @property
    def routes(self) -> tuple[Route, ...]:
        """All of them; older versions of gh-action-pypi-publish ask at the longer address."""
        return (
            Route("/_/oidc/audience", self.audience, methods=["GET"]),
            Route("/_/oidc/mint-token", self.mint, methods=["POST"]),
            Route("/_/oidc/github/mint-token", self.mint, methods=["POST"]),
            Route("/_/oidc/burn-token", self.burn, methods=["POST"]),
        )

    async def audience(self, _: Request) -> Response:
        """What an identity token has to be made for."""
        audience = await run_in_threadpool(lambda: self._access.publishers.audience)
        if audience is None:
            raise NotFound("this index has no trusted publishers")
        return JSONResponse({"audience": audience}, headers=HEADERS)

    async def mint(self, request: Request) -> Response:
        """An identity token for an upload token."""
        source = request.client.host if request.client else None
        try:
            identity = await _token_in(request)
        except NotMinted as refused:
            return JSONResponse(_refusal(refused), 422, HEADERS)
        status, answer = await run_in_threadpool(self._answer, identity, source)
        return JSONResponse(answer, status, HEADERS)

    async def burn(self, request: Request) -> Response:
        """Refuse an upload token from now on; the answer does not tell whether there was one."""
        try:
            secret = await _token_in(request)
        except NotMinted as refused:
            return JSONResponse({"message": str(refused)}, 422, HEADERS)
        await run_in_threadpool(self._access.mint.burn, secret)
        return Response(status_code=202, headers=HEADERS)

    def _answer(self, identity: str, source: str | None) -> tuple[int, dict[str, Any]]:
        try:
            return 200, self.exchange(identity, source)
        except NotMinted as refused:
            return 422, _refusal(refused)

    def exchange(self, identity: str, source: str | None) -> dict[str, Any]:
        """The answer to an identity token.

        Args:
            identity: the token, as the CI system gave it.
            source: the address that it came from.

        Raises:
            NotMinted: no token is given.
        """
        access = self._access
        claims, publishers = self._verified(identity)
        given = claims.get("jti")
        # Without a name of its own, an identity token is what was signed.
        name = given if isinstance(given, str) and given else identity.rpartition(".")[0]
        once = hashlib.sha256(name.encode()).hexdigest()
        if not access.mint.is_first(str(claims["iss"]), once, float(claims["exp"]) + LEEWAY_SECONDS):
            raise NotMinted("invalid-reuse-token", "invalid token: already used")
        ids = tuple(publisher.id for publisher in publishers)
        projects = tuple(dict.fromkeys(publisher.project for publisher in publishers))
        token, secret = access.mint.mint(ids, projects)
        told = {key: str(claims[key]) for key in TOLD_CLAIMS if isinstance(claims.get(key), str | int)}
        only = projects[0] if len(projects) == 1 else None
        details = {"token": token.id, "projects": ",".join(projects), "expires": token.expires, **told}
        access.ledger.append(Actor(f"publisher {','.join(ids)}", source), "minted", only, **details)
        expires = int(datetime.fromisoformat(token.expires).timestamp())
        return {"success": True, "token": secret, "expires": expires}

    def _verified(self, identity: str) -> tuple[dict[str, Any], list[Publisher]]:
        """The checked claims, and whom they are of.

        Raises:
            NotMinted: something is not right with them, or nobody is meant.
        """
        try:
            issuer = claimed_issuer(identity)
            known = [each for each in self._access.publishers.all if each.issuer == issuer]
            if not known:
                raise NotMinted("invalid-publisher", "no publisher of this index has the token's issuer")
            # Each audience on its own: a publisher's token is made for that audience and no other.
            refusal: NoToken | None = None
            for audience in dict.fromkeys(self._audience(each) for each in known):
                try:
                    claims = self._issuers.verified(identity, issuer, audience)
                except NoToken as error:
                    refusal = refusal or error
                    continue
                found = [each for each in known if self._audience(each) == audience and each.takes(claims)]
                if not found:
                    raise NotMinted(
                        "invalid-publisher", "valid token, but no corresponding publisher has such claims"
                    )
                return claims, found
            raise refusal or NoToken("the identity token is not valid")
        except NoToken as error:
            raise NotMinted("invalid-token", str(error)) from None
        except IssuerFailed as error:
            answers.LOG.warning("%s", error)
            raise NotMinted("invalid-token", f"the token cannot be checked now: {error}") from None

    @property
    def _issuers(self) -> "Issuers":
        if self._known is None:
            # Here, since the HTTP client and the cryptography take a fifth of a second to load.
            from crucible_pipeline.index.issuer import Issuers  # noqa: PLC0415

            self._known = Issuers(self._access.clock)
        return self._known

    def _audience(self, publisher: Publisher) -> str:
        return publisher.audience or self._access.publishers.audience or ""


def _refusal(refused: NotMinted) -> dict[str, Any]:
    errors = [{"code": refused.code, "description": str(refused)}]
    return {"message": "Token request failed", "errors": errors}


async def _token_in(request: Request) -> str:
    receive = answers.bounded(request, MAX_BODY_BYTES)
    try:
        body = json.loads(await Request(request.scope, receive).body())
    except (ValueError, RecursionError):
        raise NotMinted("invalid-payload", "the body has to be JSON") from None
    token = cast("dict[str, object]", body).get("token") if isinstance(body, dict) else None
    if not isinstance(token, str) or not token.isascii():
        raise NotMinted("invalid-payload", 'the body has to be {"token": "..."}')
    return token

"""Asks issuers of identity tokens for their keys, and checks the tokens. Reads from the network.

Only configured issuers are ever asked. Sources: OpenID Connect Discovery 1.0 (section 4), RFC 7517 (keys),
RFC 7519 (tokens), RFC 8725 (what to refuse).
"""

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any, cast

import httpx
from joserfc import jwt
from joserfc.errors import ExpiredTokenError, JoseError
from joserfc.jwk import KeySet

from crucible_pipeline.errors import Refused
from crucible_pipeline.index.identity import LEEWAY_SECONDS, IssuerFailed, NoToken, part
from crucible_pipeline.index.origins import checked_issuer
from crucible_pipeline.index.trust import trust

ALGORITHMS = ("RS256", "ES256")
FRESH_SECONDS = 600.0
# While an issuer is down its keys are still taken for an hour.
STALE_SECONDS = 3600.0
# A token with an unknown key makes us ask again, but strangers may not make us ask all the time.
PAUSE_SECONDS = 10.0
TIMEOUT_SECONDS = 5.0
MAX_ANSWER_BYTES = 256 << 10
MAX_KEYS = 100


@dataclass(frozen=True, slots=True)
class _Keys:
    keys: KeySet
    ids: frozenset[str]
    asked: float


class Issuers:
    """The keys of issuers, asked for when needed and kept for a while.

    Args:
        clock: gives the time, in UTC.
        ticking: counts seconds, from anywhere.
        transport: reaches the issuers; None for the network.
    """

    def __init__(
        self,
        clock: Callable[[], datetime],
        ticking: Callable[[], float] = time.monotonic,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._clock, self._ticking, self._transport = clock, ticking, transport
        self._kept: dict[str, _Keys] = {}
        self._asked: dict[str, float] = {}
        self._lock = threading.Lock()

    def verified(self, token: str, issuer: str, audience: str) -> dict[str, Any]:
        """The claims of a token, once all is right with it.

        Args:
            token: as the issuer gave it.
            issuer: who has to have signed it.
            audience: for whom alone it has to be made.

        Raises:
            NoToken: something is not right with it.
            IssuerFailed: the keys are not to be had.
        """
        header = part(token, 0)
        key_id, algorithm = header.get("kid"), header.get("alg")
        if algorithm not in ALGORITHMS or not isinstance(key_id, str):
            raise NoToken(f"an identity token has to be signed by {' or '.join(ALGORITHMS)} with a named key")
        keys = self._keys(issuer, key_id)
        try:
            claims = jwt.decode(token, keys, algorithms=list(ALGORITHMS)).claims
            jwt.JWTClaimsRegistry(
                now=lambda: int(self._clock().timestamp()),
                leeway=LEEWAY_SECONDS,
                iss={"essential": True, "value": issuer},
                aud={"essential": True, "value": audience},
                exp={"essential": True},
                iat={"essential": True},
            ).validate(claims)
        except ExpiredTokenError:
            raise NoToken("the identity token has expired") from None
        except (JoseError, ValueError) as error:
            # The library's words name a claim or the signature, never a value of the token.
            raise NoToken(f"the identity token is not valid: {error}") from None
        if claims["aud"] not in (audience, [audience]):
            raise NoToken("the identity token is made for other audiences as well")
        return claims

    def _keys(self, issuer: str, key_id: str) -> KeySet:
        with self._lock:
            kept, now = self._kept.get(issuer), self._ticking()
            if kept is not None and now - kept.asked < FRESH_SECONDS and key_id in kept.ids:
                return kept.keys
            if now - self._asked.get(issuer, -PAUSE_SECONDS) >= PAUSE_SECONDS:
                self._asked[issuer] = now
                try:
                    kept = self._kept[issuer] = self._ask(issuer, now)
                except IssuerFailed:
                    if kept is None or now - kept.asked >= STALE_SECONDS:
                        raise
            if kept is None or now - kept.asked >= STALE_SECONDS:
                raise IssuerFailed(f"the keys of {issuer} could not be had a moment ago", "try again")
        if key_id not in kept.ids:
            raise NoToken(f"{issuer} has no key of the name that the identity token gives")
        return kept.keys

    def _ask(self, issuer: str, now: float) -> _Keys:
        with httpx.Client(timeout=TIMEOUT_SECONDS, transport=self._transport, verify=trust()) as client:
            # Discovery 1.0, section 4.1: after a final slash was removed.
            about = _json(client, f"{issuer.removesuffix('/')}/.well-known/openid-configuration")
            if about.get("issuer") != issuer:
                raise IssuerFailed(
                    f"{issuer} says that it is another issuer", "give its address as it says it"
                )
            address = about.get("jwks_uri")
            try:
                found = _json(client, checked_issuer(str(address)))
            except Refused:
                raise IssuerFailed(f"{issuer} keeps its keys at an address that is not https") from None
        try:
            rows = [row for row in found["keys"] if _is_usable(row)][:MAX_KEYS]
            if not rows:
                raise IssuerFailed(f"{issuer} gives no key for signatures by {' or '.join(ALGORITHMS)}")
            return _Keys(KeySet.import_key_set({"keys": rows}), frozenset(row["kid"] for row in rows), now)
        except (JoseError, KeyError, TypeError, ValueError, AttributeError) as error:
            raise IssuerFailed(f"{issuer} gives keys that cannot be read: {type(error).__name__}") from None


def _is_usable(row: object) -> bool:
    """Whether a key is public, named, and for signatures by one of our algorithms (RFC 7517, section 4)."""
    if not isinstance(row, dict):
        return False
    key = cast("dict[str, object]", row)
    suits = key.get("kty") == "RSA" or (key.get("kty") == "EC" and key.get("crv") == "P-256")
    return (
        suits
        and isinstance(key.get("kid"), str)
        and key.get("use", "sig") == "sig"
        and key.get("alg", ALGORITHMS[0]) in ALGORITHMS
    )


def _json(client: httpx.Client, url: str) -> dict[str, Any]:
    deadline = time.monotonic() + 2 * TIMEOUT_SECONDS
    try:
        with client.stream("GET", url, headers={"Accept": "application/json"}) as answer:
            if answer.status_code != HTTPStatus.OK:
                raise IssuerFailed(f"{url} answers with status {answer.status_code}")
            data = b""
            for piece in answer.iter_bytes(1 << 14):
                data += piece
                if len(data) > MAX_ANSWER_BYTES or time.monotonic() > deadline:
                    raise IssuerFailed(f"the answer of {url} is too large or too slow")
        found = json.loads(data)
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, RecursionError) as error:
        raise IssuerFailed(f"{url} does not answer as an issuer does: {type(error).__name__}") from None
    if not isinstance(found, dict):
        raise IssuerFailed(f"{url} does not answer as an issuer does")
    return cast("dict[str, Any]", found)

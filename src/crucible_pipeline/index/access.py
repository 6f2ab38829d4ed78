"""Who may do what: tokens with a scope, kept in the store by their hash, and those that publishers are given.

A token is 256 random bits, so a plain SHA-256 keeps it: nobody can guess it, and a slow password hash would
only let strangers keep the server busy. It is shown once, when it is made, and never written or logged.
"""

import base64
import binascii
import hashlib
import hmac
import json
import secrets
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal, Protocol

from crucible_pipeline.errors import Refused
from crucible_pipeline.index.audit import Actor, Ledger, this_user
from crucible_pipeline.index.clock import Clock, stamp
from crucible_pipeline.index.document import Document
from crucible_pipeline.index.minted import SECRET_PREFIX, Mint, Minted
from crucible_pipeline.index.names import normalized
from crucible_pipeline.index.publishers import Publisher, Publishers
from crucible_pipeline.index.store import NotFound, Store
from crucible_pipeline.index.used import LastUse

KEY = "access/tokens.json"
PREFIX = "crucible_"
ANY = "*"
ANYBODY = "anybody"

Action = Literal["read", "pins", "yank", "upload"]
# What else an action allows.
INCLUDES: dict[Action, frozenset[Action]] = {
    "read": frozenset({"read"}),
    "yank": frozenset({"yank", "read"}),
    "pins": frozenset({"pins", "read"}),
    "upload": frozenset({"upload", "yank", "pins", "read"}),
}


class Unauthorized(Refused):
    """No credentials, or none that are known; status 401."""


class Forbidden(Refused):
    """Known credentials whose scope does not allow this; status 403."""


@dataclass(frozen=True, slots=True)
class Token:
    """A token without its secret.

    Args:
        id: names it in lists and for revoking; no secret.
        sha256: of the secret, in hexadecimal.
        projects: normalized names, or `*` for all.
        actions: an `upload` token may also yank and read, a `yank` token read.
        created: RFC 3339, UTC.
        expires: likewise; None for never.
    """

    id: str
    sha256: str
    projects: tuple[str, ...]
    actions: tuple[Action, ...]
    created: str
    expires: str | None

    def allows(self, action: Action, project: str | None) -> bool:
        """Whether the scope covers an action on a project; None is the list of all projects."""
        if not any(action in INCLUDES[each] for each in self.actions):
            return False
        return project is None or ANY in self.projects or project in self.projects


class Access:
    """The tokens of an index, and whether strangers may read.

    Args:
        store: keeps the tokens, the publishers and the audit log.
        anonymous_read: whether reading needs no token; uploading always does.
        only_here: whether that is for this machine alone, so not for what a proxy passes on.
        clock: gives the time, in UTC.
    """

    def __init__(
        self,
        store: Store,
        *,
        anonymous_read: bool = True,
        only_here: bool = False,
        clock: Callable[[], datetime] | None = None,
    ) -> None:
        self.anonymous_read, self.only_here = anonymous_read, only_here
        self.clock = clock or Clock()
        self._document = Document[tuple[Token, ...]](store, KEY, _read, _write, ())
        self.publishers = Publishers(store, self.clock)
        self.mint = Mint(store, self.clock)
        self.used = LastUse(store, self.clock)
        # The log tells what the machine's clock said, also where that was wrong.
        self.ledger = Ledger(store, clock or (lambda: datetime.now(UTC)))

    def close(self) -> None:
        """Wait for what is being noted; it may be used again afterwards."""
        self.used.close()
        self.ledger.close()

    def create(
        self,
        projects: tuple[str, ...],
        actions: tuple[Action, ...] = ("upload",),
        lifetime: timedelta | None = None,
        by: Actor | None = None,
    ) -> tuple[Token, str]:
        """Make a token.

        Args:
            projects: names in any spelling, or `*`.
            actions: what it allows.
            lifetime: None for one that does not expire.
            by: who makes it; the user of this process if None.

        Returns:
            The token and its secret, which cannot be had again.

        Raises:
            Refused: a name is none, or there is no project.
        """
        if not projects:
            raise Refused("a token needs at least one project", "name it, or * for all")
        secret = PREFIX + secrets.token_urlsafe(32)
        now = self.clock()
        token = Token(
            id=secrets.token_hex(4),
            sha256=_hash(secret),
            projects=tuple(name if name == ANY else str(normalized(name)) for name in projects),
            actions=actions,
            created=stamp(now),
            expires=stamp(now + lifetime) if lifetime is not None else None,
        )
        told = {
            "token": token.id,
            "projects": ",".join(token.projects),
            "actions": ",".join(actions),
            "expires": token.expires or "never",
        }
        with self.ledger.change(by or this_user(), "token-created", **told):
            self._document.change(lambda tokens: (*tokens, token))
        return token, secret

    def tokens(self) -> tuple[Token, ...]:
        """All that were not revoked, also expired ones."""
        return self._document.value()

    def is_claimed(self, project: str) -> bool:
        """Whether a token or a publisher was made for exactly this project, by its normalized name."""
        return any(project in token.projects for token in self.tokens()) or bool(self.publishers.of(project))

    def revoke(self, token_id: str, by: Actor | None = None) -> None:
        """Forget a token; it is refused from the next request on.

        Args:
            token_id: which.
            by: who does it; the user of this process if None.

        Raises:
            NotFound: no token has this id.
        """
        if token_id not in {token.id for token in self.tokens()}:
            raise NotFound(f"no token has the id {token_id[:80]}", "list them: crucible index token list")
        with self.ledger.change(by or this_user(), "token-revoked", token=token_id):
            self._document.change(lambda tokens: tuple(token for token in tokens if token.id != token_id))
        self.used.forget(token_id)

    def check(
        self, authorization: str | None, action: Action, project: str | None, version: str | None = None
    ) -> str:
        """Let an action pass, or not.

        Args:
            authorization: the HTTP header: Basic with the token as password and any user, or Bearer.
            action: what is asked for.
            project: on which project; None for the list of all.
            version: of what is uploaded, in the normal form; a minted token is bound to it.

        Returns:
            Whose action it is, for the audit log.

        Raises:
            Unauthorized: credentials are needed, or those given are unknown or expired.
            Forbidden: the token's scope is narrower.
        """
        if action == "read" and self.anonymous_read:
            return ANYBODY
        if authorization is None:
            raise Unauthorized(
                f"a token is needed to {action}", "give it as the password of the user __token__"
            )
        secret = secret_in(authorization)
        if secret.startswith(SECRET_PREFIX):
            return self._check_minted(secret, action, project, version)
        token = self._known(secret)
        if token is None:
            raise Unauthorized("the token is unknown or has expired")
        if not token.allows(action, project):
            raise Forbidden(f"the token {token.id} may not {action} {project or 'the list of projects'}")
        if action == "upload" and project is not None and self.publishers.of(project):
            raise Forbidden(
                f"{project} is published by its trusted publisher alone, so no kept token may upload to it",
                "publish from its CI job, or remove the publisher: crucible index publisher remove",
            )
        self.used.note(token.id)
        return f"token {token.id}"

    def publisher_of(self, authorization: str | None, project: str) -> Publisher | None:
        """Whose CI job uploads to a project with these credentials; None for a kept token's.

        Args:
            authorization: as for `check`, which has let them pass.
            project: normalized.
        """
        secret = secret_in(authorization or "")
        token = self.mint.find(secret) if secret.startswith(SECRET_PREFIX) else None
        given = token.publishers if token is not None else ()
        return next((each for each in self.publishers.of(project) if each.id in given), None)

    def _check_minted(self, secret: str, action: Action, project: str | None, version: str | None) -> str:
        token = self.mint.find(secret)
        if token is None or not self._is_backed(token):
            raise Unauthorized("the token is unknown or has expired", "run the CI job again for a new one")
        if action == "yank":
            raise Forbidden(f"the token {token.id} of a CI job may not yank")
        who = f"minted {token.id}"
        if project is None:
            return who
        if action == "read" and project in token.projects:
            return who
        if action == "upload" and token.may_upload(project, version):
            if version is None or self.mint.bind(secret, project, version):
                return who
            token = self.mint.find(secret) or token
        for_what = " ".join(token.release) if token.release else " or ".join(token.projects)
        raise Forbidden(
            f"the token {token.id} of a CI job is for {for_what} alone",
            "ask for another one for each release",
        )

    def _is_backed(self, token: Minted) -> bool:
        """Whether the publishers that it was given to are still there."""
        known = {publisher.id for publisher in self.publishers.all}
        return known.issuperset(token.publishers)

    def _known(self, secret: str) -> Token | None:
        digest = _hash(secret)
        tokens = self.tokens()
        found: Token | None = None
        # All of them are compared, each in constant time, so that the time of an answer tells nothing.
        for token in tokens:
            if hmac.compare_digest(token.sha256, digest):
                found = token
        if found is None or found.expires is None:
            return found
        # No token is from the future: a clock that says so was set back while no server ran.
        now = max(stamp(self.clock()), *(token.created for token in tokens))
        return found if found.expires > now else None


class Headers(Protocol):
    """Names of headers, in lower case."""

    def __contains__(self, key: str, /) -> bool:
        """Whether there is one of this name."""
        ...


def is_passed_on(headers: Headers) -> bool:
    """Whether a proxy says that it passes a request on for somebody else."""
    return "x-forwarded-for" in headers or "forwarded" in headers or "x-real-ip" in headers


def secret_in(authorization: str) -> str:
    """The secret of a Basic or Bearer header; empty where it cannot be read."""
    scheme, _, value = authorization.partition(" ")
    if scheme.lower() == "bearer":
        return value.strip()
    if scheme.lower() != "basic":
        return ""
    try:
        return base64.b64decode(value.strip(), validate=True).decode("utf-8").partition(":")[2]
    except (binascii.Error, UnicodeDecodeError):
        return ""


def _read(data: bytes) -> tuple[Token, ...]:
    return tuple(_token(row) for row in json.loads(data)["tokens"])


def _write(tokens: tuple[Token, ...]) -> bytes:
    document = {"format": 1, "tokens": [asdict(token) for token in tokens]}
    return (json.dumps(document, indent=2) + "\n").encode()


def _token(row: dict[str, object]) -> Token:
    return Token(**{**row, "projects": tuple(row["projects"]), "actions": tuple(row["actions"])})  # type: ignore[arg-type]


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode(errors="surrogatepass")).hexdigest()

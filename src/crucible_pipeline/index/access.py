"""Who may do what: tokens with a scope, kept in the store by their hash.

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
from typing import Literal

from crucible_pipeline.errors import CannotDo, Refused
from crucible_pipeline.index.names import normalized
from crucible_pipeline.index.store import Conflict, NotFound, Store

KEY = "access/tokens.json"
PREFIX = "crucible_"
ANY = "*"
MAX_ATTEMPTS = 100

Action = Literal["read", "upload"]


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
        actions: an `upload` token may also read.
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
        if action not in self.actions and not (action == "read" and "upload" in self.actions):
            return False
        return project is None or ANY in self.projects or project in self.projects


class Access:
    """The tokens of an index, and whether strangers may read.

    Args:
        store: keeps the tokens.
        anonymous_read: whether reading needs no token; uploading always does.
        clock: gives the time, in UTC.
    """

    def __init__(
        self,
        store: Store,
        *,
        anonymous_read: bool = True,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._store = store
        self.anonymous_read = anonymous_read
        self._clock = clock
        self._seen: tuple[str, tuple[Token, ...]] | None = None

    def create(
        self,
        projects: tuple[str, ...],
        actions: tuple[Action, ...] = ("upload",),
        lifetime: timedelta | None = None,
    ) -> tuple[Token, str]:
        """Make a token.

        Args:
            projects: names in any spelling, or `*`.
            actions: what it allows.
            lifetime: None for one that does not expire.

        Returns:
            The token and its secret, which cannot be had again.

        Raises:
            Refused: a name is none, or there is no project.
        """
        if not projects:
            raise Refused("a token needs at least one project", "name it, or * for all")
        secret = PREFIX + secrets.token_urlsafe(32)
        now = self._clock()
        token = Token(
            id=secrets.token_hex(4),
            sha256=_hash(secret),
            projects=tuple(name if name == ANY else str(normalized(name)) for name in projects),
            actions=actions,
            created=_stamp(now),
            expires=_stamp(now + lifetime) if lifetime is not None else None,
        )
        self._change(lambda tokens: (*tokens, token))
        return token, secret

    def tokens(self) -> tuple[Token, ...]:
        """All that were not revoked, also expired ones."""
        return self._load()[0]

    def is_claimed(self, project: str) -> bool:
        """Whether a token was made for exactly this project, by its normalized name."""
        return any(project in token.projects for token in self._current())

    def revoke(self, token_id: str) -> None:
        """Forget a token; it is refused from the next request on.

        Raises:
            NotFound: no token has this id.
        """
        if token_id not in {token.id for token in self.tokens()}:
            raise NotFound(f"no token has the id {token_id[:80]}", "list them: crucible index token list")
        self._change(lambda tokens: tuple(token for token in tokens if token.id != token_id))

    def check(self, authorization: str | None, action: Action, project: str | None) -> None:
        """Let an action pass, or not.

        Args:
            authorization: the HTTP header: Basic with the token as password and any user, or Bearer.
            action: what is asked for.
            project: on which project; None for the list of all.

        Raises:
            Unauthorized: credentials are needed, or those given are unknown or expired.
            Forbidden: the token's scope is narrower.
        """
        if action == "read" and self.anonymous_read:
            return
        if authorization is None:
            raise Unauthorized(
                f"a token is needed to {action}", "give it as the password of the user __token__"
            )
        token = self._known(_secret_in(authorization))
        if token is None:
            raise Unauthorized("the token is unknown or has expired")
        if not token.allows(action, project):
            raise Forbidden(f"the token {token.id} may not {action} {project or 'the list of projects'}")

    def _known(self, secret: str) -> Token | None:
        digest = _hash(secret)
        found: Token | None = None
        # All of them are compared, each in constant time, so that the time of an answer tells nothing.
        for token in self._current():
            if hmac.compare_digest(token.sha256, digest):
                found = token
        if found is None or (found.expires is not None and found.expires <= _stamp(self._clock())):
            return None
        return found

    def _current(self) -> tuple[Token, ...]:
        """The tokens, read again only when they changed."""
        try:
            etag = self._store.tag(KEY)
        except NotFound:
            return ()
        if self._seen is None or self._seen[0] != etag:
            tokens, read = self._load()
            self._seen = (read or "", tokens)
        return self._seen[1]

    def _load(self) -> tuple[tuple[Token, ...], str | None]:
        try:
            blob = self._store.get(KEY)
        except NotFound:
            return (), None
        try:
            rows = json.loads(blob.data)["tokens"]
            return tuple(_token(row) for row in rows), blob.etag
        except (ValueError, KeyError, TypeError) as error:
            raise CannotDo(f"{KEY} of the index cannot be read: {error}") from error

    def _change(self, change: Callable[[tuple[Token, ...]], tuple[Token, ...]]) -> None:
        for _ in range(MAX_ATTEMPTS):
            tokens, etag = self._load()
            document = {"format": 1, "tokens": [asdict(token) for token in change(tokens)]}
            try:
                self._store.swap(KEY, (json.dumps(document, indent=2) + "\n").encode(), etag)
            except Conflict:
                continue
            return
        raise CannotDo("the tokens of the index change too fast", "try again")


def _token(row: dict[str, object]) -> Token:
    return Token(**{**row, "projects": tuple(row["projects"]), "actions": tuple(row["actions"])})  # type: ignore[arg-type]


def _secret_in(authorization: str) -> str:
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


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

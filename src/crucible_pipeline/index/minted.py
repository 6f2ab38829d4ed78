"""The tokens that trusted publishing gives: for one project, for minutes, for one release.

A minted token is kept under the hash of its secret. The first file that it uploads binds it to that file's
release, one version of one project; from then on it takes files of that release alone, so that twine and uv
send a wheel and an sdist with one token, and a stolen one publishes nothing else. The identity token that it
was given for is remembered until it expires, and refused if it comes again.
"""

import contextlib
import hashlib
import json
import secrets
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta

from crucible_pipeline.index.clock import stamp
from crucible_pipeline.index.store import AlreadyExists, Conflict, NotFound, Store

# twine asks for a new one 5 minutes before the end; much less than this and it would ask for every file.
LIFETIME = timedelta(minutes=15)
SECRET_PREFIX = "crucible-minted_"  # noqa: S105  what every such secret begins with
TOKENS = "access/minted/"
SEEN = "access/seen/"
MAX_ATTEMPTS = 100


@dataclass(frozen=True, slots=True)
class Minted:
    """A minted token without its secret.

    Args:
        id: names it in the audit log; no secret.
        publishers: ids of the publishers that it was given to, one for each project.
        projects: of these, normalized; only the first that it uploads to counts from then on.
        created: RFC 3339, UTC.
        expires: likewise.
        release: project and version that it is bound to; None before the first upload.
    """

    id: str
    publishers: tuple[str, ...]
    projects: tuple[str, ...]
    created: str
    expires: str
    release: tuple[str, str] | None = None

    def may_upload(self, project: str, version: str | None) -> bool:
        """Whether it takes a file of a project; None where the version is not known yet."""
        if self.release is None:
            return project in self.projects
        return project == self.release[0] and version in {None, self.release[1]}


class Mint:
    """Makes minted tokens and knows them.

    Args:
        store: keeps them.
        clock: gives the time, in UTC.
    """

    def __init__(self, store: Store, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._store, self._clock = store, clock

    def mint(self, publishers: tuple[str, ...], projects: tuple[str, ...]) -> tuple[Minted, str]:
        """Make a token, and return it with its secret, which cannot be had again.

        Args:
            publishers: whom it is for, by their ids.
            projects: theirs, in the same order.
        """
        self._sweep()
        now = self._clock()
        secret = SECRET_PREFIX + secrets.token_urlsafe(32)
        token = Minted(secrets.token_hex(4), publishers, projects, stamp(now), stamp(now + LIFETIME))
        self._store.create(_key(secret), _dump(token))
        return token, secret

    def find(self, secret: str) -> Minted | None:
        """The token of a secret; None if there is none, or it has expired.

        The hash of the secret is looked for: how long that takes tells nothing about any secret.
        """
        try:
            token = _restore(self._store.get(_key(secret)).data)
        except NotFound:
            return None
        return token if token.expires > stamp(self._clock()) else None

    def bind(self, secret: str, project: str, version: str) -> bool:
        """Bind a token to a release, by compare-and-swap; whether it is bound to exactly this one now."""
        wanted = (project, version)
        for _ in range(MAX_ATTEMPTS):
            try:
                blob = self._store.get(_key(secret))
            except NotFound:
                return False
            token = _restore(blob.data)
            if token.release is not None:
                return token.release == wanted
            with contextlib.suppress(Conflict):
                self._store.swap(_key(secret), _dump(replace(token, release=wanted)), blob.etag)
                return True
        return False

    def burn(self, secret: str) -> Minted | None:
        """Refuse a token from now on; it, or None where there was none."""
        token = self.find(secret)
        with contextlib.suppress(NotFound):
            self._store.delete(_key(secret))
        return token

    def is_first(self, issuer: str, identity: str, expires: float) -> bool:
        """Whether an identity token comes for the first time; it is remembered.

        Args:
            issuer: of it.
            identity: what tells it from all others of the issuer.
            expires: in seconds since 1970; it may be forgotten then.
        """
        name = hashlib.sha256(json.dumps([issuer, identity]).encode()).hexdigest()
        try:
            self._store.create(f"{SEEN}{name}.json", json.dumps({"format": 1, "expires": expires}).encode())
        except AlreadyExists:
            return False
        return True

    def _sweep(self) -> None:
        """Remove what has expired."""
        now, today = stamp(self._clock()), self._clock().timestamp()
        for prefix in (TOKENS, SEEN):
            for entry in list(self._store.list(prefix)):
                with contextlib.suppress(NotFound, ValueError, KeyError, TypeError):
                    expires = json.loads(self._store.get(entry.key).data)["expires"]
                    if expires <= (now if prefix == TOKENS else today):
                        self._store.delete(entry.key)


def _key(secret: str) -> str:
    return f"{TOKENS}{hashlib.sha256(secret.encode()).hexdigest()}.json"


def _dump(token: Minted) -> bytes:
    return (json.dumps({"format": 1, **asdict(token)}) + "\n").encode()


def _restore(data: bytes) -> Minted:
    row = json.loads(data)
    return Minted(
        id=row["id"],
        publishers=tuple(row["publishers"]),
        projects=tuple(row["projects"]),
        created=row["created"],
        expires=row["expires"],
        release=(row["release"][0], row["release"][1]) if row["release"] else None,
    )

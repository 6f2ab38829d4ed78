"""What an index asks of a project beyond what it asks of every file; kept in the store, for all servers."""

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from crucible_pipeline.errors import CannotDo, Refused
from crucible_pipeline.index.store import Conflict, NotFound, Store

KEY = "access/policy.json"
EVERY = "*"
MAX_ATTEMPTS = 100
SEAL_DAYS = 14
MAX_SEAL_DAYS = 36_500


@dataclass(frozen=True, slots=True)
class Policy:
    """What a project's files have to keep to.

    Args:
        modules: the top-level names that its wheels may install into site-packages; None for any.
        startup: whether its wheels may hold startup files.
        attested: whether a file enters only with attestations (PEP 740).
        seal_days: how long after its first file a release takes others; 0 for ever.
    """

    modules: tuple[str, ...] | None = None
    startup: bool = False
    attested: bool = False
    seal_days: int = SEAL_DAYS

    @property
    def seal(self) -> timedelta | None:
        """How long a release is open; None for ever."""
        return timedelta(days=self.seal_days) if self.seal_days else None


DEFAULT = Policy()


class Policies:
    """The policies of an index.

    Args:
        store: keeps them.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._seen: tuple[str, dict[str, dict[str, Any]]] | None = None

    def of(self, project: str) -> Policy:
        """What counts for a project: its own word, else that for every project.

        Args:
            project: normalized, or `*` for what counts for every one.
        """
        stated = self._read()
        return _policy({**stated.get(EVERY, {}), **stated.get(project, {})})

    def stated(self) -> tuple[str, ...]:
        """The projects about which something is said, sorted."""
        return tuple(sorted(self._read()))

    def set(self, project: str, **said: object) -> Policy:
        """Say what counts from now on, and return all that does.

        Args:
            project: normalized, or `*` for every one that says nothing itself.
            said: fields of `Policy`; the others stay.

        Raises:
            Refused: a value is none.
        """
        for _ in range(MAX_ATTEMPTS):
            stated, etag = self._load()
            changed = {**stated, project: {**stated.get(project, {}), **said}}
            _policy(changed[project])
            document = {"format": 1, "projects": changed}
            data = (json.dumps(document, indent=2, sort_keys=True) + "\n").encode()
            try:
                self._store.swap(KEY, data, etag)
            except Conflict:
                continue
            return self.of(project)
        raise CannotDo("the policies of the index change too fast", "try again")

    def _read(self) -> dict[str, dict[str, Any]]:
        try:
            etag = self._store.tag(KEY)
        except NotFound:
            return {}
        if self._seen is None or self._seen[0] != etag:
            stated, read = self._load()
            self._seen = (read or "", stated)
        return self._seen[1]

    def _load(self) -> tuple[dict[str, dict[str, Any]], str | None]:
        try:
            blob = self._store.get(KEY)
        except NotFound:
            return {}, None
        try:
            stated: dict[str, dict[str, Any]] = json.loads(blob.data)["projects"]
            for each in stated.values():
                _policy(each)
        except (ValueError, KeyError, TypeError, AttributeError, Refused) as error:
            raise CannotDo(f"{KEY} of the index cannot be read: {error}") from error
        return stated, blob.etag


def _policy(stated: dict[str, Any]) -> Policy:
    modules, days = stated.get("modules"), stated.get("seal_days", SEAL_DAYS)
    if not isinstance(days, int) or not 0 <= days <= MAX_SEAL_DAYS:
        raise Refused(f"{days!r} is no number of days", f"give 0 to {MAX_SEAL_DAYS}; 0 never seals")
    return Policy(
        modules=None if modules is None else tuple(sorted(map(str, modules))),
        startup=bool(stated.get("startup", DEFAULT.startup)),
        attested=bool(stated.get("attested", DEFAULT.attested)),
        seal_days=days,
    )

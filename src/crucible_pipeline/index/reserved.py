"""The beginnings of names that are this index's own, also before it has published anything under them.

A name that somebody else could publish elsewhere first must never be asked for there: that is dependency
confusion. Kept in the store, so that every server of it agrees.
"""

import json
import re
from collections.abc import Callable

from crucible_pipeline.errors import CannotDo, Refused
from crucible_pipeline.index.store import Conflict, NotFound, Store

KEY = "access/reserved.json"
MAX_ATTEMPTS = 100
_PREFIX = re.compile(r"[a-z0-9](?:[a-z0-9]|-(?!-))*")


class Reserved:
    """The reserved prefixes of an index.

    Args:
        store: keeps them.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._seen: tuple[str, tuple[str, ...]] | None = None

    def prefixes(self) -> tuple[str, ...]:
        """All of them, sorted; read again only when they changed."""
        try:
            etag = self._store.tag(KEY)
        except NotFound:
            return ()
        if self._seen is None or self._seen[0] != etag:
            prefixes, read = self._load()
            self._seen = (read or "", prefixes)
        return self._seen[1]

    def covers(self, name: str) -> bool:
        """Whether a normalized name begins with one."""
        return name.startswith(self.prefixes())

    def add(self, prefix: str) -> str:
        """Reserve a prefix, and return it as it is compared.

        Raises:
            Refused: no name can begin so.
        """
        wanted = _normalized(prefix)
        self._change(lambda prefixes: prefixes | {wanted})
        return wanted

    def remove(self, prefix: str) -> str:
        """Take a prefix back, and return it as it was compared.

        Raises:
            NotFound: it is not reserved.
        """
        wanted = _normalized(prefix)
        if wanted not in self.prefixes():
            raise NotFound(f"{wanted} is not reserved here", "list what is: crucible index reserve")
        self._change(lambda prefixes: prefixes - {wanted})
        return wanted

    def _load(self) -> tuple[tuple[str, ...], str | None]:
        try:
            blob = self._store.get(KEY)
        except NotFound:
            return (), None
        try:
            return tuple(sorted(str(each) for each in json.loads(blob.data)["prefixes"])), blob.etag
        except (ValueError, KeyError, TypeError) as error:
            raise CannotDo(f"{KEY} of the index cannot be read: {error}") from error

    def _change(self, change: Callable[[frozenset[str]], frozenset[str]]) -> None:
        for _ in range(MAX_ATTEMPTS):
            prefixes, etag = self._load()
            changed = change(frozenset(prefixes))
            if etag is not None and changed == frozenset(prefixes):
                return
            document = {"format": 1, "prefixes": sorted(changed)}
            try:
                self._store.swap(KEY, (json.dumps(document, indent=2) + "\n").encode(), etag)
            except Conflict:
                continue
            return
        raise CannotDo("the reserved names of the index change too fast", "try again")


def _normalized(prefix: str) -> str:
    wanted = re.sub(r"[-_.]+", "-", prefix).lower()
    if not _PREFIX.fullmatch(wanted):
        raise Refused(f"{prefix[:80]!r} is not the beginning of a project name", "write it as in crucible-")
    return wanted

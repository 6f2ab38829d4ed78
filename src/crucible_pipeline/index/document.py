"""A small document in the store that several processes change by compare-and-swap; no change is lost."""

from collections.abc import Callable
from typing import Generic, TypeVar

from crucible_pipeline.errors import CannotDo
from crucible_pipeline.index.store import Conflict, NotFound, Store

MAX_ATTEMPTS = 100
T = TypeVar("T")


class Document(Generic[T]):
    """One document.

    Args:
        store: keeps it.
        key: where.
        read: the value of its bytes; may raise ValueError, KeyError or TypeError where it is broken.
        write: the bytes of a value.
        empty: the value where there is none yet.
    """

    def __init__(
        self, store: Store, key: str, read: Callable[[bytes], T], write: Callable[[T], bytes], empty: T
    ) -> None:
        self._store, self._key = store, key
        self._read, self._write, self._empty = read, write, empty
        self._seen: tuple[str, T] | None = None

    def value(self) -> T:
        """What it says now; read again only when it changed.

        Raises:
            CannotDo: it is broken.
        """
        try:
            etag = self._store.tag(self._key)
        except NotFound:
            return self._empty
        seen = self._seen
        if seen is None or seen[0] != etag:
            value, read = self._load()
            seen = self._seen = (read or "", value)
        return seen[1]

    def change(self, change: Callable[[T], T]) -> T:
        """Change it, as often as others come in between, and return what it says then.

        Args:
            change: gives the new value of the present one; called once for each attempt.

        Raises:
            CannotDo: it is broken, or others change it without end.
        """
        for _ in range(MAX_ATTEMPTS):
            value, etag = self._load()
            changed = change(value)
            try:
                self._store.swap(self._key, self._write(changed), etag)
            except Conflict:
                continue
            return changed
        raise CannotDo(f"{self._key} of the index changes too fast", "try again")

    def _load(self) -> tuple[T, str | None]:
        try:
            blob = self._store.get(self._key)
        except NotFound:
            return self._empty, None
        try:
            return self._read(blob.data), blob.etag
        except (ValueError, KeyError, TypeError) as error:
            raise CannotDo(f"{self._key} of the index cannot be read: {error}") from error

"""What an index needs of a storage: a few operations on keys, each with the errors it may raise.

A key is a relative path of ASCII segments, and no key continues another after a `/`. Blobs are written once
by `create`; a document changes by `swap`, which compares the etag, so that two writers never lose each
other's work (`If-Match` on object stores).
`tests/index/store_laws.py` holds what every implementation must satisfy.
"""

import contextlib
import errno
import io
import re
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO, Protocol

from crucible_pipeline.errors import CannotDo, Refused

MAX_KEY_LENGTH = 1024
# What a system answers that has no room left.
FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_SEGMENT = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._+!~-]{0,254}")


class NotFound(Refused):
    """Nothing is stored under the key."""


class AlreadyExists(Refused):
    """Something is stored under the key and stays."""


class Conflict(Refused):
    """What is stored under the key is no longer what the caller saw; read it again and decide anew."""


class InvalidKey(Refused):
    """The key is none: absolute, empty, with `..`, a hidden segment or a foreign character."""


class Unavailable(CannotDo):
    """The storage does not answer, or does not let this process write; what was stored before stays."""


class NoSpace(CannotDo):
    """The storage is full; what was being written is not stored, what was stored before stays."""


@dataclass(frozen=True, slots=True)
class Blob:
    """What is stored under a key.

    Args:
        data: all of it.
        etag: of this content; opaque. A write of other content changes it.
    """

    data: bytes
    etag: str


@dataclass(frozen=True, slots=True, order=True)
class Entry:
    """A line of a listing.

    Args:
        key: the whole key.
        size: in bytes.
        modified: when it was stored, in seconds since 1970 by the storage's clock.
    """

    key: str
    size: int
    modified: float = field(compare=False)


class Store(Protocol):
    """A place that keeps blobs by key; calls from any thread are fine.

    Every method may raise `InvalidKey`, and `Unavailable` where the storage fails; a writing one `NoSpace`.

    Attributes:
        is_local: whether `tag` answers within microseconds, so that an event loop may call it directly.
    """

    is_local: bool

    def get(self, key: str) -> Blob:
        """Read all of a small blob.

        Raises:
            NotFound: there is none.
        """
        ...

    def tag(self, key: str) -> str:
        """The etag that `get` would give, at the price of a look.

        Raises:
            NotFound: there is none.
        """
        ...

    def open(self, key: str) -> BinaryIO:
        """A seekable stream of a blob of any size; the caller closes it.

        Raises:
            NotFound: there is none.
        """
        ...

    def path(self, key: str) -> Path | None:
        """The file that holds the blob, for a server that hands it to the kernel; None where there is none.

        Raises:
            NotFound: there is no such blob.
        """
        ...

    def create(self, key: str, data: bytes | BinaryIO) -> None:
        """Store a blob under a new key. It is durable, and visible in full or not at all.

        Args:
            key: which.
            data: the content; a stream is read from where it stands, and never held in memory as a whole.

        Raises:
            AlreadyExists: the key is taken, whatever its content.
        """
        ...

    def create_all(self, blobs: Iterable[tuple[str, bytes | BinaryIO]]) -> frozenset[str]:
        """Store several blobs as `create` does, and wait for the disk once.

        Args:
            blobs: keys, each with its content.

        Returns:
            The keys that were new; what the others hold stays. All of them are durable.
        """
        ...

    def swap(self, key: str, data: bytes, expected: str | None) -> str:
        """Replace a document if it is still the one seen, and return its new etag.

        Args:
            key: which.
            data: the new content, durable when this returns; of a rendering (`.html`) only visible.
            expected: the etag seen; None where none was.

        Raises:
            Conflict: another etag, or none, is there now.
        """
        ...

    def delete(self, key: str) -> None:
        """Remove a blob.

        Raises:
            NotFound: there is none.
        """
        ...

    def list(self, prefix: str) -> Iterator[Entry]:
        """All blobs below a prefix that ends with `/` (or all, for the empty one), sorted by key."""
        ...

    def tidy(self, age: float) -> int:
        """Remove what interrupted writes left behind, and return how many pieces that were.

        Args:
            age: in seconds; what was touched since is left alone, since its writer may still be at work.
        """
        ...


# Pure, and asked with every request.
@lru_cache(maxsize=1 << 13)
def checked(key: str) -> str:
    """The key itself, if it is one.

    Raises:
        InvalidKey: it is none.
    """
    if len(key) > MAX_KEY_LENGTH or not all(_SEGMENT.fullmatch(segment) for segment in key.split("/")):
        raise InvalidKey(f"{key[:80]!r} is not a key of the store")
    return key


def checked_prefix(prefix: str) -> str:
    """The prefix itself, if it is empty or a key followed by `/`.

    Raises:
        InvalidKey: it is neither.
    """
    if prefix:
        if not prefix.endswith("/"):
            raise InvalidKey(f"{prefix[:80]!r} is not a prefix of the store")
        checked(prefix[:-1])
    return prefix


def stream_of(data: bytes | BinaryIO) -> BinaryIO:
    """A stream of either form of content, from where it stands."""
    return io.BytesIO(data) if isinstance(data, bytes) else data


def created_each(store: Store, blobs: Iterable[tuple[str, bytes | BinaryIO]]) -> frozenset[str]:
    """`Store.create_all` one by one, where waiting for all at once gains nothing."""
    created: set[str] = set()
    for key, data in blobs:
        with contextlib.suppress(AlreadyExists):
            store.create(key, data)
            created.add(key)
    return frozenset(created)


@contextlib.contextmanager
def room_for_temporary_files() -> Generator[None]:
    """Say so where what is on its way finds no room beside the store.

    Raises:
        NoSpace: the disk of the temporary files is full.
    """
    try:
        yield
    except OSError as error:
        if error.errno not in FULL:
            raise
        raise NoSpace(
            f"this server has no room for what is on its way: {error.strerror}", "free some space in TMPDIR"
        ) from error


def media_type_of(key: str) -> str:
    """What a server has to call the content, where it hands it out as it lies."""
    if key.startswith("simple/"):
        return "text/html; charset=utf-8" if key.endswith(".html") else "application/vnd.pypi.simple.v1+json"
    return "application/json" if key.endswith(".json") else "application/octet-stream"

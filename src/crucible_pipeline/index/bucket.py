"""A store in a bucket of S3, Google Cloud Storage or Azure, or of whatever speaks one of their protocols.

A blob is created with `If-None-Match: *` and a document swapped with `If-Match` (at Google, by generation),
so that any number of servers write to one bucket. An endpoint that ignores these conditions would let them
lose each other's work: before its first write the store tries them out, and refuses such an endpoint.
"""

import contextlib
import io
import os
import re
import secrets
import threading
import time
from collections.abc import Generator, Iterable, Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Literal

import obstore
from obstore.exceptions import (
    AlreadyExistsError,
    BaseError,
    PermissionDeniedError,
    PreconditionError,
    UnauthenticatedError,
)
from obstore.store import AzureStore, GCSStore, S3Store

from crucible_pipeline.errors import CannotDo, Refused
from crucible_pipeline.index.store import (
    AlreadyExists,
    Blob,
    Conflict,
    Entry,
    NotFound,
    Unavailable,
    checked,
    checked_prefix,
    created_each,
    media_type_of,
)
from crucible_pipeline.index.transfer import IN_MEMORY_BYTES, READ_AHEAD_BYTES, Ranges, in_one_piece

if TYPE_CHECKING:  # these types of obstore's do not exist at run time
    from obstore import PutMode, UpdateVersion
    from obstore.store import ClientConfig, RetryConfig

CONNECT = timedelta(seconds=5)
# Of one request; a document is small, and two gigabytes may take their time.
DOCUMENT_TIMEOUT = timedelta(seconds=30)
BLOB_TIMEOUT = timedelta(hours=1)
RETRY: "RetryConfig" = {"max_retries": 3, "retry_timeout": timedelta(seconds=20)}
PROBE = "access/probe-"
ENDPOINTS = ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT", "AZURE_ENDPOINT", "GOOGLE_BASE_URL")
_ADDRESS = re.compile(r"(?P<scheme>[a-z0-9]+)://(?P<bucket>[A-Za-z0-9][A-Za-z0-9._-]*)(?:/(?P<prefix>.*))?")
_STATUS = re.compile(r"status code: (\d{3}[A-Za-z ]*)")

Backend = S3Store | GCSStore | AzureStore


class BucketStore:
    """Satisfies `Store`.

    Args:
        address: `s3://bucket/prefix`, `gs://bucket/prefix` or `az://container/prefix`. Credentials and
            endpoint come from the environment, by the names of each vendor's own tools (`AWS_ACCESS_KEY_ID`,
            `AWS_ENDPOINT_URL`, `GOOGLE_SERVICE_ACCOUNT`, `AZURE_STORAGE_ACCOUNT_NAME` …).

    Raises:
        Refused: the address is none of these.
        CannotDo: the environment does not hold what the vendor's protocol needs.
    """

    is_local = False

    def __init__(self, address: str) -> None:
        scheme, bucket, prefix = _parts(address)
        self.address = f"{scheme}://{bucket}" + (f"/{prefix}" if prefix else "")
        self._documents = self._connected(scheme, bucket, prefix, DOCUMENT_TIMEOUT)
        self._blobs = self._connected(scheme, bucket, prefix, BLOB_TIMEOUT)
        self._proof = threading.Lock()
        self._is_proven = False

    def get(self, key: str) -> Blob:
        """See `Store.get`."""
        with self._errors(checked(key)):
            found = obstore.get(self._documents, key)
            return Blob(bytes(found.bytes()), _etag(found.meta["e_tag"], found.meta["version"]))

    def tag(self, key: str) -> str:
        """See `Store.tag`."""
        with self._errors(checked(key)):
            found = obstore.head(self._documents, key)
            return _etag(found["e_tag"], found["version"])

    def open(self, key: str) -> BinaryIO:
        """See `Store.open`; what is read is fetched in ranges of a few megabytes."""
        with self._errors(checked(key)):
            size = obstore.head(self._documents, key)["size"]
        return io.BufferedReader(Ranges(partial(self._fetch, key), size), READ_AHEAD_BYTES)

    def path(self, key: str) -> Path | None:
        """See `Store.path`: there are no files here."""
        self.tag(key)
        return None

    def create(self, key: str, data: bytes | BinaryIO) -> None:
        """See `Store.create`."""
        checked(key)
        self._prove()
        try:
            # Asked first: gigabytes are not sent only to be refused.
            self.tag(key)
        except NotFound:
            with in_one_piece(data) as content:
                self._put(key, content, "create")
        else:
            raise AlreadyExists(f"{key} is stored already")

    def create_all(self, blobs: Iterable[tuple[str, bytes | BinaryIO]]) -> frozenset[str]:
        """See `Store.create_all`."""
        return created_each(self, blobs)

    def swap(self, key: str, data: bytes, expected: str | None) -> str:
        """See `Store.swap`."""
        checked(key)
        self._prove()
        if expected is not None and " " not in expected:
            raise Conflict(f"{key} was changed meanwhile")  # an etag that this store never gave
        try:
            return self._put(key, data, "create" if expected is None else _seen(expected))
        except (AlreadyExists, NotFound):
            raise Conflict(f"{key} was changed meanwhile") from None

    def delete(self, key: str) -> None:
        """See `Store.delete`."""
        self.tag(key)
        with self._errors(key):
            obstore.delete(self._documents, key)

    def list(self, prefix: str) -> Iterator[Entry]:
        """See `Store.list`."""
        with self._errors(checked_prefix(prefix)):
            found = [
                Entry(meta["path"], meta["size"], meta["last_modified"].timestamp())
                # (its arrow form, which nobody asks for, has no types)
                for batch in self._documents.list(prefix.rstrip("/") or None)  # pyright: ignore[reportUnknownMemberType]
                for meta in batch
            ]
        return iter(sorted(found))

    def tidy(self, age: float) -> int:
        """See `Store.tidy`: a request that breaks off leaves nothing, only a probe may stay."""
        before = time.time() - age
        probes = (each for each in self.list("access/") if each.key.startswith(PROBE))
        old = [each.key for each in probes if each.modified < before]
        for key in old:
            with contextlib.suppress(NotFound):
                self.delete(key)
        return len(old)

    def _fetch(self, key: str, start: int, end: int) -> bytes:
        with self._errors(key):
            return bytes(obstore.get_range(self._blobs, key, start=start, end=end))

    def _put(self, key: str, content: bytes | memoryview, mode: "PutMode") -> str:
        store = self._documents if len(content) <= IN_MEMORY_BYTES else self._blobs
        with self._errors(key):
            # One request: a multipart upload cannot be made to depend on what is there.
            told = obstore.put(
                store,
                key,
                content,
                mode=mode,
                use_multipart=False,
                # A bucket may serve its objects as they lie.
                attributes={"Content-Type": media_type_of(key)},
            )
        return _etag(told["e_tag"], told["version"])

    def _prove(self) -> None:
        """Try out once that the conditions of writes are heeded.

        Raises:
            CannotDo: they are not.
        """
        if self._is_proven:
            return
        with self._proof:
            if self._is_proven:
                return
            key = f"{PROBE}{secrets.token_hex(8)}"
            etag = self._put(key, b"1", "create")
            try:
                heeded = self._refuses(key, "create")
                current = self._put(key, b"2", _seen(etag)) if heeded else ""
                heeded = heeded and self._refuses(key, _seen(etag)) and self.tag(key) == current
            finally:
                with contextlib.suppress(BaseError, OSError):
                    obstore.delete(self._documents, key)
            if not heeded:
                raise CannotDo(
                    f"the storage at {self.address} ignores the conditions of writes, so that two servers "
                    "would lose each other's releases",
                    "use one that supports If-None-Match and If-Match",
                )
            self._is_proven = True

    def _refuses(self, key: str, mode: "PutMode") -> bool:
        try:
            self._put(key, b"3", mode)
        except (AlreadyExists, Conflict):
            return True
        return False

    @contextlib.contextmanager
    def _errors(self, key: str) -> Generator[None]:
        """Say in the store's words what the storage answered; its own words may hold signed addresses."""
        try:
            yield
        except FileNotFoundError:
            raise NotFound(f"nothing is stored as {key}") from None
        except AlreadyExistsError:
            raise AlreadyExists(f"{key} is stored already") from None
        except PreconditionError:
            raise Conflict(f"{key} was changed meanwhile") from None
        except (PermissionDeniedError, UnauthenticatedError):
            raise Unavailable(
                f"the storage at {self.address} refuses the credentials of the environment",
                "give some that may read, write, list and delete there",
            ) from None
        except (BaseError, OSError) as error:
            status = _STATUS.search(str(error))
            told = f"answers {status[1].strip()}" if status else "does not answer"
            raise Unavailable(f"the storage at {self.address} {told}", "try again") from None

    def _connected(self, scheme: str, bucket: str, prefix: str, timeout: timedelta) -> Backend:
        client: ClientConfig = {"connect_timeout": CONNECT, "timeout": timeout, "allow_http": _is_plain()}
        below = prefix or None
        try:
            if scheme == "s3":
                return S3Store(bucket, prefix=below, client_options=client, retry_config=RETRY)
            if scheme == "gs":
                return GCSStore(bucket, prefix=below, client_options=client, retry_config=RETRY)
            return AzureStore(bucket, prefix=below, client_options=client, retry_config=RETRY)
        except (BaseError, ValueError) as error:
            raise CannotDo(
                f"the storage at {self.address} cannot be used: the environment does not say how "
                f"({type(error).__name__})",
                "set the variables of the vendor's own tools, such as AWS_ACCESS_KEY_ID",
            ) from None


def _parts(address: str) -> tuple[Literal["s3", "gs", "az"], str, str]:
    """Scheme, bucket and prefix.

    Raises:
        Refused: it is no address of a bucket.
    """
    found = _ADDRESS.fullmatch(address)
    if found is not None:
        prefix = (found["prefix"] or "").strip("/")
        for scheme in ("s3", "gs", "az"):
            if scheme == found["scheme"]:
                checked_prefix(f"{prefix}/" if prefix else "")
                return scheme, found["bucket"], prefix
    shown = address.partition("://")[0]
    raise Refused(
        f"{shown}:// followed by that is no address of a storage",
        "write s3://bucket/prefix, gs://bucket/prefix or az://container/prefix; credentials come from the "
        "environment",
    )


def _is_plain() -> bool:
    """Whether the environment itself names an endpoint without TLS, as one on this machine."""
    return any(os.environ.get(name, "").lower().startswith("http://") for name in ENDPOINTS)


def _etag(tag: str | None, version: str | None) -> str:
    """Both marks of a version: Google compares the one, S3 and Azure the other."""
    return f"{version or ''} {tag or ''}"


def _seen(etag: str) -> "UpdateVersion":
    version, _, tag = etag.partition(" ")
    seen: UpdateVersion = {}
    if tag:
        seen["e_tag"] = tag
    if version:
        seen["version"] = version
    return seen

"""A file on its way from another index to a client, kept on the way. Reads from the network.

The last piece is held back until all of the content was compared with the hash that the page gave: a client
never has a whole file that is not the right one, and the store never has it at all.
"""

import contextlib
import hashlib
import tempfile
import time
from collections.abc import Iterable, Iterator
from http import HTTPStatus
from typing import BinaryIO, cast

import httpx

from crucible_pipeline.index import foreign
from crucible_pipeline.index.foreign import UpstreamFailed
from crucible_pipeline.index.page import Link
from crucible_pipeline.index.store import AlreadyExists, Store

MAX_FILE_BYTES = 8 << 30
IN_MEMORY_BYTES = 4 << 20
PIECE = 1 << 18
FILE_SECONDS = 3600.0


class Arrival:
    """Iterate for the bytes, once; close it in any case.

    Args:
        client: asks the other index.
        store: keeps the file.
        link: as the other index lists it, with an absolute address.
        auth: for this address.

    Raises:
        UpstreamFailed: it is not to be had.
    """

    def __init__(self, client: httpx.Client, store: Store, link: Link, auth: httpx.BasicAuth | None) -> None:
        self._store, self._link = store, link
        self._stack = contextlib.ExitStack()
        # The bytes are hashed as they are sent: no compression in between.
        stream = client.stream("GET", link.url, headers={"Accept-Encoding": "identity"}, auth=auth)
        try:
            self._response = self._stack.enter_context(stream)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise UpstreamFailed(f"the upstream does not answer: {type(error).__name__}") from error
        if self._response.status_code != HTTPStatus.OK:
            self.close()
            raise UpstreamFailed(
                f"the upstream answers with status {self._response.status_code} for {link.name}"
            )

    @property
    def size(self) -> int | None:
        """In bytes, as far as the page or the answer tells."""
        told = self._response.headers.get("content-length", "")
        return self._link.size if self._link.size is not None else int(told) if told.isdecimal() else None

    def close(self) -> None:
        """Give back the connection."""
        self._stack.close()

    def __iter__(self) -> Iterator[bytes]:
        digest, held = hashlib.sha256(), b""
        limit = self._link.size if self._link.size is not None else MAX_FILE_BYTES
        spool = self._stack.enter_context(tempfile.SpooledTemporaryFile(IN_MEMORY_BYTES))  # noqa: SIM115  the stack closes it
        try:
            pieces = self._response.iter_raw(PIECE)
            for piece in bounded(pieces, limit, time.monotonic() + FILE_SECONDS):
                digest.update(piece)
                spool.write(piece)
                if held:
                    yield held
                held = piece
        except httpx.HTTPError as error:
            raise UpstreamFailed(f"the upstream broke off: {type(error).__name__}") from error
        if digest.hexdigest() != self._link.sha256:
            raise UpstreamFailed(f"{self._link.name} arrived with another sha256 than its page says")
        spool.seek(0)
        with contextlib.suppress(AlreadyExists):
            self._store.create(foreign.key_of(self._link), cast("BinaryIO", spool))
        if held:
            yield held


def bounded(pieces: Iterable[bytes], limit: int, deadline: float) -> Iterator[bytes]:
    """The pieces, as long as they are not too many and not too late.

    Args:
        pieces: of an answer.
        limit: of all of them, in bytes.
        deadline: by the monotonic clock.

    Raises:
        UpstreamFailed: one of the two.
    """
    received = 0
    for piece in pieces:
        received += len(piece)
        if received > limit:
            raise UpstreamFailed(f"the upstream's answer is larger than {limit} bytes")
        if time.monotonic() > deadline:
            raise UpstreamFailed("the upstream's answer takes too long")
        yield piece

"""What an index lets in, where the names come from that are not its own, and how much of both."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from crucible_pipeline.index.catalog import Gate
from crucible_pipeline.index.difference import Contracts
from crucible_pipeline.index.hot import Hot

MAX_UPLOAD_BYTES = 2 << 30
MAX_UPSTREAM_BYTES = 20 << 30


class Incoming(Protocol):
    """`arrival.Arrival` in form."""

    @property
    def size(self) -> int | None:
        """In bytes."""
        ...

    def close(self) -> None:
        """Give back the connection."""
        ...

    def __iter__(self) -> Iterator[bytes]:
        """The bytes, once."""
        ...


class Source(Protocol):
    """`upstream.Upstream` in form, whose HTTP client is loaded when it is first needed."""

    def page(self, name: str) -> Hot:
        """A project's page."""
        ...

    def arrival(self, name: str, sha256: str, filename: str) -> Incoming:
        """A file on its way."""
        ...

    def metadata(self, name: str, sha256: str, filename: str) -> bytes:
        """A file's core metadata."""
        ...


@dataclass(frozen=True, slots=True)
class Terms:
    """What may enter, where the rest comes from, and how much of both.

    Args:
        gate: asked before a file is published.
        upstream: makes what has the names that are not this index's own, as for `Relay`; None for nothing.
        contracts: what compares the contracts of two releases; None where nothing does.
        proxies: addresses and networks whose `X-Forwarded-For` and `-Proto` are believed.
        max_upload_bytes: of one request.
        max_upstream_bytes: of all files of the upstream that are kept.
    """

    gate: Gate | None = None
    upstream: Callable[[str], Source] | None = None
    contracts: Contracts | None = None
    proxies: tuple[str, ...] = ()
    max_upload_bytes: int = MAX_UPLOAD_BYTES
    max_upstream_bytes: int = MAX_UPSTREAM_BYTES


NO_TERMS = Terms()

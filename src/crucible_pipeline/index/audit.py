"""The audit log: who changed what, when and from where; append-only, in the store, a line for each entry.

An entry carries the hash of the one before it. What several threads tell at once becomes one object, under
the number of its first entry: `Store.create` gives a number to one writer only, so that any number of servers
write one chain, and all who wait share one wait for the disk. An entry is written before the change that it
tells of, so that no change is without one; if the change then fails, a second entry says so. A removed or
altered entry breaks the chain for ever; `index verify` tells where.
"""

import contextlib
import getpass
import hashlib
import json
import socket
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from itertools import chain

from crucible_pipeline.errors import CrucibleError
from crucible_pipeline.index.clock import stamp
from crucible_pipeline.index.seal import Link, Seal, sealed
from crucible_pipeline.index.store import AlreadyExists, NotFound, Store
from crucible_pipeline.index.turns import Turns

PREFIX = "access/audit/"
NOTHING = "0" * 64
READERS = 16
MAX_DETAIL = 500


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something.

    Args:
        who: a token by its id, a publisher, or a user of this machine; never a secret.
        source: the address that a request came from; None for the command line.
    """

    who: str
    source: str | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the log.

    Args:
        number: 1 for the first; no gaps.
        previous: SHA-256 of the entry before, in hexadecimal, of its bytes in the store.
        at: RFC 3339, by the clock of the machine that wrote it; the number says the order.
        action: what was done, as `upload` or `token-created`.
        who: see `Actor`.
        source: likewise.
        project: normalized; None for what concerns no single one.
        details: more, by name.
    """

    number: int
    previous: str
    at: str
    action: str
    who: str
    source: str | None
    project: str | None
    details: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class Break:
    """A place where the log is not whole.

    Args:
        key: of the entry.
        number: of the entry.
        is_missing: else its bytes are not those that the next entry knows.
    """

    key: str
    number: int
    is_missing: bool

    @property
    def what(self) -> str:
        """One sentence."""
        if self.is_missing:
            return "this entry of the audit log was removed"
        return "this entry of the audit log is not the one that was written"


@dataclass(slots=True)
class _Wish:
    """An entry that a thread wants written, and what became of it."""

    actor: Actor
    action: str
    project: str | None
    details: Mapping[str, str]
    entry: Entry | None = None
    error: Exception | None = None

    def written(self, last: Link, at: str) -> Entry:
        """The entry after another one."""
        return Entry(
            last.number + 1,
            last.sha256,
            at,
            self.action,
            self.actor.who,
            self.actor.source,
            self.project,
            self.details,
        )


class Ledger:
    """The log of an index. Calls from any thread are fine.

    Args:
        store: keeps it.
        clock: gives the time, in UTC.
    """

    def __init__(self, store: Store, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._store, self._clock = store, clock
        self._turns = Turns(self._write)
        self._last: Link | None = None
        self._seal = Seal(store)

    def close(self) -> None:
        """Write what is still to be written of it; it may be used again afterwards."""
        self._seal.close()

    def append(self, actor: Actor, action: str, project: str | None = None, **details: str) -> Entry:
        """Write an entry; it is durable when this returns.

        Args:
            actor: who.
            action: what.
            project: normalized, if it concerns one.
            details: more, each cut to 500 characters.

        Raises:
            CannotDo: the store takes none.
        """
        cut = {name: value[:MAX_DETAIL] for name, value in details.items()}
        wish = _Wish(actor, action, project, cut)
        self._turns.take("", wish)
        if wish.entry is None:
            raise wish.error or RuntimeError("nobody wrote the entry")
        if self._last is not None:
            self._seal.reach(self._last)
        return wish.entry

    def _write(self, _: str, wishes: Sequence[_Wish]) -> None:
        """Write what several threads tell, in one object."""
        try:
            last = self._last or self._find()
            while True:
                entries, data, newest = _chained(last, wishes, stamp(self._clock()))
                try:
                    self._store.create(key_of(last.number + 1), data)
                except AlreadyExists:
                    # Another writer has the number; or an object store answered late, and it was this one.
                    stored = self._store.get(key_of(last.number + 1)).data
                    if stored != data:
                        last = _end_of(last.number + 1, stored)
                        continue
                self._last = newest
                for wish, entry in zip(wishes, entries, strict=True):
                    wish.entry = entry
                return
        except Exception as error:  # noqa: BLE001  whatever it is, each of the waiting threads has to hear of it
            for wish in wishes:
                wish.error = error

    @contextlib.contextmanager
    def change(
        self, actor: Actor, action: str, project: str | None = None, **details: str
    ) -> Generator[Entry]:
        """Tell of a change that the block makes, before it; and if it fails, tell that too.

        Raises:
            CannotDo: the store takes no entry; the block does not run then.
        """
        entry = self.append(actor, action, project, **details)
        try:
            yield entry
        except CrucibleError as error:
            with contextlib.suppress(CrucibleError):  # the reason of the failure matters more
                self.append(actor, "failed", project, entry=str(entry.number), why=error.what)
            raise

    def entries(self) -> Iterator[Entry]:
        """All of them that can be read, oldest first."""
        for _, _, data in self._read():
            with contextlib.suppress(ValueError, TypeError, KeyError):
                yield _restore(data)

    def breaks(self) -> tuple[Break, ...]:
        """Where entries were removed or altered, and no repair has told so before."""
        head = sealed(self._store)
        known: dict[int, str] = {}  # number → the hash that its bytes have to have
        seen: dict[int, str] = {}
        keys: dict[int, str] = {}
        told: set[int] = set()
        for key, number, data in self._read():
            seen[number], keys[number] = _hash(data), key
            try:
                entry = _restore(data)
            except (ValueError, TypeError, KeyError):
                continue
            known[number - 1] = entry.previous
            if entry.action == "log-repaired":
                numbers = entry.details.get("entries", "").split(",")
                told |= {int(each) for each in numbers if each.isdecimal()}
        if head is not None and head.number not in known:
            known[head.number] = head.sha256
        last = max(seen | known, default=0)
        return tuple(
            Break(keys.get(number, key_of(number)), number, number not in seen)
            for number in range(1, last + 1)
            if number not in told and (number not in seen or known.get(number, seen[number]) != seen[number])
        )

    def acknowledge(self, actor: Actor) -> tuple[Break, ...]:
        """Tell in the log itself what it has lost, as after a backup was restored; return that.

        The gap stays: entries never come back.
        """
        lost = self.breaks()
        # So few that their numbers fit into one detail.
        for start in range(0, len(lost), 40):
            numbers = ",".join(str(each.number) for each in lost[start : start + 40])
            self.append(actor, "log-repaired", None, entries=numbers)
        return lost

    def _read(self) -> Iterator[tuple[str, int, bytes]]:
        """Each line, with the object that it stands in and its number."""
        firsts = (_number(entry.key) for entry in self._store.list(PREFIX))
        wanted = [first for first in firsts if first is not None]

        def read(first: int) -> list[tuple[str, int, bytes]]:
            key = key_of(first)
            return [(key, first + at, line) for at, line in enumerate(_lines(self._store.get(key).data))]

        if self._store.is_local:
            yield from chain.from_iterable(map(read, wanted))
            return
        with ThreadPoolExecutor(READERS) as pool:
            yield from chain.from_iterable(pool.map(read, wanted))

    def _find(self) -> Link:
        """The newest entry; where the sealed one is newer, others were removed, and the gap stays a gap."""
        head = sealed(self._store)
        try:
            self._store.tag(key_of(1))
        except NotFound:
            # A bucket that some storages make with the first object cannot be listed before.
            if head is None:
                return Link(0, NOTHING)
        numbers = (_number(entry.key) for entry in self._store.list(PREFIX))
        first = max((number for number in numbers if number is not None), default=0)
        newest = _end_of(first, self._store.get(key_of(first)).data) if first else Link(0, NOTHING)
        return head if head is not None and head.number > newest.number else newest


def this_user() -> Actor:
    """Whoever runs this process, as the machine knows them."""
    try:
        user = getpass.getuser()
    except (OSError, KeyError):  # a container whose user has no name
        user = "unknown"
    return Actor(f"{user}@{socket.gethostname()}")


def key_of(number: int) -> str:
    """Where an entry is kept, and those told at once with it; sorted as text is sorted by number."""
    return f"{PREFIX}{number:012d}.json"


def _number(key: str) -> int | None:
    text = key.removeprefix(PREFIX).removesuffix(".json")
    return int(text) if text.isdecimal() and key == key_of(int(text)) else None


def _chained(last: Link, wishes: Sequence[_Wish], at: str) -> tuple[list[Entry], bytes, Link]:
    """What is to be written after an entry: entries, their lines, and how the next one knows the last."""
    entries: list[Entry] = []
    lines: list[bytes] = []
    for wish in wishes:
        entries.append(wish.written(last, at))
        lines.append(_dump(entries[-1]))
        last = Link(last.number + 1, _hash(lines[-1]))
    return entries, b"".join(lines), last


def _lines(data: bytes) -> list[bytes]:
    return data.splitlines(keepends=True) or [b""]


def _end_of(first: int, data: bytes) -> Link:
    """The last entry of an object."""
    lines = _lines(data)
    return Link(first + len(lines) - 1, _hash(lines[-1]))


def _dump(entry: Entry) -> bytes:
    return (json.dumps({"format": 1, **asdict(entry)}, ensure_ascii=False) + "\n").encode()


def _restore(data: bytes) -> Entry:
    row = json.loads(data)
    if row.pop("format") != 1:
        raise ValueError("an entry of another format")
    return Entry(**row)


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()

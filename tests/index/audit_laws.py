"""What the audit log does on every kind of store: one function for each law."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime

from crucible_pipeline.index.audit import NOTHING, PREFIX, Actor, Entry, Ledger, key_of
from crucible_pipeline.index.store import Store

Law = Callable[[Store], None]
SOMEBODY = Actor("token 1a2b3c4d", "10.0.0.1")


def entries_come_back_as_they_were_written_and_know_the_one_before(store: Store) -> None:
    moment = datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)
    ledger = Ledger(store, lambda: moment)
    first = ledger.append(SOMEBODY, "upload", "demo", file="demo-1.0.tar.gz", version="1.0")
    second = Ledger(store).append(Actor("someone@host"), "token-created", token="ab")
    assert first == Entry(
        1, NOTHING, "2024-05-06T07:08:09Z", "upload", SOMEBODY.who, SOMEBODY.source, "demo",
        {"file": "demo-1.0.tar.gz", "version": "1.0"},
    )  # fmt: skip
    assert second.number == 2
    assert list(Ledger(store).entries()) == [first, second]
    assert Ledger(store).breaks() == ()


def several_servers_write_one_chain_without_a_gap(store: Store) -> None:
    writers, each = 4, 10
    errors: list[BaseException] = []

    def write(number: int) -> None:
        ledger = Ledger(store)
        try:
            for count in range(each):
                ledger.append(SOMEBODY, "upload", "demo", file=f"{number}-{count}")
        except BaseException as error:  # noqa: BLE001  a thread's failure has to reach the test
            errors.append(error)
        ledger.close()

    threads = [threading.Thread(target=write, args=(number,)) for number in range(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    entries = list(Ledger(store).entries())
    assert [entry.number for entry in entries] == list(range(1, writers * each + 1))
    wanted = {f"{number}-{count}" for number in range(writers) for count in range(each)}
    assert {entry.details["file"] for entry in entries} == wanted
    assert Ledger(store).breaks() == ()


def every_removed_entry_is_found_also_the_first_and_the_last(store: Store) -> None:
    for number in (1, 2, 3):
        ledger = Ledger(store)
        for count in range(3):
            ledger.append(SOMEBODY, "upload", str(count))
        ledger.close()
        store.delete(key_of(number))
        assert [(each.number, each.is_missing) for each in Ledger(store).breaks()] == [(number, True)]
        # Entries that come later do not fill the gap.
        Ledger(store).append(SOMEBODY, "upload")
        assert [each.number for each in Ledger(store).breaks()] == [number]
        for entry in list(store.list("access/")):
            store.delete(entry.key)


def all_entries_gone_is_found(store: Store) -> None:
    ledger = Ledger(store)
    for _ in range(3):
        ledger.append(SOMEBODY, "upload")
    ledger.close()
    for entry in list(store.list(PREFIX)):
        store.delete(entry.key)
    assert [each.number for each in Ledger(store).breaks()] == [1, 2, 3]


LAWS: tuple[Law, ...] = (
    entries_come_back_as_they_were_written_and_know_the_one_before,
    several_servers_write_one_chain_without_a_gap,
    every_removed_entry_is_found_also_the_first_and_the_last,
    all_entries_gone_is_found,
)

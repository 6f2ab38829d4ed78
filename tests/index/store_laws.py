"""What every store must do, whatever it keeps its blobs in: one function for each law."""

import io
import threading
import time
from collections.abc import Callable

import pytest

from crucible_pipeline.index.store import AlreadyExists, Conflict, InvalidKey, NotFound, Store

Law = Callable[[Store], None]

NO_KEYS = (
    "", "/", "/etc/passwd", "../up", "a/../b", "a//b", "a/", "./a", ".hidden", "a/.hidden", "a\\b", "a\0b",
    "a b", "a\nb", "ä", "a" * 300, "/".join(["a" * 200] * 6), "C:/a", "~a",
)  # fmt: skip


def what_was_created_is_read_back(store: Store) -> None:
    store.create("files/ab/one.whl", b"content")
    assert store.get("files/ab/one.whl").data == b"content"
    with store.open("files/ab/one.whl") as file:
        file.seek(3)
        assert file.read() == b"tent"


def a_stream_is_stored_from_where_it_stands(store: Store) -> None:
    stream = io.BytesIO(b"0123456789" * 300_000)
    stream.seek(10)
    store.create("a", stream)
    assert store.get("a").data == b"0123456789" * 299_999


def an_empty_blob_is_a_blob(store: Store) -> None:
    store.create("a", b"")
    assert store.get("a").data == b""


def what_exists_is_never_created_again(store: Store) -> None:
    store.create("a", b"first")
    with pytest.raises(AlreadyExists):
        store.create("a", b"second")
    with pytest.raises(AlreadyExists):
        store.create("a", b"first")
    assert store.get("a").data == b"first"


def what_is_missing_is_not_found(store: Store) -> None:
    store.create("folder/a", b"")
    for key in ("b", "folder", "folder/b", "folder/a/b"):
        for ask in (store.get, store.tag, store.open, store.path, store.delete):
            with pytest.raises(NotFound):
                ask(key)


def a_swap_needs_the_etag_that_is_there(store: Store) -> None:
    with pytest.raises(Conflict):
        store.swap("a", b"0", "never-seen")
    first = store.swap("a", b"1", None)
    with pytest.raises(Conflict):
        store.swap("a", b"2", None)
    assert store.get("a").etag == store.tag("a") == first
    second = store.swap("a", b"2", first)
    with pytest.raises(Conflict):
        store.swap("a", b"3", first)
    assert second != first
    assert store.get("a").data == b"2"


def a_swap_of_other_content_changes_the_etag(store: Store) -> None:
    etags = [store.swap("a", b"0", None)]
    for number in range(1, 50):
        etags.append(store.swap("a", str(number).encode(), etags[-1]))
    assert len(set(etags)) == len(etags)


def a_listing_tells_when_something_was_stored(store: Store) -> None:
    store.create("a", b"")
    (entry,) = store.list("")
    # By the storage's own clock, which may keep whole seconds.
    assert abs(time.time() - entry.modified) < 5


def a_created_blob_can_be_swapped_with_its_etag(store: Store) -> None:
    store.create("a", b"1")
    store.swap("a", b"2", store.tag("a"))
    assert store.get("a").data == b"2"


def a_deleted_blob_is_gone_and_its_key_free(store: Store) -> None:
    etag = store.swap("a", b"1", None)
    store.delete("a")
    with pytest.raises(NotFound):
        store.get("a")
    with pytest.raises(Conflict):
        store.swap("a", b"2", etag)
    store.create("a", b"3")
    assert store.get("a").data == b"3"


def a_listing_is_sorted_and_holds_what_is_below_the_prefix(store: Store) -> None:
    for key in ("b/2", "a/10", "a/b/c", "a/9", "ab/1", "c"):
        store.create(key, key.encode())
    assert [entry.key for entry in store.list("a/")] == ["a/10", "a/9", "a/b/c"]
    assert [entry.key for entry in store.list("")] == ["a/10", "a/9", "a/b/c", "ab/1", "b/2", "c"]
    assert [entry.size for entry in store.list("b/")] == [3]
    assert list(store.list("none/")) == []


def no_key_leads_out_of_the_store(store: Store) -> None:
    for key in NO_KEYS:
        for ask in (store.get, store.tag, store.open, store.path, store.delete):
            with pytest.raises(InvalidKey):
                ask(key)
        with pytest.raises(InvalidKey):
            store.create(key, b"")
        with pytest.raises(InvalidKey):
            store.swap(key, b"", None)
    for prefix in ("a", "../", "/", "a//", ".lock/"):
        with pytest.raises(InvalidKey):
            list(store.list(prefix))
    assert list(store.list("")) == []


def a_path_holds_the_content(store: Store) -> None:
    store.create("a/b", b"content")
    path = store.path("a/b")
    assert path is None or path.read_bytes() == b"content"


def no_increment_of_concurrent_writers_is_lost(store: Store) -> None:
    writers, each = 8, 25
    errors: list[BaseException] = []

    def count() -> None:
        try:
            for _ in range(each):
                increment(store, "counter")
        except BaseException as error:  # noqa: BLE001  a thread's failure has to reach the test
            errors.append(error)

    threads = [threading.Thread(target=count) for _ in range(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    assert store.get("counter").data == str(writers * each).encode()


def one_of_many_creators_wins_and_its_content_stays(store: Store) -> None:
    won: list[bytes] = []
    start = threading.Barrier(8)

    def create(content: bytes) -> None:
        start.wait()
        try:
            store.create("a", content)
        except AlreadyExists:
            return
        won.append(content)

    threads = [threading.Thread(target=create, args=(bytes([number]) * 100_000,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [store.get("a").data] == won


def increment(store: Store, key: str) -> None:
    """Add one to a number by compare-and-swap."""
    while True:
        try:
            blob = store.get(key)
            number, etag = int(blob.data), blob.etag
        except NotFound:
            number, etag = 0, None
        try:
            store.swap(key, str(number + 1).encode(), etag)
        except Conflict:
            continue
        return


LAWS: tuple[Law, ...] = (
    what_was_created_is_read_back,
    a_stream_is_stored_from_where_it_stands,
    an_empty_blob_is_a_blob,
    what_exists_is_never_created_again,
    what_is_missing_is_not_found,
    a_swap_needs_the_etag_that_is_there,
    a_swap_of_other_content_changes_the_etag,
    a_listing_tells_when_something_was_stored,
    a_created_blob_can_be_swapped_with_its_etag,
    a_deleted_blob_is_gone_and_its_key_free,
    a_listing_is_sorted_and_holds_what_is_below_the_prefix,
    no_key_leads_out_of_the_store,
    a_path_holds_the_content,
    no_increment_of_concurrent_writers_is_lost,
    one_of_many_creators_wins_and_its_content_stays,
)

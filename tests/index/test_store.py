import multiprocessing
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crucible_pipeline.errors import CannotDo, Refused
from crucible_pipeline.index.directory import DirectoryStore
from crucible_pipeline.index.memory import MemoryStore
from crucible_pipeline.index.store import Store
from index.store_laws import LAWS, Law, increment

STORES: dict[str, Callable[[Path], Store]] = {
    "memory": lambda _: MemoryStore(),
    "folder": lambda folder: DirectoryStore(folder / "index"),
}


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
@pytest.mark.parametrize("kind", STORES)
def test_every_store_keeps_every_law(kind: str, law: Law, tmp_path: Path) -> None:
    law(STORES[kind](tmp_path))


KEYS = st.sampled_from(["a", "b", "f/a", "f/b"])
STEPS = st.tuples(
    st.sampled_from(["create", "swap-new", "swap-seen", "delete", "get", "list"]), KEYS, st.binary(max_size=3)
)


def outcome(store: Store, seen: dict[str, str], step: tuple[str, str, bytes]) -> object:
    """What a step gives, in words that do not depend on the store's etags."""
    what, key, data = step
    try:
        if what == "create":
            store.create(key, data)
        elif what == "swap-new":
            seen[key] = store.swap(key, data, None)
        elif what == "swap-seen":
            seen[key] = store.swap(key, data, seen.get(key))
        elif what == "delete":
            store.delete(key)
        elif what == "get":
            blob = store.get(key)
            seen[key] = blob.etag
            return blob.data
        else:
            return [(entry.key, entry.size) for entry in store.list("")]
    except Refused as error:
        return type(error).__name__
    return "done"


@settings(max_examples=25, deadline=None)
@given(steps=st.lists(STEPS, max_size=25))
def test_a_folder_answers_every_story_as_memory_does(
    steps: list[tuple[str, str, bytes]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    memory, folder = MemoryStore(), DirectoryStore(tmp_path_factory.mktemp("store"))
    seen: tuple[dict[str, str], dict[str, str]] = ({}, {})
    for step in steps:
        assert outcome(memory, seen[0], step) == outcome(folder, seen[1], step)


def count_in(folder: Path, times: int) -> None:
    for _ in range(times):
        increment(DirectoryStore(folder), "counter")


def test_processes_sharing_a_folder_lose_no_increment(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=count_in, args=(tmp_path, 30)) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(30)
    assert [worker.exitcode for worker in workers] == [0, 0, 0]
    assert DirectoryStore(tmp_path).get("counter").data == b"90"


class Interrupted(Exception):
    pass


def test_a_write_that_breaks_off_leaves_nothing_under_the_name(tmp_path: Path) -> None:
    class Broken:
        def __init__(self) -> None:
            self.pieces = [b"half"]

        def read(self, _: int = -1) -> bytes:
            if not self.pieces:
                raise Interrupted
            return self.pieces.pop()

    store = DirectoryStore(tmp_path)
    with pytest.raises(Interrupted):
        store.create("a/b", Broken())  # type: ignore[arg-type]
    assert list(store.list("")) == []
    assert list((tmp_path / ".tmp").iterdir()) == []
    store.create("a/b", b"whole")
    assert store.get("a/b").data == b"whole"


def test_tokens_are_readable_by_their_owner_alone(tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path)
    store.swap("access/tokens.json", b"{}", None)
    store.create("files/a", b"")
    assert (tmp_path / "access/tokens.json").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "files/a").stat().st_mode & 0o777 == 0o644


def test_a_folder_that_cannot_be_written_is_named_as_the_reason(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CannotDo, match="cannot write"):
        DirectoryStore(tmp_path / "file").create("a", b"")

"""The audit log: every change has its entry, and an entry that is gone or altered is found."""

import io
import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crucible_pipeline.cli.app import main
from crucible_pipeline.errors import CannotDo
from crucible_pipeline.index import recorded, seal, upload
from crucible_pipeline.index.access import Access
from crucible_pipeline.index.audit import PREFIX, Entry, Ledger, key_of
from crucible_pipeline.index.catalog import Catalog
from crucible_pipeline.index.directory import DirectoryStore
from crucible_pipeline.index.memory import MemoryStore
from crucible_pipeline.index.server import Running, running
from crucible_pipeline.index.store import NoSpace, NotFound, Store
from crucible_pipeline.index.verify import survey
from index.audit_laws import LAWS, SOMEBODY, Law
from index.distributions import fetch, fields, post, sdist, wheel


def actions(store: Store) -> list[str]:
    return [entry.action for entry in Ledger(store).entries()]


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
@pytest.mark.parametrize("kind", ["memory", "folder"])
def test_the_log_keeps_every_law_on_every_store(kind: str, law: Law, tmp_path: Path) -> None:
    law(MemoryStore() if kind == "memory" else DirectoryStore(tmp_path / "index"))


@settings(max_examples=30)
@given(st.data())
def test_any_damage_to_an_entry_is_found_where_it_is(data: st.DataObject) -> None:
    store = MemoryStore()
    ledger = Ledger(store)
    count = data.draw(st.integers(1, 6))
    for number in range(count):
        ledger.append(SOMEBODY, "upload", details=str(number))
    ledger.close()
    number = data.draw(st.integers(1, count))
    blob = store.get(key_of(number))
    kind = data.draw(st.sampled_from(["alter", "cut", "swap"]))
    place = data.draw(st.integers(0, len(blob.data) - 1))
    other = blob.data[:place] + bytes([blob.data[place] ^ 1]) + blob.data[place + 1 :]
    store.swap(key_of(number), {"alter": other, "cut": blob.data[:place], "swap": b"{}"}[kind], blob.etag)
    # An altered link also accuses the entry before it, which cannot be told from the true culprit.
    assert number in {each.number for each in Ledger(store).breaks()}
    assert {each.number for each in Ledger(store).breaks()} <= {number - 1, number}


def regrouped(store: Store, starts: set[int]) -> MemoryStore:
    """The same log, where only certain numbers begin an object."""
    other, objects = MemoryStore(), dict[int, bytes]()
    for at, entry in enumerate(store.list(PREFIX), 1):
        first = at if at in starts or at == 1 else max(objects)
        objects[first] = objects.get(first, b"") + store.get(entry.key).data
    for first, data in objects.items():
        other.create(key_of(first), data)
    other.create(seal.KEY, store.get(seal.KEY).data)
    return other


@settings(max_examples=30)
@given(st.integers(1, 9), st.sets(st.integers(1, 9)), st.data())
def test_entries_told_at_once_are_one_chain_with_the_others(
    count: int, starts: set[int], data: st.DataObject
) -> None:
    single = MemoryStore()
    ledger = Ledger(single)
    for number in range(count):
        ledger.append(SOMEBODY, "upload", reason=f"line\n{number}\u2028\x85\r")
    ledger.close()
    store = regrouped(single, starts)
    assert list(Ledger(store).entries()) == list(Ledger(single).entries())
    assert Ledger(store).breaks() == ()
    assert Ledger(store).append(SOMEBODY, "upload") == Ledger(single).append(SOMEBODY, "upload")
    assert Ledger(store).breaks() == ()
    key = data.draw(st.sampled_from([entry.key for entry in store.list(PREFIX)]))
    blob = store.get(key)
    place, bit = data.draw(st.integers(0, len(blob.data) - 1)), data.draw(st.integers(0, 7))
    damaged = bytearray(blob.data)
    damaged[place] ^= 1 << bit
    store.swap(key, data.draw(st.sampled_from([bytes(damaged), blob.data[:place]])), blob.etag)
    # The link to the entry before may be what was altered, and the end what was cut off.
    first = int(key.removeprefix(PREFIX).removesuffix(".json"))
    last = first + blob.data.count(b"\n") - 1
    assert first - 1 <= min(each.number for each in Ledger(store).breaks()) <= last


class Slow(MemoryStore):
    """Takes its time, so that threads meet."""

    def create(self, key: str, data: Any) -> None:
        time.sleep(0.05)
        super().create(key, data)


def test_threads_that_tell_at_once_share_the_wait_for_the_storage() -> None:
    store = Slow()
    ledger = Ledger(store)

    def tell(number: int) -> Entry:
        return ledger.append(SOMEBODY, "upload", n=str(number))

    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(tell, range(40)))
    ledger.close()
    assert sorted(entry.number for entry in told) == list(range(1, 41))
    assert [entry.details["n"] for entry in told] == [str(number) for number in range(40)]
    assert sorted(Ledger(store).entries(), key=lambda entry: entry.number) == sorted(
        told, key=lambda entry: entry.number
    )
    assert Ledger(store).breaks() == ()
    assert len(list(store.list(PREFIX))) < len(told)


def test_verify_tells_a_broken_log_and_a_repair_writes_the_loss_into_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = DirectoryStore(tmp_path)
    ledger = Ledger(store)
    for _ in range(4):
        ledger.append(SOMEBODY, "upload")
    ledger.close()
    store.delete(key_of(2))
    assert main(["index", "verify", "--data", str(tmp_path)]) == 1
    assert f"missing: {key_of(2)}: this entry of the audit log was removed" in capsys.readouterr().out
    assert main(["index", "verify", "--repair", "--data", str(tmp_path)]) == 0
    told = list(Ledger(store).entries())[-1]
    assert (told.action, told.details) == ("log-repaired", {"entries": "2"})
    store.delete(key_of(3))
    assert [each.number for each in Ledger(store).breaks()] == [3]


class Sandbox:
    """An index in a folder, changed by commands."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self.capsys = folder, capsys

    def __call__(self, *words: str) -> str:
        assert main(["index", *words, "--data", str(self.folder)]) == 0
        return self.capsys.readouterr().out

    def log(self, *options: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(self("audit", "--format", "json", *options))
        return found


@pytest.fixture
def sandbox(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Sandbox:
    store = DirectoryStore(tmp_path / "index")
    valid = upload.read(fields(wheel()), wheel().filename, io.BytesIO(wheel().content))
    recorded.publish(Catalog(store), valid, None, Ledger(store), SOMEBODY)
    return Sandbox(tmp_path / "index", capsys)


# A change by a command → the entry that it leaves.
CHANGES: list[tuple[tuple[str, ...], str, str | None, dict[str, str]]] = [
    (("yank", "Demo_Pkg", "1.0", "--reason", "no"), "yank", "demo-pkg", {"version": "1.0", "reason": "no"}),
    (("unyank", "demo-pkg", "1.0"), "unyank", "demo-pkg", {"version": "1.0"}),
    (("status", "demo-pkg", "archived", "--reason", "done"), "status", "demo-pkg", {"status": "archived"}),
    (("reserve", "acme-"), "reserved", None, {"prefix": "acme-"}),
    (("token", "create", "--project", "x"), "token-created", None, {"projects": "x", "actions": "upload"}),
    (("verify", "--repair"), "repair", None, {}),
    (("publisher", "audience", "here"), "audience-set", None, {"audience": "here"}),
    (
        ("publisher", "add", "x", "--gitlab", "acme/x"),
        "publisher-added", "x", {"issuer": "https://gitlab.com"},
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("words", "action", "project", "details"), CHANGES, ids=lambda value: str(value)[:40]
)
def test_a_change_by_a_command_is_in_the_log(
    sandbox: Sandbox, words: tuple[str, ...], action: str, project: str | None, details: dict[str, str]
) -> None:
    sandbox(*words)
    entry = sandbox.log()[-1]
    assert (entry["action"], entry["project"], entry["from"]) == (action, project, None)
    assert details.items() <= entry["details"].items()
    assert "@" in entry["who"]


def test_removing_is_in_the_log_as_well(sandbox: Sandbox) -> None:
    made = json.loads(sandbox("publisher", "add", "x", "--gitlab", "acme/x", "--format", "json"))
    sandbox("publisher", "remove", made["id"])
    secret = sandbox("token", "create", "--project", "x", "--days", "1")
    token = json.loads(sandbox("token", "list", "--format", "json"))[-1]["id"]
    sandbox("token", "revoke", token)
    told = [entry["action"] for entry in sandbox.log()]
    assert told[-4:] == ["publisher-added", "publisher-removed", "token-created", "token-revoked"]
    assert secret.strip() not in json.dumps(sandbox.log())


def test_pruning_and_taking_over_are_in_the_log(sandbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "from").mkdir()
    for number in range(4):
        dist = wheel("early", f"0.1.dev{number}")
        (tmp_path / "from" / dist.filename).write_bytes(dist.content)
    sandbox("import", str(tmp_path / "from"))
    sandbox("prune", "early", "--dev-older-than", "0", "--keep", "3")
    sandbox("prune", "early", "--dev-older-than", "0", "--keep", "3", "--apply")
    log = sandbox.log("--project", "early")
    assert [entry["action"] for entry in log] == ["import"] * 4 + ["prune"]
    assert log[-1]["details"] == {"versions": "0.1.dev0"}
    assert all(len(entry["details"]["sha256"]) == 64 for entry in log[:4])


def test_uploads_are_told_with_token_address_and_hash_and_once(index: Running) -> None:
    for dist in (wheel(), sdist(), wheel()):
        assert post(index, dist).status_code == 200
    refused = [post(index, wheel(body=b"other")), post(index, wheel("evil"), "wrong")]
    assert [answer.status_code for answer in refused] == [409, 401]
    entries = [entry for entry in Ledger(index.catalog.store).entries() if entry.action == "upload"]
    assert [entry.details["file"] for entry in entries] == [wheel().filename, sdist().filename]
    (token,) = Access(index.catalog.store).tokens()
    assert {(entry.who, entry.source) for entry in entries} == {(f"token {token.id}", "127.0.0.1")}
    files = {file.name: file.sha256 for file in index.catalog.project("demo-pkg").files}
    assert {entry.details["file"]: entry.details["sha256"] for entry in entries} == files


def test_what_the_gate_refuses_is_no_change(index: Running) -> None:
    with running(gate=lambda _: "not today") as strict:
        assert post(strict, wheel()).status_code == 400
        assert "upload" not in actions(strict.catalog.store)


def test_yanking_on_the_page_is_told(index: Running) -> None:
    post(index, wheel())
    path = f"{index.url}project/demo-pkg/1.0/yank"
    for do in ("yank", "unyank"):
        form = {"do": do, "reason": "no good"}
        answer = httpx.post(path, data=form, auth=("__token__", index.token), trust_env=False)
        assert answer.status_code == 303
    assert actions(index.catalog.store)[-2:] == ["yank", "unyank"]


def test_refused_credentials_are_counted_and_not_told_one_by_one(index: Running) -> None:
    for _ in range(50):
        assert post(index, wheel(), "wrong").status_code == 401
    told = [entry for entry in Ledger(index.catalog.store).entries() if entry.action == "refused"]
    assert len(told) <= 1
    assert all(entry.details["sources"] == "127.0.0.1" for entry in told)


class Full(MemoryStore):
    """A fault: the storage takes no more entries of the log, or nothing but them."""

    def __init__(self, refuses: Callable[[str], bool]) -> None:
        super().__init__()
        self.refuses = refuses

    def create(self, key: str, data: Any) -> None:
        if self.refuses(key):
            raise NoSpace("the index has no room to write")
        super().create(key, data)


def test_without_an_entry_there_is_no_change() -> None:
    store = Full(lambda key: key.startswith(PREFIX))
    with pytest.raises(NoSpace):
        Access(store).create(("*",))
    assert Access(store).tokens() == ()


def test_a_change_that_fails_is_told_to_have_failed() -> None:
    store = MemoryStore()
    with pytest.raises(NotFound), Ledger(store).change(SOMEBODY, "yank", "demo", version="1.0"):
        Catalog(store).set_status("demo", Catalog(store).project("demo").status)
    told = list(Ledger(store).entries())
    assert [entry.action for entry in told] == ["yank", "failed"]
    assert told[1].details["entry"] == "1"


def test_an_upload_whose_content_cannot_be_stored_is_told_to_have_failed() -> None:

    store = Full(lambda key: key.startswith("files/"))
    valid = upload.read(fields(wheel()), wheel().filename, io.BytesIO(wheel().content))
    with pytest.raises(CannotDo):
        recorded.publish(Catalog(store), valid, None, Ledger(store), SOMEBODY)
    assert actions(store) == ["upload", "failed"]


def test_the_log_is_shown_by_project_and_time_without_control_characters(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = DirectoryStore(tmp_path)
    moment = [datetime(2024, 1, 1, tzinfo=UTC)]
    ledger = Ledger(store, lambda: moment[0])
    for project in ("demo", "other", "demo"):
        ledger.append(SOMEBODY, "yank", project, reason="\x1b[2J\r\nforged line")
        moment[0] += timedelta(days=1)
    show = ["index", "audit", "--data", str(tmp_path)]
    assert main([*show, "--project", "Demo", "--since", "2024-01-02"]) == 0
    out = capsys.readouterr().out
    assert out.count("\n") == 1
    assert out.startswith("2024-01-03T00:00:00Z  yank  demo  by token 1a2b3c4d from 10.0.0.1")
    assert out.strip().isprintable()
    assert main([*show, "--since", "yesterday"]) == 1


def test_nobody_reads_the_log_over_http_nor_another_user_of_the_machine(folder_index: Running) -> None:
    post(folder_index, wheel())
    for path in (key_of(1), seal.KEY, f"files/../{key_of(1)}", f"files/aa/..%2f..%2f{key_of(1)}"):
        assert fetch(folder_index, path).status_code == 404
    store = folder_index.catalog.store
    kept = store.path(key_of(1))
    assert kept is not None
    assert kept.stat().st_mode & 0o077 == 0


def test_a_sound_index_has_a_sound_log(index: Running) -> None:
    post(index, wheel())
    assert survey(index.catalog).findings == ()


def test_a_broken_seal_neither_hides_nor_stops_the_log() -> None:
    store = MemoryStore()
    Ledger(store).append(SOMEBODY, "upload")
    for broken in (b"", b"[]", b"{}", b'{"number": "x"}'):
        store.swap(seal.KEY, broken, store.tag(seal.KEY))
        ledger = Ledger(store)
        ledger.append(SOMEBODY, "upload")
        ledger.close()
    assert [entry.number for entry in Ledger(store).entries()] == [1, 2, 3, 4, 5]
    assert Ledger(store).breaks() == ()

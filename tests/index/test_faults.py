"""A fault below an index loses nothing acknowledged and lists nothing corrupt; the same upload works then."""

import errno
import os
import random
import resource
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from crucible_pipeline.index.access import Access
from crucible_pipeline.index.catalog import Catalog
from crucible_pipeline.index.directory import DirectoryStore
from crucible_pipeline.index.memory import MemoryStore
from crucible_pipeline.index.repair import repair
from crucible_pipeline.index.store import NoSpace, Unavailable
from crucible_pipeline.index.verify import survey
from index.distributions import Dist, fetch, noise, post, published, wheel
from index.test_server import served


def die_at(step: int) -> None:
    """End this process, as kill -9 does, before its step-th flush to the disk or rename."""
    left = [step]

    def counted(act: Callable[..., Any]) -> Callable[..., Any]:
        def counting(*arguments: Any) -> Any:
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            left[0] -= 1
            return act(*arguments)

        return counting

    os.fsync = counted(os.fsync)
    Path.replace = counted(Path.replace)  # type: ignore[method-assign]


def in_child(run: Callable[[], None]) -> int:
    """Run in a fork of this process, and say how it ended: 0, or minus the signal's number."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            run()
            code = 0
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def publish_and_die(root: Path, step: int, dist: Dist) -> int:
    def run() -> None:
        die_at(step)
        published(Catalog(DirectoryStore(root)), dist)

    return in_child(run)


@pytest.mark.parametrize("earlier", [(), (wheel(),)], ids=["first release", "second release"])
def test_a_kill_at_every_step_of_publishing_leaves_a_sound_index(
    earlier: tuple[Dist, ...], tmp_path: Path
) -> None:
    ended: list[int] = []
    while 0 not in ended:
        step = len(ended)
        catalog = Catalog(DirectoryStore(tmp_path / str(step)))
        for dist in earlier:
            published(catalog, dist)
        dist = wheel(version="1.1")
        ended.append(publish_and_die(tmp_path / str(step), step, dist))
        assert {finding.kind for finding in survey(catalog).findings} <= {"orphan", "stale"}, step
        published(catalog, dist)
        assert survey(catalog).findings == (), step
        assert catalog.project("demo-pkg").files[-1].name == dist.filename
    # Each step was the last: content, metadata, the document and its rendering, flushed and renamed.
    assert ended == [-signal.SIGKILL] * (len(ended) - 1) + [0]
    assert len(ended) > 10


@pytest.mark.slow
def test_a_hundred_kills_at_random_lose_nothing(tmp_path: Path) -> None:
    data = tmp_path / "index"
    _, token = Access(DirectoryStore(data)).create(("*",))
    dice = random.Random(5)  # noqa: S311  when to kill, no secret
    acknowledged: list[str] = []
    catalog = Catalog(DirectoryStore(data))
    for number in range(100):
        dists = [wheel(f"pkg-{each}", f"1.{number}", body=noise(dice, 20_000)) for each in range(3)]
        with served(data, token) as (process, index):
            killer = subprocess.Popen(["sleep", str(dice.uniform(0, 0.06))])
            for dist in dists:
                if killer.poll() is not None:
                    break
                acknowledged += [dist.filename] if post(index, dist).status_code == 200 else []
            killer.wait()
            process.kill()
            process.wait()
        assert {finding.kind for finding in survey(catalog).findings} <= {"orphan", "stale"}
        for dist in dists:
            published(catalog, dist)
    repair(catalog)
    listed = {file.name for name in catalog.projects() for file in catalog.project(name).files}
    assert set(acknowledged) <= listed
    assert (len(listed), survey(catalog).findings) == (300, ())


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system with half a megabyte of room."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", str(folder)], check=False, capture_output=True
    )
    if mounted.returncode != 0:
        pytest.skip("only root may mount")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_full_disk_is_answered_with_507_and_lists_nothing_half(small_disk: Path) -> None:
    data = small_disk / "index"
    _, token = Access(DirectoryStore(data)).create(("*",))
    dice = random.Random(3)  # noqa: S311  content that does not compress, no secret
    dists = [wheel(version=f"1.{number}", body=noise(dice, 90_000)) for number in range(12)]
    with served(data, token) as (_, index):
        answers = [post(index, dist) for dist in dists]
        statuses = [answer.status_code for answer in answers]
        assert set(statuses) == {200, 507}
        assert "no room" in answers[statuses.index(507)].text
        found = survey(index.catalog)
        assert (found.files, [each for each in found.findings if each.is_fault]) == (statuses.count(200), [])
        subprocess.run(["mount", "-o", "remount,size=8m", str(small_disk)], check=True)
        assert {post(index, dist).status_code for dist in dists} == {200}
        assert survey(index.catalog).findings == ()


def test_a_full_folder_for_temporary_files_is_answered_with_507_and_leaves_the_index_as_it_was(
    small_disk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = tmp_path / "index"
    _, token = Access(DirectoryStore(data)).create(("*",))
    monkeypatch.setenv("TMPDIR", str(small_disk))
    large = wheel(version="1.1", body=noise(random.Random(4), 3_000_000))  # noqa: S311  no secret
    with served(data, token) as (_, index):
        assert post(index, wheel()).status_code == 200
        refused = post(index, large)
        assert (refused.status_code, "no room for what is on its way" in refused.text) == (507, True)
        assert post(index, wheel(version="1.2")).status_code == 200
        subprocess.run(["mount", "-o", "remount,size=16m", str(small_disk)], check=True)
        assert post(index, large).status_code == 200
    assert survey(Catalog(DirectoryStore(data))).findings == ()


def test_a_file_size_limit_of_the_system_counts_as_no_room(tmp_path: Path) -> None:
    def run() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))
        try:
            DirectoryStore(tmp_path).create("files/a", b"x" * 100_000)
        except NoSpace:
            return
        raise AssertionError

    assert in_child(run) == 0
    assert list(DirectoryStore(tmp_path).list("")) == []
    assert list((tmp_path / ".tmp").iterdir()) == []


def test_a_store_that_may_only_be_read_is_served_and_refuses_uploads_with_503(tmp_path: Path) -> None:
    data = tmp_path / "index"
    _, token = Access(DirectoryStore(data)).create(("*",))
    published(Catalog(DirectoryStore(data)), wheel())
    bound = subprocess.run(["mount", "--bind", str(data), str(data)], check=False, capture_output=True)
    if bound.returncode != 0:
        pytest.skip("only root may mount")
    try:
        subprocess.run(["mount", "-o", "remount,ro,bind", str(data)], check=True)
        with served(data, token) as (_, index):
            refused = post(index, wheel(version="1.1"))
            again = post(index, wheel())
            assert fetch(index, "simple/demo-pkg/").status_code == 200
        assert (refused.status_code, again.status_code) == (503, 200)
        assert "cannot write" in refused.text
        with pytest.raises(Unavailable, match=os.strerror(errno.EROFS)):
            DirectoryStore(data).create("files/a", b"")
    finally:
        subprocess.run(["umount", "-l", str(data)], check=True)
    assert survey(Catalog(DirectoryStore(data))).findings == ()


def test_a_clock_that_is_set_back_loses_nothing_and_hides_no_change() -> None:
    now = [datetime(2025, 1, 2, tzinfo=UTC)]
    catalog = Catalog(MemoryStore(), clock=lambda: now[0])
    serials: list[int] = []
    for number in range(4):
        published(catalog, wheel(version=f"1.{number}"))
        serials.append(catalog.project("demo-pkg").serial)
        now[0] -= timedelta(days=400)
    assert serials == sorted(set(serials))
    assert len(catalog.project("demo-pkg").files) == 4
    assert survey(catalog).findings == ()


def test_no_etag_of_a_document_comes_back_although_the_clock_stands_still(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = DirectoryStore(tmp_path)
    monkeypatch.setattr(time, "time_ns", lambda: 1_700_000_000_000_000_000)
    etags = [store.swap("a", b"0", None)]
    for number in range(1, 5):
        etags.append(store.swap("a", str(number).encode(), etags[-1]))
    assert len(set(etags)) == 5

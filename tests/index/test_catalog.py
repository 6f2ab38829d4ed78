import io
import threading
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.version import Version

from crucible_pipeline.errors import CannotDo
from crucible_pipeline.index import simple, upload
from crucible_pipeline.index.catalog import Candidate, Catalog, NotAllowed
from crucible_pipeline.index.claims import Taken
from crucible_pipeline.index.memory import MemoryStore
from crucible_pipeline.index.store import Conflict, NotFound
from index.distributions import Dist, fields, sdist, wheel


def valid(dist: Dist) -> upload.Upload:
    return upload.read(fields(dist), dist.filename, io.BytesIO(dist.content))


@pytest.fixture
def catalog() -> Catalog:
    return Catalog(MemoryStore(), clock=lambda: datetime(2024, 5, 6, 7, 8, 9, 123456, UTC))


def test_a_published_file_is_listed_with_what_installers_ask_for(catalog: Catalog) -> None:
    dist = wheel(more="Requires-Python: >=3.9\n")
    assert catalog.publish(valid(dist)) is True
    (file,) = catalog.project("demo-pkg").files
    assert (file.name, file.size, file.requires_python) == (dist.filename, len(dist.content), ">=3.9")
    assert file.uploaded == "2024-05-06T07:08:09.123456Z"
    assert catalog.store.get(file.key).data == dist.content
    assert b"Requires-Python" in catalog.store.get(file.metadata_key).data
    assert catalog.projects() == ("demo-pkg",)


def test_the_same_file_again_changes_nothing(catalog: Catalog) -> None:
    assert catalog.publish(valid(wheel())) is True
    etag = catalog.store.tag("simple/demo-pkg/index.json")
    assert catalog.publish(valid(wheel())) is False
    assert catalog.store.tag("simple/demo-pkg/index.json") == etag


def test_an_uploaded_file_cannot_be_replaced(catalog: Catalog) -> None:
    catalog.publish(valid(wheel()))
    with pytest.raises(Taken, match="other content"):
        catalog.publish(valid(wheel(body=b"other")))
    catalog.yank("demo-pkg", Version("1.0"), "broken")
    with pytest.raises(Taken):
        catalog.publish(valid(wheel(body=b"other")))
    assert catalog.store.get(catalog.project("demo-pkg").files[0].key).data == wheel().content


def test_another_spelling_of_a_version_is_the_same_release(catalog: Catalog) -> None:
    catalog.publish(valid(wheel(version="1.0")))
    with pytest.raises(Taken, match=r"spelled demo_pkg-1\.0-py3"):
        catalog.publish(valid(wheel(version="1.0.0")))
    catalog.publish(valid(sdist(version="1.0.0")))
    assert [str(version) for version in catalog.project("demo-pkg").versions] == ["1.0"]
    assert len(catalog.project("demo-pkg").of(Version("1"))) == 2


def test_a_gate_sees_the_candidate_and_what_came_before(catalog: Catalog) -> None:
    seen: list[Candidate] = []

    def gate(candidate: Candidate) -> str | None:
        seen.append(candidate)
        return None

    catalog.publish(valid(wheel(version="1.0")), gate)
    catalog.publish(valid(wheel(version="1.1")), gate)
    assert [(each.project, str(each.version)) for each in seen] == [("demo-pkg", "1.0"), ("demo-pkg", "1.1")]
    assert seen[0].previous() == ()
    (before,) = seen[1].previous()
    assert before.filename == "demo_pkg-1.0-py3-none-any.whl"
    with before.content() as content:
        assert content.read() == wheel(version="1.0").content
    assert seen[1].content().read() == wheel(version="1.1").content


def test_what_the_gate_keeps_out_is_nowhere_in_the_store(catalog: Catalog) -> None:
    with pytest.raises(NotAllowed, match="it breaks the line"):
        catalog.publish(valid(wheel()), lambda _: "it breaks the line")
    assert list(catalog.store.list("")) == []


def test_a_gate_decides_again_when_another_release_comes_in_between(catalog: Catalog) -> None:
    counts: list[int] = []

    def gate(candidate: Candidate) -> str | None:
        counts.append(len(candidate.previous()))
        if len(counts) == 1:
            catalog.publish(valid(wheel(version="1.1")))
        return None

    catalog.publish(valid(wheel(version="1.0")), gate)
    assert counts == [0, 1]


def test_a_yank_covers_the_whole_release_and_can_be_taken_back(catalog: Catalog) -> None:
    for dist in (wheel(), sdist(), wheel(version="1.1")):
        catalog.publish(valid(dist))
    catalog.yank("demo-pkg", Version("1.0.0"), "wrong limit")
    assert [file.yanked for file in catalog.project("demo-pkg").files] == ["wrong limit", "wrong limit", None]
    catalog.yank("demo-pkg", Version("1.0"), None)
    assert {file.yanked for file in catalog.project("demo-pkg").files} == {None}
    with pytest.raises(NotFound):
        catalog.yank("demo-pkg", Version("9"), "")
    with pytest.raises(NotFound):
        catalog.yank("other", Version("1"), "")


class Interrupted(Exception):
    pass


class Breaking(MemoryStore):
    """Breaks off before its n-th write."""

    def __init__(self, after: int) -> None:
        super().__init__()
        self.after = after

    def _count(self) -> None:
        self.after -= 1
        if self.after < 0:
            raise Interrupted

    def create(self, key: str, data: object) -> None:
        self._count()
        super().create(key, data)  # type: ignore[arg-type]

    def swap(self, key: str, data: bytes, expected: str | None) -> str:
        self._count()
        return super().swap(key, data, expected)


@pytest.mark.parametrize("step", range(6))
def test_after_a_crash_at_any_step_the_index_is_sound_and_the_upload_succeeds(step: int) -> None:
    store = Breaking(step)
    with pytest.raises(Interrupted):
        Catalog(store).publish(valid(wheel()))
    store.after = 1000
    catalog = Catalog(store)
    try:
        listed = catalog.project("demo-pkg").files
    except NotFound:
        listed = ()
    for file in listed:
        assert store.get(file.key).data == wheel().content
    catalog.publish(valid(wheel()))
    assert catalog.projects() == ("demo-pkg",)
    assert store.get("simple/demo-pkg/index.html").data == simple.as_html(catalog.project("demo-pkg"))
    assert b"demo-pkg" in store.get("simple/index.html").data


def test_concurrent_publishers_lose_nothing_and_render_the_last_state(catalog: Catalog) -> None:
    dists = [wheel(version=f"1.{number}") for number in range(24)]
    dists += [wheel(name=f"other-{number}") for number in range(8)]

    def publish(part: list[Dist]) -> None:
        for dist in part:
            catalog.publish(valid(dist))

    threads = [threading.Thread(target=publish, args=(dists[start::8],)) for start in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(catalog.project("demo-pkg").files) == 24
    assert len(catalog.projects()) == 9
    for name in catalog.projects():
        assert catalog.store.get(simple.key_of(name, "html")).data == simple.as_html(catalog.project(name))
    assert catalog.store.get("simple/index.html").data == simple.root_as_html(catalog.projects())


def test_a_project_that_never_holds_still_is_given_up_on() -> None:
    class Restless(MemoryStore):
        def swap(self, key: str, data: bytes, expected: str | None) -> str:  # noqa: ARG002
            raise Conflict(key)

    with pytest.raises(CannotDo, match="too fast"):
        Catalog(Restless()).publish(valid(wheel()))


FILES = st.builds(
    simple.File,
    name=st.sampled_from(["demo-1.0-py3-none-any.whl", "demo-1.1.tar.gz", "demo-1!2.0+x.1-py3-none-any.whl"]),
    sha256=st.text("0123456789abcdef", min_size=64, max_size=64),
    size=st.integers(1),
    uploaded=st.just("2024-05-06T07:08:09.123456Z"),
    requires_python=st.none() | st.just(">=3.9,<4"),
    metadata_sha256=st.none() | st.text("0123456789abcdef", min_size=64, max_size=64),
    yanked=st.none() | st.text(),
)


@settings(max_examples=100, deadline=None)
@given(st.lists(FILES, max_size=4))
def test_a_document_read_back_is_the_same_project(files: list[simple.File]) -> None:
    project = simple.with_files(simple.Project("demo"), files)
    assert simple.restore(simple.dump(project), "x") == project


@pytest.mark.parametrize(
    "data", [b"", b"[]", b"{}", b"\xff", b'{"name": "x", "files": [{}]}', b'{"name":1,"files":1}']
)
def test_a_broken_document_is_named_not_guessed(data: bytes) -> None:
    with pytest.raises(CannotDo, match="somewhere"):
        simple.restore(data, "somewhere")

"""Repair, pruning, taking over, backup: nothing that is whole is lost, nothing that is lost is listed."""

import io
import shutil
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from crucible_pipeline.cli.app import main
from crucible_pipeline.index import upload
from crucible_pipeline.index.catalog import Catalog
from crucible_pipeline.index.claims import Taken
from crucible_pipeline.index.client import Index
from crucible_pipeline.index.directory import DirectoryStore
from crucible_pipeline.index.intake import from_index
from crucible_pipeline.index.memory import MemoryStore
from crucible_pipeline.index.prune import Rule, disposable, prune
from crucible_pipeline.index.repair import remove, repair
from crucible_pipeline.index.server import Running
from crucible_pipeline.index.simple import File, Project
from crucible_pipeline.index.store import Entry, NotFound
from crucible_pipeline.index.verify import survey
from index.attested import attestation, field, statement
from index.distributions import fetch, fields, published, sdist, wheel

NOW = datetime(2025, 6, 1, tzinfo=UTC)


def sound(catalog: Catalog) -> bool:
    return not any(finding.is_fault for finding in survey(catalog).findings)


def names(catalog: Catalog, project: str = "demo-pkg") -> list[str]:
    return [file.name for file in catalog.project(project).files]


def test_lost_content_is_not_listed_and_comes_back_with_the_same_upload_alone() -> None:
    catalog = Catalog(MemoryStore())
    lost, damaged = wheel(), wheel(version="1.1")
    for dist in (lost, damaged, wheel(version="1.2")):
        published(catalog, dist)
    first, second, _ = catalog.project("demo-pkg").files
    catalog.store.delete(first.key)
    catalog.store.delete(second.key)
    catalog.store.create(second.key, b"damaged")
    assert len(repair(catalog)) == 2
    assert names(catalog) == ["demo_pkg-1.2-py3-none-any.whl"]
    assert sound(catalog)
    with pytest.raises(Taken):
        published(catalog, wheel(body=b"other"))
    assert published(catalog, lost)
    assert published(catalog, damaged)
    assert catalog.project("demo-pkg").withdrawn == ()
    assert (len(names(catalog)), sound(catalog)) == (3, True)


def test_an_upload_brings_back_missing_content_also_without_a_repair() -> None:
    catalog = Catalog(MemoryStore())
    published(catalog, wheel())
    catalog.store.delete(catalog.project("demo-pkg").files[0].key)
    assert not published(catalog, wheel())
    assert sound(catalog)


def test_missing_metadata_is_made_anew_from_the_file() -> None:
    catalog = Catalog(MemoryStore())
    published(catalog, wheel())
    (file,) = catalog.project("demo-pkg").files
    catalog.store.delete(file.metadata_key)
    assert repair(catalog) == (f"the metadata of {file.name} is made anew",)
    assert sound(catalog)


@pytest.mark.parametrize(
    ("changed", "said"),
    [(b"not JSON", "no"), (b"{}", "no"), (b'{"attestation_bundles":[]}', "a list of 1")],
)
def test_attestations_that_are_not_those_of_the_file_are_found_and_mended_by_the_same_upload(
    changed: bytes, said: str
) -> None:
    catalog, dist = Catalog(MemoryStore()), wheel()
    form = {**fields(dist), "attestations": field(attestation(statement(dist)))}

    def upload_it() -> bool:
        return catalog.publish(upload.read(form, dist.filename, io.BytesIO(dist.content)))

    assert upload_it()
    assert survey(catalog).findings == ()
    (file,) = catalog.project("demo-pkg").files
    catalog.store.delete(file.provenance_key)
    catalog.store.create(file.provenance_key, changed)
    (found,) = survey(catalog).findings
    assert (found.kind, found.key, said in found.what) == ("damaged", file.provenance_key, True)
    repair(catalog)
    assert names(catalog) == []
    assert upload_it()
    assert survey(catalog).findings == ()


def test_a_project_without_a_document_is_taken_off_the_list() -> None:
    catalog = Catalog(MemoryStore())
    published(catalog, wheel())
    published(catalog, wheel("other"))
    catalog.store.delete("simple/other/index.json")
    repair(catalog)
    assert catalog.projects() == ("demo-pkg",)
    assert sound(catalog)


def test_orphans_go_only_when_they_are_old(tmp_path: Path) -> None:
    catalog = Catalog(DirectoryStore(tmp_path))
    catalog.store.create("files/ab/abc/x-1.0.tar.gz", b"orphan")
    assert repair(catalog) == ()
    assert repair(catalog, age=-10) == ("files/ab/abc/x-1.0.tar.gz is removed: no document lists it",)
    assert list(catalog.store.list("files/")) == []


class Overtaken(MemoryStore):
    """While something is deleted, an upload of the same content relies on it."""

    def delete(self, key: str) -> None:
        published(Catalog(self), wheel())
        super().delete(key)


def test_an_upload_during_the_removal_of_its_content_is_not_lost() -> None:
    store = Overtaken()
    published(Catalog(store), wheel())
    (file,) = Catalog(store).project("demo-pkg").files
    Catalog(store).withdraw("demo-pkg", lambda _: [file.name])
    assert not remove(Catalog(store), file.key)
    assert store.get(file.key).data == wheel().content


def test_temporary_files_of_crashes_go_and_those_of_writers_at_work_stay(tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path)
    store.create("a", b"")
    (tmp_path / ".tmp/left").write_bytes(b"half")
    assert store.tidy(60) == 0
    assert store.tidy(-10) == 1
    assert list((tmp_path / ".tmp").iterdir()) == []
    assert list(store.list("")) == [Entry("a", 0, 0)]


def test_a_copy_taken_during_uploads_is_a_backup(tmp_path: Path) -> None:
    catalog = Catalog(DirectoryStore(tmp_path / "index"))
    dists = [wheel(f"pkg-{number % 3}", f"1.{number}") for number in range(24)]
    before = dists[:6]
    for dist in before:
        published(catalog, dist)
    uploads = threading.Thread(target=lambda: [published(catalog, dist) for dist in dists[6:]])
    uploads.start()
    for number in range(2):
        # As `cp -r` or tar would, in whatever order; what is renamed meanwhile is not there to be copied.
        for part in ("simple", "files"):
            shutil.copytree(tmp_path / "index" / part, tmp_path / f"backup{number}" / part)
    uploads.join()
    for number in range(2):
        restored = Catalog(DirectoryStore(tmp_path / f"backup{number}"))
        repair(restored)
        assert sound(restored)
        listed = {name for project in restored.projects() for name in names(restored, project)}
        assert {dist.filename for dist in before} <= listed
        assert [published(restored, dist) for dist in before] == [False] * 6
        for dist in dists:
            published(restored, dist)
        assert (survey(restored).files, sound(restored)) == (24, True)


def project_of(*versions: str, age: int = 100, yanked: tuple[str, ...] = ()) -> Project:
    moment = (NOW - timedelta(days=age)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return Project(
        "demo-pkg",
        tuple(
            File(
                f"demo_pkg-{each}-py3-none-any.whl",
                "0" * 64,
                1,
                moment,
                yanked="" if each in yanked else None,
            )
            for each in versions
        ),
    )


def gone(project: Project, keep: int = 1, pins: tuple[str, ...] = (), days: int = 30) -> list[str]:
    rule = Rule(timedelta(days=days), keep, tuple(map(SpecifierSet, pins)))
    return [str(version) for version in disposable(project, rule, NOW)]


def test_only_old_development_releases_go_and_the_newest_of_each_line_stay() -> None:
    project = project_of(
        "0.3.0", "0.3.1.dev1", "0.3.1.dev2", "0.3.1", "0.4.0.dev1", "0.4.0.dev2", "0.4.0.dev3"
    )
    assert gone(project) == ["0.3.1.dev1", "0.4.0.dev1", "0.4.0.dev2"]
    assert gone(project, keep=2) == ["0.4.0.dev1"]
    assert gone(project, days=200) == []


def test_what_a_pin_takes_stays() -> None:
    project = project_of("0.4.0.dev1", "0.4.0.dev2", "0.4.0.dev3")
    assert gone(project, pins=("==0.4.0.dev1",)) == ["0.4.0.dev2"]
    assert gone(project, pins=("<0.4.0.dev3",)) == ["0.4.0.dev1"]
    assert gone(project, pins=("==0.4.*",)) == ["0.4.0.dev1", "0.4.0.dev2"]


def test_a_yanked_development_release_stays_and_does_not_count_as_the_newest() -> None:
    project = project_of("0.4.0.dev1", "0.4.0.dev2", "0.4.0.dev3", yanked=("0.4.0.dev3",))
    assert gone(project) == ["0.4.0.dev1"]


VERSIONS = st.builds(
    lambda line, patch, dev: f"0.{line}.{patch}{'' if dev is None else f'.dev{dev}'}",
    st.integers(0, 2), st.integers(0, 2), st.none() | st.integers(0, 3),
)  # fmt: skip


@settings(max_examples=50, deadline=None)
@given(st.sets(VERSIONS, min_size=1), st.integers(1, 3))
def test_what_a_pin_of_a_line_installs_is_the_same_before_and_after(versions: set[str], keep: int) -> None:
    project = project_of(*sorted(versions, key=Version))
    left = set(project.versions) - {Version(each) for each in gone(project, keep=keep)}
    for line in ("0.0", "0.1", "0.2"):
        for pin in (SpecifierSet(f"=={line}.*"), SpecifierSet(f"~={line}.0.dev0")):
            for given_pre in (None, True):
                before = max(pin.filter(project.versions, prereleases=given_pre), default=None)
                assert max(pin.filter(left, prereleases=given_pre), default=None) == before


def test_a_pruned_release_leaves_no_content_and_its_name_stays_taken() -> None:
    catalog = Catalog(MemoryStore(), clock=lambda: NOW - timedelta(days=100))
    for number in range(3):
        published(catalog, wheel(version=f"1.0.dev{number}"))
    rule = Rule(timedelta(days=30))
    assert list(map(str, prune(catalog, "demo-pkg", rule, NOW, dry=True))) == ["1.0.dev0", "1.0.dev1"]
    assert len(names(catalog)) == 3
    prune(catalog, "demo-pkg", rule, NOW)
    assert len(list(catalog.store.list("files/"))) == 2
    assert survey(catalog).findings == ()
    with pytest.raises(Taken, match="once"):
        published(catalog, wheel(version="1.0.dev0", body=b"other"))


def test_the_command_removes_only_when_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    catalog = Catalog(DirectoryStore(tmp_path), clock=lambda: NOW)
    for number in range(3):
        published(catalog, wheel(version=f"1.0.dev{number}"))
    command = ["index", "prune", "--keep", "1", "--data", str(tmp_path)]
    assert main(command) == 0
    assert "2 releases would go" in capsys.readouterr().out
    assert len(names(catalog)) == 3
    assert main([*command, "--pin", "==1.0.dev0", "--apply"]) == 0
    assert "demo-pkg 1.0.dev1" in capsys.readouterr().out
    assert main([*command, "--pin", "not a pin"]) == 1
    assert len(names(catalog)) == 2


def test_a_folder_of_another_index_is_taken_over_and_each_file_accounted_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, data = tmp_path / "packages", tmp_path / "index"
    (source / "+f/abc").mkdir(parents=True)
    broken = wheel(version="2.0")
    for folder, dist in ((source, wheel()), (source / "+f/abc", sdist(version="1.1"))):
        (folder / dist.filename).write_bytes(dist.content)
    (source / broken.filename).write_bytes(broken.content[:-40])
    (source / "old-1.0.zip").write_bytes(b"PK")
    (source / "notes.txt").write_text("")
    assert main(["index", "import", str(source), "--data", str(data)]) == 1
    out = capsys.readouterr().out
    assert "published: demo_pkg-1.0-py3-none-any.whl" in out
    assert "published: demo_pkg-1.1.tar.gz" in out
    assert "refused: demo_pkg-2.0-py3-none-any.whl: " in out
    assert "refused: old-1.0.zip: " in out
    assert "2 files are here, 2 were refused" in out
    (source / broken.filename).unlink()
    (source / "old-1.0.zip").unlink()
    assert main(["index", "import", str(source), "--data", str(data), "--format", "json"]) == 0
    assert capsys.readouterr().out.count('"present"') == 2
    assert main(["index", "import", str(tmp_path / "none"), "--data", str(data)]) == 1


def test_another_index_is_taken_over_with_its_yanks(index: Running) -> None:
    for dist in (wheel(), wheel(version="1.1"), sdist("other", "2.0")):
        published(index.catalog, dist)
    index.catalog.yank("demo-pkg", Version("1.0"), "wrong")
    mine = Catalog(MemoryStore())
    with Index(index.simple_url) as other:
        assert other.projects() == ("demo-pkg", "other")
        taken = list(from_index(mine, other, other.projects()))
    assert [each.outcome for each in taken] == ["published"] * 3
    assert [file.yanked for file in mine.project("demo-pkg").files] == ["wrong", None]
    assert fetch(index, "simple/").status_code == 200
    assert sound(mine)


def test_what_is_withdrawn_is_no_longer_served(index: Running) -> None:
    published(index.catalog, wheel())
    (file,) = index.catalog.withdraw("demo-pkg", lambda project: [each.name for each in project.files])
    assert file.name not in fetch(index, "simple/demo-pkg/", accept="text/html").text
    assert remove(index.catalog, file.key)
    with pytest.raises(NotFound):
        index.catalog.store.tag(file.key)

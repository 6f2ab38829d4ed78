"""What stands against a release: every reason at once, each with what to do."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.version import Version

from crucible_pipeline.errors import Refused
from crucible_pipeline.release.candidate import next_after, rivals, tag_for
from crucible_pipeline.release.plan import (
    PUBLISH,
    RELEASE,
    Facts,
    NotReady,
    missing,
    objections,
    require,
)
from crucible_pipeline.version import Bump, line_of

READY = Facts(
    tag="v0.3.0",
    branch="main",
    release_branch="main",
    tags=("v0.1.0", "v0.2.0"),
    entry="- A word.",
    base=Version("0.2.0"),
    required=Bump.MINOR,
    next_version=Version("0.3.0"),
)
RELEASE_FAULTS: dict[str, dict[str, Any]] = {
    "work tree": {"changes": ("a.txt",)},
    "branch": {"branch": "side"},
    "history": {"shallow": True},
    "clock": {"ahead": 7200},
    "tag": {"tags": ("v0.1.0", "v0.2.0", "v0.3.0")},
    "generated code": {"stale": ("src/x.py",)},
    "changelog": {"entry": "### Added\n"},
    "version": {"required": Bump.MAJOR, "next_version": Version("1.0.0")},
}
PUBLISH_FAULTS: dict[str, dict[str, Any]] = {
    "tag": {"annotated": False},
    "work tree": {"changes": ("a.txt",)},
    "history": {"shallow": True},
    "branch": {"on_release_branch": False},
    "clock": {"ahead": 7200},
    "environment": {"pretending": ("SETUPTOOLS_SCM_PRETEND_VERSION",)},
    "generated code": {"stale": ("src/x.py",)},
    "changelog": {"entry": None},
    "version": {"required": Bump.MAJOR, "next_version": Version("1.0.0")},
}


def test_nothing_stands_against_a_repository_in_order() -> None:
    assert objections(RELEASE, READY) == []
    assert objections(PUBLISH, READY) == []


@settings(max_examples=60, deadline=None)
@given(st.sets(st.sampled_from(sorted(RELEASE_FAULTS))))
def test_each_fault_before_a_release_is_named_and_no_other(faults: set[str]) -> None:
    facts = READY
    for fault in faults:
        facts = replace(facts, **RELEASE_FAULTS[fault])
    assert {found.check for found in objections(RELEASE, facts)} == faults


@settings(max_examples=60, deadline=None)
@given(st.sets(st.sampled_from(sorted(PUBLISH_FAULTS))))
def test_each_fault_before_a_publication_is_named_and_no_other(faults: set[str]) -> None:
    facts = READY
    for fault in faults:
        facts = replace(facts, **PUBLISH_FAULTS[fault])
    assert {found.check for found in objections(PUBLISH, facts)} == faults


@pytest.mark.parametrize("tag", ["", "0.3.0", "v0.3", "v2", "v0.3.0-rc1", "pipeline-v0.3.0", "version-1"])
def test_a_tag_that_is_not_a_version_of_three_numbers_is_refused(tag: str) -> None:
    assert "tag" in {found.check for found in objections(PUBLISH, replace(READY, tag=tag))}


def test_a_version_below_the_newest_of_its_line_is_refused() -> None:
    facts = replace(READY, tags=("v0.3.1", "v0.4.0"), base=None)
    assert [str(found) for found in objections(RELEASE, facts)] == [
        "tag: v0.3.1 of the same line is out already; take a greater version, or auto"
    ]


def test_a_first_release_needs_no_base() -> None:
    assert objections(RELEASE, replace(READY, tag="v0.1.0", tags=(), base=None)) == []


def test_a_long_list_of_files_is_cut_and_counted() -> None:
    facts = replace(READY, changes=tuple(f"f{number}" for number in range(9)))
    assert "f4 and 4 more" in objections(RELEASE, facts)[0].what


def test_all_objections_are_raised_together() -> None:
    facts = replace(READY, changes=("a",), stale=("b",))
    with pytest.raises(NotReady) as caught:
        require(PUBLISH, facts)
    assert len(caught.value.objections) == len(str(caught.value).splitlines()) == 2
    assert caught.value.exit_code == 1


VERSIONS = st.builds(
    lambda a, b, c, s: Version(f"{a}.{b}.{c}{s}"),
    st.integers(0, 2),
    st.integers(0, 3),
    st.integers(0, 3),
    st.sampled_from(["", "", "rc1", ".dev2"]),
)


@settings(max_examples=100, deadline=None)
@given(VERSIONS, st.lists(VERSIONS, max_size=8))
def test_rivals_are_the_final_releases_of_the_line_before(version: Version, released: list[Version]) -> None:
    found = rivals(released, version)
    earlier = [other for other in released if other < version and not other.is_prerelease]
    assert bool(found) == bool(earlier)
    if found:
        assert found == sorted(found)
        assert found[-1] == max(earlier)
        assert {line_of(other) for other in found} == {line_of(max(earlier))}


@settings(max_examples=60, deadline=None)
@given(st.lists(VERSIONS, max_size=8))
def test_auto_takes_a_final_version_that_is_not_out(released: list[Version]) -> None:
    found = next_after(released, None)
    finals = [version for version in released if not version.is_prerelease]
    assert not found.is_prerelease
    assert all(found > version for version in finals)
    assert rivals(released) == rivals(released, Version("99"))


def test_auto_takes_what_the_verdict_asks_for_and_a_patch_where_nothing_changed() -> None:
    out = [Version("0.1.0"), Version("0.2.0")]
    assert next_after(out, Version("0.3.0")) == Version("0.3.0")
    assert next_after(out, Version("0.2.0")) == Version("0.2.1")
    assert next_after([], None) == Version("0.1.0")
    assert next_after([Version("0.3.0rc1")], None) == Version("0.3.0")


OURS = {"a.whl": "1", "a.tar.gz": "2"}


def test_only_what_the_index_lacks_is_uploaded() -> None:
    assert missing(OURS, {}) == ["a.tar.gz", "a.whl"]
    assert missing(OURS, {"a.whl": "1", "other.whl": "9"}) == ["a.tar.gz"]
    assert missing(OURS, OURS) == []


@pytest.mark.parametrize("hash_", ["9", None])
def test_a_file_that_the_index_lists_with_another_hash_or_none_is_refused(hash_: str | None) -> None:
    with pytest.raises(Refused, match=r"a\.whl .*other content"):
        missing(OURS, {"a.whl": hash_})


@pytest.mark.parametrize("text", ["0.3", "1", "0.3.0+local", "1!0.3.0", "0.3.0.1"])
def test_only_three_numbers_make_a_release(text: str) -> None:
    with pytest.raises(NotReady, match="three numbers"):
        tag_for(Version(text))


def test_a_pre_release_may_be_tagged() -> None:
    assert tag_for(Version("0.3.0rc1")) == "v0.3.0rc1"

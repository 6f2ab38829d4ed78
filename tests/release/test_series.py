"""Tags of several packages in one repository: each package reads its own and no other."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.version import Version

from crucible_pipeline.errors import Refused
from crucible_pipeline.release.series import Series, series_of, told_bump
from crucible_pipeline.version import Bump

PREFIXES = ("v", "pipeline-v", "other/v", "")
VERSIONS = st.builds(
    "{}.{}.{}{}".format,
    st.integers(0, 30),
    st.integers(0, 30),
    st.integers(0, 30),
    st.sampled_from(["", "rc1", ".dev4", "a2", ".post1"]),
).map(Version)


@settings(deadline=None, max_examples=40)
@given(VERSIONS, st.sampled_from(PREFIXES), st.sampled_from(PREFIXES))
def test_a_tag_of_one_package_names_no_version_of_another(version: Version, own: str, other: str) -> None:
    tag = Series(own).tag(version)
    assert Series(own).version(tag) == version
    assert Series(other).names(tag) == (own == other)


@pytest.mark.parametrize(
    "tag",
    ["deploy-2026-11-24", "other-v9.9.9", "v1.0.0-rc1", "v01.0.0", "v1.0.0+local", "vv1.0.0", "v1!2.0.0"],
)
def test_a_tag_that_only_looks_like_one_is_refused(tag: str) -> None:
    assert not Series().names(tag)
    with pytest.raises(Refused, match="names no version"):
        Series().version(tag)


@settings(deadline=None, max_examples=40)
@given(st.lists(VERSIONS, unique=True))
def test_tags_are_sorted_as_versions_and_others_are_left_out(versions: list[Version]) -> None:
    series = Series("pipeline-v")
    tags = [series.tag(version) for version in versions] + ["v1.0.0", "pipeline-v", "pipeline-vx"]
    assert [series.version(tag) for tag in series.sorted(tags)] == sorted(versions)


def test_the_prefix_is_what_setuptools_scm_admits() -> None:
    assert series_of(None) == Series("v")
    assert series_of("^pipeline-v(?P<version>[0-9][0-9a-z.]*)$") == Series("pipeline-v")


@pytest.mark.parametrize(
    "regex",
    ["(?P<version>.*)", ".*v(?P<version>[0-9.]+)$", "^v?(?P<version>[0-9.]+)$", "^v(?P<version>[0-9.]+)"],
)
def test_an_expression_that_admits_other_prefixes_is_refused(regex: str) -> None:
    with pytest.raises(Refused, match="does not pin"):
        series_of(regex)


@pytest.mark.parametrize(
    ("entry", "before", "after"),
    [
        ("### Fixed\n\n- A word.", Bump.PATCH, Bump.PATCH),
        ("### Added\n\n- A thing.", Bump.PATCH, Bump.MINOR),
        ("### Changed\n\n- **Breaking**: an option is gone.", Bump.MINOR, Bump.MAJOR),
        ("### Removed\n\n- An option.", Bump.MINOR, Bump.MAJOR),
    ],
)
def test_without_a_contract_the_changelog_says_which_number_rises(
    entry: str, before: Bump, after: Bump
) -> None:
    assert told_bump(entry, Version("0.3.1")) is before
    assert told_bump(entry, Version("1.3.1")) is after

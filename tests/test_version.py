"""Versions: what a tag means, what a change requires, which releases form a line."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from crucible_pipeline.errors import Refused
from crucible_pipeline.version import (
    Bump,
    Severity,
    bumped,
    from_tag,
    is_enough,
    is_release_tag,
    line_of,
    parse,
    pin_of,
    required_bump,
    to_tag,
)

NUMBER = st.integers(min_value=0, max_value=30)
FINAL = st.builds(lambda *numbers: Version("{}.{}.{}".format(*numbers)), NUMBER, NUMBER, NUMBER)
SUFFIX = st.sampled_from(["", "a1", "b2", "rc1", ".post1", ".dev3", "rc2.post1.dev4"])
ANY = st.builds(lambda final, suffix: Version(f"{final}{suffix}"), FINAL, SUFFIX)
BUMP = st.sampled_from(Bump)
quick = settings(max_examples=100, deadline=None)


@quick
@given(ANY)
def test_a_version_comes_back_from_its_tag(version: Version) -> None:
    assert from_tag(to_tag(version)) == version
    assert str(from_tag(to_tag(version))) == str(version)
    assert is_release_tag(to_tag(version))


@quick
@given(st.one_of(st.text(max_size=12), st.from_regex(r"v?[0-9a-z.+!-]{1,10}", fullmatch=True)))
def test_a_tag_is_either_refused_or_written_back_as_it_was(text: str) -> None:
    if is_release_tag(text):
        assert to_tag(from_tag(text)) == text
    else:
        with pytest.raises(Refused, match="names no version"):
            from_tag(text)


@pytest.mark.parametrize(
    "tag",
    [
        "0.3.0",
        "V0.3.0",
        "vv0.3.0",
        "v",
        "v0.3.0-rc1",
        "v0.3.0+local",
        "v01.2.3",
        "v1!0.3.0",
        "v0.3.0 ",
        "v0.3.0\n",
        "pipeline-v0.3.0",
        "version-1",
        "v٣.0.0",
    ],
)
def test_what_is_no_release_tag_is_refused(tag: str) -> None:
    assert not is_release_tag(tag)


@quick
@given(ANY, st.sampled_from([Bump.PATCH, Bump.MINOR, Bump.MAJOR]))
def test_the_bumped_version_is_newer_final_and_enough(base: Version, bump: Bump) -> None:
    after = bumped(base, bump)
    assert not after.is_prerelease
    assert after > base
    assert is_enough(after, base, bump)


@quick
@given(FINAL, FINAL, BUMP)
def test_a_bigger_demand_is_never_met_by_less(base: Version, candidate: Version, bump: Bump) -> None:
    if is_enough(candidate, base, bump):
        assert all(is_enough(candidate, base, smaller) for smaller in Bump if smaller <= bump)
        assert candidate >= bumped(base, bump)


@quick
@given(FINAL, FINAL, st.sampled_from([Bump.PATCH, Bump.MINOR, Bump.MAJOR]))
def test_enough_is_exactly_what_lies_at_or_above_the_bumped_version(
    base: Version, candidate: Version, bump: Bump
) -> None:
    assert is_enough(candidate, base, bump) == (candidate >= bumped(base, bump))


@quick
@given(FINAL)
def test_a_pre_release_of_the_required_version_is_enough_and_its_final_one_as_well(base: Version) -> None:
    after = bumped(base, Bump.MINOR)
    candidate = Version(f"{after}rc1")
    assert is_enough(candidate, base, Bump.MINOR)
    assert bumped(candidate, Bump.PATCH) == after


@quick
@given(FINAL, FINAL)
def test_two_versions_share_a_line_exactly_if_the_pin_of_one_takes_the_other(a: Version, b: Version) -> None:
    assert (line_of(a) == line_of(b)) == (b in SpecifierSet(pin_of(a)))


@quick
@given(FINAL, st.sampled_from(Severity))
def test_a_change_stays_on_its_line_exactly_if_it_breaks_nothing(base: Version, severity: Severity) -> None:
    after = bumped(base, required_bump(severity, base))
    assert (line_of(after) == line_of(base)) == (severity is not Severity.BREAKING)


def test_nothing_changed_asks_for_no_number_to_rise() -> None:
    assert required_bump(None, parse("0.3.0")) is Bump.NONE
    assert is_enough(parse("0.3.1"), parse("0.3.0"), Bump.NONE)
    assert not is_enough(parse("0.3.0"), parse("0.3.0"), Bump.NONE)


def test_a_text_that_is_no_version_is_refused_with_the_form_to_use() -> None:
    with pytest.raises(Refused, match=r"write it as X\.Y\.Z"):
        parse("latest")

"""Specifiers keep operator and precision; the release chosen is one that the pins may have."""

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from crucible_pipeline.upgrade.pins import Pin
from crucible_pipeline.upgrade.pins_requirements import find_pins
from crucible_pipeline.upgrade.specifier import moved
from crucible_pipeline.upgrade.target import Candidate, choose, lowest_python, move


def pin(specifier: str) -> Pin:
    (found,) = find_pins("requirements.txt", f"crucible-shared{specifier}", "crucible-shared")
    return found


def candidates(*versions: str, yanked: tuple[str, ...] = ()) -> dict[Version, Candidate]:
    return {Version(one): Candidate(Version(one), one in yanked, (), (f"sha256:{one}",)) for one in versions}


@pytest.mark.parametrize(
    ("specifier", "target", "expected"),
    [
        ("==0.3.*", "0.4.0", "==0.4.*"),
        ("==0.3.1.*", "0.4.0", "==0.4.0.*"),
        ("==0.*", "1.2.0", "==1.*"),
        ("== 0.3.*", "0.4.2", "== 0.4.*"),
        ("~=0.3.1", "0.4.0", "~=0.4.0"),
        ("~=0.3", "1.2.3", "~=1.2"),
        ("==0.3.1", "0.4.0", "==0.4.0"),
        ("===0.3.1", "0.4.0", "===0.4.0"),
        ("==0.3", "0.4.0", "==0.4"),
        ("==0.3", "0.4.1", "==0.4.1"),
        (">=0.3,<0.4", "0.4.0", ">=0.4,<0.5"),
        (">=0.3.1, <0.4.0", "0.4.2", ">=0.4.2, <0.5.0"),
        (">=0.3,<1", "1.2.0", ">=1.2,<2"),
        ("<0.4,>=0.3", "0.4.0", "<0.5,>=0.4"),
        (">=0.3,<=0.3.9", "0.4.1", ">=0.4,<=0.4.1"),
        ("<0.4", "0.4.0", "<0.5"),
        ("==0.3.*,!=0.3.2", "0.4.0", "==0.4.*,!=0.3.2"),
        ("==0.4.0rc1", "0.4.0rc2", "==0.4.0rc2"),
        ("==0.4.0rc1", "0.4.0", "==0.4.0"),
        ("==1!0.3.*", "1!0.4.0", "==1!0.4.*"),
        (">=0.3,<0.4,!=0.4.0", "0.4.0", None),
    ],
)
def test_a_specifier_moves_with_its_operators_and_precision(
    specifier: str, target: str, expected: str | None
) -> None:
    assert moved(pin(specifier), Version(target)) == expected


NUMBERS = st.lists(st.integers(0, 12), min_size=1, max_size=4).map(lambda parts: ".".join(map(str, parts)))
CLAUSES = st.one_of(
    st.tuples(st.sampled_from(["==", "~=", ">=", "<", "<=", ">", "!=", "==="]), NUMBERS).map("".join),
    NUMBERS.map(lambda number: f"=={number}.*"),
)


@settings(max_examples=120, deadline=None)
@given(st.lists(CLAUSES, min_size=1, max_size=3), NUMBERS)
def test_a_moved_specifier_always_admits_the_release(clauses: list[str], target: str) -> None:
    found = find_pins("r.txt", "crucible-shared" + ",".join(clauses), "crucible-shared")
    assume(found and not found[0].fixed)
    specifier = moved(found[0], Version(target))
    if specifier is not None:
        assert SpecifierSet(specifier).contains(target, prereleases=True)


@pytest.mark.parametrize(
    ("specifier", "reason"),
    [
        ("==0.4.*", "up to date"),
        (">=0.3", "allows 0.4.0"),
        ("==0.5.*", "downgrade"),
        (">=0.9", "downgrade"),
        ("", "no version specifier"),
    ],
)
def test_a_pin_that_need_not_or_must_not_move_says_why(specifier: str, reason: str) -> None:
    known = candidates("0.3.0", "0.4.0")
    done = move(pin(specifier), known[Version("0.4.0")], known)
    assert done.specifier is None
    assert reason in done.reason


def test_the_installed_line_is_that_of_the_newest_release_which_the_pin_admits() -> None:
    known = candidates("0.3.0", "0.3.4", "0.4.0")
    done = move(pin("==0.3.*"), known[Version("0.4.0")], known)
    assert (done.installed, done.line) == (Version("0.3.4"), "0.3")


def test_the_newest_release_is_chosen() -> None:
    best, _ = choose([pin("==0.3.*")], candidates("0.3.0", "0.10.0", "0.9.0").values(), None, None)
    assert best is not None
    assert best.version == Version("0.10.0")


def test_a_yanked_release_is_not_chosen() -> None:
    known = candidates("0.3.0", "0.4.0", yanked=("0.4.0",)).values()
    best, _ = choose([pin("==0.3.*")], known, None, None)
    assert best is not None
    assert best.version == Version("0.3.0")
    assert choose([pin("==0.3.*")], known, None, Version("0.4.0")) == (None, "version 0.4.0 is yanked")


@pytest.mark.parametrize(("specifier", "expected"), [("==0.3.*", "0.3.0"), ("==0.3.0rc1", "0.4.0rc1")])
def test_a_pre_release_is_chosen_only_where_the_pin_is_one(specifier: str, expected: str) -> None:
    best, _ = choose([pin(specifier)], candidates("0.3.0rc1", "0.3.0", "0.4.0rc1").values(), None, None)
    assert best is not None
    assert best.version == Version(expected)


def test_a_release_for_newer_pythons_is_not_chosen() -> None:
    newer = Candidate(Version("0.5.0"), yanked=False, requires_python=(">=3.13",), digests=())
    known = [*candidates("0.4.0").values(), newer]
    best, _ = choose([pin("==0.3.*")], known, ">=3.11", None)
    assert best is not None
    assert best.version == Version("0.4.0")
    best, _ = choose([pin("==0.3.*")], known, None, None)
    assert best == newer


def test_a_version_that_the_index_lacks_is_not_chosen() -> None:
    assert choose([pin("==0.3.*")], candidates("0.3.0").values(), None, Version("0.4.0"))[0] is None


def test_a_version_that_a_pin_excludes_is_not_chosen() -> None:
    best, _ = choose([pin(">=0.3,<0.4,!=0.5.0")], candidates("0.4.0", "0.5.0").values(), None, None)
    assert best is not None
    assert best.version == Version("0.4.0")


@pytest.mark.parametrize(
    ("specifier", "lowest"),
    [(">=3.11", "3.11"), (">=3.11.4,<4", "3.11.4"), ("==3.12.*", "3.12"), ("nonsense", None)],
)
def test_the_lowest_python_of_a_service_is_read(specifier: str, lowest: str | None) -> None:
    assert lowest_python(specifier) == (Version(lowest) if lowest else None)

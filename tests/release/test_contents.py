"""What an artifact must hold."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.version import Version

from crucible_pipeline.release.contents import sdist_objections, wheel_objections
from crucible_pipeline.release.verify import judged
from index.seeded import SEEDED, right_sdist, right_wheel

INFO = "demo_shared-0.3.0.dist-info"
PACKAGE = {"demo_shared/__init__.py": b"x = 1\n", "demo_shared/contract.json": b"{}\n"}
LICENSES = {"LICENSE": b"free\n"}
WHEEL = {
    **PACKAGE,
    f"{INFO}/METADATA": b"",
    f"{INFO}/WHEEL": b"",
    f"{INFO}/RECORD": b"",
    f"{INFO}/top_level.txt": b"",
    f"{INFO}/licenses/LICENSE": b"free\n",
}
TRACKED = {"pyproject.toml": b"[project]\n", "src/demo_shared/__init__.py": b"x = 1\n", "secret.env": b"s"}
SDIST = {
    "pyproject.toml": b"[project]\n",
    "src/demo_shared/__init__.py": b"x = 1\n",
    "PKG-INFO": b"",
    "setup.cfg": b"",
    "src/demo_shared.egg-info/SOURCES.txt": b"",
}
NEEDED = ("pyproject.toml", "src/demo_shared/__init__.py")


def test_an_exact_wheel_and_sdist_raise_no_objection() -> None:
    assert wheel_objections(WHEEL, PACKAGE, INFO, LICENSES) == []
    assert sdist_objections(SDIST, TRACKED, NEEDED) == []


@settings(max_examples=60, deadline=None)
@given(
    st.sets(st.sampled_from(sorted(set(WHEEL) - {f"{INFO}/licenses/LICENSE"}))),
    st.sets(st.sampled_from(["demo.pth", "tests/x.py", f"{INFO}/entry_points.txt", "demo_shared/.env"])),
    st.sets(st.sampled_from(sorted(PACKAGE))),
)
def test_every_missing_stray_or_changed_file_of_a_wheel_is_named(
    missing: set[str], stray: set[str], changed: set[str]
) -> None:
    files = {name: content for name, content in WHEEL.items() if name not in missing}
    files |= dict.fromkeys(stray, b"stray")
    files |= {name: b"other" for name in changed if name in files}
    said = " ".join(str(found) for found in wheel_objections(files, PACKAGE, INFO, LICENSES))
    assert all(name in said for name in stray | (changed - missing))
    assert ("lacks" in said) == bool(missing)
    assert bool(said) == bool(missing or stray or changed - missing)


def test_an_sdist_with_a_file_that_the_commit_lacks_is_refused() -> None:
    found = sdist_objections({**SDIST, ".env": b"TOKEN"}, TRACKED, NEEDED)
    assert [str(one) for one in found] == [
        "sdist: holds what the commit does not: .env; build again from the tag, and give an empty --dist"
    ]


def test_an_sdist_that_differs_from_the_commit_or_lacks_a_file_is_refused() -> None:
    files = {"pyproject.toml": b"other"}
    assert [one.what for one in sdist_objections(files, TRACKED, NEEDED)] == [
        "lacks: src/demo_shared/__init__.py",
        "differs from the commit in: pyproject.toml",
    ]


# The large ones take seconds, and the index is asked about them all the same.
@pytest.mark.parametrize("name", sorted(name for name in SEEDED if "bomb" not in name and "huge" not in name))
def test_what_the_index_would_refuse_is_refused_before_it_is_sent(name: str, tmp_path: Path) -> None:
    seed = SEEDED[name]
    path = tmp_path / seed.dist.filename
    path.write_bytes(seed.dist.content)
    _, found = judged(path, "demo-pkg", Version(seed.dist.version))
    assert seed.rule in {one.check for one in found}
    assert all(one.what.startswith(path.name) and one.todo for one in found)


def test_what_the_index_would_take_is_no_objection(tmp_path: Path) -> None:
    for dist in (right_wheel(), right_sdist()):
        path = tmp_path / dist.filename
        path.write_bytes(dist.content)
        assert judged(path, "demo-pkg", Version("1.0"))[1] == []
        assert judged(path, "other", Version("1.0"))[1][0].check == "name"
        assert judged(path, "demo-pkg", Version("2.0"))[1][0].check == "name"

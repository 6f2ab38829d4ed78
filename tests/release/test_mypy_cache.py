"""What mypy learned is kept for the next release, whole or not at all, and never decides by itself."""

from pathlib import Path

import pytest

from crucible_pipeline.release.mypy_cache import known_types


def test_what_a_run_leaves_is_there_in_the_next_one_and_is_a_copy(tmp_path: Path) -> None:
    environ = {"XDG_CACHE_HOME": str(tmp_path / "cache")}
    for number in ("one", "two"):
        (tmp_path / number).mkdir()
    with known_types(environ, tmp_path / "one") as first:
        assert not first.exists()
        first.mkdir()
        (first / "entry").write_text("known")
    with known_types(environ, tmp_path / "two") as second:
        assert (second / "entry").read_text() == "known"
        (second / "entry").write_text("changed")
        assert (tmp_path / "cache" / "crucible" / "mypy" / "entry").read_text() == "known"
    assert (tmp_path / "cache" / "crucible" / "mypy" / "entry").read_text() == "changed"
    assert [path.name for path in (tmp_path / "cache" / "crucible").iterdir()] == ["mypy"]


def test_a_run_that_fails_leaves_nothing_and_takes_nothing(tmp_path: Path) -> None:
    (tmp_path / ".cache" / "crucible" / "mypy").mkdir(parents=True)

    def failing() -> None:
        with known_types({"HOME": str(tmp_path)}, tmp_path) as known:
            (known / "entry").write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        failing()
    assert not list((tmp_path / ".cache" / "crucible" / "mypy").iterdir())


@pytest.mark.parametrize("environ", [{}, {"HOME": "relative", "XDG_CACHE_HOME": "relative"}])
def test_without_a_place_for_caches_nothing_is_kept(environ: dict[str, str], tmp_path: Path) -> None:
    with known_types(environ, tmp_path) as known:
        known.mkdir()
    assert [path.name for path in tmp_path.iterdir()] == ["mypy"]


def test_a_cache_that_cannot_be_written_costs_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where a folder belongs")
    with known_types({"XDG_CACHE_HOME": str(tmp_path / "cache")}, tmp_path) as known:
        known.mkdir()
    assert (tmp_path / "cache").is_file()

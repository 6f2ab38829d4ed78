"""A wheel that does not import, warns, lies about its names or fails mypy is found before it is published."""

import os
from pathlib import Path

import pytest

from crucible_pipeline.errors import CannotDo
from crucible_pipeline.release.installer import installer
from crucible_pipeline.release.smoke import Trial, consumer_of, pythons, smoke
from index.distributions import wheel
from release.one_release import PYTHON


def tried(body: bytes, names: tuple[str, ...], folder: Path, *, typed: bool = False) -> str:
    dist = wheel(
        "demo",
        body=body,
        before=lambda members: members.append(("demo/py.typed", b"")) if typed else None,
    )
    (folder / dist.filename).write_bytes(dist.content)
    (folder / "work").mkdir()
    trial = Trial(folder / dist.filename, "demo", names, (PYTHON,), typed)
    return str(smoke(trial, installer(os.environ, folder), folder / "work"))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"raise RuntimeError('no')\n", "RuntimeError: no"),
        (b"import warnings\nwarnings.warn('old', DeprecationWarning)\n", "DeprecationWarning: old"),
        (b"__all__ = ['missing']\n", "no attribute 'missing'"),
    ],
)
def test_a_package_that_does_not_import_cleanly_is_found(body: bytes, said: str, tmp_path: Path) -> None:
    with pytest.raises(CannotDo, match=said):
        tried(body, (), tmp_path)


@pytest.mark.slow
def test_a_package_whose_types_do_not_hold_for_a_consumer_is_found(tmp_path: Path) -> None:
    (tmp_path / "good").mkdir()
    assert tried(b"A: int = 1\n__all__ = ['A']\n", ("A",), tmp_path / "good", typed=True) == (
        f"imported in {PYTHON}; mypy passed on a consumer"
    )
    (tmp_path / "bad").mkdir()
    hidden = b"globals()['A'] = 1\n"
    with pytest.raises(CannotDo, match="mypy on a consumer failed"):
        tried(hidden, ("A",), tmp_path / "bad", typed=True)


def test_only_interpreters_that_run_and_are_the_wanted_version_count(tmp_path: Path) -> None:
    for name, text in (("python3.98", "#!/bin/sh\nexit 127\n"), ("python3.99", "#!/bin/sh\necho 3.12\n")):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    environ = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "HOME": str(tmp_path)}
    assert list(pythons((PYTHON, "3.98", "3.99"), environ, tmp_path)) == [PYTHON]


def test_a_consumer_uses_every_name() -> None:
    text = consumer_of("demo", ("A", "b"))
    compile(text, "consumer.py", "exec")
    assert text.count("    A,\n") == text.count("    b,\n") == 2

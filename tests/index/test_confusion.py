"""Dependency confusion, mounted: somebody publishes our names in the public index, in a higher version.

The clients are real and know one index URL, that of this index. The public index is a second real one.
"""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from crucible_pipeline.index.configured import pip_index_url
from crucible_pipeline.index.reserved import Reserved
from crucible_pipeline.index.server import Running, running
from index.distributions import fetch, post, wheel

UV = Path(sys.executable).with_name("uv")
OURS = wheel("crucible-shared", "0.3.1", body=b"OWNER = 'ours'\n", more="Requires-Dist: pydantic>=2.5\n")
EVIL = wheel("crucible-shared", "99.0.0", body=b"OWNER = 'evil'\n")
UNBORN = wheel("crucible-billing", "99.0.0", body=b"OWNER = 'evil'\n")
PUBLIC = (
    wheel("pydantic", "2.14.0", more="Requires-Dist: annotated-types\n"),
    wheel("annotated-types", "0.8.0"),
)


@dataclass(frozen=True)
class Places:
    index: Running
    public: Running


@pytest.fixture
def places(tmp_path: Path) -> Iterator[Places]:
    with running() as public, running(tmp_path / "index", upstream=lambda: public.simple_url) as index:
        for dist in (EVIL, UNBORN, *PUBLIC):
            assert post(public, dist).status_code == 200
        Reserved(index.catalog.store).add("crucible-")
        assert post(index, OURS).status_code == 200
        yield Places(index, public)


def install(
    client: str, environment: dict[str, str], url: str, target: Path, *wanted: str
) -> subprocess.CompletedProcess[str]:
    pip = [sys.executable, "-m", "pip", "install", "--no-cache-dir"]
    program = pip if client == "pip" else [str(UV), "pip", "install", "--no-cache"]
    command = [*program, "--target", str(target), "--index-url", url, *wanted]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=120)


def test_the_attack_works_where_nothing_stands_against_it(places: Places) -> None:
    assert b"99.0.0" in fetch(places.public, "simple/crucible-shared/").content


@pytest.mark.parametrize("client", ["pip", "uv"])
def test_a_higher_version_of_our_name_in_the_public_index_is_never_installed(
    client: str, places: Places, clean_environment: dict[str, str], tmp_path: Path
) -> None:
    url = places.index.simple_url
    done = install(client, clean_environment, url, tmp_path / "got", "crucible-shared")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "got/crucible_shared/__init__.py").read_bytes() == b"OWNER = 'ours'\n"
    # What is public came along through the same URL.
    assert (tmp_path / "got/pydantic/__init__.py").exists()
    assert (tmp_path / "got/annotated_types/__init__.py").exists()
    # The second name is ours and not yet published. One command names both: pip takes a second to start.
    both = ("crucible-shared==99.0.0", "crucible-billing")
    for wanted in (both, *((each,) for each in both if client == "uv")):
        assert install(client, clean_environment, url, tmp_path / "evil", *wanted).returncode != 0
    assert not (tmp_path / "evil").exists() or not list((tmp_path / "evil").glob("crucible*"))


@pytest.mark.slow
@pytest.mark.parametrize("client", ["pip", "uv"])
def test_a_private_package_and_the_public_pydantic_come_through_one_index_url(
    client: str, clean_environment: dict[str, str], tmp_path: Path
) -> None:
    with running(tmp_path / "index", upstream=pip_index_url) as index:
        assert post(index, OURS).status_code == 200
        done = install(
            client, clean_environment, index.simple_url, tmp_path / "got", "crucible-shared==0.3.*"
        )
    assert done.returncode == 0, done.stderr
    seen = "import crucible_shared, pydantic; print(crucible_shared.OWNER, pydantic.BaseModel.__name__)"
    ran = subprocess.run(
        [sys.executable, "-S", "-c", seen],
        env={**clean_environment, "PYTHONPATH": str(tmp_path / "got")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.stdout == "ours BaseModel\n", ran.stderr

"""Repositories, and one built release that all tests share."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from crucible_pipeline.index.server import Running, running
from crucible_pipeline.release.cut import carry_out, plan
from crucible_pipeline.release.gate import gate
from release.contracts_repository import Workshop, workshop
from release.one_release import Published, one_release


@pytest.fixture(scope="session")
def identity(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Git knows an author, and nothing else of the machine."""
    config = tmp_path_factory.mktemp("git") / "config"
    config.write_text("[user]\nname = A\nemail = a@packages.example\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GIT_CONFIG_GLOBAL", str(config))
        patch.setenv("GIT_CONFIG_NOSYSTEM", "1")
        yield


@pytest.fixture(scope="session")
def _template(identity: None, tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    return workshop(tmp_path_factory.mktemp("template") / "repository")


@pytest.fixture(scope="session")
def _released(_template: Workshop, tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    made = _template.copy(tmp_path_factory.mktemp("released") / "repository")
    carry_out(plan(made.package_released, None, date(2026, 11, 24), None, {}), made.repository, push=False)
    return made


@pytest.fixture
def fresh(_template: Workshop, tmp_path: Path) -> Workshop:
    """A repository ready for its first release."""
    return _template.copy(tmp_path / "repository")


@pytest.fixture
def released(_released: Workshop, tmp_path: Path) -> Workshop:
    """A repository whose HEAD is the release 0.1.0."""
    return _released.copy(tmp_path / "repository")


@pytest.fixture(scope="session")
def published(_released: Workshop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Published]:
    """One release in an index, with all that lies beside it."""
    folder = tmp_path_factory.mktemp("published")
    with one_release(_released.copy(folder / "repository"), folder) as made:
        yield made


@pytest.fixture
def index() -> Iterator[Running]:
    """An empty index on loopback, with the gate."""
    with running(gate=gate) as served:
        yield served

from collections.abc import Iterator
from pathlib import Path

import pytest

from crucible_pipeline.contracts.snapshot import dump
from crucible_pipeline.index.server import Running, running
from index.distributions import Members, post, sdist, wheel
from upgrade.upgrade_services import ServiceRepository, contract

CHANGELOG = b"""# Changelog

## [Unreleased]

## [0.4.0] - 2026-03-01

### Changed

- A request names its time limit time_limit.

## [0.3.1] - 2026-02-01

- Nothing to see.

## [0.3.0] - 2026-01-01

- The beginning.
"""


@pytest.fixture(scope="session")
def index() -> Iterator[Running]:
    """An index with crucible-shared 0.3.0, 0.3.1 (the old contract), 0.4.0 (the new one) and 0.5.0rc1."""
    versions = {"0.3.0": "old", "0.3.1": "old", "0.4.0": "new", "0.5.0rc1": "new"}
    with running() as server:
        for version, name in versions.items():
            snapshot = dump(contract(name)).encode()

            def add(members: Members, snapshot: bytes = snapshot) -> None:
                members.append(("crucible_shared/contract.json", snapshot))

            assert post(server, wheel("crucible-shared", version, before=add)).is_success
        changelog = ("crucible_shared-0.4.0/CHANGELOG.md", CHANGELOG)
        assert post(server, sdist("crucible-shared", "0.4.0", more=(changelog,))).is_success
        yield server


@pytest.fixture
def no_settings_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither an index nor a token is known but those that a test names."""
    for name in ("CRUCIBLE_INDEX_URL", "CRUCIBLE_TOKEN", "PIP_INDEX_URL", "GITHUB_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def service(tmp_path: Path) -> ServiceRepository:
    """A service repository with one pin and one line that breaks."""
    return ServiceRepository.create(
        tmp_path / "storage-service",
        {
            "requirements.txt": "fastapi==0.115.*\r\nCrucible_Shared==0.3.*  # types\r\nredis",
            "app.py": "from crucible_shared import EvaluationStatus\n\nWAITS = EvaluationStatus.QUEUED\n",
        },
    )

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from crucible_pipeline.index.server import Running, running
from index.seaweed import Node, seaweed


@pytest.fixture
def index() -> Iterator[Running]:
    """An index in memory that answers."""
    with running() as server:
        yield server


@pytest.fixture
def folder_index(tmp_path: Path) -> Iterator[Running]:
    """An index in `tmp_path / "index"` that answers."""
    with running(tmp_path / "index") as server:
        yield server


@pytest.fixture
def clean_environment() -> dict[str, str]:
    """The environment for clients: no index, proxy or credentials of whoever runs the tests."""
    dropped = ("PIP_", "UV_", "TWINE_", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "PYTHONPATH")
    kept = {name: value for name, value in os.environ.items() if not name.upper().startswith(dropped)}
    return {
        **kept,
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "UV_NO_CONFIG": "1",
        "NO_PROXY": "127.0.0.1",
        "NO_COLOR": "1",
        "COLUMNS": "500",
    }


@pytest.fixture(scope="session")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """A real object store; one for each process of the suite that asks, and only then."""
    with seaweed(tmp_path_factory.mktemp("seaweed")) as node:
        yield node


@pytest.fixture
def bucket(s3: Node, monkeypatch: pytest.MonkeyPatch) -> str:
    """The address of an empty place in it, with the credentials in the environment."""
    for name, value in s3.environment.items():
        monkeypatch.setenv(name, value)
    return f"s3://tests/{uuid.uuid4().hex}"

from collections.abc import Iterator
from pathlib import Path

import pytest

from crucible_pipeline.index.server import Running, running
from index.distributions import Members, post, wheel

PACKAGE = Path(__file__).parents[2] / "src" / "crucible_shared"


@pytest.fixture(scope="session")
def index() -> Iterator[Running]:
    """An index with crucible-shared 0.3.0 as this checkout has it."""

    def add(members: Members) -> None:
        del members[0]
        for path in sorted(PACKAGE.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                members.append((path.relative_to(PACKAGE.parent).as_posix(), path.read_bytes()))

    with running() as server:
        assert post(server, wheel("crucible-shared", "0.3.0", before=add)).is_success
        yield server

"""One set of examples for every run of `make test`; `make test-all` draws new ones."""

import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

# How long an example takes says how busy the machine is.
settings.register_profile("same", derandomize=True, database=None, deadline=None)
settings.register_profile("new", print_blob=True, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))


@pytest.fixture(scope="session", autouse=True)
def cache_of_its_own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What a test clones and keeps is not the user's."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CRUCIBLE_CACHE", str(tmp_path_factory.mktemp("crucible-cache")))
        yield

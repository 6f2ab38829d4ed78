"""Many services at once: each is opened where it is, and what comes of one stops no other."""

import contextlib
import os
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from itertools import islice
from typing import TypeVar

from crucible_pipeline.errors import CannotDo, CrucibleError, Refused
from crucible_pipeline.upgrade.clones import Clones
from crucible_pipeline.upgrade.outcome import Outcome, failed
from crucible_pipeline.upgrade.service import Service, open_clone, open_service
from crucible_pipeline.upgrade.services_file import Listed
from crucible_pipeline.upgrade.shelf import Shelf
from crucible_pipeline.upgrade.trial import Terms
from crucible_pipeline.upgrade.upgrade import Request, upgrade_service

# More wait for the network than for a processor, but each holds the files of one service.
MOST_JOBS = 8
_AHEAD = 4

Result = TypeVar("Result")


def usual_jobs() -> int:
    """How many services are worked on at a time if nobody says."""
    return max(2, min(MOST_JOBS, 2 * (os.cpu_count() or 1)))


def each(services: Sequence[Listed], act: Callable[[Listed], Result], jobs: int) -> Iterator[Result]:
    """What an act makes of each service, in their order.

    At most a few times `jobs` results are held at once, however long the list and however slow one service.

    Args:
        services: in the order of the results.
        act: called in other threads; what it raises ends the whole.
        jobs: how many at a time.
    """
    pending = iter(services)
    under_way: deque[Future[Result]] = deque()
    with ThreadPoolExecutor(jobs, thread_name_prefix="service") as pool:
        try:
            under_way.extend(pool.submit(act, one) for one in islice(pending, jobs * _AHEAD))
            while under_way:
                result = under_way.popleft().result()
                under_way.extend(pool.submit(act, one) for one in islice(pending, 1))
                yield result
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


@contextlib.contextmanager
def opened(listed: Listed, clones: Clones) -> Generator[Service]:
    """A service where it is: in its work tree, or in a clone that nobody else uses meanwhile.

    Raises:
        Refused: another branch is checked out than the wanted one, or there is no such branch or folder.
        CannotDo: the repository is gone or cannot be reached.
    """
    if listed.path is None:
        with clones.at(listed.url, listed.branch) as repository:
            yield open_clone(repository, listed.folder, listed.name)
        return
    target = listed.path / listed.folder
    service = open_service(target)
    branch = service.repository.branch()
    if listed.branch and branch != listed.branch:
        there = f"{branch} is checked out" if branch else "no branch is checked out"
        raise Refused(f"in {target} {there}, not {listed.branch}", f"check out {listed.branch}")
    yield replace(service, name=listed.name)


def upgrade_listed(listed: Listed, clones: Clones, shelf: Shelf, request: Request) -> Outcome:
    """Upgrade a service wherever it is; whatever happens is an outcome.

    Args:
        listed: the service.
        clones: of those that have an address.
        shelf: the releases of the package.
        request: what is wanted; what the list says of the service's forge comes first.
    """
    access = request.forge
    if listed.forge == "none":
        access = None
    elif access is not None and (listed.forge or listed.forge_url):
        access = replace(access, kind=listed.forge or access.kind, api=listed.forge_url or access.api)
    # the caller's own list says what runs on the caller's machine
    tests = Terms(listed.test_command, request.tests.seconds if request.tests else Terms().seconds)
    if listed.test_command and not (request.tests and request.tests.command):
        request = replace(request, tests=tests)
    try:
        if listed.url and not (request.push or request.forge or request.dry_run):
            raise Refused(
                f"{listed.url} is a URL", "give a folder, or --push so that the clone is of use, or --dry-run"
            )
        with opened(listed, clones) as service:
            return upgrade_service(service, shelf, replace(request, forge=access))
    except CrucibleError as error:
        return failed(listed.name, error)
    except Exception as error:  # noqa: BLE001  a service that nobody thought of stops no other
        return failed(listed.name, unexpected(error))


def unexpected(error: Exception) -> CannotDo:
    """An error that no service should cause, as one that names itself."""
    return CannotDo(
        f"crucible failed on this service: {type(error).__name__}: {error}",
        "report it as a mistake of crucible's",
    )

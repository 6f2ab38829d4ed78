"""The world: locks refreshed by the tools that wrote them, for one package alone.

A tool that resolves may build what the service names. So it runs only where the caller says so, on a copy of
the branch and with no secret of the caller's; what it needs a password for it cannot reach.
"""

import os
import posixpath
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from crucible_pipeline.errors import Refused
from crucible_pipeline.upgrade.locks import Stale
from crucible_pipeline.upgrade.scratch import clean_environment, program, run_bounded, write_files
from crucible_pipeline.upgrade.service import Service
from crucible_pipeline.upgrade.trial import shown

MAX_LOCK_BYTES = 64 << 20
SECONDS = 600


@dataclass(frozen=True, slots=True)
class Refreshed:
    """What the tools made.

    Args:
        files: path from the repository's root → new content.
        notes: a sentence for each lock that is still stale, with what to type.
    """

    files: Mapping[str, bytes]
    notes: Sequence[str]


def refresh(service: Service, changed: Mapping[str, bytes], locks: Sequence[Stale]) -> Refreshed:
    """Refresh locks on a copy of the branch.

    Args:
        service: as it is committed.
        changed: path from the repository's root → new content: the moved pins.
        locks: with paths from the repository's root.
    """
    files: dict[str, bytes] = {}
    notes: list[str] = []
    if not locks:
        return Refreshed(files, notes)
    with TemporaryDirectory(prefix="crucible-locks-") as name:
        place = Path(os.path.realpath(name))
        try:
            write_files(service, changed, place / "checkout")
        except (Refused, OSError) as error:
            return Refreshed(files, [f"{one.sentence} ({error})" for one in locks])
        for one in locks:
            why = _refresh(place, one)
            lock = place / "checkout" / one.lock
            if not why and (lock.is_symlink() or not lock.is_file() or lock.stat().st_size > MAX_LOCK_BYTES):
                why = "no lock came of it"
            if why:
                notes.append(f"{one.sentence} ({why})")
            else:
                files[one.lock] = lock.read_bytes()
    return Refreshed(files, notes)


def _refresh(place: Path, stale: Stale) -> str:
    """Why a lock could not be refreshed; empty if it was."""
    environment = clean_environment(place)
    tool = program(stale.command[0])
    if tool is None:
        return f"{stale.command[0]} is not installed here"
    folder = place / "checkout" / posixpath.dirname(stale.lock)
    try:
        code, output = run_bounded([tool, *stale.command[1:]], folder, environment, SECONDS)
    except OSError as error:
        return f"it could not be started: {error.strerror}"
    if code is None:
        return f"it took longer than {SECONDS} seconds"
    said = " ".join(shown(output, str(place)).split()[-40:])
    return f"its exit code was {code}: {said}" if code else ""

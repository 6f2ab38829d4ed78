"""The Python files of a service, wherever it is; touches the world.

Of a repository the commit that is checked out is read, as everywhere in this room. A folder that is in no
repository, or of which the last commit knows nothing, is read from the disk: no link is followed, and nothing
but regular files is opened.
"""

import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from crucible_pipeline.errors import CannotDo
from crucible_pipeline.git import Repository
from crucible_pipeline.upgrade.encoding import printable
from crucible_pipeline.upgrade.plumbing import MAX_FILE_BYTES
from crucible_pipeline.upgrade.service import MAX_SOURCE_BYTES, open_service, python_files

# What was installed or built there is nobody's writing.
_NOT_WRITTEN = frozenset({"node_modules", "site-packages", "venv", "__pycache__"})


@dataclass(frozen=True, slots=True)
class Sources:
    """What was read of a service.

    Args:
        files: path as seen from the service's folder → content.
        notes: what was not read and why, one sentence each.
    """

    files: dict[str, bytes]
    notes: tuple[str, ...] = ()


def read_sources(target: Path, strings: Iterable[str]) -> Sources:
    """Read the Python files of the service in a folder.

    Args:
        target: the folder.
        strings: as `python_files` takes them.

    Raises:
        CannotDo: there is no such folder, or it cannot be read.
    """
    if not target.is_dir():
        raise CannotDo(f"there is no folder {target}", "give the folder of a service")
    if _is_committed(target):
        service = open_service(target)
        files, notes = python_files(service, strings)
        return Sources({service.shown(path): content for path, content in files.items()}, tuple(notes))
    return _on_disk(target) if list(strings) else Sources({})


def _is_committed(target: Path) -> bool:
    try:
        repository = Repository.containing(target)
    except CannotDo:
        return False
    if not repository.has_commits():
        return False
    below = target.resolve().relative_to(repository.root.resolve()).as_posix()
    return bool(repository.read("ls-tree", "--full-tree", "HEAD", "--", f"{below}/" if below != "." else "."))


def _on_disk(target: Path) -> Sources:
    files: dict[str, bytes] = {}
    notes: list[str] = []
    total = 0
    for path in _regular(target):
        name = printable(path.relative_to(target).as_posix())
        content = _content(path)
        if content is None:
            notes.append(f"{name} cannot be read")
        elif len(content) > MAX_FILE_BYTES:
            notes.append(f"{name} is larger than {MAX_FILE_BYTES} bytes and was not read")
        else:
            files[name] = content
            total += len(content)
        if total > MAX_SOURCE_BYTES:
            raise CannotDo(
                f"{target} holds more than {MAX_SOURCE_BYTES >> 20} MiB of Python", "give a service"
            )
    return Sources(files, tuple(notes))


def _regular(target: Path) -> Iterator[Path]:
    def fails(error: OSError) -> None:
        raise CannotDo(f"cannot read {error.filename}: {error.strerror}", "look at its permissions")

    for directory, folders, names in os.walk(target, onerror=fails):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name not in _NOT_WRITTEN)
        for name in sorted(names):
            if name.endswith(".py") and not name.startswith("."):
                yield Path(directory, name)


def _content(path: Path) -> bytes | None:
    """At most one byte more than is allowed; None for a link, a pipe or what may not be read."""
    try:
        # neither follows a link at the end of the path nor waits for the other side of a pipe
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(descriptor, "rb") as file:  # noqa: PTH123  a descriptor is no path
            is_file = stat.S_ISREG(os.fstat(descriptor).st_mode)
            return file.read(MAX_FILE_BYTES + 1) if is_file else None
    except OSError:
        return None

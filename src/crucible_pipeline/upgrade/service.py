"""A service as it is committed: the files with its pins, its Python files, its lowest Python.

Everything is read from the commit that is checked out, never from the work tree: a symbolic link leads
nowhere, and no program of the repository runs.
"""

import posixpath
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from crucible_pipeline.errors import Refused
from crucible_pipeline.git import Repository
from crucible_pipeline.upgrade.encoding import decode, printable
from crucible_pipeline.upgrade.pin_files import PATTERNS, includes_of, is_followed, reader_of
from crucible_pipeline.upgrade.pins import spelled
from crucible_pipeline.upgrade.plumbing import (
    MAX_FILE_BYTES,
    Entry,
    contents_of,
    files_naming,
    files_of,
    files_with,
)
from crucible_pipeline.upgrade.policy import NONE, Policy, read_policy

MAX_SOURCE_BYTES = 64 << 20
MAX_FILES = 500_000
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")


@dataclass(frozen=True, slots=True)
class Service:
    """A service in a repository.

    Args:
        repository: that holds it.
        folder: the service's own folder, from the repository's root; empty for the root.
        name: of that folder, as on disk.
        commit: that is read.
        files: of the commit: path from the root → entry.
        checked_out: whether there is a work tree, in which a person may have changed something.
    """

    repository: Repository
    folder: str
    name: str
    commit: str
    files: Mapping[str, Entry]
    checked_out: bool = True

    def shown(self, path: str) -> str:
        """A path of the repository as seen from the service's folder, to be printed."""
        return printable(posixpath.relpath(path, self.folder or "."))

    def holds(self, path: str) -> bool:
        """Whether a path of the repository lies in the service's folder."""
        return not self.folder or path.startswith(f"{self.folder}/")


def open_service(target: Path) -> Service:
    """The service in a folder of a work tree.

    Raises:
        CannotDo: the folder is in no repository.
        Refused: the repository has no commit, or more files than a service has.
    """
    repository = Repository.containing(target)
    if not repository.has_commits():
        raise Refused(f"{target} has no commit yet", "commit the service first")
    folder = target.resolve().relative_to(repository.root.resolve()).as_posix()
    below = "" if folder == "." else folder
    return _service(repository, below, target.resolve().name, checked_out=True)


def open_clone(repository: Repository, folder: str, name: str) -> Service:
    """The service in a folder of a bare repository, at its HEAD.

    Raises:
        Refused: there is no such folder, or it holds more files than a service has.
    """
    return _service(repository, folder, name, checked_out=False)


def _service(repository: Repository, folder: str, name: str, *, checked_out: bool) -> Service:
    commit = repository.head()
    files = files_of(repository, commit)
    if len(files) > MAX_FILES:
        raise Refused(f"the repository holds more than {MAX_FILES} files", "split it")
    service = Service(repository, folder, name, commit, files, checked_out)
    if not checked_out and folder and not any(map(service.holds, files)):
        raise Refused(f"the repository has no folder {printable(folder)}", "name the service's own folder")
    return service


@dataclass(frozen=True, slots=True)
class Requirements:
    """The files of a service that may hold pins.

    Args:
        files: path from the repository's root → content; in the order in which they were reached.
        notes: what was not followed and why, one sentence each.
    """

    files: Mapping[str, bytes]
    notes: tuple[str, ...]


def read_requirements(service: Service, package: str) -> Requirements:
    """Read every file that pins of a package may stand in, and what these include inside the repository."""
    naming = files_naming(service.repository, service.commit, spelled(package), service.folder, PATTERNS)
    pending = [path for path in service.files if service.holds(path) and is_followed(path)]
    pending += [path for path in naming if path in service.files and reader_of(path) is not None]
    files: dict[str, bytes] = {}
    notes: list[str] = []
    while pending:
        fresh = [path for path in dict.fromkeys(pending) if path not in files]
        pending = list[str]()
        readable = [path for path in fresh if _why_not(service, path) is None]
        notes += [f"{service.shown(path)} {why}" for path in fresh if (why := _why_not(service, path))]
        contents = contents_of(service.repository, (service.files[path] for path in readable))
        for path in readable:
            files[path] = contents[service.files[path].identity]
            reached, missing = _includes(service, path, files[path])
            pending += reached
            notes += missing
    return Requirements(files, tuple(dict.fromkeys(notes)))


def _why_not(service: Service, path: str) -> str | None:
    entry = service.files[path]
    if not entry.is_file:
        return "is a symbolic link and was not followed"
    if entry.size > MAX_FILE_BYTES:
        return f"is larger than {MAX_FILE_BYTES} bytes and was not read"
    return None


def _includes(service: Service, path: str, content: bytes) -> tuple[list[str], list[str]]:
    reached: list[str] = []
    notes: list[str] = []
    for include in includes_of(path, decode(content).text):
        place = f"{service.shown(path)}:{include.line}"
        named = printable(include.target)
        target = posixpath.normpath(posixpath.join(posixpath.dirname(path), include.target))
        if _URL.match(include.target):
            notes.append(f"{place} includes a URL, which was not followed")
        elif posixpath.isabs(target) or target.split("/")[0] == "..":
            notes.append(f"{place} includes {named}, which is outside the repository")
        elif target not in service.files:
            notes.append(f"{place} includes {named}, which is not in the repository")
        else:
            reached.append(target)
    return reached, notes


def python_files(service: Service, strings: Iterable[str]) -> tuple[dict[str, bytes], list[str]]:
    """The service's Python files: path → content, and what was not read.

    Args:
        service: that is read.
        strings: of which a file has to hold one to be of interest by itself. Files without them are read too,
            for they may import from one with them, unless all together are larger than `MAX_SOURCE_BYTES`.
            Without any string nothing is of interest.
    """
    wanted = list(strings)
    if not wanted:
        return {}, []
    known = [path for path in service.files if service.holds(path) and path.endswith(".py")]
    notes: list[str] = []
    if sum(service.files[path].size for path in known if _why_not(service, path) is None) > MAX_SOURCE_BYTES:
        found = files_with(service.repository, service.commit, wanted, service.folder, "*.py")
        known = [path for path in found if path in service.files]
        notes.append(
            "The service is very large: names that its files hand on to each other were not followed."
        )
    notes += [f"{service.shown(path)} {why}" for path in known if (why := _why_not(service, path))]
    readable = [path for path in known if _why_not(service, path) is None]
    contents = contents_of(service.repository, (service.files[path] for path in readable))
    return {path: contents[service.files[path].identity] for path in readable}, notes


def requires_python(service: Service) -> str | None:
    """What the service's own pyproject.toml says of Python; None if it says nothing readable."""
    text = _own(service, "pyproject.toml")
    try:
        said = tomllib.loads(text or "")["project"]["requires-python"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return said if isinstance(said, str) else None


def policy_of(service: Service) -> Policy:
    """What the service says about its upgrades, in the first of its two files that says something.

    Raises:
        Refused: it says what cannot be meant.
    """
    for name, place in (
        ("pyproject.toml", ("tool", "crucible", "upgrade")),
        (".crucible.toml", ("upgrade",)),
    ):
        found = read_policy(_own(service, name) or "", place, name)
        if found is not None:
            return found
    return NONE


def _own(service: Service, name: str) -> str | None:
    """The text of a file in the service's own folder; None if there is none that can be read."""
    path = posixpath.join(service.folder, name)
    if path not in service.files or _why_not(service, path) is not None:
        return None
    content = contents_of(service.repository, [service.files[path]])[service.files[path].identity]
    return content.decode("utf-8", "replace")


def changed_paths(service: Service, paths: Iterable[str]) -> list[str]:
    """Those of some files that are not on disk and in the index as they are committed.

    Compared without git's filters, which a repository's configuration may turn into programs; line ends that
    a checkout converted count as equal.
    """
    if not service.checked_out:
        return []
    return [path for path in paths if not _is_as_committed(service, path)]


def _is_as_committed(service: Service, path: str) -> bool:
    entry, repository = service.files[path], service.repository
    staged = repository.run("ls-files", "--stage", "-z", "--", f":(top,literal){path}").split("\0")[0]
    if staged.split()[:2] != [entry.mode, entry.identity]:
        return False
    on_disk = repository.root / path
    if on_disk.is_symlink() or not on_disk.is_file() or on_disk.stat().st_size > 2 * MAX_FILE_BYTES:
        return False
    committed = contents_of(repository, [entry])[entry.identity]
    content = on_disk.read_bytes()
    return content == committed or content.replace(b"\r\n", b"\n") == committed.replace(b"\r\n", b"\n")

"""The world: the files of a service as they lie on disk, read and written all or none."""

import contextlib
import os
import posixpath
import stat
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from crucible_pipeline.errors import CannotDo, Refused
from crucible_pipeline.git import Repository
from crucible_pipeline.migrate.plan import kind_of
from crucible_pipeline.migrate.tree import Tree, is_below
from crucible_pipeline.upgrade.encoding import Decoded, decode, printable
from crucible_pipeline.upgrade.service import changed_paths, open_service

MAX_FILE_BYTES = 2 << 20
MAX_FILES = 200_000
# Nothing in them is the service's own text.
_FOREIGN = frozenset({".git", ".hg", ".svn", "node_modules", "__pycache__", ".tox", ".nox", ".mypy_cache"})


@dataclass(frozen=True, slots=True)
class WorkTree:
    """A service on disk.

    Args:
        root: the repository's top folder, or the service's own where it lies in none.
        tree: the files below it.
        texts: path from the top → content, of the files of interest in the service.
        is_versioned: whether git has it.
        notes: what was not read and why, one sentence each.
    """

    root: Path
    tree: Tree
    texts: Mapping[str, Decoded]
    is_versioned: bool
    notes: tuple[str, ...]


def read_work_tree(target: Path) -> WorkTree:
    """Read a service; no symbolic link is followed and nothing of it runs.

    Raises:
        CannotDo: there is no such folder, it has too many files, or one cannot be read.
    """
    if not target.is_dir():
        raise CannotDo(f"there is no folder {target}", "give the folder of a service")
    folder = target.resolve()
    try:
        root, is_versioned = Repository.containing(folder).root.resolve(), True
    except CannotDo:
        root, is_versioned = folder, False
    inside = folder.relative_to(root).as_posix()
    paths = frozenset(_files(root))
    texts: dict[str, Decoded] = {}
    notes: list[str] = []
    for path in sorted(paths):
        if not is_below(path, inside) or not kind_of(path):
            continue
        content = _content(root / path)
        if content is None:
            notes.append(f"{printable(path)} is larger than {MAX_FILE_BYTES} bytes and was not read")
        else:
            texts[path] = decode(content)
    return WorkTree(root, Tree(root.name, paths, inside), texts, is_versioned, tuple(notes))


def _files(root: Path) -> Iterator[str]:
    count = 0
    for folder, folders, names in os.walk(root):
        below = Path(folder).relative_to(root).as_posix()
        folders[:] = sorted(
            name for name in folders if name not in _FOREIGN and not Path(folder, name, "pyvenv.cfg").exists()
        )
        for name in names:
            count += 1
            if count > MAX_FILES:
                raise CannotDo(f"{root} has more than {MAX_FILES} files", "give the folder of one service")
            if stat.S_ISREG(os.lstat(Path(folder, name)).st_mode):
                yield posixpath.normpath(posixpath.join(below, name))


def _content(path: Path) -> bytes | None:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise CannotDo(f"cannot read {path}: {error.strerror}", "look at the file") from None
    return content if len(content) <= MAX_FILE_BYTES else None


def check_committed(work: WorkTree, paths: list[str]) -> None:
    """See that git has every file as it lies there, so that it can bring them back.

    Raises:
        Refused: it has not; the error names them all.
    """
    if not work.is_versioned or not paths:
        return
    service = open_service(work.root)
    known = [path for path in paths if path in service.files]
    dirty = sorted({*changed_paths(service, known), *(set(paths) - set(known))})
    if dirty:
        names = ", ".join(printable(path) for path in dirty)
        raise Refused(f"{names}: not as committed", "commit first, so that git can bring it back")


def write_all(work: WorkTree, texts: Mapping[str, str]) -> None:
    """Write the changed texts; where one cannot be written, none is changed.

    Args:
        work: where.
        texts: path → new text.

    Raises:
        CannotDo: the disk does not take them.
    """
    ready: list[tuple[str, Path]] = []
    done: list[Path] = []
    try:
        for path, text in texts.items():
            place = work.root / path
            descriptor, name = tempfile.mkstemp(dir=place.parent, prefix=".crucible-")
            ready.append((name, place))
            with os.fdopen(descriptor, "wb") as file:
                file.write(work.texts[path].encode(text))
            Path(name).chmod(stat.S_IMODE(place.stat().st_mode))
        for name, place in ready:
            Path(name).replace(place)
            done.append(place)
    except (OSError, UnicodeError) as error:
        for place in done:
            before = work.texts[place.relative_to(work.root).as_posix()]
            with contextlib.suppress(OSError):
                place.write_bytes(before.encode(before.text))
        raise CannotDo(f"the files cannot be written: {error}", "nothing was changed") from None
    finally:
        for name, _ in ready:
            with contextlib.suppress(OSError):
                Path(name).unlink()

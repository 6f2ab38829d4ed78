"""The world: generated files on disk."""

import os
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from crucible_pipeline.errors import CannotDo, Refused
from crucible_pipeline.generate.generate import Content
from crucible_pipeline.generate.text import MARK

# Folders of a target that hold nothing but copies; everything else that is ours says so in its first line.
_COPIES = "contracts"
_FIRST_LINE = 200


def stale(files: Mapping[str, Content], targets: Mapping[str, Path]) -> list[Path]:
    """Files on disk that are not what would be written: changed, missing, or no longer generated.

    Args:
        files: `<target>/<path>` → text, or its UTF-8.
        targets: target → folder; a target that is not given is left out.

    Raises:
        CannotDo: a file cannot be read.
    """
    return sorted([*differing(files, targets), *left(files, targets)])


def write(files: Mapping[str, Content], targets: Mapping[str, Path]) -> list[Path]:
    """Write what is not on disk yet, each file as a whole, and remove what is no longer generated.

    Args:
        files: `<target>/<path>` → text, or its UTF-8.
        targets: target → folder; a target that is not given is left out.

    Returns:
        The files that were written or removed, sorted.

    Raises:
        CannotDo: a file cannot be read, written or removed.
    """
    gone = left(files, targets)
    written = put(files, targets)
    remove(gone, targets)
    return sorted([*written, *gone])


def differing(files: Mapping[str, Content], targets: Mapping[str, Path]) -> list[Path]:
    """Of `stale`, those that are changed or missing."""
    return [path for path, content in _placed(files, targets).items() if _read(path) != _bytes(content)]


def put(files: Mapping[str, Content], targets: Mapping[str, Path]) -> list[Path]:
    """Of `write`, the writing."""
    written: list[Path] = []
    folders: set[Path] = set()
    for path, content in _placed(files, targets).items():
        wanted = _bytes(content)
        if _read(path) == wanted:
            continue
        with _explained(path):
            if path.parent not in folders:
                path.parent.mkdir(parents=True, exist_ok=True)
                folders.add(path.parent)
            _replace(path, wanted)
        written.append(path)
    return written


def left(names: Iterable[str], targets: Mapping[str, Path]) -> list[Path]:
    """Of `stale`, those that are no longer generated: whatever has none of these names."""
    return list(_left(_placed(dict.fromkeys(names, ""), targets), targets))


def remove(paths: Iterable[Path], targets: Mapping[str, Path]) -> None:
    """Of `write`, the removing."""
    for path in paths:
        with _explained(path):
            path.unlink()
            _prune(path.parent, targets.values())


@contextmanager
def _explained(path: Path) -> Generator[None]:
    try:
        yield
    except OSError as error:
        raise CannotDo(f"cannot write {path}: {error.strerror}", "look at its folder's permissions") from None


def _bytes(content: Content) -> bytes:
    return content.encode() if isinstance(content, str) else content


def _placed(files: Mapping[str, Content], targets: Mapping[str, Path]) -> dict[Path, Content]:
    found: dict[Path, Content] = {}
    for name, text in files.items():
        target, _, path = name.partition("/")
        if target in targets:
            if ".." in path.split("/") or path.startswith("/"):
                raise Refused(
                    f"{path!r} leads out of the folder of the generated code", "rename the contract file"
                )
            found[targets[target] / path] = text
    return found


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise CannotDo(f"cannot read {path}: {error.strerror}", "look at what is there") from None


def _left(wanted: Mapping[Path, Content], targets: Mapping[str, Path]) -> Iterator[Path]:
    """Generated files that nothing generates any more; no link is followed and nobody else's file is ours."""
    for folder in targets.values():
        for place, folders, names in os.walk(folder):
            folders[:] = [name for name in folders if name not in {"node_modules", "__pycache__"}]
            for name in names:
                path = Path(place, name)
                if path not in wanted and not path.is_symlink() and _is_ours(path, folder):
                    yield path


def _is_ours(path: Path, folder: Path) -> bool:
    if path.relative_to(folder).parts[0] == _COPIES:
        return (folder / "contract.json").is_file() and path.suffix in {".yaml", ".yml", ".json"}
    try:
        with path.open("rb") as stream:
            return MARK in stream.readline(_FIRST_LINE).decode("utf-8", "replace").lower()
    except OSError:
        return False


def _replace(path: Path, content: bytes) -> None:
    """Put a file in place at once: no reader sees half of it."""
    beside = path.with_name(f".{path.name}.{os.urandom(6).hex()}")
    try:
        with beside.open("xb") as stream:
            stream.write(content)
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def _prune(folder: Path, targets: Iterable[Path]) -> None:
    """Remove the folders that became empty."""
    while folder not in set(targets) and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent

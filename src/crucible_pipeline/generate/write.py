"""The world: generated files on disk."""

import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from crucible_pipeline.errors import CannotDo, Refused
from crucible_pipeline.generate.text import MARK

# Folders of a target that hold nothing but copies; everything else that is ours says so in its first line.
_COPIES = "contracts"
_FIRST_LINE = 200


def stale(files: Mapping[str, str], targets: Mapping[str, Path]) -> list[Path]:
    """Files on disk that are not what would be written: changed, missing, or no longer generated.

    Args:
        files: `<target>/<path>` → text.
        targets: target → folder; a target that is not given is left out.

    Raises:
        CannotDo: a file cannot be read.
    """
    wanted = _placed(files, targets)
    return sorted(
        {path for path, text in wanted.items() if _read(path) != text.encode()} | set(_left(wanted, targets))
    )


def write(files: Mapping[str, str], targets: Mapping[str, Path]) -> list[Path]:
    """Write what is not on disk yet, each file as a whole, and remove what is no longer generated.

    Args:
        files: `<target>/<path>` → text.
        targets: target → folder; a target that is not given is left out.

    Returns:
        The files that were written or removed, sorted.

    Raises:
        CannotDo: a file cannot be read, written or removed.
    """
    wanted = _placed(files, targets)
    changed = stale(files, targets)
    for path in changed:
        try:
            if path in wanted:
                _replace(path, wanted[path].encode())
            else:
                path.unlink()
                _prune(path.parent, targets.values())
        except OSError as error:
            raise CannotDo(
                f"cannot write {path}: {error.strerror}", "look at its folder's permissions"
            ) from None
    return changed


def _placed(files: Mapping[str, str], targets: Mapping[str, Path]) -> dict[Path, str]:
    found: dict[Path, str] = {}
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


def _left(wanted: Mapping[Path, str], targets: Mapping[str, Path]) -> Iterator[Path]:
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
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
        Path(name).chmod(0o666 & ~_umask())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _prune(folder: Path, targets: Iterable[Path]) -> None:
    """Remove the folders that became empty."""
    while folder not in set(targets) and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent

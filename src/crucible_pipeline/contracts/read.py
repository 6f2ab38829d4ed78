"""The world: the texts of a folder of contracts."""

import codecs
import os
from pathlib import Path

from crucible_pipeline.contracts.nodes import MAX_CHARACTERS
from crucible_pipeline.contracts.texts import Texts
from crucible_pipeline.errors import CannotDo, Refused

ENDINGS = (".yaml", ".yml", ".json")
_MAX_FILES = 10_000
_MAX_TOTAL = 2 * MAX_CHARACTERS


def read_folder(folder: Path) -> Texts:
    """Read every contract file below a folder.

    Hidden files and folders, and links that lead out of the folder, are no contracts.

    Args:
        folder: the contracts folder.

    Returns:
        Path below the folder (with `/`) → text, sorted. Bytes that are not UTF-8 stand as lone surrogates;
        the loader reports them with their place.

    Raises:
        CannotDo: the folder does not exist or a file cannot be read.
        Refused: a file is enormous, or there are too many.
    """
    if not folder.is_dir():
        raise CannotDo(f"there is no folder {folder}", "give the folder that holds the contracts")
    inside = folder.resolve()
    contents: dict[str, bytes] = {}
    total = 0
    for directory, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            path = Path(directory, name)
            if (
                name.startswith(".")
                or not name.endswith(ENDINGS)
                or not path.resolve().is_relative_to(inside)
                or not path.is_file()  # to open a pipe would wait for ever
            ):
                continue
            contents[path.relative_to(folder).as_posix()] = content = _content(path)
            total += len(content)
            if len(contents) > _MAX_FILES:
                raise Refused(f"{folder} holds more than {_MAX_FILES} files", "give a folder of contracts")
            if total > _MAX_TOTAL:
                what = f"the files of {folder} are larger than {_MAX_TOTAL // 2**20} MiB together"
                raise Refused(what, "give a folder of contracts")
    return Texts(dict(sorted(contents.items())))


def read_file(path: Path, name: str) -> Texts:
    """Read one file as a folder that holds nothing else; see `read_folder`.

    Args:
        path: of the file.
        name: what it is called in that folder, which names its root type.
    """
    return Texts({name: _content(path)})


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_CHARACTERS + 1)
    except OSError as error:
        raise CannotDo(f"cannot read {path}: {error.strerror}", "look at its permissions") from None
    if len(content) > MAX_CHARACTERS:
        raise Refused(f"{path} is larger than {MAX_CHARACTERS // 2**20} MiB", "split it into several files")
    return content.removeprefix(codecs.BOM_UTF8).replace(b"\r\n", b"\n")

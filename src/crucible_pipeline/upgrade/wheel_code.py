"""What a wheel holds, as bytes to be read and never run. Pure."""

import contextlib
import io
import posixpath
import zipfile
import zlib
from collections.abc import Generator

from crucible_pipeline.errors import Refused

MAX_FILES = 20_000
MAX_BYTES = 64 << 20
_ENDINGS = (".py", ".pyi", "py.typed")


def code_of(wheel: bytes, package: str) -> dict[str, bytes]:
    """The Python files of one package in a wheel, with its stubs and its mark of being typed.

    Args:
        wheel: the whole file.
        package: name of the package, which is a folder at the top.

    Returns:
        Path below the package → content; empty if the wheel has no such package.

    Raises:
        Refused: it is no wheel that can be read, or it holds more than a generated package does.
    """
    found: dict[str, bytes] = {}
    left = MAX_BYTES
    with _opened(wheel) as archive:
        for member in archive.infolist():
            folder, _, path = member.filename.partition("/")
            if folder != package or not path.endswith(_ENDINGS) or not _is_inside(path):
                continue
            left -= member.file_size
            if left < 0 or len(found) >= MAX_FILES:
                raise Refused(f"the package {package} in the wheel is larger than a generated one can be")
            found[path] = _content(archive, member)
    return found


def top_member(wheel: bytes, name: str, limit: int) -> tuple[str, bytes] | None:
    """The only file of a name one folder deep, which is the import package.

    Args:
        wheel: the whole file.
        name: of the file.
        limit: in bytes.

    Returns:
        The package's name and the content; None where there is no such file, or several.

    Raises:
        Refused: it is no wheel that can be read, or the file is larger.
    """
    with _opened(wheel) as archive:
        found = [one for one in archive.infolist() if one.filename.split("/")[1:] == [name]]
        if len(found) != 1:
            return None
        if found[0].file_size > limit:
            raise Refused(f"{name} in the wheel is larger than {limit} bytes")
        return found[0].filename.split("/")[0], _content(archive, found[0])


@contextlib.contextmanager
def _opened(wheel: bytes) -> Generator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
            yield archive
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, OSError, EOFError) as error:
        raise Refused(f"the wheel cannot be read: {error}") from None


def _content(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    with archive.open(member) as content:
        # what a member says of its size binds the reader
        return content.read(member.file_size)


def _is_inside(path: str) -> bool:
    return posixpath.normpath(path) == path and not path.startswith(("/", "../")) and "\\" not in path

"""The code in a wheel, as bytes to be read and never run. Pure."""

import io
import posixpath
import zipfile
import zlib

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
    try:
        with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
            for member in archive.infolist():
                folder, _, path = member.filename.partition("/")
                if folder != package or not path.endswith(_ENDINGS) or not _is_inside(path):
                    continue
                left -= member.file_size
                if left < 0 or len(found) >= MAX_FILES:
                    raise Refused(f"the package {package} in the wheel is larger than a generated one can be")
                with archive.open(member) as content:
                    # what a member says of its size binds the reader
                    found[path] = content.read(member.file_size)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, OSError, EOFError) as error:
        raise Refused(f"the wheel cannot be read: {error}") from None
    return found


def _is_inside(path: str) -> bool:
    return posixpath.normpath(path) == path and not path.startswith(("/", "../")) and "\\" not in path

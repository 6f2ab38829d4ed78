"""What an index answered earlier, kept in a folder, so that it is asked only whether that still holds."""

import contextlib
import hashlib
import json
import os
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

_MODE = 0o700


@dataclass(frozen=True, slots=True)
class Page:
    """A project's page as the index gave it.

    Args:
        etag: of the answer, to be sent back as it is (RFC 9110, section 13.1.2).
        kind: its media type.
        base: the address that answered, after redirects.
        text: the body.
    """

    etag: str
    kind: str
    base: str
    text: str


class Saved:
    """A folder with pages by address and files by hash. Losing it costs time only; nobody else may read it.

    Args:
        folder: made when something is kept.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def page(self, url: str) -> Page | None:
        """The page of an address; None where none is kept or it cannot be read."""
        try:
            page = Page(**json.loads(self._place("pages", _named(url)).read_bytes()))
        except (OSError, ValueError, TypeError, RecursionError):
            return None
        return page if all(isinstance(value, str) for value in asdict(page).values()) else None

    def keep_page(self, url: str, page: Page) -> None:
        """Keep a page in place of the last one."""
        self._write("pages", _named(url), json.dumps(asdict(page)).encode())

    def file(self, sha256: str) -> bytes | None:
        """The file with a hash; None where none is kept, or where it has another hash by now."""
        try:
            content = self._place("files", _named(sha256)).read_bytes()
        except OSError:
            return None
        return content if hashlib.sha256(content).hexdigest() == sha256 else None

    def keep_file(self, sha256: str, content: bytes) -> None:
        """Keep a file whose hash was checked."""
        self._write("files", _named(sha256), content)

    def _place(self, kind: str, name: str) -> Path:
        return self._folder / kind / name

    def _write(self, kind: str, name: str, content: bytes) -> None:
        folder = self._folder / kind
        # a disk that is full or read-only costs the saving, not the answer
        with contextlib.suppress(OSError):
            folder.mkdir(mode=_MODE, parents=True, exist_ok=True)
            handle, made = tempfile.mkstemp(dir=folder, prefix=".new-")
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(content)
                Path(made).replace(folder / name)
            except OSError:
                Path(made).unlink(missing_ok=True)
                raise


def _named(text: str) -> str:
    """A file's name for what an index says, whatever characters it holds."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()

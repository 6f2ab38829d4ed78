"""A source distribution under judgement. Touches only the stream it is given.

Source: the source distribution format (PEP 517, 625, 643, 721).
"""

from collections.abc import Callable, Iterator
from typing import BinaryIO

from crucible_pipeline.index import declared, leaks
from crucible_pipeline.index.bounds import MAX_METADATA_BYTES, MEBIBYTE, allow
from crucible_pipeline.index.fault import Fault, quoted
from crucible_pipeline.index.names import Filename
from crucible_pipeline.index.paths import path_faults
from crucible_pipeline.index.tarred import Tarred
from crucible_pipeline.index.window import Broken
from crucible_pipeline.index.zip_headers import AGAIN


class Sdist:
    """A source distribution.

    Args:
        filename: what its name says.
        content: from where it stands.
        size: of the content, in bytes.

    Attributes:
        metadata: the core metadata, once it was read.
    """

    def __init__(self, filename: Filename, content: BinaryIO, size: int) -> None:
        self._filename = filename
        self._archive = Tarred(content, lambda unpacked: allow(unpacked, size))
        self._top = filename.text.removesuffix(".tar.gz")
        self._names: list[tuple[str, bool]] = []
        self.metadata = b""
        self._found: list[Fault] = []

    def extracted(self) -> bytes:
        """The core metadata.

        Raises:
            Broken: the archive cannot be read.
        """
        self._look(self._keep)
        return self.metadata

    def faults(self) -> Iterator[Fault]:
        """All that is wrong.

        Raises:
            Broken: the archive cannot be read to its end.
        """
        self._look(self._inspect)
        yield from path_faults(self._names)
        tops = {name.partition("/")[0] for name, _ in self._names}
        if tops != {self._top}:
            shown = ", ".join(map(quoted, sorted(tops)[:3])) or "nothing"
            yield Fault(
                "sdist-folder",
                f"has to unpack to exactly one folder of its own name and unpacks to {shown}",
                AGAIN,
            )
        yield from self._found
        files = {name for name, is_folder in self._names if not is_folder}
        if not files & {f"{self._top}/pyproject.toml", f"{self._top}/setup.py"}:
            yield Fault(
                "sdist-build", "holds neither pyproject.toml nor setup.py, so nothing builds it", AGAIN
            )
        if f"{self._top}/PKG-INFO" not in files:
            yield Fault("pkg-info", "holds no PKG-INFO in its folder", AGAIN)
            return
        raw, strange = declared.fields_of(self.metadata)
        yield from declared.metadata_faults(self._filename, raw, strange)
        for name in declared.license_files(raw):
            if f"{self._top}/{name}" not in files:
                yield Fault(
                    "license-file",
                    f"names the licence {quoted(name)} in its metadata and does not hold it",
                    "let the build pack it (PEP 639)",
                )

    def _look(self, inspect: Callable[[str, bytes], None]) -> None:
        """Read all members in order, and hand on those that are small enough to be looked into."""
        for member, pieces in self._archive.members():
            self._names.append((member.name, member.is_folder))
            if member.name == f"{self._top}/PKG-INFO" and member.size > MAX_METADATA_BYTES:
                raise Broken(f"has a PKG-INFO of more than {MAX_METADATA_BYTES // MEBIBYTE} MiB")
            if not member.is_folder and member.size <= MAX_METADATA_BYTES:
                inspect(member.name, b"".join(pieces))
            elif not member.is_folder:
                self._found += leaks.file_faults(member.name)

    def _keep(self, name: str, content: bytes) -> None:
        """Keep the metadata."""
        if name == f"{self._top}/PKG-INFO":
            self.metadata = content

    def _inspect(self, name: str, content: bytes) -> None:
        self._keep(name, content)
        self._found += leaks.file_faults(name)
        self._found += leaks.text_faults(name, content)

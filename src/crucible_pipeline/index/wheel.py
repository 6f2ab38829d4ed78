"""A wheel under judgement. Touches only the stream it is given.

Source: the binary distribution format (PEP 427, with RECORD of PEP 376).
"""

import hashlib
from collections.abc import Callable, Generator, Iterator
from typing import BinaryIO

from crucible_pipeline.index import declared, leaks, placing, record, source
from crucible_pipeline.index.bounds import MAX_METADATA_BYTES, MAX_RECORD_BYTES, MEBIBYTE, allow
from crucible_pipeline.index.fault import Fault, quoted
from crucible_pipeline.index.names import Filename
from crucible_pipeline.index.paths import path_faults
from crucible_pipeline.index.policy import Policy
from crucible_pipeline.index.window import Broken
from crucible_pipeline.index.zip_headers import AGAIN
from crucible_pipeline.index.zipped import ZipMember, Zipped

_NEEDED = {"METADATA": MAX_METADATA_BYTES, "WHEEL": MAX_METADATA_BYTES, "RECORD": MAX_RECORD_BYTES}


class Wheel:
    """A wheel.

    Args:
        filename: what its name says.
        content: seekable.
        size: of the content, in bytes.
        policy: what its project has to keep to.

    Attributes:
        folder: its `.dist-info`; empty where it has not exactly one.
        metadata: the core metadata, once its faults were asked for.
    """

    def __init__(self, filename: Filename, content: BinaryIO, size: int, policy: Policy) -> None:
        self._filename, self._policy, self._size = filename, policy, size
        self._archive = Zipped(content, size)
        self._members = {member.name: member for member in self._archive.members}
        # In their order, each once; a dictionary is a set that keeps it.
        self._names = {member.name: None for member in self._archive.members if not member.is_folder}
        found, self._folder_faults = declared.dist_info_of(filename, self._names)
        self.folder = found or ""
        self.metadata = b""

    def extracted(self) -> bytes:
        """The core metadata.

        Raises:
            Broken: they are not there, or cannot be read.
        """
        return self._read(f"{self.folder}/METADATA", MAX_METADATA_BYTES)

    def faults(self) -> Iterator[Fault]:
        """All that is wrong, in the order in which it is read.

        Raises:
            Broken: it would unpack to too much.
        """
        if self._archive.faults:
            yield from self._archive.faults
            return
        yield from path_faults((member.name, member.is_folder) for member in self._archive.members)
        allow(sum(member.size for member in self._archive.members), self._size)
        yield from self._folder_faults
        if not self.folder:
            return
        texts: dict[str, bytes] = {}
        for name, limit in _NEEDED.items():
            try:
                texts[name] = self._read(f"{self.folder}/{name}", limit)
            except Broken as error:
                yield Fault(name.lower(), str(error), AGAIN)
        requires: str | None = None
        rows: dict[str, record.Row] = {}
        if "WHEEL" in texts:
            yield from declared.wheel_faults(self._filename, texts["WHEEL"])
        if "METADATA" in texts:
            self.metadata = texts["METADATA"]
            requires = yield from self._declared(self.metadata)
        if "RECORD" in texts:
            rows, wrong = record.rows_of(texts["RECORD"])
            yield from wrong
            yield from record.record_faults(rows, self._names, self.folder)
        yield from self._programs()
        judge_source = source.is_judged(requires, self._filename.variant[1:])
        yield from self._contents(rows, judge_source=judge_source)

    def _declared(self, text: bytes) -> Generator[Fault, None, str | None]:
        raw, strange = declared.fields_of(text)
        yield from declared.metadata_faults(self._filename, raw, strange)
        for name in declared.license_files(raw):
            if f"{self.folder}/licenses/{name}" not in self._names:
                yield Fault(
                    "license-file",
                    f"names the licence {quoted(name)} in its metadata and does not hold it",
                    "let the build pack it into .dist-info/licenses (PEP 639)",
                )
        yield from self._modules(declared.modules_of(raw))
        return raw.get("requires_python")

    def _modules(self, stated: list[str]) -> Iterator[Fault]:
        """Files of other top-level names than the metadata or the index's policy states."""
        allowed = self._policy.modules
        for top, member in sorted(self._tops().items()):
            if allowed is not None and top not in allowed:
                yield Fault(
                    "module",
                    f"holds {quoted(member)}, and this index lets {self._filename.project} install only "
                    f"{', '.join(allowed)}",
                    "leave it out, or have the index's policy changed",
                )
            elif stated and top not in stated:
                yield Fault(
                    "module",
                    f"holds {quoted(member)}, and its metadata states Import-Name {', '.join(stated)} alone",
                    "leave it out, or state it (PEP 794)",
                )

    def _tops(self) -> dict[str, str]:
        """The names that can be imported, each with one file of it."""
        tops: dict[str, str] = {}
        for name in sorted(self._names):
            where, path = self._placed(name)
            first, slash, _ = path.partition("/")
            plain = first if slash else first.partition(".")[0]
            if where == "site" and plain.isidentifier() and (slash or path.endswith((".py", ".so", ".pyd"))):
                tops.setdefault(plain, name)
        return tops

    def _placed(self, name: str) -> tuple[placing.Where, str]:
        return placing.placed(name, self.folder.removesuffix(".dist-info"))

    def _programs(self) -> Iterator[Fault]:
        project = self._filename.project
        scripts: list[str] = []
        for name in sorted(self._names):
            where, path = self._placed(name)
            if where == "bin":
                scripts.append(path)
            elif where == "nowhere":
                yield Fault("data-scheme", f"holds {quoted(name)}, which no scheme installs", AGAIN)
            elif where == "site" and path != name and path.partition("/")[0].endswith(".dist-info"):
                yield Fault("dist-info", f"holds {quoted(name)}, the metadata of another project", AGAIN)
        yield from placing.shadow_faults(project, scripts, "the script")
        if f"{self.folder}/entry_points.txt" in self._names:
            try:
                text = self._read(f"{self.folder}/entry_points.txt", MAX_METADATA_BYTES)
            except Broken:
                return  # told where all contents are read
            names, faults = declared.scripts_of(text)
            yield from faults
            yield from placing.shadow_faults(project, names, "the entry point")

    def _contents(self, rows: dict[str, record.Row], *, judge_source: bool) -> Iterator[Fault]:
        """Read every file once: compare it with RECORD, and look into it where that makes sense."""
        left = source.MAX_SOURCE
        for name in self._names:
            row = rows.get(name)
            algorithm = row.algorithm if row is not None and row.algorithm in record.ALGORITHMS else "sha256"
            digest = hashlib.new(algorithm)
            try:
                text = self._text(self._members[name], digest.update)
            except Broken as error:
                yield Fault("zip-content", str(error), AGAIN)
                continue
            if row is not None and row.algorithm == algorithm:
                yield from record.content_faults(row, name, digest.digest(), self._members[name].size)
            where, path = self._placed(name)
            yield from self._intrusive(name, where, path, text)
            if text is None:
                continue
            yield from leaks.text_faults(name, text)
            if judge_source and where == "site" and source.is_module(path) and len(text) <= left:
                left -= len(text)
                fault = source.source_fault(name, text)
                if fault is not None:
                    yield fault

    def _intrusive(self, name: str, where: placing.Where, path: str, text: bytes | None) -> Iterator[Fault]:
        yield from leaks.file_faults(name)
        if placing.is_startup(where, path) and not self._policy.startup:
            yield from placing.startup_faults(self._filename, name, path, text)
        if name.endswith((".pyc", ".pyo")):
            yield from placing.bytecode_faults(name, self._names, text)

    def _text(self, member: ZipMember, update: Callable[[bytes], None]) -> bytes | None:
        """Pass over the content; all of it where it is small enough to be looked into.

        Raises:
            Broken: it is damaged.
        """
        small = member.size <= leaks.MAX_TEXT
        kept: list[bytes] = []
        for piece in self._archive.pieces(member):
            update(piece)
            if small:
                kept.append(piece)
        return b"".join(kept) if small else None

    def _read(self, name: str, limit: int) -> bytes:
        """The content of one member.

        Raises:
            Broken: there is none, or it is too large or damaged.
        """
        member = self._members.get(name)
        if member is None:
            raise Broken(f"holds no {quoted(name)}")
        if member.size > limit:
            raise Broken(f"has a {quoted(name)} of more than {limit // MEBIBYTE} MiB")
        return b"".join(self._archive.pieces(member))

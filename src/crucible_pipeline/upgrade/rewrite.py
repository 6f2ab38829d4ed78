"""Rewriting: the uses of names that have new ones are given them, and nothing else of a file changes. Pure.

A name that the service calls otherwise somewhere, or that would hide another one, is imported as what it was
called (`EvaluationRequest as Request`): then no line that uses it changes its meaning.
"""

import ast
import tokenize
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO

import libcst as cst

from crucible_pipeline.errors import Refused
from crucible_pipeline.upgrade.impact import Hit
from crucible_pipeline.upgrade.modules import Modules
from crucible_pipeline.upgrade.pins import Edit, apply
from crucible_pipeline.upgrade.rewrite_file import Rewriter, local_names, may_rename
from crucible_pipeline.upgrade.rewrite_patches import patch_edits
from crucible_pipeline.upgrade.rewrite_reading import Reading
from crucible_pipeline.upgrade.rewriting import Contracts, Rewriting

_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class _Source:
    """A file as text, and how it becomes bytes again."""

    text: str
    mark: bytes
    encoding: str

    def encode(self, text: str) -> bytes:
        return self.mark + text.encode(self.encoding)


@dataclass(frozen=True, slots=True)
class _Read:
    """A file with its tree and its uses."""

    source: _Source
    reading: Reading
    hits: Sequence[Hit]


@dataclass(frozen=True, slots=True)
class _Made:
    """New files, the uses that are done, and of each file the variables that are called otherwise now."""

    files: dict[str, bytes] = field(default_factory=dict[str, bytes])
    done: list[Hit] = field(default_factory=list[Hit])
    renamed: dict[str, Mapping[str, str]] = field(default_factory=dict[str, Mapping[str, str]])


def rewrite(sources: Mapping[str, bytes], hits: Sequence[Hit], contracts: Contracts) -> Rewriting:
    """Give uses their new names.

    Args:
        sources: path → content of the service's Python files, as impact read them.
        hits: what impact found; those that are not fixable stay.
        contracts: between which impact looked.
    """
    by_file: dict[str, list[Hit]] = {}
    for hit in hits:
        if hit.is_fixable:
            by_file.setdefault(hit.file, []).append(hit)
    read: dict[str, _Read] = {}
    for path, some in by_file.items():
        source = _decoded(sources[path])
        reading = _read(source.text, contracts) if source is not None else None
        if source is not None and reading is not None:
            read[path] = _Read(source, reading, some)
    kept = _kept(read.values(), contracts)
    made = _made(read, contracts, kept) if len(read) == len(by_file) else None
    if made is None:
        # What cannot change may import from what could: no variable changes its name then.
        every = frozenset(
            old for one in read.values() for old, _ in local_names(one.reading, one.hits, contracts)
        )
        made = _made(read, contracts, every, strict=False) or _Made()
    _follow_patches(sources, made)
    changed = {path: content for path, content in made.files.items() if content != sources[path]}
    return Rewriting(changed, tuple(sorted(made.done)))


def _made(
    read: Mapping[str, _Read], contracts: Contracts, kept: Collection[str], *, strict: bool = True
) -> _Made | None:
    """The new files; None where one cannot be changed and `strict` says that all have to be."""
    made = _Made()
    for path, one in read.items():
        rewriter = Rewriter(one.reading, contracts, kept)
        rewriter.rewrite(one.hits)
        content = _changed(one.source, rewriter.changes.edits)
        if content is not None:
            made.files[path] = content
            made.done.extend(rewriter.changes.done)
            made.renamed[path] = rewriter.renamed
        elif strict:
            return None
    return made


def _decoded(content: bytes) -> _Source | None:
    """The text of a file (PEP 263); None where it would not come back as it was."""
    try:
        encoding, _ = tokenize.detect_encoding(BytesIO(content).readline)
        mark = _MARK if content.startswith(_MARK) else b""
        found = _Source(
            content[len(mark) :].decode(encoding.removesuffix("-sig")), mark, encoding.removesuffix("-sig")
        )
        return found if found.encode(found.text) == content else None
    except (SyntaxError, UnicodeError, LookupError):
        return None


def _read(text: str, contracts: Contracts) -> Reading | None:
    try:
        return Reading(text, contracts.package)
    except (cst.ParserSyntaxError, cst.CSTValidationError, RecursionError):
        # Python may read what libcst does not, such as tabs and blanks in turn
        return None


def _kept(read: Iterable[_Read], contracts: Contracts) -> frozenset[str]:
    """The local names that cannot change in some file, so change in none: files import from each other."""
    wanted: set[tuple[str, str]] = set()
    kept: set[str] = set()
    for one in read:
        own = set(local_names(one.reading, one.hits, contracts))
        kept |= {old for old, new in own if not may_rename(one.reading, one.hits, old, new)}
        wanted |= own
    olds = [old for old, _ in wanted]
    return frozenset(kept | {old for old in olds if olds.count(old) > 1})


def _changed(source: _Source, edits: set[Edit]) -> bytes | None:
    """The new content; None where it would be no Python."""
    try:
        content = source.encode(apply(source.text, edits))
        ast.parse(content)
    except (Refused, UnicodeError, SyntaxError, ValueError, RecursionError):
        return None
    return content


def _follow_patches(sources: Mapping[str, bytes], made: _Made) -> None:
    """Texts such as `"app.models.Request"` in tests follow a name that its module calls otherwise now."""
    modules = Modules(sources)
    names = {old for some in made.renamed.values() for old in some}
    for path, content in sources.items():
        if any(f".{name}".encode() in content for name in names):
            source = _decoded(made.files.get(path, content))
            edits = (
                patch_edits(source.text, path, modules, made.renamed) if source is not None else set[Edit]()
            )
            changed = _changed(source, edits) if source is not None and edits else None
            if changed is not None:
                made.files[path] = changed

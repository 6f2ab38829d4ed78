"""The Python files of one service: imports, the search path, and texts that name the copy. Pure."""

import ast
import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from crucible_pipeline.migrate.change import Edit, Found, Left, applied
from crucible_pipeline.migrate.imports import HELPERS, Moving, imports_of, with_fallbacks
from crucible_pipeline.migrate.package import Package
from crucible_pipeline.migrate.reach import Reach
from crucible_pipeline.migrate.search_path import Adding, additions
from crucible_pipeline.migrate.source import Source, bodies_of, parsed
from crucible_pipeline.migrate.tree import Tree


@dataclass(frozen=True, slots=True)
class Stay:
    """A name that still comes from the copy.

    Args:
        path: of the file.
        line: 1-based.
        name: such as `shared.logging.setup`.
    """

    path: str
    line: int
    name: str


@dataclass(frozen=True, slots=True)
class Pythons:
    """What becomes of the Python files of a service.

    Args:
        files: path → what was found.
        stays: names that still come from the copy.
        moved: how many imports moved.
        imports: the first names of what it imports when it runs.
    """

    files: Mapping[str, Found]
    stays: tuple[Stay, ...]
    moved: int
    imports: frozenset[str]


def migrate_python(texts: Mapping[str, str], tree: Tree, package: Package, shared: str) -> Pythons:
    """Look at the Python files of one service.

    Args:
        texts: path → text.
        tree: around them.
        package: what there is instead of the copy.
        shared: the copy's name.
    """
    sources: list[Source] = []
    files: dict[str, Found] = {}
    word = re.compile(rf"\b{re.escape(shared)}\b")
    for path, text in texts.items():
        source = parsed(path, text)
        if source is not None:
            sources.append(source)
        elif word.search(text):
            told = Left(1, f"it is no Python and names {shared}", "look at it by hand")
            files[path] = Found(left=(told,))
    moving = {source.path: imports_of(source, package, shared) for source in sources}
    stays = tuple(
        Stay(path, one.node.lineno, name)
        for path, found in moving.items()
        for one in found
        for name in one.stays
    )
    moved = sum(1 for found in moving.values() for one in found if one.edits)
    reach = Reach(sources, shared)
    for source in sources:
        adding = additions(source) if moved and not stays else []
        needed = {id(one): _needed(one, tree, reach.relying(source.path)) for one in adding}
        others = [text for path, text in texts.items() if path != source.path]
        found = (
            _file(source, moving[source.path], adding, needed) if moving[source.path] or adding else Found()
        )
        if adding:
            unused = _unused(source, found.edits, others)
            found = Found(tuple(_joined(source, [*found.edits, *unused])), found.left)
        files[source.path] = found + Found(left=tuple(_texts(source, package, shared)))
    return Pythons(files, stays, moved, reach.names())


def _needed(adding: Adding, tree: Tree, imports: frozenset[str]) -> str:
    """Why a folder stays on the search path; empty if nothing needs it."""
    if adding.folder is None:
        return "it cannot be told which folder this is"
    names = sorted(imports & tree.importable(adding.folder))
    return f"{', '.join(names)} may be found through it" if names else ""


def _file(
    source: Source, moving: Sequence[Moving], adding: Sequence[Adding], needed: Mapping[int, str]
) -> Found:
    gone = [one.node for one in adding if not needed[id(one)]]
    bodies = [statement for node in gone for statement in (node, *getattr(node, "body", ()))]
    settled = with_fallbacks(source, moving, bodies)
    edits = [edit for one in settled for edit in one.edits]
    left = [told for one in settled for told in one.left]
    left += [
        Left(one.line, f"sys.path is changed, and {why}", "remove it where nothing needs it")
        for one in adding
        if (why := needed[id(one)])
    ]
    edits += [edit for edit in _removals(source, gone) if not any(_covers(one, edit) for one in edits)]
    return Found(tuple(sorted(edits)), tuple(sorted(left)))


def _covers(outer: Edit, inner: Edit) -> bool:
    return outer.start <= inner.start and inner.end <= outer.end


def _removals(source: Source, gone: Sequence[ast.stmt]) -> Iterator[Edit]:
    why = "no folder is put on the search path any more"
    for body in bodies_of(source):
        leaving = [one for one in body if one in gone]
        is_emptied = leaving == body and body is not source.tree.body
        for one in leaving:
            lines = source.whole_lines(one)
            if lines is None or (is_emptied and one is leaving[0]):
                yield Edit(*source.span(one), "pass", why)
            else:
                yield Edit(*lines, "", why)


def _joined(source: Source, edits: Iterable[Edit]) -> list[Edit]:
    """The edits, with lines that go together taken as one, so that one gap is left and not several."""
    found: list[Edit] = []
    for edit in sorted(edits):
        one = edit
        if found and found[-1].new == one.new == "" and found[-1].end == one.start:
            before = found.pop()
            one = Edit(before.start, one.end, "", before.why)
        if not one.new and source.text[one.start : one.end].endswith(("\n", "\r")):
            one = Edit(*source.with_blanks((one.start, one.end)), "", one.why)
        found.append(one)
    return found


def _unused(source: Source, edits: Sequence[Edit], others: Sequence[str]) -> Iterator[Edit]:
    """Removes the imports and paths that only the removed lines used, and that no other file can mean."""
    gone = list(edits)
    while True:
        after = parsed(source.path, applied(source.text, gone))
        used = _words(after) if after is not None else frozenset[str]()
        before = _words(source)
        fresh = [
            Edit(*lines, "", f"nothing uses {name} any more")
            for node in source.tree.body
            if (name := _helper(node)) and name in before and name not in used
            if (lines := source.whole_lines(node)) is not None
            if not any(_covers(one, Edit(*lines, "", "")) for one in gone)
            if not any(_takes(name).search(text) for text in others)
        ]
        if after is None or not fresh:
            return
        yield from fresh
        gone += fresh


def _takes(name: str) -> re.Pattern[str]:
    """What another file has that takes a name from this one."""
    return re.compile(rf"\bfrom[ \t]+(?!os\b|pathlib\b)[.\w]+[ \t]+import\b[^\n]*\b{name}\b|\.{name}\b")


def _words(source: Source) -> frozenset[str]:
    """The names that a file reads, and its texts, which may name something."""
    named = {one.id for one in source.nodes if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Load)}
    return frozenset(named | {str(one.value) for one in source.nodes if isinstance(one, ast.Constant)})


def _helper(node: ast.stmt) -> str:
    """The name that an import or a path of `__file__` binds for lines about the search path; or empty."""
    if isinstance(node, (ast.Import, ast.ImportFrom)) and len(node.names) == 1 and not node.names[0].asname:
        return node.names[0].name.split(".")[0] if node.names[0].name in HELPERS else ""
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and len(node.targets) == 1:
        return node.targets[0].id if "__file__" in ast.unparse(node.value) else ""
    return ""


def _texts(source: Source, package: Package, shared: str) -> Iterator[Left]:
    """Texts that name a module of the copy, or a path in it."""
    module = re.compile(rf"{re.escape(shared)}(\.[A-Za-z_]\w*)+\Z")
    folder = re.compile(rf"(?:\.{{0,2}}/)*{re.escape(shared)}(?:/[\w./-]*)?\Z")
    paths = {
        id(one)
        for node in source.nodes
        for one in _path_parts(node)
        if isinstance(one, ast.Constant) and isinstance(one.value, str)
    }
    for node in source.nodes:
        if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
            continue
        if module.match(node.value):
            name = node.value.rpartition(".")[2]
            instead = (
                f"{package.module}.{name}" if name in package.names else f"what {package.module} has instead"
            )
            yield Left(node.lineno, f"a text names {node.value}", f"write {instead}")
        elif folder.match(node.value) and ("/" in node.value or id(node) in paths):
            todo = f"read it from the package: see {package.module}.resources"
            yield Left(node.lineno, f"a path leads into {posixpath.normpath(node.value)}", todo)


def _path_parts(node: ast.AST) -> list[ast.expr]:
    """What is joined to a path."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
        return [node.right]
    if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(("path.join", "joinpath")):
        return list(node.args)
    return []

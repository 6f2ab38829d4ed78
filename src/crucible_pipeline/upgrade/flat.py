"""A service as a type checker can read it whole: each file a module of its own name, all in one folder. Pure.

A checker wants one name for each module and fails as a whole where two files have the same one, where a
folder is no identifier, or where a file is called as one of Python's own. So the files get new names, and the
imports among them are written with these. Lines keep their numbers.
"""

import ast
import re
import tokenize
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO

from crucible_pipeline.upgrade.modules import Modules

MAX_FILES = 4_000
MAX_BYTES = 16 << 20
_NOWHERE = b"module_of_nobody"
_ORIGIN = re.compile(rb"from[ \t]*[.\w \t]*?[ \t]*\bimport\b")
_CODING = re.compile(rb"(?m)^([ \t\f]*#.*?)coding(?=[:=])")
# What a service asks of a checker, in words that it no longer hears: other errors must not be hidden.
_WISHES = re.compile(rb"#[ \t]*(?:type[ \t]*:[ \t]*ignore|mypy[ \t]*:|pyright[ \t]*:)")


@dataclass(frozen=True, slots=True)
class Flat:
    """The files of a service under new names.

    Args:
        files: new name with its ending → content in UTF-8.
        paths: new name with its ending → path in the service.
        is_too_large: no checker can be expected to read it all, and there are none.
    """

    files: Mapping[str, bytes]
    paths: Mapping[str, str]
    is_too_large: bool = False


def flat(sources: Mapping[str, bytes], package: str) -> Flat:
    """Rename the files that name a package, or import from one that does, directly or through others.

    Args:
        sources: path, as seen from the service's folder → content of its Python files; those that are no
            Python are left out.
        package: name under which it is imported.
    """
    modules = Modules(sources)
    chosen = sorted(_concerned(sources, package.encode(), modules))
    if len(chosen) > MAX_FILES or sum(len(sources[path]) for path in chosen) > MAX_BYTES:
        return Flat({}, {}, is_too_large=True)
    names = {path: f"module_{number:05}" for number, path in enumerate(chosen)}
    files: dict[str, bytes] = {}
    for path, name in names.items():
        text = _rewritten(path, sources[path], modules, names)
        if text is not None:
            files[f"{name}.py"] = text
    return Flat(files, {f"{name}.py": path for path, name in names.items() if f"{name}.py" in files})


def _concerned(sources: Mapping[str, bytes], package: bytes, modules: Modules) -> set[str]:
    importers: dict[str, set[str]] = {}
    for path, content in sources.items():
        for module in modules.imported(path, content):
            importers.setdefault(modules.files.get(module, ""), set()).add(path)
    pending = [path for path, content in sources.items() if package in content]
    found: set[str] = set()
    while pending:
        path = pending.pop()
        if path not in found:
            found.add(path)
            pending.extend(importers.get(path, ()))
    return found


def _rewritten(path: str, content: bytes, modules: Modules, names: Mapping[str, str]) -> bytes | None:
    """The text of a file with its imports under the new names; None if a checker would stumble over it."""
    try:
        tree = ast.parse(content)
        encoding, _ = tokenize.detect_encoding(BytesIO(content).readline)
        text = content.decode(encoding).encode()
    except (SyntaxError, ValueError, LookupError, RecursionError, MemoryError):
        return None
    lines = text.splitlines(keepends=True)
    known = {module: names[file].encode() for module, file in modules.files.items() if file in names}
    edits = list(_edits(tree, path, modules, known))
    for node, statement in sorted(edits, key=lambda edit: (edit[0].lineno, edit[0].col_offset), reverse=True):
        line = lines[node.lineno - 1]
        if statement is None:
            found = _ORIGIN.match(line, node.col_offset)
            if found is None or not isinstance(node, ast.ImportFrom):
                return None
            new = b"from %b import" % _origin(node, path, modules, known)
            lines[node.lineno - 1] = line[: node.col_offset] + new + line[found.end() :]
        elif node.end_lineno == node.lineno:
            lines[node.lineno - 1] = line[: node.col_offset] + statement + line[node.end_col_offset :]
    first = [_CODING.sub(rb"\1no", line) for line in lines[:2]]
    return _WISHES.sub(b"#", b"".join([*first, *lines[2:]]))


def _edits(
    tree: ast.Module, path: str, modules: Modules, known: Mapping[str, bytes]
) -> Iterator[tuple[ast.Import | ast.ImportFrom, bytes | None]]:
    """The imports of the service's own modules, each with what to write; None: only another origin."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            named = [(alias, modules.resolve(path, alias.name.split("."), 0)) for alias in node.names]
            if any(module in known and (one.asname or "." not in one.name) for one, module in named):
                yield node, _statement((one, known.get(module or "")) for one, module in named)
        elif isinstance(node, ast.ImportFrom):
            base = modules.resolve(path, node.module.split(".") if node.module else [], node.level)
            inner = [(one, known.get(f"{base}/{one.name}".lstrip("/"))) for one in node.names]
            if base is not None and node.end_lineno == node.lineno and all(name for _, name in inner):
                yield node, _statement(inner)
            elif node.level or base in known:
                yield node, None


def _statement(named: Iterable[tuple[ast.alias, bytes | None]]) -> bytes:
    parts: list[bytes] = []
    for alias, new in named:
        bound = alias.asname or (alias.name if new is not None else "")
        origin = new if new is not None else alias.name.encode()
        parts.append(origin + (f" as {bound}".encode() if bound else b""))
    return b"import " + b", ".join(parts)


def _origin(node: ast.ImportFrom, path: str, modules: Modules, known: Mapping[str, bytes]) -> bytes:
    base = modules.resolve(path, node.module.split(".") if node.module else [], node.level)
    return known.get(base or "", _NOWHERE)

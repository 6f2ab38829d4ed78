"""Imports of the copied contracts in a Python file, and what they become. Pure.

Only the name of the module changes where all of a statement moves, so comments, brackets and order stay.
"""

import ast
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from crucible_pipeline.migrate.change import Edit, Left, newline_of
from crucible_pipeline.migrate.package import Package
from crucible_pipeline.migrate.source import Source

_ORIGIN = re.compile(r"from\s*(?P<module>[.\w]+)\s*import\b")
GENERATED = "generated"
# What a line about the search path needs.
HELPERS = frozenset({"sys", "os", "os.path", "pathlib", "Path"})
BY_HAND = "import the names one by one"


@dataclass(frozen=True, slots=True)
class Moving:
    """An import of the copy.

    Args:
        node: the statement.
        edits: that make it one of the package; none where nothing of it moves.
        stays: names that still come from the copy, as `module.name`.
        left: for a person.
    """

    node: ast.Import | ast.ImportFrom
    edits: tuple[Edit, ...] = ()
    stays: tuple[str, ...] = ()
    left: tuple[Left, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether nothing of it comes from the copy any more."""
        return bool(self.edits) and not self.stays and not self.left


def imports_of(source: Source, package: Package, shared: str) -> list[Moving]:
    """The imports of the copy in a file, in its order.

    Args:
        source: the file.
        package: what there is instead.
        shared: the copy's name, such as `shared`.
    """
    plain: list[ast.Import] = []
    found: list[Moving] = []
    for node in source.nodes:
        if isinstance(node, ast.ImportFrom):
            module = [*(node.module or "").split(".")] if node.module else []
            if shared in module:
                found.append(_from(source, node, module[module.index(shared) + 1 :], package))
            elif any(alias.name == shared for alias in node.names) and node.level:
                found.append(_stays(node, [shared], "the whole copy is imported", BY_HAND))
        elif isinstance(node, ast.Import) and any(_is_of(alias.name, shared) for alias in node.names):
            plain.append(node)
    found += _plain(source, plain, package, shared)
    return sorted(found, key=lambda one: (one.node.lineno, one.node.col_offset))


def _is_of(module: str, shared: str) -> bool:
    return module.split(".", maxsplit=1)[0] == shared


def _stays(node: ast.Import | ast.ImportFrom, names: Sequence[str], what: str, todo: str) -> Moving:
    return Moving(node, stays=tuple(names), left=(Left(node.lineno, what, todo),))


# names of a module


def _from(source: Source, node: ast.ImportFrom, below: list[str], package: Package) -> Moving:
    origin = _ORIGIN.match(source.segment(node))
    written = ("." * node.level) + (node.module or "")
    if origin is None:
        return _stays(
            node, [written], f"the import of {written} is written unusually", "write it on one line"
        )
    if node.names[0].name == "*":
        return _stays(node, [f"{written}.*"], f"every name of {written} is imported", BY_HAND)
    moving = [alias for alias in node.names if _is_offered(source, alias, package)]
    objects = [alias for alias in node.names if alias not in moving and _is_module(source, alias, package)]
    staying = [alias for alias in node.names if alias not in moving and alias not in objects]
    names = tuple(f"{written}.{alias.name}" for alias in staying)
    left = tuple(
        Left(
            node.lineno, f"{package.distribution} has no {alias.name}", "take what the contracts have instead"
        )
        for alias in staying
        if GENERATED in below
    )
    if not moving and not objects:
        return Moving(node, (), names, left)
    start, end = source.span(node)
    if not staying and not objects:
        place = Edit(
            start + origin.start("module"),
            start + origin.end("module"),
            package.module,
            _why(written, package),
        )
        return Moving(node, (place,))
    if "#" in source.segment(node) or source.indent(node).strip():
        what = f"only a part of what is imported from {written} is in {package.distribution}"
        return _stays(node, (*names, written), what, "split the import by hand")
    lines = [f"import {package.module}{_as(alias)}" for alias in objects]
    lines += [f"from {package.module} import {_list(moving)}"] if moving else []
    lines += [f"from {written} import {_list(staying)}"] if staying else []
    text = (newline_of(source.text) + source.indent(node)).join(lines)
    return Moving(node, (Edit(start, end, text, _why(written, package)),), names, left)


def _why(written: str, package: Package) -> str:
    return f"{written} is {package.module} now"


def _list(aliases: Iterable[ast.alias]) -> str:
    return ", ".join(alias.name + (f" as {alias.asname}" if alias.asname else "") for alias in aliases)


def _as(alias: ast.alias) -> str:
    return f" as {alias.asname or alias.name}"


def _is_offered(source: Source, alias: ast.alias, package: Package) -> bool:
    """Whether the package has the name, and of a module everything that the file takes from it."""
    if alias.name not in package.names:
        return False
    if alias.name not in package.modules:
        return True
    taken, is_bare = _taken(source, alias.asname or alias.name)
    return not is_bare and taken <= package.modules[alias.name]


def _is_module(source: Source, alias: ast.alias, package: Package) -> bool:
    """Whether a name is a module of the copy of which the file takes only what the package has."""
    taken, is_bare = _taken(source, alias.asname or alias.name)
    return bool(taken) and not is_bare and taken <= package.names


def _taken(source: Source, binding: str) -> tuple[set[str], bool]:
    """The attributes that a file takes of a name, and whether it does anything else with it."""
    taken: set[str] = set()
    uses = 0
    for node in source.nodes:
        if isinstance(node, ast.Name) and node.id == binding:
            uses += 1
        elif isinstance(node, ast.Attribute) and _named(node.value) == binding:
            taken.add(node.attr)
            uses -= 1
        elif isinstance(node, ast.Constant) and node.value == binding:
            # `__all__` and getattr hand it on
            return taken, True
    return taken, uses != 0


def _named(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else ""


# modules


def _plain(source: Source, nodes: list[ast.Import], package: Package, shared: str) -> Iterator[Moving]:
    chained = [node for node in nodes if all(alias.asname is None for alias in node.names)]
    modules = {alias.name for node in chained for alias in node.names if _is_of(alias.name, shared)}
    prefixes = _prefixes(source, modules, package, shared) if modules else []
    for node in nodes:
        names = [alias.name for alias in node.names]
        if len(names) > 1:
            yield _stays(node, names, "several modules are imported at once", "give each a line of its own")
            continue
        alias, (start, end) = node.names[0], source.span(node)
        if alias.asname is not None:
            if _is_module(source, alias, package):
                text = f"import {package.module} as {alias.asname}"
                yield Moving(node, (Edit(start, end, text, _why(alias.name, package)),))
            else:
                yield Moving(node, stays=(alias.name,))
        elif prefixes is None:
            yield Moving(node, stays=(alias.name,))
        else:
            edit = Edit(start, end, f"import {package.module}", _why(alias.name, package))
            yield Moving(node, (edit, *prefixes))
            prefixes = []


def _prefixes(source: Source, modules: set[str], package: Package, shared: str) -> list[Edit] | None:
    """The edits of `shared.x.Name`, or None where one of them is not to be had."""
    edits: list[Edit] = []
    starts = 0
    for node in source.nodes:
        if isinstance(node, ast.Name) and node.id == shared:
            starts += 1
        elif isinstance(node, ast.Attribute) and ast.unparse(node.value) in modules:
            if node.attr not in package.names and f"{ast.unparse(node.value)}.{node.attr}" not in modules:
                return None
            if node.attr in package.names:
                start, end = source.span(node.value)
                edits.append(Edit(start, end, package.module, _why(ast.unparse(node.value), package)))
    return edits if starts == len(edits) and edits else None


# those with a fallback


def with_fallbacks(source: Source, moving: Sequence[Moving], removable: Sequence[ast.stmt]) -> list[Moving]:
    """Settle the imports that stand in a `try` against ImportError.

    One whose fallback is the same import by another way becomes that import alone. Any other fallback would
    hide that the package is missing, so a person is told.

    Args:
        source: the file.
        moving: its imports of the copy.
        removable: statements that go.
    """
    by_node: dict[ast.stmt, Moving] = {one.node: one for one in moving}
    for node in source.nodes:
        if not isinstance(node, ast.Try) or not any(_catches_import(one) for one in node.handlers):
            continue
        inside = [by_node[one] for one in node.body if one in by_node and by_node[one].edits]
        if not inside:
            continue
        collapsed = _collapsed(source, node, by_node, removable)
        if collapsed is not None:
            handled = [by_node[one] for handler in node.handlers for one in handler.body if one in by_node]
            for one in (*inside, *handled):
                by_node[one.node] = replace(one, edits=())
            by_node[inside[0].node] = replace(inside[0], edits=(collapsed,))
            continue
        what = "an except branch hides that the package is missing"
        told = Left(node.handlers[0].lineno, what, "remove the branch")
        by_node[inside[0].node] = replace(inside[0], left=(*inside[0].left, told))
    return list(by_node.values())


def _catches_import(handler: ast.ExceptHandler) -> bool:
    caught = ast.unparse(handler.type) if handler.type is not None else "Exception"
    return re.search(r"\b(ImportError|ModuleNotFoundError|Exception|BaseException)\b", caught) is not None


def _collapsed(
    source: Source,
    node: ast.Try,
    by_node: Mapping[ast.stmt, Moving],
    removable: Sequence[ast.stmt],
) -> Edit | None:
    """The whole `try` as the imports of its body; None where that would lose something."""
    if node.orelse or node.finalbody or "#" in source.segment(node):
        return None
    bound = [_bound(one) for one in node.body]
    for handler in node.handlers:
        kept = [one for one in handler.body if one not in removable and not _is_helper(source, node, one)]
        if [_bound(one) for one in kept] != bound or not all(_is_whole(one, by_node) for one in kept):
            return None
    lines: list[str] = []
    for one in node.body:
        if not _is_whole(one, by_node):
            return None
        start, _ = source.span(one)
        segment = source.segment(one)
        for edit in sorted(by_node[one].edits, reverse=True):
            segment = segment[: edit.start - start] + edit.new + segment[edit.end - start :]
        lines.append(segment)
    start, end = source.span(node)
    text = (newline_of(source.text) + source.indent(node)).join(lines)
    return Edit(start, end, text, "the import and its fallback are one now")


def _is_helper(source: Source, around: ast.Try, node: ast.stmt) -> bool:
    """Whether a statement imports what only the lines about the search path around it use."""
    if not isinstance(node, (ast.Import, ast.ImportFrom)):
        return False
    names = {alias.asname or alias.name for alias in node.names}
    inside = {id(one) for one in ast.walk(around)}
    outside = {_named(one) for one in source.nodes if isinstance(one, ast.Name) and id(one) not in inside}
    return names <= HELPERS and not names & outside


def _is_whole(node: ast.stmt, by_node: Mapping[ast.stmt, Moving]) -> bool:
    return node in by_node and by_node[node].is_whole


def _bound(node: ast.stmt) -> list[str]:
    if not isinstance(node, ast.ImportFrom):
        return [ast.unparse(node)]
    return sorted(alias.asname or alias.name for alias in node.names)

"""Pins in Python: setup.py where literal, noxfile.py, scripts with inline metadata (PEP 723). Pure."""

import ast
import re
import tomllib
from collections.abc import Iterator

from crucible_pipeline.upgrade.lines import Line, line_at
from crucible_pipeline.upgrade.located import leaves, located
from crucible_pipeline.upgrade.pins import ESCAPED, Pin, mentions, requirement_pin

_KEYWORDS = frozenset({"install_requires", "setup_requires", "tests_require", "extras_require"})
_INSTALLS = frozenset({"install", "run_install"})
_SCRIPT = re.compile(r"^# /// script\r?\n(?P<body>(?:^#(?: [^\r\n]*)?\r?\n)+?)^# ///[ \t]*\r?$", re.MULTILINE)
_PREFIX = re.compile(r"^[rRuU]?(?P<quote>\"\"\"|'''|\"|')")


def python_pins(path: str, text: str, project: str) -> list[Pin]:
    """The pins in a Python file; a file that is no Python has those of its inline metadata only."""
    found = script_pins(path, text, project)
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return found
    starts = _starts(text)
    for node in _required(tree):
        line = _literal(text, starts, node)
        if mentions(project).search(str(node.value)):
            pin = requirement_pin(path, text, line or _shown(node), project)
            found += [] if pin is None else [pin if line else Pin(path, node.lineno, "", fixed=ESCAPED)]
    return found


def _required(tree: ast.Module) -> Iterator[ast.Constant]:
    """The texts that a file hands to `setup` and to a session of nox."""
    given = {
        target.id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        handed: list[ast.expr] = []
        if name == "setup":
            handed = [one.value for one in node.keywords if one.arg in _KEYWORDS]
        elif name in _INSTALLS and isinstance(node.func, ast.Attribute):
            handed = list(node.args)
        for one in handed:
            yield from _texts(one, given)


def _texts(node: ast.expr, given: dict[str, ast.expr]) -> Iterator[ast.Constant]:
    pending, known = [node], dict(given)
    while pending:
        one = pending.pop()
        if isinstance(one, ast.Constant) and isinstance(one.value, str):
            yield one
        elif isinstance(one, ast.List | ast.Tuple | ast.Set):
            pending += one.elts
        elif isinstance(one, ast.Dict):
            pending += one.values
        elif isinstance(one, ast.BinOp):
            pending += [one.left, one.right]
        elif isinstance(one, ast.Starred):
            pending.append(one.value)
        elif isinstance(one, ast.Name) and one.id in known:
            # each name is followed once
            pending.append(known.pop(one.id))


def _starts(text: str) -> list[int]:
    return [0, *(match.end() for match in re.finditer(r"\r\n|\r|\n", text))]


def _literal(text: str, starts: list[int], node: ast.Constant) -> Line | None:
    """The characters of a literal; None where it is put together or holds escapes."""
    start = _offset(text, starts, node.lineno, node.col_offset)
    end = _offset(text, starts, node.end_lineno or node.lineno, node.end_col_offset or 0)
    match = _PREFIX.match(text[start:end])
    if match is None:
        return None
    start, end = start + match.end(), end - len(match["quote"])
    return Line(text[start:end], range(start, end)) if text[start:end] == node.value else None


def _offset(text: str, starts: list[int], line: int, column: int) -> int:
    begin = starts[line - 1]
    # columns count bytes of UTF-8
    until = starts[line] if line < len(starts) else len(text)
    return begin + len(
        text[begin:until].encode("utf-8", "surrogateescape")[:column].decode("utf-8", "ignore")
    )


def _shown(node: ast.Constant) -> Line:
    return Line(str(node.value), [0] * len(str(node.value)))


def script_pins(path: str, text: str, project: str) -> list[Pin]:
    """The pins in a script's inline metadata (PEP 723)."""
    match = _SCRIPT.search(text)
    if match is None:
        return []

    def load(document: str) -> object:
        found = _SCRIPT.search(document)
        lines = found["body"].splitlines() if found is not None else []
        return tomllib.loads("\n".join(line[2:] for line in lines))

    try:
        entries = leaves(load(text))
    except (ValueError, RecursionError):
        return []
    pins: list[Pin] = []
    for steps, value in entries:
        if (
            steps[:1] != ("dependencies",)
            or not isinstance(value, str)
            or not mentions(project).search(value)
        ):
            continue
        line = located(text, load, steps, value)
        if line is None:
            pins.append(Pin(path, line_at(text, match.start()), value, fixed=ESCAPED))
        elif (pin := requirement_pin(path, text, line, project)) is not None:
            pins.append(pin)
    return pins

"""The size of things: a file, a function and a parameter list that outgrow these miss an idea."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "src" / "crucible_pipeline"
FILES = sorted(path for path in PACKAGE.rglob("*.py") if "scaffold" not in path.parts)

# The aim is about 300 lines a file, 45 a function and 6 parameters; these are where "about" ends.
FILE_LINES = 340
FUNCTION_LINES = 60
PARAMETERS = 6


def functions(path: Path) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    tree = ast.parse(path.read_text())
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def is_command(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """A typer command: its parameters are the options that the design lists."""
    return any(
        "command" in ast.unparse(item) or "callback" in ast.unparse(item) for item in node.decorator_list
    )


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_file_and_its_functions_stay_small(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= FILE_LINES
    for node in functions(path):
        length = (node.end_lineno or node.lineno) - node.lineno + 1
        assert length <= FUNCTION_LINES, f"{node.name} has {length} lines"
        arguments = node.args.posonlyargs + node.args.args + node.args.kwonlyargs
        taken = [item.arg for item in arguments if item.arg not in {"self", "cls"}]
        assert is_command(node) or len(taken) <= PARAMETERS, f"{node.name} takes {len(taken)} parameters"


def test_no_code_runs_through_a_shell() -> None:
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.keyword) and node.arg == "shell":
                pytest.fail(f"{path.relative_to(PACKAGE)}:{node.value.lineno} sets shell=")


def test_only_the_command_line_prints() -> None:
    for path in FILES:
        if path.relative_to(PACKAGE).parts[0] == "cli":
            continue
        calls = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
        assert not [call.lineno for call in calls if ast.unparse(call.func) == "print"], path

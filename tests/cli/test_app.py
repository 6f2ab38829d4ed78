"""The program itself: exit codes, errors, help."""

import importlib
import pkgutil

import pytest
import typer

import crucible_pipeline
from crucible_pipeline import errors
from crucible_pipeline.cli import app, main


def walk_modules() -> None:
    for found in pkgutil.walk_packages(crucible_pipeline.__path__, "crucible_pipeline."):
        if not found.name.endswith("__main__") and ".runtime." not in found.name:
            importlib.import_module(found.name)


def every_error() -> list[type[errors.CrucibleError]]:
    walk_modules()
    found: list[type[errors.CrucibleError]] = []
    pending = [errors.CrucibleError]
    while pending:
        children = pending.pop().__subclasses__()
        found += children
        pending += children
    return found


def test_every_error_ends_in_exit_code_one_or_two() -> None:
    assert every_error()
    for kind in every_error():
        assert issubclass(kind, errors.Refused | errors.CannotDo)
        assert kind.exit_code == (1 if issubclass(kind, errors.Refused) else 2)


@pytest.mark.parametrize(("kind", "code"), [(errors.Refused, 1), (errors.CannotDo, 2)])
def test_an_error_of_a_command_is_one_line_on_stderr_and_its_exit_code(
    kind: type[errors.CrucibleError],
    code: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def application() -> typer.Typer:
        program = typer.Typer()

        @program.command()
        def fail() -> None:
            raise kind("the index does not answer", "start it with crucible serve")

        return program

    monkeypatch.setattr(app, "application", application)
    assert main([]) == code
    said = capsys.readouterr()
    assert said.err == "the index does not answer; start it with crucible serve\n"
    assert said.out == ""


def test_an_unknown_option_is_exit_code_two(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["generate", "--no-such-option"]) == 2
    assert "no-such-option" in capsys.readouterr().err


@pytest.mark.parametrize("command", app.COMMANDS)
def test_every_command_helps_with_an_example(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([command, "--help"]) == 0
    assert f"crucible {command}" in capsys.readouterr().out

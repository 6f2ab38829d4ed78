"""Each command that prints in several forms refuses any other form by name."""

from collections.abc import Iterator

import pytest
import typer
from typer.core import TyperGroup

from crucible_pipeline.cli.app import application, main


def commands(group: TyperGroup, *path: str) -> Iterator[tuple[str, ...]]:
    context = typer.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, TyperGroup):
            yield from commands(command, *path, name)
        elif command is not None and any("--format" in one.opts for one in command.params):
            yield (*path, name)


def test_another_form_is_refused_before_anything_is_done(capsys: pytest.CaptureFixture[str]) -> None:
    program = typer.main.get_command(application())
    assert isinstance(program, TyperGroup)
    found = set(commands(program))
    assert {("publish",), ("check",), ("index", "verify"), ("index", "token", "list")} <= found
    for path in found:
        assert main([*path, "--format", "xml"]) == 2, path
        assert "Invalid value for '--format'" in capsys.readouterr().err, path

"""The search for counterexamples: it finds what is there, counts what it tried, and repeats with its seed."""

from pathlib import Path

import pytest

from compat.pairs_of import contract_of
from crucible_pipeline.cli import main
from crucible_pipeline.compat.prove import Effort, Tried, prove
from crucible_pipeline.contracts.payload import rejections

OLD = """
openapi: 3.1.0
info: {title: Orders, version: '1'}
components:
  schemas:
    Order:
      type: object
      required: [id]
      properties:
        id: {type: string, minLength: 1}
        size: {type: integer, minimum: 1, maximum: 9}
        tags: {type: array, items: {enum: [new, late]}}
"""
NEW = OLD.replace("maximum: 9", "maximum: 9\n          default: 3").replace("late]", "late, lost]")


def searched(old: str, new: str, *, strict: bool = False, seconds: float = 6.0) -> list[Tried]:
    parts: list[float] = []
    one, other = contract_of({"orders.yaml": old}), contract_of({"orders.yaml": new})
    found = prove(one, other, Effort(7, seconds, strict, parts.append))
    assert parts == sorted(parts)
    return found


def test_a_break_is_found_in_its_direction_and_only_there() -> None:
    new = OLD.replace("late]", "late, lost]")
    backward, forward = searched(OLD, new)
    assert (backward.direction, backward.witness) == ("backward", None)
    assert backward.payloads > 20
    assert forward.witness is not None
    schema = contract_of({"orders.yaml": OLD})
    assert rejections(schema, schema.types["Order"].schema, forward.witness.payload)


@pytest.mark.slow
def test_a_property_that_nobody_sends_is_no_counterexample_unless_strictly() -> None:
    new = OLD + "        note: {type: string}\n"
    assert all(one.witness is None for one in searched(OLD, new))
    assert any(one.witness is not None for one in searched(OLD, new, strict=True))


def test_the_command_tells_how_much_it_tried(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, text in (("old", OLD), ("new", OLD + "        note: {type: string}\n")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "orders.yaml").write_text(text)
    wanted = ["check", "--contracts", "new", "--against", "old", "--prove", "--seconds", "1", "--seed", "3"]
    assert main(wanted) == 0
    said = capsys.readouterr()
    assert "Order backward: " in said.err
    assert "payloads, no counterexample (seed 3)" in said.err
    assert "0 breaking" in said.out
    assert main([*wanted, "--seconds", "0"]) == 2
    capsys.readouterr()
    assert main([*wanted, "--seconds", "1e-9"]) == 0
    said = capsys.readouterr()
    for way in ("backward", "forward"):
        assert f"Order {way}: 0 payloads, so nothing is known; give more --seconds" in said.err

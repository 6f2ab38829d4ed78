"""Every row has its pair, every row runs on every pair, and equal contracts yield nothing."""

import json
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from compat.pairs_of import NAMES, PAIRS, one_side, package
from crucible_pipeline.compat.change import WIRE, Change
from crucible_pipeline.compat.diff import diff
from crucible_pipeline.compat.merge import ANNOTATIONS
from crucible_pipeline.compat.table import explained
from crucible_pipeline.contracts.model import Contract, Schema, TypeDef, Value
from crucible_pipeline.contracts.payload import rejections
from crucible_pipeline.version import Severity

EXPECTED: dict[str, list[list[Any]]] = json.loads((PAIRS / "expected.json").read_text())


def told(changes: list[Change]) -> list[list[Any]]:
    return [[one.rule, one.severity.name.lower(), list(one.breaks), one.element] for one in changes]


def test_every_row_has_its_pair_and_every_pair_its_row() -> None:
    assert NAMES == sorted(explained()) == sorted(EXPECTED)


@pytest.mark.parametrize("name", NAMES)
def test_a_pair_shows_its_row_and_no_row_that_is_not_expected(name: str) -> None:
    changes = diff(one_side(name, "old"), one_side(name, "new"))
    assert name in {change.rule for change in changes}
    assert told(changes) == EXPECTED[name]


@pytest.mark.parametrize("name", NAMES)
def test_a_contract_compared_with_itself_yields_nothing(name: str) -> None:
    for side in ("old", "new"):
        contract = one_side(name, side)
        assert diff(contract, contract) == []
        assert diff(contract, turned(contract)) == []
        assert diff(turned(contract), contract) == []


def turned(contract: Contract) -> Contract:
    """The same contract with every key and every alternative in the opposite order."""
    return replace(
        contract,
        types={
            name: replace(item, schema=turned_schema(item.schema))
            for name, item in reversed(contract.types.items())
        },
        channels=dict(reversed(contract.channels.items())),
        machines={
            name: replace(
                item, transitions={state: after[::-1] for state, after in reversed(item.transitions.items())}
            )
            for name, item in contract.machines.items()
        },
        constants=dict(reversed(contract.constants.items())),
    )


def turned_schema(schema: Schema) -> Schema:
    changed: dict[str, Any] = {}
    for item in fields(Schema):
        value = getattr(schema, item.name)
        if isinstance(value, Schema):
            changed[item.name] = turned_schema(value)
        elif item.name in {"any_of", "one_of", "all_of"}:
            changed[item.name] = tuple(turned_schema(branch) for branch in reversed(value))
        elif item.name in {"properties", "pattern_properties", "dependent_schemas"}:
            changed[item.name] = {key: turned_schema(inner) for key, inner in reversed(value.items())}
        elif item.name in {"enum", "enum_names", "enum_descriptions"} and value:
            changed[item.name] = value[::-1]
    return replace(schema, **changed)


@pytest.mark.parametrize("name", NAMES)
def test_the_way_back_breaks_the_opposite_directions(name: str) -> None:
    there = diff(one_side(name, "old"), one_side(name, "new"))
    back = diff(one_side(name, "new"), one_side(name, "old"))
    assert wire(there, "backward") == wire(back, "forward")
    assert wire(there, "forward") == wire(back, "backward")


def wire(changes: list[Change], direction: str) -> bool:
    return any(direction in change.breaks for change in changes)


@pytest.mark.parametrize("name", NAMES)
def test_each_break_on_the_wire_carries_a_payload_that_only_one_side_accepts(name: str) -> None:
    old, new = one_side(name, "old"), one_side(name, "new")
    for change in diff(old, new):
        if not set(change.breaks) & set(WIRE):
            assert change.witness is None
            continue
        if not explained()[change.rule].provable:
            assert change.witness is None
            assert "no payload can show it" in change.message
            continue
        assert change.witness is not None, change
        assert change.witness.direction in change.breaks
        if change.element.split(".")[0] in new.types:
            root = change.element.split(".")[0]
            before = old.types.get(root)
            verdicts = [
                bool(rejections(side, item.schema, change.witness.payload))
                for side, item in ((old, before), (new, new.types[root]))
                if item is not None
            ]
            assert verdicts == [change.witness.direction == "forward", change.witness.direction == "backward"]


def test_severity_says_whether_anything_breaks() -> None:
    for name in NAMES:
        for change in diff(one_side(name, "old"), one_side(name, "new")):
            assert (change.severity is Severity.BREAKING) is bool(change.breaks)
            assert set(change.breaks) <= set(explained()[change.rule].breaks)


def test_every_row_tells_why_and_what_to_do() -> None:
    for rule in explained().values():
        assert rule.why.endswith(".")
        assert rule.todo
        assert not rule.todo.endswith(".")


TEXT = Schema(types=("string",))
ANY: dict[str, Any] = {
    "always": False,
    "ref": "Other",
    "types": ("integer",),
    "enum": ("a",),
    "const": Value("a"),
    "minimum": 1,
    "maximum": 1,
    "exclusive_minimum": 1,
    "exclusive_maximum": 1,
    "multiple_of": 2,
    "min_length": 1,
    "max_length": 1,
    "pattern": "^a$",
    "format": "date",
    "items": TEXT,
    "prefix_items": (TEXT,),
    "contains": TEXT,
    "min_items": 1,
    "max_items": 1,
    "unique_items": True,
    "unevaluated_items": Schema(always=False),
    "properties": {"a": TEXT},
    "required": ("a",),
    "additional_properties": Schema(always=False),
    "pattern_properties": {"^a": TEXT},
    "property_names": Schema(pattern="^a"),
    "min_properties": 1,
    "max_properties": 1,
    "dependent_required": {"a": ("b",)},
    "dependent_schemas": {"a": TEXT},
    "unevaluated_properties": Schema(always=False),
    "all_of": (TEXT,),
    "any_of": (TEXT, Schema(ref="Other")),
    "one_of": (TEXT, Schema(ref="Other")),
    "not_": TEXT,
    "title": "a",
    "description": "a",
    "default": Value("a"),
    "examples": ("a",),
    "deprecated": True,
    "read_only": True,
    "write_only": True,
    "direction": "input",
    "renamed_from": ("Former",),
    "python_name": "former",
    "discriminator": "kind",
}
# These say something only beside another keyword; their pairs are below.
BESIDE: dict[str, tuple[Schema, Schema]] = {
    "min_contains": (Schema(contains=TEXT), Schema(contains=TEXT, min_contains=2)),
    "max_contains": (Schema(contains=TEXT), Schema(contains=TEXT, max_contains=2)),
    "if_": (Schema(then=TEXT), Schema(if_=Schema(minimum=1), then=TEXT)),
    "then": (Schema(if_=Schema(minimum=1)), Schema(if_=Schema(minimum=1), then=TEXT)),
    "else_": (Schema(if_=Schema(minimum=1)), Schema(if_=Schema(minimum=1), else_=TEXT)),
    "extensible": (Schema(enum=("a",)), Schema(enum=("a",), extensible=True)),
    "enum_names": (Schema(enum=("a",)), Schema(enum=("a",), enum_names=("ALPHA",))),
    "enum_descriptions": (Schema(enum=("a",)), Schema(enum=("a",), enum_descriptions=("First.",))),
    "enum_renamed_from": (Schema(enum=("a",)), Schema(enum=("a",), enum_renamed_from={"a": ("b",)})),
    "enum_deprecated": (Schema(enum=("a",)), Schema(enum=("a",), enum_deprecated=("a",))),
}


def holding(schema: Schema) -> Contract:
    other = TypeDef("Other", "orders", Schema(types=("object",), properties={"a": TEXT}))
    return Contract(package("shop"), {"Order": TypeDef("Order", "orders", schema), "Other": other})


@pytest.mark.parametrize("name", [item.name for item in fields(Schema) if item.name != "mark"])
def test_nothing_that_a_schema_can_say_changes_in_silence(name: str) -> None:
    without, given = BESIDE.get(name) or (Schema(), Schema(**{name: ANY[name]}))
    for old, new in ((without, given), (given, without)):
        changes = diff(holding(old), holding(new))
        assert changes
        # A property of an open object is ignored where it is not known, so adding one breaks nothing.
        if name not in ANNOTATIONS | {"enum_names", "properties"}:
            assert any(change.severity is Severity.BREAKING for change in changes)


def test_no_row_is_explained_twice() -> None:
    folder = Path(__file__).parents[2] / "src" / "crucible_pipeline" / "compat"
    text = "".join(path.read_text() for path in folder.glob("rules_*.py"))
    assert len(explained()) == len(NAMES)
    assert text.count('"schema-changed",') == 1

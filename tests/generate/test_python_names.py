"""Names that Python cannot write, and what a contract gives up: in models, on the wire, for type checkers."""

import json
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import pytest

from crucible_pipeline.contracts.load import load
from crucible_pipeline.contracts.model import Package
from crucible_pipeline.generate.python_order import MOST_MODELS
from generate.python_package import ROOT, contract_of, imported, install, models_of

# What the contract says → what Python says. The order of the properties must not matter to the first nine.
NAMES = {
    "class": "class_",
    "None": "None_",
    "content-type": "content_type",
    "2fa": "field_2fa",
    "@id": "id",
    "_links": "links",
    "+1": "plus_1",
    "-1": "minus_1",
    "schema": "schema_",
    "model_dump": "model_dump_",
    "str": "str_",
    "": "field",
    "ü": "ü",
}
FOREIGN = {"Thing": {"type": "object", "properties": {name: {"type": "integer"} for name in NAMES}}}


def foreign(schemas: dict[str, Any], name: str) -> Any:
    text = json.dumps({"openapi": "3.0.3", "components": {"schemas": schemas}})
    return load({"things.json": text}, Package(name, name, name))


def test_python_has_its_names_and_the_wire_those_of_the_contract(tmp_path: Path) -> None:
    with imported(foreign(FOREIGN, "foreign_names"), tmp_path) as package:
        wire = {name: number for number, name in enumerate(NAMES)}
        thing = package.Thing(**{NAMES[name]: number for name, number in wire.items()})
        assert list(package.Thing.model_fields) == list(NAMES.values())
        assert thing.model_dump(mode="json") == wire
        assert package.Thing.model_validate(wire) == thing


def test_a_name_does_not_change_when_properties_change_places(tmp_path: Path) -> None:
    turned = {"Thing": {**FOREIGN["Thing"], "properties": {name: {} for name in reversed(NAMES)}}}
    with imported(foreign(turned, "turned_names"), tmp_path) as package:
        assert set(package.Thing.model_fields) == set(NAMES.values())


def test_two_names_that_become_one_are_told_apart(tmp_path: Path) -> None:
    alike = ("a-b", "a_b", "a.b")
    for number, names in enumerate((alike, alike[::-1])):
        schemas = {"Thing": {"type": "object", "properties": {name: {} for name in names}}}
        with imported(foreign(schemas, f"alike_names_{number}"), tmp_path) as package:
            fields = package.Thing.model_fields.items()
            called = {field.validation_alias or name: name for name, field in fields}
            assert called == {"a-b": "a_b_2", "a_b": "a_b", "a.b": "a_b_3"}


AGED = {
    "Order": {
        "type": "object",
        "examples": [{"total": 3}],
        "properties": {
            "id": {"type": "string", "readOnly": True, "examples": ["a1"]},
            "total": {"type": "integer", "deprecated": True, "description": "Use amount."},
            "content-type": {"type": "string", "deprecated": True, "writeOnly": True},
        },
    },
    "OldOrder": {"type": "object", "deprecated": True, "properties": {"id": {"type": "string"}}},
    "OldState": {"type": "string", "enum": ["a", "b"], "deprecated": True},
}


def test_giving_or_reading_what_a_contract_gives_up_warns_and_nothing_else_does(tmp_path: Path) -> None:
    with models_of(AGED, tmp_path) as package:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            order = package.Order.model_validate_json('{"id": "a", "total": 1, "content-type": "x"}')
            assert order.model_dump() == {"id": "a", "total": 1, "content-type": "x"}
            assert order == order.model_copy()
            assert package.Order(id="a").model_dump_json() == '{"id":"a"}'
        with pytest.warns(DeprecationWarning, match=r"Order\.total is deprecated: Use amount\."):
            package.Order(total=3)
        with pytest.warns(DeprecationWarning, match="Order.content-type is deprecated"):
            package.Order(content_type="x")
        with pytest.warns(DeprecationWarning, match=r"Order\.total is deprecated") as seen:
            assert order.total == 1
        assert seen[0].filename == __file__


@pytest.mark.parametrize("name", ["OldOrder", "OldState"])
def test_a_type_that_a_contract_gives_up_warns_whoever_imports_or_makes_it(name: str, tmp_path: Path) -> None:
    with models_of(AGED, tmp_path) as package:
        with pytest.warns(DeprecationWarning, match=f"{name} is deprecated"):
            kind = getattr(package, name)
        with pytest.warns(DeprecationWarning, match=f"{name} is deprecated") as seen:
            kind("a") if name == "OldState" else kind(id="a")
        assert seen[0].filename == __file__


def test_examples_and_whether_one_may_write_stay_with_the_model(tmp_path: Path) -> None:
    with models_of(AGED, tmp_path) as package:
        told = package.Order.model_json_schema()
    assert told["examples"] == [{"total": 3}]
    assert told["properties"]["id"] == {
        "title": "Id",
        "type": "string",
        "readOnly": True,
        "examples": ["a1"],
    }
    assert told["properties"]["total"]["deprecated"]
    assert told["properties"]["content-type"]["writeOnly"]


USES = """
from aged import Order, OldOrder
Order(id="a", content_type="x")
OldOrder(id="b")
"""


@pytest.mark.slow
def test_type_checkers_know_the_names_and_what_is_given_up(tmp_path: Path) -> None:
    install(contract_of(AGED, "aged"), tmp_path)
    (tmp_path / "uses.py").write_text(USES)
    (tmp_path / "pyrightconfig.json").write_text(
        f'{{"typeCheckingMode": "strict", "venvPath": "{ROOT}", "venv": ".venv"}}'
    )
    pyright = [sys.executable, "-m", "pyright", "-p", str(tmp_path)]
    said = subprocess.run(pyright, capture_output=True, text=True, check=False).stdout
    errors = [line.partition(" - error: ")[2] for line in said.splitlines() if " - error: " in line]
    assert set(errors) == {'The class "OldOrder" is deprecated'}, said
    mypy = [sys.executable, "-m", "mypy", "--strict", "--no-incremental", "-p", "aged"]
    found = subprocess.run(mypy, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout


def test_the_first_use_of_a_type_builds_no_other_of_a_large_contract(tmp_path: Path) -> None:
    many = {f"Type{number}": {"type": "object", "properties": {"a": {}}} for number in range(MOST_MODELS + 1)}
    many["Holder"] = {"type": "object", "properties": {"one": {"$ref": "#/components/schemas/Type3"}}}
    with models_of(many, tmp_path) as package:
        name = package.__name__
        assert package.Holder(one={"a": 1}).one.a == 1
        loaded = {module for module in sys.modules if module.startswith(f"{name}._cases__")}
        assert loaded == {f"{name}._cases__holder", f"{name}._cases__type3"}
        module = __import__(f"{name}.cases", fromlist=["*"])
        assert module.Type5 is package.Type5
        assert set(module.__all__) == set(many)

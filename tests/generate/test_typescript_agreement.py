"""The validators of the npm package and the jsonschema library say the same about every payload."""

import importlib
import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from crucible_pipeline.contracts import payload as second_opinion
from crucible_pipeline.contracts.load import load
from crucible_pipeline.contracts.model import Contract, Package, Schema
from crucible_pipeline.contracts.project import find_project, load_project
from crucible_pipeline.generate.python import python
from crucible_pipeline.generate.typescript import typescript
from generate.typescript_cases import CASES, FORMATS, FREE
from generate.typescript_node import Library, install, running
from generate.typescript_payloads import JSON, accepted, mutated

ROOT = Path(__file__).parents[2]
REAL = load_project(find_project(ROOT / "contracts"))
FEW = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


def contract_of(schemas: dict[str, Any]) -> Contract:
    document = {
        "openapi": "3.1.0",
        "info": {"title": "Cases", "version": "1", "description": "One type for each case."},
        "components": {"schemas": schemas},
    }
    return load({"cases.json": json.dumps(document)}, Package("cases", "cases", "cases"))


TABLE = contract_of({name: schema for name, (schema, _) in CASES.items()})


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    with running(install(typescript(TABLE), tmp_path_factory.mktemp("table"), "cases")) as library:
        yield library


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    with running(install(typescript(REAL), tmp_path_factory.mktemp("real"), "shared")) as library:
        yield library


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    """The Python package of the same contracts, under a name of its own."""
    name = "models_beside_typescript"
    folder = tmp_path_factory.mktemp("python")
    package = replace(REAL.package, import_name=name)
    for path, text in python(replace(REAL, package=package)).items():
        (folder / name / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / name / path).write_text(text, encoding="utf-8")
    sys.path.insert(0, str(folder))
    yield importlib.import_module(name)
    sys.path.remove(str(folder))


def python_accepts(models: ModuleType, name: str, value: Any) -> bool:
    try:
        TypeAdapter(getattr(models, name)).validate_json(json.dumps(value))
    except ValidationError:
        return False
    return True


def same_answer(library: Library, contract: Contract, name: str, value: Any) -> None:
    """Both accept or both reject, and the three functions of a type never contradict each other."""
    rejected = second_opinion.rejections(contract, Schema(ref=name), value)
    problems = library.call(f"validate{name}", value)
    assert bool(problems) == bool(rejected), (name, value, problems, rejected)
    assert library.call(f"is{name}", value) is not bool(problems)
    assert ("error" in library.answer(f"parse{name}", value)) is bool(problems)


@pytest.mark.parametrize("name", CASES)
def test_each_keyword_decides_as_json_schema_says(table: Library, name: str) -> None:
    for value in [*FREE, *CASES[name][1]]:
        same_answer(table, TABLE, name, value)


@FEW
@given(name=st.sampled_from(sorted(CASES)), value=JSON)
def test_no_payload_is_judged_differently(table: Library, name: str, value: Any) -> None:
    same_answer(table, TABLE, name, value)


@pytest.mark.parametrize("name", sorted(REAL.types))
@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_the_contracts_accept_the_same_payloads_in_node_and_in_python(
    real: Library, models: ModuleType, name: str, data: st.DataObject
) -> None:
    valid = data.draw(accepted(REAL, REAL.types[name].schema))
    assert real.call(f"is{name}", valid)
    for value in (valid, data.draw(mutated(valid))):
        same_answer(real, REAL, name, value)
        assert python_accepts(models, name, value) is real.call(f"is{name}", value)


def test_formats_are_asserted_as_in_python(tmp_path: Path) -> None:
    names = {format_: "F" + format_.replace("-", "") for format_ in FORMATS}
    contract = contract_of({name: {"type": "string", "format": format_} for format_, name in names.items()})
    with running(install(typescript(contract), tmp_path, "formats")) as library:
        for format_, (good, bad) in FORMATS.items():
            name = names[format_]
            assert {text for text in good if not library.call(f"is{name}", text)} == set(), format_
            assert {text for text in bad if library.call(f"is{name}", text)} == set(), format_
            for text in [*good, *bad]:
                same_answer(library, contract, name, text)


def test_multiples_are_those_of_the_decimals_as_written(tmp_path: Path) -> None:
    contract = contract_of({"Cents": {"type": "number", "multipleOf": 0.01}})
    with running(install(typescript(contract), tmp_path, "cents")) as library:
        assert [library.call("isCents", value) for value in (1.13, 0.07, 19.99, 1e-2, 1e22)] == [True] * 5
        assert [library.call("isCents", value) for value in (1.131, 0.005, 1e-7)] == [False] * 3


def test_a_payload_nested_without_end_is_refused_and_harms_nothing(table: Library) -> None:
    for depth in (1_000, 50_000):
        answer = table.answer_text("validateTree", "[" + '{"children":[' * depth + "]}" * depth + "]")
        assert answer["value"][0]["message"] == "is nested deeper than 250 levels"
    assert table.answer_text("isTree", "[" + '{"children":[' * 120 + "]}" * 120 + "]") == {"value": True}


def test_problems_of_an_enormous_payload_are_counted_not_listed(table: Library) -> None:
    assert len(table.call("validateItems", ["x"] * 20_000)) == 100

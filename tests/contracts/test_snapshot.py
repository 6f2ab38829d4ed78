"""The canonical form: equal contracts are equal texts, and the text gives the contract back."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings

from contracts.contract_strategies import contracts
from contracts.contract_texts import loaded
from crucible_pipeline.contracts.load import load
from crucible_pipeline.contracts.model import Contract, Package
from crucible_pipeline.contracts.read import read_folder
from crucible_pipeline.contracts.snapshot import dump, restore
from crucible_pipeline.errors import Refused

REAL = Path(__file__).parents[2] / "contracts"


@settings(max_examples=15, deadline=None)
@given(contracts())
def test_a_restored_contract_is_the_contract(contract: Contract) -> None:
    text = dump(contract)
    again = restore(text, "contract.json")
    assert again == contract
    assert dump(again) == text  # equality alone takes 1 for true


def test_the_real_contracts_come_back_from_their_snapshot() -> None:
    contract = load(read_folder(REAL), Package("crucible-shared", "crucible_shared", "@crucible/shared"))
    assert restore(dump(contract), "contract.json") == contract


def test_the_form_is_sorted_json_with_two_spaces_and_a_last_newline() -> None:
    text = dump(loaded({"b.yaml": "type: string\n", "a.yaml": "description: käse\n"}))
    assert text == json.dumps(json.loads(text), indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    assert '"format": 1' in text
    assert "käse" in text


def test_the_order_and_layout_of_files_leave_no_trace() -> None:
    one = dump(
        loaded({"a.yaml": "type: object\nproperties:\n  x: {$ref: b.yaml}\n  y: {}\n", "b.yaml": "{}"})
    )
    other = dump(
        loaded({"b.yaml": "# moved\n\n{}", "a.yaml": "properties: {y: {}, x: {$ref: b.yaml}}\ntype: object"})
    )
    assert one == other
    assert '"$ref": "#/types/B"' in one


def test_the_first_state_stays_the_first() -> None:
    files = {"s.yaml": "enum: [z, a]\n", "t.yaml": "transitions: {z: [a], a: []}\n"}
    assert list(restore(dump(loaded(files)), "x").machines["S"].transitions) == ["z", "a"]


def test_every_place_of_a_restored_contract_is_its_origin() -> None:
    again = restore(dump(loaded({"a.yaml": "properties: {x: {}}\n"})), "v0.3.0")
    assert {schema.mark.file for schema in again.types["A"].schema.walk()} == {"v0.3.0"}


A = ("types", "A", "schema")


def changed(*path: str, to: object) -> str:
    """A snapshot in which one place holds something else."""
    document = json.loads(dump(loaded({"a.yaml": "properties: {x: {$ref: '#'}}\nminimum: 1\n"})))
    *parents, last = path
    inner = document
    for name in parents:
        inner = inner[name]
    inner[last] = to
    return json.dumps(document)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "Expecting value"),
        ("[]", "the document is no object"),
        ("{}", "its format is None, understood is 1"),
        ("[" * 100_000, "recursion"),
        (changed("format", to=2), "its format is 2, understood is 1"),
        (changed("new", to={}), "the document holds the unknown 'new'"),
        (changed("package", to={"npm": "a"}), "package is incomplete"),
        (changed(*A, "frob", to=1), "A holds the unknown keyword 'frob'"),
        (changed(*A, "minimum", to="1"), "minimum of A is '1'"),
        (changed(*A, "minimum", to=True), "minimum of A is True"),
        (changed(*A, "properties", to=[]), "properties of A is no object"),
        (changed(*A, "properties", "x", "$ref", to="#/types/B"), "of A names 'B', which is not there"),
        (changed(*A, "required", to=[1]), "required of A is no string"),
        (changed(*A, to=5), "a schema of A is no object"),
        (changed("machines", to={"B": {}}), "the state machine's enum 'B' is not there"),
        (changed("channels", to={"c": {"module": "m", "address": "a", "messages": []}}), "c has no message"),
        (changed("waivers", to=[{}]), "a waiver is incomplete"),
    ],
)
def test_a_text_that_is_no_snapshot_is_refused_with_the_reason(text: str, why: str) -> None:
    with pytest.raises(Refused) as caught:
        restore(text, "wheel.whl")
    assert caught.value.what.startswith("wheel.whl is no snapshot of a contract: ")
    assert why in caught.value.what

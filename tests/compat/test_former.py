"""Declared renames: a name that generated code keeps breaks no code, and one that it drops does."""

import pytest
from packaging.version import Version

from compat.pairs_of import contract_of
from crucible_pipeline.compat.change import Change
from crucible_pipeline.compat.diff import diff
from crucible_pipeline.compat.verdict import judge
from crucible_pipeline.contracts.check import idle_renames
from crucible_pipeline.contracts.model import Contract
from crucible_pipeline.contracts.snapshot import dump, restore
from crucible_pipeline.errors import InvalidInput

SCHEMAS = """\
openapi: 3.1.0
info: {{title: Orders, version: '1'}}
components:
  schemas:
    {type}:
      type: object
      {renamed_type}
      properties: {{id: {{type: string}}}}
    Mode:
      type: string
      x-extensible-enum: [slow, {value}]
      {renamed_value}
    Weight:
      type: integer
      enum: [10]
      x-enum-varnames: [{member}]
      {renamed_member}
"""
EVENTS = """\
asyncapi: 3.0.0
info: {{title: Orders, version: '1'}}
channels:
  {channel}:
    address: orders:placed
    {renamed_channel}
    messages: {{placed: {{payload: {{type: object}}}}}}
"""
LIMITS = "orders: {{{constant}: {{value: 5{renamed_constant}}}}}\n"
# Kind → its name in three releases, and the keyword that says what it was called.
NAMES = {
    "type": (("Purchase", "Order", "Offer"), "x-renamed-from: {}"),
    "value": (("quick", "fast", "rapid"), "x-enum-renamed-from: {{{}: {}}}"),
    "member": (("LOW", "LIGHT", "TEN"), 'x-enum-renamed-from: {{"10": {}}}'),
    "channel": (("orderMade", "orderPlaced", "orderTaken"), "x-renamed-from: {}"),
    "constant": (("most_lines", "max_lines", "lines_at_most"), ", x-renamed-from: {}"),
}
RULES = {
    "type": "type-renamed",
    "value": "enum-value-renamed",
    "member": "enum-member-renamed",
    "channel": "channel-renamed",
    "constant": "constant-renamed",
}


def release(kind: str, number: int, *former: int) -> Contract:
    """The contract whose one thing of a kind has its name of a release; it declares some of the others."""
    given = {name: names[0] for name, (names, _) in NAMES.items()}
    said = {f"renamed_{name}": "" for name in NAMES}
    names, form = NAMES[kind]
    given[kind] = names[number]
    if former:
        olds = f"[{', '.join(names[one] for one in former)}]"
        said[f"renamed_{kind}"] = form.format(*([names[number], olds] if kind == "value" else [olds]))
    files = {"orders.yaml": SCHEMAS, "events.yaml": EVENTS, "constants/limits.yaml": LIMITS}
    return contract_of({path: text.format(**given, **said) for path, text in files.items()})


def source_breaks(old: Contract, new: Contract) -> list[str]:
    return [change.rule for change in diff(old, new) if "source" in change.breaks]


def named(changes: list[Change], rule: str) -> Change:
    (found,) = (change for change in changes if change.rule == rule)
    return found


@pytest.mark.parametrize("kind", NAMES)
def test_a_declared_rename_breaks_no_code_and_an_undeclared_one_does(kind: str) -> None:
    first = release(kind, 0)
    assert source_breaks(first, release(kind, 1))
    declared = diff(first, release(kind, 1, 0))
    assert [change.rule for change in declared if change.breaks] == []
    assert named(declared, RULES[kind]).message.endswith(("warns", "warns now"))
    verdict = judge(
        release(kind, 1, 0), {"1.2.0": first}, package="shop", newest=Version("1.2.0"), mode="full"
    )
    assert (verdict.compatible, verdict.required_bump.name) == (True, "MINOR")


@pytest.mark.parametrize("kind", NAMES)
def test_a_former_name_that_is_dropped_breaks_code_that_was_warned(kind: str) -> None:
    assert source_breaks(release(kind, 1, 0), release(kind, 1)) == ["former-name-removed"]
    assert diff(release(kind, 1, 0), release(kind, 1, 0)) == []


@pytest.mark.parametrize("kind", NAMES)
def test_a_second_rename_has_to_keep_both_former_names(kind: str) -> None:
    first, second = release(kind, 0), release(kind, 1, 0)
    whole, short = release(kind, 2, 1, 0), release(kind, 2, 1)
    assert source_breaks(second, whole) == source_breaks(first, whole) == []
    assert source_breaks(second, short) == ["former-name-removed"]
    assert source_breaks(first, short)


@pytest.mark.parametrize("kind", NAMES)
def test_a_rename_is_idle_once_every_release_of_the_line_has_the_new_name(kind: str) -> None:
    first, second = release(kind, 0), release(kind, 1, 0)
    assert (
        idle_renames(second, [])
        == idle_renames(second, [first])
        == idle_renames(second, [first, second])
        == []
    )
    (problem,) = idle_renames(second, [second, release(kind, 1)])
    assert (problem.rule, problem.severity) == ("rename-idle", "warning")
    assert idle_renames(release(kind, 1), [second]) == []


@pytest.mark.parametrize("kind", NAMES)
def test_a_snapshot_keeps_one_former_name_and_several(kind: str) -> None:
    for contract in (release(kind, 1, 0), release(kind, 2, 1, 0)):
        assert restore(dump(contract), "contract.json") == contract


def test_a_snapshot_from_the_time_of_one_former_name_is_restored() -> None:
    contracts = [release(kind, 1, 0) for kind in ("type", "channel", "constant")]
    texts = [dump(contract) for contract in contracts]
    for text, said in zip(
        texts,
        (
            '"x-renamed-from": "Purchase"',
            '"renamed_from": "orderMade"',
            '"renamed_from": "limits.orders.most_lines"',
        ),
        strict=True,
    ):
        assert said in text
    assert [restore(text, "contract.json") for text in texts] == contracts


HEAD = "openapi: 3.1.0\ninfo: {title: O, version: '1'}\ncomponents: {schemas: {Mode: {type: "


def one_type(body: str) -> Contract:
    return contract_of({"orders.yaml": f"{HEAD}{body}}}}}}}"})


def test_a_value_that_is_renamed_in_a_closed_enum_breaks_the_wire_all_the_same() -> None:
    old = one_type("string, enum: [slow, quick]")
    new = one_type("string, enum: [slow, fast], x-enum-renamed-from: {fast: quick}")
    change = named(diff(old, new), "enum-value-renamed")
    assert change.breaks == ("backward", "forward")
    assert change.witness is not None
    assert change.witness.payload in {"quick", "fast"}


def test_a_property_s_former_name_is_kept_in_python_only_so_it_breaks_code() -> None:
    old = one_type("object, properties: {note: {type: string}}")
    new = one_type("object, properties: {remark: {type: string, x-renamed-from: note}}")
    dropped = one_type("object, properties: {remark: {type: string}}")
    assert source_breaks(old, new) == ["property-renamed"]
    assert source_breaks(new, dropped) == ["former-name-removed"]


@pytest.mark.parametrize(
    ("said", "what"),
    [
        (
            "x-enum-renamed-from: {quick: slow}",
            "x-enum-renamed-from names 'quick', which the enum does not have",
        ),
        ("x-enum-deprecated: [quick]", "x-enum-deprecated names 'quick', which the enum does not have"),
    ],
)
def test_what_the_enum_does_not_have_is_refused(said: str, what: str) -> None:
    with pytest.raises(InvalidInput, match=what):
        one_type(f"string, enum: [fast], {said}")
    with pytest.raises(InvalidInput, match="has no enum beside it"):
        one_type(f"string, {said}")

"""Another wording of the same payloads is no change; each case also holds the other way round."""

import pytest

from compat.pairs_of import package
from crucible_pipeline.compat.change import Change
from crucible_pipeline.compat.diff import diff
from crucible_pipeline.contracts.model import Contract, Schema, TypeDef, Value
from crucible_pipeline.version import Severity

TEXT = Schema(types=("string",))
WHOLE = Schema(types=("integer",))
NULL = Schema(types=("null",))
ITEM = Schema(types=("object",), properties={"name": TEXT}, required=("name",))
KIND = {
    name: Schema(types=("object",), properties={"kind": Schema(const=Value(name))}, required=("kind",))
    for name in ("card", "cash")
}

SAME: dict[str, tuple[Schema, Schema]] = {
    "allOf of one": (TEXT, Schema(all_of=(TEXT,))),
    "allOf of one reference": (Schema(ref="Item"), Schema(all_of=(Schema(ref="Item"),))),
    "an inlined reference": (Schema(ref="Item"), ITEM),
    "an inlined reference in a property": (
        Schema(types=("object",), properties={"item": Schema(ref="Item")}),
        Schema(types=("object",), properties={"item": ITEM}),
    ),
    "an alias": (Schema(ref="Item"), Schema(ref="Alias")),
    "several types and anyOf": (Schema(types=("integer", "string")), Schema(any_of=(TEXT, WHOLE))),
    "several types and oneOf": (Schema(types=("integer", "string")), Schema(one_of=(WHOLE, TEXT))),
    "nullable text with a bound": (
        Schema(types=("null", "string"), max_length=5),
        Schema(any_of=(NULL, Schema(types=("string",), max_length=5))),
    ),
    "reordered anyOf": (Schema(any_of=(Schema(ref="Item"), NULL)), Schema(any_of=(NULL, Schema(ref="Item")))),
    "nested anyOf": (
        Schema(any_of=(Schema(ref="Item"), Schema(any_of=(NULL, TEXT)))),
        Schema(any_of=(Schema(ref="Item"), NULL, TEXT)),
    ),
    "const and an enum of one": (Schema(const=Value("a")), Schema(enum=("a",))),
    "an enum with its type": (Schema(enum=("a", "b")), Schema(types=("string",), enum=("a", "b"))),
    "an enum in parts": (Schema(enum=("a", "b")), Schema(any_of=(Schema(enum=("a",)), Schema(enum=("b",))))),
    "1 and 1.0": (Schema(enum=(1,)), Schema(enum=(1.0,))),
    "exclusive bounds of an integer": (
        Schema(types=("integer",), exclusive_minimum=0, exclusive_maximum=10),
        Schema(types=("integer",), minimum=1, maximum=9),
    ),
    "integer and multipleOf 1": (WHOLE, Schema(types=("number",), multiple_of=1)),
    "an idle keyword": (TEXT, Schema(types=("string",), minimum=3, properties={"a": TEXT})),
    "minLength 0": (TEXT, Schema(types=("string",), min_length=0)),
    "items that may be anything": (
        Schema(types=("array",)),
        Schema(types=("array",), items=Schema(always=True)),
    ),
    "additional properties that may be anything": (
        Schema(types=("object",)),
        Schema(types=("object",), additional_properties=Schema(always=True)),
    ),
    "oneOf by a discriminating constant": (
        Schema(any_of=tuple(KIND.values())),
        Schema(one_of=tuple(KIND.values())),
    ),
    "a merged allOf": (
        Schema(types=("object",), properties={"a": TEXT, "b": WHOLE}, required=("a", "b")),
        Schema(
            all_of=(
                Schema(types=("object",), properties={"a": TEXT}, required=("a",)),
                Schema(properties={"b": WHOLE}, required=("b",)),
            )
        ),
    ),
    "a bound given twice": (
        Schema(types=("integer",), maximum=5),
        Schema(types=("integer",), maximum=9, all_of=(Schema(maximum=5),)),
    ),
    "what its parts leave unevaluated, and a closed object": (
        Schema(
            types=("object",),
            properties={"a": TEXT},
            all_of=(Schema(ref="Item"),),
            unevaluated_properties=Schema(always=False),
        ),
        Schema(
            types=("object",),
            properties={"a": TEXT, "name": TEXT},
            required=("name",),
            additional_properties=Schema(always=False),
        ),
    ),
    "if without then": (TEXT, Schema(types=("string",), if_=Schema(min_length=1))),
}
CHANGED: dict[str, tuple[Schema, Schema]] = {
    "1 and true": (Schema(enum=(1,)), Schema(enum=(True,))),
    "a default of 1 and one of true": (Schema(default=Value(1)), Schema(default=Value(True))),
    "oneOf whose alternatives overlap": (
        Schema(any_of=(TEXT, Schema(ref="Item"), Schema(types=("string",), min_length=2))),
        Schema(one_of=(TEXT, Schema(ref="Item"), Schema(types=("string",), min_length=2))),
    ),
}


def test_an_alternative_of_oneof_said_twice_breaks_both_ways() -> None:
    number = Schema(types=("number",), minimum=0)
    found = changes(Schema(one_of=(NULL, NULL, number)), Schema(one_of=(NULL, number, number)))
    assert {way for change in found for way in change.breaks} == {"backward", "forward"}


def holding(schema: Schema, item: Schema = ITEM) -> Contract:
    types = {"Order": schema, "Item": item, "Alias": Schema(ref="Item")}
    return Contract(package("shop"), {name: TypeDef(name, "shop", found) for name, found in types.items()})


def changes(old: Schema, new: Schema) -> list[Change]:
    return diff(holding(old), holding(new))


@pytest.mark.parametrize("name", SAME)
def test_a_rewording_yields_nothing(name: str) -> None:
    one, other = SAME[name]
    assert changes(one, other) == []
    assert changes(other, one) == []


@pytest.mark.parametrize("name", CHANGED)
def test_what_only_looks_the_same_is_told(name: str) -> None:
    one, other = CHANGED[name]
    assert changes(one, other)
    assert changes(other, one)


def test_a_change_inside_a_type_is_told_once_at_the_type() -> None:
    user = Schema(types=("object",), properties={"one": Schema(ref="Item"), "other": Schema(ref="Item")})
    wider = Schema(types=("object",), properties={"name": TEXT})
    found = diff(holding(user), holding(user, wider))
    assert [(change.rule, change.element) for change in found] == [("property-became-optional", "Item.name")]


def test_a_type_that_changes_under_a_negation_is_told_at_the_negation_too() -> None:
    user = Schema(not_=Schema(ref="Item"))
    wider = Schema(types=("object",), properties={"name": TEXT})
    found = {(change.element, change.breaks) for change in diff(holding(user), holding(user, wider))}
    assert ("Order", ("backward",)) in found


def test_a_type_within_itself_is_compared_and_the_comparison_ends() -> None:
    def tree(bound: int) -> Contract:
        inner = Schema(
            types=("object",),
            properties={
                "child": Schema(ref="Tree"),
                "children": Schema(types=("array",), items=Schema(ref="Tree")),
                "size": Schema(types=("integer",), maximum=bound),
            },
        )
        return Contract(package("shop"), {"Tree": TypeDef("Tree", "shop", inner)})

    assert diff(tree(5), tree(5)) == []
    found = diff(tree(5), tree(3))
    assert [(change.rule, change.element) for change in found] == [("maximum-lowered", "Tree.size")]
    assert found[0].witness is not None


def test_a_recursive_type_written_out_one_level_is_the_same() -> None:
    child = Schema(any_of=(NULL, Schema(ref="Tree")))
    tree = Schema(types=("object",), properties={"child": child})
    deeper = Schema(types=("object",), properties={"child": Schema(any_of=(NULL, tree))})
    one, other = (
        Contract(package("shop"), {"Tree": TypeDef("Tree", "shop", schema)}) for schema in (tree, deeper)
    )
    assert diff(one, other) == []


def test_a_circle_of_references_ends() -> None:
    circle = {"A": Schema(ref="B"), "B": Schema(ref="A"), "C": Schema(all_of=(Schema(ref="A"), TEXT))}
    contract = Contract(
        package("shop"), {name: TypeDef(name, "shop", schema) for name, schema in circle.items()}
    )
    plain = Contract(package("shop"), {name: TypeDef(name, "shop", TEXT) for name in circle})
    assert diff(contract, contract) == []
    assert diff(contract, plain)


def test_deep_and_wide_schemas_end_undecided_and_count_as_a_break() -> None:
    def nested(depth: int, inner: Schema) -> Schema:
        for _ in range(depth):
            inner = Schema(types=("array",), items=inner)
        return inner

    found = changes(nested(300, TEXT), nested(300, WHOLE))
    assert [change.severity for change in found] == [Severity.BREAKING]


@pytest.mark.parametrize(
    ("direction", "breaks"),
    [("input", ("backward",)), ("output", ()), ("both", ("backward",))],
)
def test_the_direction_of_a_schema_decides_what_counts(direction: str, breaks: tuple[str, ...]) -> None:
    old = Schema(types=("object",), properties={"size": WHOLE}, direction=direction)
    narrow = Schema(types=("integer",), maximum=5)
    new = Schema(types=("object",), properties={"size": narrow}, direction=direction)
    (change,) = changes(old, new)
    assert (change.rule, change.breaks) == ("maximum-lowered", breaks)
    assert change.severity is (Severity.BREAKING if breaks else Severity.ADDITIVE)


def test_a_new_direction_hides_no_break_of_the_same_release() -> None:
    old = Schema(types=("object",), properties={"size": WHOLE})
    narrow = Schema(types=("integer",), maximum=5)
    new = Schema(types=("object",), properties={"size": narrow}, direction="output")
    assert any("backward" in change.breaks for change in changes(old, new))


def test_a_removed_name_breaks_code_whatever_the_direction() -> None:
    old = Schema(types=("object",), properties={"size": WHOLE, "note": TEXT}, direction="output")
    new = Schema(types=("object",), properties={"size": WHOLE}, direction="output")
    (change,) = changes(old, new)
    assert change.breaks == ("source",)


def test_an_open_enum_grows_without_a_break() -> None:
    old = Schema(types=("string",), enum=("a",), extensible=True)
    new = Schema(types=("string",), enum=("a", "b"), extensible=True)
    (change,) = changes(old, new)
    assert (change.rule, change.element, change.severity) == (
        "enum-value-added",
        "Order.b",
        Severity.ADDITIVE,
    )

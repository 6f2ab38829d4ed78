"""What a well-formed contract means: references, older forms, kinds of files, names."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts import contract_strategies
from contracts.contract_texts import components, loaded, schema_of
from crucible_pipeline.contracts import names
from crucible_pipeline.contracts.check import lint
from crucible_pipeline.contracts.model import JsonValue, Schema, Value
from crucible_pipeline.contracts.payload import json_schema, rejections
from crucible_pipeline.contracts.plain import fits_plainly

SMALL = st.integers(-2, 3)
PLAIN: dict[str, st.SearchStrategy[Any]] = {
    "types": st.sets(
        st.sampled_from(("array", "boolean", "integer", "null", "number", "object", "string")), max_size=3
    ).map(tuple),
    "enum": st.lists(contract_strategies.scalars, min_size=1, max_size=3).map(tuple),
    **dict.fromkeys(("minimum", "maximum", "min_length", "max_length", "min_items", "min_properties"), SMALL),
    **dict.fromkeys(
        ("items", "additional_properties"), st.booleans().map(lambda found: Schema(always=found))
    ),
    "extensible": st.booleans(),
    "required": st.just(("a",)),
    "pattern": st.just("^a"),
    "format": st.just("date"),
}
NULL = Schema(types=("null",))


@pytest.mark.parametrize(
    ("ref", "name"),
    [
        ("#", "Order"),
        ("#/$defs/Line", "Line"),
        ("order.json#/$defs/Line", "Line"),
        ("#/$defs/Line/$defs/tax_rate", "TaxRate"),
        ("./api.yaml#/components/schemas/Customer", "Customer"),
        ("api.yaml#/components/schemas/simple-user", "SimpleUser"),
        ("api.yaml#/components/schemas/a~1b%25c", "ABC"),
        ("parts/size.yaml", "Size"),
        ("https://acme.example/schemas/size", "Size"),
    ],
)
def test_a_reference_leads_to_the_name_of_a_type(ref: str, name: str) -> None:
    files = {
        "order.json": json.dumps(
            {"$defs": {"Line": {"$defs": {"tax_rate": {}}}}, "properties": {"x": {"$ref": ref}}}
        ),
        "api.yaml": components("Customer: {}\nsimple-user: {}\na/b%c: {}"),
        "parts/size.yaml": "$id: https://acme.example/schemas/size\n",
    }
    contract = loaded(files)
    assert contract.types["Order"].schema.properties["x"].ref == name
    assert name in contract.types


def test_a_reference_counts_from_its_own_file() -> None:
    files = {
        "parts/a.yaml": "$ref: ../b.yaml\n",
        "b.yaml": "maximum: {$ref: constants/l.yaml#/x}\n",
        "constants/l.yaml": "x: {value: 5, description: five}\n",
    }
    contract = loaded(files)
    assert contract.types["A"].schema.ref == "B"
    assert contract.types["B"].schema.maximum == 5


def test_a_number_and_a_value_may_live_in_a_constant() -> None:
    schema = schema_of(
        "type: integer\nminimum: {$ref: 'constants/l.yaml#/low'}\n"
        "maximum: {$ref: 'constants/l.yaml#/g/high'}\n"
        "default: {$ref: 'constants/l.yaml#/low'}\nenum: [{$ref: 'constants/l.yaml#/low'}, 2]\n",
        **{"constants/l": "low: 1\ng:\n  high: {value: 3}\n"},
    )
    assert (schema.minimum, schema.maximum, schema.enum) == (1, 3, (1, 2))
    assert schema.default == Value(1)


def test_a_description_beside_a_reference_stays() -> None:
    schema = schema_of("$ref: b.yaml\ndescription: here\n", b="type: string\n")
    assert schema == Schema(ref="B", description="here")


@pytest.mark.parametrize(
    ("text", "schema"),
    [
        ("type: string\nnullable: true", Schema(types=("null", "string"))),
        ("type: string\nnullable: false", Schema(types=("string",))),
        ("nullable: true", Schema()),
        ("type: string\nenum: [a]\nnullable: true", Schema(types=("null", "string"), enum=("a", None))),
        ("type: string\nenum: [a, null]\nnullable: true", Schema(types=("null", "string"), enum=("a", None))),
        (
            "$ref: b.yaml\nnullable: true\ndescription: d\ndefault: null",
            Schema(any_of=(Schema(ref="B"), NULL), description="d", default=Value(None)),
        ),
        ("allOf: [{$ref: b.yaml}]\nnullable: true", Schema(any_of=(Schema(all_of=(Schema(ref="B"),)), NULL))),
        ("const: 1\nnullable: true", Schema(any_of=(Schema(const=Value(1)), NULL))),
        ("minimum: 1\nexclusiveMinimum: true", Schema(exclusive_minimum=1)),
        ("maximum: 1\nexclusiveMaximum: false", Schema(maximum=1)),
        ("x-extensible-enum: [a, b]", Schema(enum=("a", "b"), extensible=True)),
        ("enum: [a]\nx-extensible-enum: true", Schema(enum=("a",), extensible=True)),
        ("type: [string, 'null']", Schema(types=("null", "string"))),
        ("minLength: 1.0\nmaximum: 2.0", Schema(min_length=1, maximum=2)),
        ("additionalProperties: false", Schema(additional_properties=Schema(always=False))),
        ("required: [b, a]", Schema(required=("a", "b"))),
        ("x-mine: {a: 1}\nexample: 5\n$comment: c\nxml: {}", Schema()),
        ("dependentRequired: {a: [c, b]}", Schema(dependent_required={"a": ("b", "c")})),
        (
            "not: {}\nif: {}\nthen: true\nelse: {}",
            Schema(not_=Schema(), if_=Schema(), then=Schema(always=True), else_=Schema()),
        ),
    ],
)
def test_a_form_has_its_meaning(text: str, schema: Schema) -> None:
    assert schema_of(text, b="{}") == schema


def test_a_default_of_an_integer_has_no_point() -> None:
    schema = schema_of("type: integer\ndefault: 30.0\nenum: [30.0]\n")
    assert schema.default is not None
    assert (str(schema.default.json), str(schema.enum)) == ("30", "(30,)")
    fraction = schema_of("type: number\ndefault: 30.0\n").default
    assert fraction is not None
    assert str(fraction.json) == "30.0"


def test_recursion_through_a_property_is_no_circle() -> None:
    schema = schema_of("properties: {next: {$ref: '#'}}\nexamples: [{next: {next: {}}}]\n")
    assert schema.properties["next"].ref == "Thing"


def test_the_stem_names_the_type_and_the_module() -> None:
    contract = loaded({"order-line.json": '{"$defs": {"amount": {}}}'})
    assert {name: found.module for name, found in contract.types.items()} == {
        "OrderLine": "order_line",
        "Amount": "order_line",
    }


def test_an_event_carries_its_message_from_wherever_it_is_declared() -> None:
    contract = loaded(
        {
            "events.yaml": """
asyncapi: 3.0.0
info: {description: All events.}
channels:
  logLine:
    address: logs:{eval_id}:latest
    parameters: {eval_id: {description: which}}
    messages:
      line: {$ref: 'parts.yaml#/components/messages/line'}
      end: {payload: {type: 'null'}, headers: {type: object}}
""",
            "parts.yaml": "asyncapi: 3.1.0\ncomponents:\n  messages:\n    line:\n      description: d\n"
            "      payload: {$ref: '#/components/schemas/Line'}\n      examples: [{payload: x}]\n"
            "  schemas: {Line: {type: string}}\n",
        }
    )
    channel = contract.channels["logLine"]
    assert channel.parameters == {"eval_id": "which"}
    assert [(message.name, message.description) for message in channel.messages] == [
        ("line", "d"),
        ("end", None),
    ]
    assert channel.messages[0].payload == Schema(ref="Line", examples=("x",))
    assert channel.messages[1].headers == Schema(types=("object",))
    assert contract.module_descriptions == {"events": "All events."}


def test_the_enum_of_a_state_machine_is_the_one_with_its_states() -> None:
    contract = loaded(
        {"a.yaml": "enum: [x, y]\n", "b.yaml": "enum: [x, z]\n", "t.yaml": "transitions: {x: [y], y: }\n"}
    )
    assert contract.machines["A"].transitions == {"x": ("y",), "y": ()}


def test_constants_are_bare_or_described_and_may_be_lists() -> None:
    text = "description: f\ntop: x\nAPI:\n  description: g\n  list: [1, 2]\n  n: {value: 1, description: d}\n"
    contract = loaded({"constants/Some-Limits.yaml": text})
    found = {path: (constant.value, constant.description) for path, constant in contract.constants.items()}
    assert found == {
        "some_limits.top": ("x", None),
        "some_limits.api.list": ([1, 2], None),
        "some_limits.api.n": (1, "d"),
    }
    assert contract.module_descriptions == {"some_limits": "f"}
    assert contract.group_descriptions == {"some_limits.api": "g"}


def test_waivers_are_read() -> None:
    contract = loaded(
        {"a.yaml": "{}", "waivers.yaml": "- {rule: r, element: e, reason: w, expires: 2030-01-31}\n"}
    )
    assert [(found.rule, found.expires) for found in contract.waivers] == [("r", "2030-01-31")]


@pytest.mark.parametrize(
    ("name", "snake", "pascal"),
    [
        ("evaluation-status", "evaluation_status", "EvaluationStatus"),
        ("evaluationQueued", "evaluation_queued", "EvaluationQueued"),
        ("HTTPError", "http_error", "HTTPError"),
        ("simple user.v2", "simple_user_v2", "SimpleUserV2"),
        ("Foo_Bar", "foo_bar", "Foo_Bar"),
    ],
)
def test_a_name_has_one_form_in_each_case(name: str, snake: str, pascal: str) -> None:
    assert (names.snake(name), names.pascal(name)) == (snake, pascal)


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=12))
def test_making_a_name_twice_changes_nothing(name: str) -> None:
    assert names.snake(names.snake(name)) == names.snake(name)
    assert names.pascal(names.pascal(name)) == names.pascal(name)


# payloads


@pytest.mark.parametrize(
    ("text", "value", "accepted"),
    [
        ("type: integer", 1.0, True),
        ("type: integer", True, False),
        ("type: number", True, False),
        ("type: integer", "30", False),
        ("const: 1", True, False),
        ("enum: [1]", 1.0, True),
        ("enum: [a]\nx-extensible-enum: true\ntype: string", "new", True),
        ("enum: [a]\nx-extensible-enum: true\ntype: string", 5, False),
        ("format: date-time", "2026-01-31T10:00:00.5+02:00", True),
        ("format: date-time", "2026-01-31T10:00:00", False),
        ("format: date-time", "2026-02-30T10:00:00Z", False),
        ("format: date-time", "2016-12-31T23:59:60Z", False),
        ("format: date-time", "2016-12-31T22:59:60Z", False),
        ("format: date-time", 5, True),
        ("format: date", "2026-1-31", False),
        ("format: time", "24:00:00Z", False),
        ("format: duration", "P1DT2H", True),
        ("format: duration", "PT", False),
        ("format: uuid", "2eb8aa08-aa98-11ea-b4aa-73b441d16380", True),
        ("format: uuid", "2eb8aa08aa9811eab4aa73b441d16380", False),
        ("format: uri", "https://packages.example/a?b#c", True),
        ("format: uri", "/relative", False),
        ("format: uri", "https://packages.example:port/", False),
        ("format: email", "a.b@packages.example", True),
        ("format: email", "a@b@c", False),
        ("format: ipv4", "127.0.0.1", True),
        ("format: ipv4", "10.0.0.1", True),
        ("format: ipv4", "127.1", False),
        ("format: ipv6", "::", True),
        ("format: ipv6", "::1%eth0", False),
        ("format: hostname", "packages.example", True),
        ("format: hostname", "-x", False),
        ("format: byte", "aGk=", True),
        ("format: byte", "aGk", False),
        ("format: decimal", "1.50", True),
        ("format: decimal", "1,5", False),
        ("format: whatever", "x", True),
    ],
)
def test_a_payload_is_judged_as_json_schema_says(text: str, value: JsonValue, accepted: bool) -> None:  # noqa: FBT001
    contract = loaded({"thing.yaml": text})
    assert (rejections(contract, contract.types["Thing"].schema, value) == []) is accepted


@settings(max_examples=150, deadline=None)
@given(st.fixed_dictionaries({}, optional=PLAIN), contract_strategies.scalars | st.sampled_from([[], {}]))
def test_what_plainly_fits_is_accepted_by_the_full_validator(
    given_keywords: dict[str, Any], value: JsonValue
) -> None:
    schema = Schema(**given_keywords)
    if fits_plainly(schema, value):
        contract = loaded({"thing.yaml": "{}"})
        # A combination is never plain, so this is the library's answer.
        assert rejections(contract, Schema(all_of=(schema,)), value) == []


def test_a_rejection_says_where_in_the_payload() -> None:
    contract = loaded(
        {"thing.yaml": "properties: {a: {items: {$ref: b.yaml}}}\n", "b.yaml": "type: string\n"}
    )
    found = rejections(contract, contract.types["Thing"].schema, {"a": ["x", 5]})
    assert found == ["a[1]: 5 is not of type 'string'"]


def test_an_exported_schema_stands_alone_with_what_it_needs() -> None:
    contract = loaded(
        {
            "a.yaml": "properties: {x: {$ref: b.yaml}}\n",
            "b.yaml": "$ref: c.yaml",
            "c.yaml": "{}",
            "d.yaml": "{}",
        }
    )
    assert json_schema(contract, contract.types["A"].schema) == {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "properties": {"x": {"$ref": "#/$defs/B"}},
        "$defs": {"B": {"$ref": "#/$defs/C"}, "C": {}},
    }


# lint


def test_a_state_that_cannot_be_reached_is_a_finding_with_its_rule() -> None:
    files = {"s.yaml": "enum: [a, b, c]\n", "t.yaml": "transitions:\n  a: [b]\n  b: []\n  c: [a]\n"}
    assert [str(problem) for problem in lint(loaded(files)) if problem.severity == "error"] == [
        (
            "contracts/t.yaml:4:3: no way leads from 'a' to the state 'c'; "
            "add a transition to it, or put the first state first [state-unreachable]"
        )
    ]


def test_a_required_property_with_a_slip_in_its_name_is_a_finding() -> None:
    contract = loaded({"a.yaml": "required: [cod, other]\nproperties: {code: {}}\n"})
    assert [str(problem) for problem in lint(contract) if problem.severity == "error"] == [
        (
            "contracts/a.yaml:1:1: the required property 'cod' is not described; "
            "did you mean 'code'? [required-misspelled]"
        )
    ]


def test_a_value_of_an_enum_that_its_type_rules_out_is_a_finding() -> None:
    contract = loaded({"a.yaml": "type: string\nenum: [a, null]\n"})
    assert [str(problem) for problem in lint(contract) if problem.severity == "error"] == [
        (
            "contracts/a.yaml:1:1: the value null of the enum is of no type that is allowed; "
            "extend the type or remove the value [enum-impossible]"
        )
    ]

"""What is wrong is named with its place and what to do, all at once, each mistake once."""

import pytest

from contracts.contract_texts import components, loaded, problems

STATUS = components("Status:\n  type: string\n  enum: [open, done]")


def test_many_defects_in_several_files_are_reported_at_once() -> None:
    files = {
        "broken.yaml": "type: object\nproperties: {a: [}\n",
        "status.yaml": STATUS,
        "orders.yaml": components(
            """
Order:
  type: object
  properties:
    state: {$ref: 'status.yaml#/components/schemas/Statsu'}
    lost: {$ref: 'broken.yaml#/components/schemas/Anything'}
    class: {type: string}
    count: {type: integer, minimum: 1, default: 0}
    size: {type: integer, maximun: 5}
"""
        ),
        "order.json": '{"type": "objct", "properties": {\n\t"a": {"pattern": "("}}}',
        "order-transitions.yaml": "enum: Status\ntransitions:\n  open: [closed]\n",
        "constants/limits.yaml": "a:\n  b: {c: {d: 1}}\n",
    }
    assert problems(files) == [
        (
            "contracts/broken.yaml:2:18: broken YAML: while parsing a flow node did not find expected node "
            "content; correct the syntax here or just above"
        ),
        (
            "contracts/constants/limits.yaml:2:6: the constant 'b' has to be a scalar or a list of scalars, "
            "not a mapping; write a value; groups are one level deep"
        ),
        (
            "contracts/order-transitions.yaml:2:1: the state 'done' has no entry; "
            "add `done: []` if it is final, or the states it may become"
        ),
        (
            "contracts/order-transitions.yaml:3:10: the transition from 'open' leads to 'closed', "
            "which is no value of Status; take a value of Status"
        ),
        "contracts/order.json:1:10: 'objct' is no type of JSON; did you mean 'object'?",
        (
            "contracts/order.json:2:19: the pattern '(' is wrong or has no equivalent: "
            "missing ), unterminated subpattern at position 0; write it with what ECMAScript and Python share"
        ),
        (
            "contracts/orders.yaml:4:5: the type Order is declared already at contracts/order.json:1:1; "
            "rename or remove one of them"
        ),
        (
            "contracts/orders.yaml:7:23: the $ref 'status.yaml#/components/schemas/Statsu' names no type; "
            "did you mean 'status.yaml#/components/schemas/Status'?"
        ),
        (
            "contracts/orders.yaml:9:9: the property 'class' is a keyword of Python; give it another name, "
            "or x-python-name: class_"
        ),
        (
            "contracts/orders.yaml:10:53: the default does not fit its schema: 0 is less than the minimum "
            "of 1; correct one of the two [default-invalid]"
        ),
        "contracts/orders.yaml:11:31: 'maximun' is no keyword of a schema; did you mean 'maximum'?",
    ]


SCHEMA_DEFECTS = [
    # keywords and their values
    ("typ: string", "1:1: 'typ' is no keyword of a schema; did you mean 'type'?"),
    (
        "frobnicate: 1",
        "1:1: 'frobnicate' is no keyword of a schema; remove it, or mark it as your own with x-",
    ),
    ("x-enum-varname: [A]\nenum: [a]", "1:1: 'x-enum-varname' is no extension known here; did you mean"),
    ("x-direcion: input", "1:1: 'x-direcion' is no extension known here; did you mean 'x-direction'?"),
    ("type: strng", "1:7: 'strng' is no type of JSON; did you mean 'string'?"),
    ("type: 5", "1:7: type has to be a list, not a number"),
    ("type: [string, 5]", "1:16: type has to be a string, not a number"),
    ("minimum: '1'", "1:10: 'minimum' has to be a number"),
    ("minimum: true", "1:10: 'minimum' has to be a number"),
    ("multipleOf: 0", "1:13: 'multipleOf' has to be above 0"),
    ("minLength: -1", "1:12: 'minLength' has to be a whole number, 0 or above"),
    ("maxItems: 1.5", "1:11: 'maxItems' has to be a whole number, 0 or above"),
    ("uniqueItems: 'true'", "1:14: uniqueItems has to be true or false, not a string"),
    ("pattern: '['", "1:10: the pattern '[' has a class of characters without its end"),
    ("patternProperties: {'(': {}}", "1:21: the pattern '(' is wrong or has no equivalent"),
    ("properties: [a]", "1:13: properties has to be a mapping, not a list"),
    ("properties: {a: 5}", "1:17: a schema has to be a mapping, not a number"),
    ("required: a", "1:11: required has to be a list, not a string"),
    ("required: [a, a]", "1:15: required names 'a' twice"),
    ("allOf: []", "1:8: 'allOf' has to hold at least one schema"),
    ("items: [{}]", "1:8: 'items' has to be one schema since JSON Schema 2020-12; use prefixItems"),
    ("enum: []", "1:7: the enum has no values"),
    ("enum: [1, true, 1.0]", "1:17: the enum holds 1.0 twice"),
    ("enum: [a, b]\nx-enum-varnames: [A]", "2:18: x-enum-varnames has 1 items for 2 values of the enum"),
    (
        "enum: [a]\nx-enum-varnames: [class]",
        "2:18: 'x-enum-varnames' holds 'class', which cannot name a member",
    ),
    ("x-enum-varnames: [A]", "1:1: x-enum-varnames has no enum beside it"),
    ("x-extensible-enum: true", "1:1: x-extensible-enum has no enum"),
    ("x-direction: sideways", "1:14: 'x-direction' is 'sideways'; write one of input, output, both"),
    ("nullable: 1\ntype: string", "1:11: nullable has to be true or false, not a number"),
    # empty ranges
    ("minimum: 2\nmaximum: 1", "2:10: no value is from minimum 2 to maximum 1"),
    ("exclusiveMinimum: 1\nmaximum: 1", "2:10: no value is from exclusiveMinimum 1 to maximum 1"),
    (
        "minimum: 1\nmaximum: 1\nexclusiveMaximum: true",
        "3:19: no value is from minimum 1 to exclusiveMaximum 1",
    ),
    ("minLength: 2\nmaxLength: 1", "2:12: no value is from minLength 2 to maxLength 1"),
    ("exclusiveMinimum: true", "1:1: exclusiveMinimum has no minimum beside it; write the number itself"),
    # refused, never dropped
    ("$recursiveAnchor: true", "1:1: '$recursiveAnchor' cannot be used: "),
    ("$dynamicRef: '#a'", "1:14: the $ref '#a' names no type"),
    ("$vocabulary: {}", "1:1: '$vocabulary' cannot be used: "),
    ("dependencies: {}", "1:1: 'dependencies' cannot be used: "),
    ("additionalItems: {}", "1:1: 'additionalItems' cannot be used: "),
    ("properties: {a: {$defs: {b: {type: txt}}}}", "1:36: 'txt' is no type of JSON"),
    ("$schema: http://json-schema.org/draft-03/schema#", "1:10: the dialect "),
    # values
    (
        "type: integer\ndefault: 1.5",
        "2:10: the default does not fit its schema: 1.5 is not of type 'integer'",
    ),
    (
        "type: number\ndefault: true",
        "2:10: the default does not fit its schema: True is not of type 'number'",
    ),
    (
        "type: string\nformat: date-time\ndefault: today",
        "3:10: the default does not fit its schema: 'today' is",
    ),
    (
        "type: string\ndefault: null",
        "2:10: the default does not fit its schema: None is not of type 'string'",
    ),
    ("enum: [a]\ndefault: b", "2:10: the default does not fit its schema: 'b' is not one of ['a']"),
    ("type: string\nexamples: [a, 5]", "1:1: the example does not fit its schema: 5 is not of type 'string'"),
    (
        "properties: {a: {const: 1}}\nexamples: [{a: true}]",
        "1:1: the example does not fit its schema: a: 1 was",
    ),
    # references
    (
        "$ref: '#/$defs/Nod'\n$defs: {Node: {}}",
        "1:7: the $ref '#/$defs/Nod' names no type; did you mean '#/$defs/Node'?",
    ),
    (
        "$ref: thin.yaml",
        "1:7: the $ref 'thin.yaml' names no file of the contracts; did you mean 'thing.yaml'?",
    ),
    ("$ref: '#/$defs/Foo'", "1:7: the $ref '#/$defs/Foo' names no type; declare the type or correct"),
    ("$ref: ../../etc/passwd", "1:7: the $ref '../../etc/passwd' leaves the contracts folder"),
    ("$ref: /etc/passwd", "1:7: the $ref '/etc/passwd' leaves the contracts folder"),
    ("$ref: https://packages.example/a.json", "1:7: the $ref 'https://packages.example/a.json' leaves"),
    ("maximum: {$ref: limits.yaml#/a}", "1:17: the $ref 'limits.yaml#/a' names no file of the contracts"),
    ("$ref: '#'", "1:1: the type Thing is defined by itself"),
    ("anyOf: [{type: string}, {$ref: '#'}]", "1:1: the type Thing is defined by itself"),
    # names
    (
        "properties: {a: {x-python-name: 2a}}",
        "1:33: 'x-python-name' is '2a'; take an identifier that is no keyword and begins with a letter",
    ),
    # discriminators
    ("discriminator: {propertyName: k}", "1:1: discriminator has no oneOf or anyOf beside it"),
    (
        (
            "discriminator: {propertyName: k}\noneOf: [{$ref: '#/$defs/A'}]\n"
            "$defs: {A: {properties: {k: {type: string}}}}"
        ),
        "2:9: the alternative A does not fix 'k'; make it required there and give it a const",
    ),
    (
        (
            "discriminator: {propertyName: k, mapping: {b: '#/$defs/A'}}\noneOf: [{$ref: '#/$defs/A'}]\n"
            "$defs: {A: {required: [k], properties: {k: {const: a}}}}"
        ),
        "1:44: the mapping calls A 'b', and A itself does not; give k in A `const: b`",
    ),
]


@pytest.mark.parametrize(("text", "problem"), SCHEMA_DEFECTS, ids=[problem for _, problem in SCHEMA_DEFECTS])
def test_a_wrong_schema_is_one_problem_with_its_place(text: str, problem: str) -> None:
    found = problems({"thing.yaml": text})
    assert [line.startswith(f"contracts/thing.yaml:{problem}") for line in found] == [True], found


@pytest.mark.parametrize(
    ("properties", "problem"),
    [
        (
            "class: {}",
            "6:9: the property 'class' is a keyword of Python; give it another name, or x-python-name",
        ),
        ("None: {}", "6:9: the property 'None' is a keyword of Python"),
        ("a-b: {}\na_b: {}", "7:9: the properties 'a-b' and 'a_b' become the same field 'a_b'; rename one"),
        ("_a: {}\na: {}", "7:9: the properties '_a' and 'a' become the same field 'a'"),
        ("aB: {}\na_b: {}", "7:9: the properties 'aB' and 'a_b' become the same field 'a_b'"),
        ("x: {x-python-name: a_b}\na-b: {}", "7:9: the properties 'x' and 'a-b' become the same field 'a_b'"),
    ],
)
def test_the_names_of_a_contract_of_ones_own_are_its_authors_choice(properties: str, problem: str) -> None:
    text = "\n".join(f"    {line}" for line in properties.split("\n"))
    found = problems({"thing.yaml": components(f"Thing:\n  properties:\n{text}")})
    assert [line.startswith(f"contracts/thing.yaml:{problem}") for line in found] == [True], found


NAMES = "{class: {}, a-b: {}, a_b: {}, _a: {}, aB: {}, 2a: {}}"


@pytest.mark.parametrize(
    "text",
    [
        f"properties: {NAMES}",
        f"openapi: 3.0.3\ncomponents: {{schemas: {{Thing: {{properties: {NAMES}}}}}}}",
        components(
            "Thing: {properties: {class: {x-python-name: class_}, a-b: {}, _a: {}, 2a: {}, '@id': {}}}"
        ),
    ],
    ids=["json schema", "openapi 3.0", "chosen"],
)
def test_names_that_python_cannot_write_pass_where_nobody_can_change_them(text: str) -> None:
    assert "class" in loaded({"thing.yaml": text}).types["Thing"].schema.properties


def channels(text: str) -> dict[str, str]:
    indented = "".join(f"  {line}\n" for line in text.strip("\n").split("\n"))
    return {"events.yaml": f"asyncapi: 3.0.0\nchannels:\n{indented}"}


GOOD = "messages: {m: {payload: {type: string}}}"
FILE_DEFECTS = [
    ({"a.yaml": "openapi: 2.0.0"}, "a.yaml:1:10: OpenAPI 2.0.0 is not supported; write it as OpenAPI 3.1.0"),
    (
        {"a.yaml": "openapi: 3.1.0\ncomponent: {}"},
        "a.yaml:2:1: OpenAPI knows no 'component'; did you mean 'components'?",
    ),
    (
        {"a.yaml": "asyncapi: 2.6.0"},
        "a.yaml:1:11: AsyncAPI 2.6.0 is not supported; write it as AsyncAPI 3.0.0",
    ),
    (
        channels(f"a: {{address: 'a', {GOOD}}}\nb: {{address: 'a', {GOOD}}}"),
        "events.yaml:4:3: the address 'a' is taken",
    ),
    (
        channels(f"aB: {{address: 'a', {GOOD}}}\na_b: {{address: 'b', {GOOD}}}"),
        "events.yaml:4:3: the name A_B is taken",
    ),
    (
        channels("a: {address: a}"),
        "events.yaml:3:3: the channel 'a' has no message; say under messages what travels",
    ),
    (channels("a: {address: a, messages: {m: {}}}"), "events.yaml:3:30: the message 'm' has no payload"),
    (channels(f"a: {{{GOOD}}}"), "events.yaml:3:3: the channel 'a' has no address"),
    (
        channels(f"a: {{address: 'l:{{id}}', {GOOD}}}"),
        "events.yaml:3:16: the parameter 'id' of the address is not",
    ),
    (
        channels(f"a: {{address: a, parameters: {{id: {{}}}}, {GOOD}}}"),
        "events.yaml:3:3: the parameter 'id' is not in the address of 'a'",
    ),
    (
        channels("a: {address: a, messages: {m: {$ref: '#/components/messages/x'}}}"),
        "events.yaml:3:40: the $ref '#/components/messages/x' names no message",
    ),
    (
        channels("a: {address: a, messages: {m: {traits: [], payload: true}}}"),
        "events.yaml:3:34: the message 'm' knows no 'traits'",
    ),
    (
        channels("a: {address: a, messages: {m: {payload: {schemaFormat: avro, schema: {}}}}}"),
        "events.yaml:3:34: a payload with its own schemaFormat is not supported",
    ),
    (
        {"status.yaml": STATUS, "t.yaml": "transitions: {open: [done], dnoe: [], done: []}"},
        "t.yaml:1:29: the state 'dnoe' is no value of Status; did you mean 'done'?",
    ),
    (
        {"status.yaml": STATUS, "t.yaml": "transitions: {open: [done]}"},
        "t.yaml:1:1: the state 'done' has no entry; add `done: []` if it is final",
    ),
    (
        {"status.yaml": STATUS, "t.yaml": "transitions: {a: []}"},
        "t.yaml:1:1: no enums have these states; say which is meant",
    ),
    (
        {"status.yaml": STATUS, "t.yaml": "enum: Statsu\ntransitions: {open: [done], done: []}"},
        "t.yaml:1:7: 'Statsu' is no enum of the contract; did you mean 'Status'?",
    ),
    (
        {"status.yaml": STATUS, "t.yaml": "names: {machine: a-b}\ntransitions: {open: [done], done: []}"},
        "t.yaml:1:18: 'a-b' cannot name a function; take an identifier",
    ),
    (
        {"status.yaml": STATUS, **{f"{n}.yaml": "transitions: {open: [done], done: []}" for n in "tu"}},
        "u.yaml:1:1: the state machine of Status is declared already at contracts/t.yaml:1:1",
    ),
    (
        {"constants/a.yaml": "a: {b: null}"},
        "constants/a.yaml:1:8: the constant 'b' has to be a scalar or a list",
    ),
    ({"constants/a.yaml": "a: {b-: 1, b: 2}"}, "constants/a.yaml:1:12: the constant a.a.b is declared twice"),
    ({"constants/a.yaml": "a: {1x: 2}"}, "constants/a.yaml:1:5: '1x' cannot name a constant"),
    ({"constants/a.yaml": "a_b: 1\na: {b: 2}"}, "constants/a.yaml:2:5: the name A_B is taken already at"),
    (
        {"constants/a.yaml": "A: 1", "b.yaml": components("A: {}")},
        "constants/a.yaml:1:1: the name A is taken already",
    ),
    (
        {"constants/a.yaml": "x: 1", "a.yaml": "{}"},
        "constants/a.yaml:1:1: the file becomes the same module as a.yaml",
    ),
    (
        {"channels.yaml": "{}"},
        "channels.yaml:1:1: the module 'channels' is the package's own; rename the file",
    ),
    ({"import.yaml": "{}"}, "import.yaml:1:1: the file name makes no module ('import'); rename the file"),
    ({"a.yaml": components("1st: {}")}, "a.yaml:4:5: '1st' cannot name a type"),
    ({"a.yaml": components("a-b: {}\naB: {}")}, "a.yaml:5:5: the type AB is declared twice in this file"),
    (
        {"waivers.yaml": "- {rule: r, element: e}"},
        "waivers.yaml:1:3: the waiver has no reason and no expires; add it",
    ),
    (
        {"waivers.yaml": "- {rule: r, element: e, reason: w, expires: soon}"},
        "waivers.yaml:1:45: 'soon' is no date; write it as YYYY-MM-DD",
    ),
]


@pytest.mark.parametrize(("files", "problem"), FILE_DEFECTS, ids=[problem for _, problem in FILE_DEFECTS])
def test_a_wrong_file_is_one_problem_with_its_place(files: dict[str, str], problem: str) -> None:
    found = problems(files)
    assert [line.startswith(f"contracts/{problem}") for line in found] == [True], found


def test_a_folder_without_contracts_is_refused() -> None:
    assert problems({}) == [
        "contracts:1:1: the folder holds no contracts; put OpenAPI, AsyncAPI or JSON Schema files into it"
    ]


def test_an_unreadable_file_is_no_reason_to_complain_about_those_that_refer_to_it() -> None:
    files = {
        "status.yaml": "enum: [open\n",
        "order.yaml": (
            "properties:\n  status: {$ref: status.yaml}\n  max: {maximum: {$ref: 'constants/l.yaml#/a/b'}}\n"
        ),
        "constants/l.yaml": "a: [\n",
        "moves.yaml": "transitions: {open: []}\n",
    }
    assert [line.partition(" ")[0] for line in problems(files)] == [
        "contracts/constants/l.yaml:2:1:",
        "contracts/status.yaml:2:1:",
    ]


def test_a_mistake_in_a_shared_type_is_reported_once() -> None:
    files = {
        "a.yaml": components("A: {type: strin}\nC: {$ref: '#/components/schemas/A'}"),
        "b.yaml": "properties: {a: {$ref: 'a.yaml#/components/schemas/A'}}",
    }
    assert len(problems(files)) == 1


def test_the_folder_is_named_as_the_user_knows_it() -> None:
    contract = loaded({"a.yaml": "{}"})
    assert str(contract.types["A"].mark) == "contracts/a.yaml:1:1"

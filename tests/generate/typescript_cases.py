"""A schema for each keyword and each mixture that is easy to get wrong, with payloads that touch it."""

from typing import Any

FREE: list[Any] = [
    None,
    True,
    False,
    0,
    1,
    -1,
    1.0,
    1.5,
    "",
    "a",
    "30",
    [],
    [1],
    {},
    {"a": 1},
    {"__proto__": 1},
]

# name → (schema, payloads beside FREE)
CASES: dict[str, tuple[Any, list[Any]]] = {
    "Always": (True, []),
    "Never": (False, []),
    "Integer": ({"type": "integer"}, [10**15, 1e300, -0.0, "1"]),
    "Number": ({"type": "number"}, [1e300, "1.0"]),
    "IntegerOrText": ({"type": ["integer", "string", "null"]}, []),
    "Bounds": ({"minimum": 1, "maximum": 3}, [3, 3.0, 3.1, 0.99, "2"]),
    "OpenBounds": ({"exclusiveMinimum": 1, "exclusiveMaximum": 3}, [2, 3, 2.999]),
    "Halves": ({"multipleOf": 0.5}, [2.5, 2.25, 1e308]),
    "Threes": ({"multipleOf": 3}, [3, 6.0, 7, 3.5]),
    "Length": ({"minLength": 2, "maxLength": 3}, ["\U0001f600\U0001f600", "\U0001f600", "abcd", "é" * 3]),
    "Pattern": ({"pattern": "^a[b-d]+$"}, ["ab", "xab", "abe"]),
    "PatternAnywhere": ({"pattern": "b.d"}, ["abcd", "b\U0001f600d", "bd"]),
    "PatternEscapes": ({"pattern": r"^[\w\-]+\-\_\@{1,2}[}]$"}, ["a-b-_@}", "a_@}", "a-_@@}"]),
    "Enum": ({"enum": [1, "1", None, [1], {"a": 1.0}]}, ["1", [1.0], [True], {"a": 1}, {"a": True}]),
    "EnumTrue": ({"enum": [True, 0]}, []),
    "ConstZero": ({"const": 0}, [-0.0, 0.0, False, [0]]),
    "ConstNull": ({"const": None}, []),
    "ConstObject": ({"const": {"a": [1, {"b": 2}]}}, [{"a": [1, {"b": 2.0}]}, {"a": [1, {"b": 2}], "c": 1}]),
    "Items": ({"items": {"type": "integer"}}, [[1, "1"], [1, 2.0]]),
    "Prefix": (
        {"prefixItems": [{"type": "integer"}, {"type": "string"}], "items": False},
        [[1, "a"], [1, "a", None], ["a"], [1]],
    ),
    "Contains": (
        {"contains": {"type": "integer"}, "minContains": 2, "maxContains": 3},
        [[1, 2], [1, "a"], [1, 2, 3, 4], [1, True]],
    ),
    "ContainsNone": ({"contains": {"type": "integer"}, "minContains": 0, "maxContains": 1}, [["a"], [1, 2]]),
    "Sizes": (
        {"minItems": 1, "maxItems": 2, "minProperties": 1, "maxProperties": 2},
        [[1, 2, 3], {"a": 1, "b": 2}],
    ),
    "Unique": (
        {"uniqueItems": True},
        [
            [1, True],
            [1, 1.0],
            [{"a": 1, "b": 2}, {"b": 2, "a": 1}],
            ["1", 1],
            [[], {}],
            [0, False],
            [None, None],
        ],
    ),
    "Object": (
        {"properties": {"a": {"type": "integer"}}, "required": ["a"], "additionalProperties": False},
        [{"a": "1"}, {"a": 1, "b": 2}],
    ),
    "Extra": (
        {
            "properties": {"a": True},
            "patternProperties": {"^b": {"type": "string"}},
            "additionalProperties": {"type": "null"},
        },
        [{"a": 1, "bb": "x", "c": None}, {"b": 1}, {"c": 1}],
    ),
    "Names": ({"propertyNames": {"maxLength": 2}}, [{"abc": 1}, {"ab": 1}]),
    "Dependent": (
        {"dependentRequired": {"a": ["b"]}, "dependentSchemas": {"c": {"required": ["d"]}}},
        [{"a": 1, "b": 2}, {"c": 1}, {"c": 1, "d": 2}],
    ),
    "All": ({"allOf": [{"type": "string"}, {"maxLength": 1}]}, ["ab"]),
    "Any": ({"anyOf": [{"type": "string"}, {"minimum": 1}]}, [0.5]),
    "One": ({"oneOf": [{"type": "integer"}, {"minimum": 1}]}, [2, 0.5]),
    "Not": ({"not": {"anyOf": [{"type": "integer"}, {"required": ["a"]}]}}, []),
    "Condition": (
        {
            "if": {"properties": {"kind": {"const": "a"}}, "required": ["kind"]},
            "then": {"required": ["left"]},
            "else": {"required": ["right"]},
        },
        [{"kind": "a"}, {"kind": "a", "left": 1}, {"kind": "b", "right": 1}, {"right": 1}],
    ),
    "UnevaluatedProperties": (
        {
            "properties": {"a": True},
            "anyOf": [{"properties": {"b": {"type": "string"}}, "required": ["b"]}, {"required": ["a"]}],
            "unevaluatedProperties": False,
        },
        [{"a": 1, "b": "x"}, {"a": 1, "b": 1}, {"b": "x"}, {"b": "x", "c": 1}],
    ),
    "UnevaluatedItems": (
        {"prefixItems": [True], "contains": {"type": "string"}, "unevaluatedItems": {"type": "null"}},
        [[1, "a", None], [1, "a", 2], ["a"]],
    ),
    "Tree": (
        {
            "type": "object",
            "properties": {"children": {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}}},
        },
        [{"children": [{"children": []}]}, {"children": [{"children": 1}]}, {"children": [1]}],
    ),
    "Refined": ({"$ref": "#/components/schemas/Integer", "minimum": 1}, [2, 1.5]),
    "Level": ({"type": "string", "x-extensible-enum": ["low", "high"]}, ["low", "other"]),
    "Choice": ({"type": "string", "enum": ["low", "high"], "nullable": True}, ["low", "other"]),
    "Proto": (
        {"patternProperties": {"^__proto__$": {"type": "string"}}},
        [{"__proto__": "a"}, {"__proto__": {}}],
    ),
}

# format → texts that have it, texts that lack it
FORMATS: dict[str, tuple[list[str], list[str]]] = {
    "date": (
        ["2024-02-29", "0001-01-01"],
        ["2023-02-29", "2024-2-1", "2024-13-01", "2024-00-10", "2024-01-01Z", "x"],
    ),
    "time": (
        ["23:59:59Z", "00:00:00.5+14:00", "01:02:03z"],
        ["24:00:00Z", "01:02:03", "1:02:03Z", "01:02:03+24:00"],
    ),
    "date-time": (
        ["2024-02-29T00:00:00Z", "2024-01-01t00:00:00.123456-05:30"],
        ["2024-01-01 00:00:00Z", "2024-01-01T00:00:00", "2024-02-30T00:00:00Z", "2024-01-01", "1700000000"],
    ),
    "duration": (
        ["P1Y", "PT1H2M", "P4W", "P1Y2M3DT4H5M6S"],
        ["P", "PT", "1Y", "P1Y4W", "P1DT", "P-1D", "P1Y1D"],
    ),
    "uuid": (
        ["2eb8aa08-aa98-11ea-b4aa-73b441d16380", "2EB8AA08-AA98-11EA-B4AA-73B441D16380"],
        ["2eb8aa08aa9811eab4aa73b441d16380", "2eb8aa08-aa98-11ea-b4aa-73b441d1638g", ""],
    ),
    "email": (["a@packages.example", "a.b+c@x"], ["a", "@x", "a@", "a..b@x", ".a@x", "a@x..y", "a b@x"]),
    "ipv4": (
        ["127.0.0.1", "255.255.255.255"],
        ["127.0.0", "256.0.0.1", "01.2.3.4", "1.2.3.4 ", "0x7f.0.0.1"],
    ),
    "ipv6": (
        ["::", "::1", "1:2:3:4:5:6:7:8", "::ffff:1.2.3.4", "fe80::1", "1::8"],
        [
            "1:2",
            ":::",
            "1::2::3",
            "12345::",
            "1:2:3:4:5:6:7:8:9",
            "::1%eth0",
            "1.2.3.4",
            ":1:2:3:4:5:6:7:8",
            "g::",
        ],
    ),
    "hostname": (["a", "packages.example", "a-b.c1"], ["", "-a", "a-", "a_b", "a..b", "a.", "a" * 64]),
    "uri": (
        ["https://packages.example/a?b=c#d", "urn:isbn:1", "a:"],
        ["/a", "a b:c", "https://x/%zz", "1:a", ""],
    ),
    "byte": (["", "QQ==", "QUI=", "QUJD"], ["QQ", "QQ=", "Q===", "QUJ*", "QQ==\n"]),
}

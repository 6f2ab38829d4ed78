"""YAML and JSON to nodes: the values are JSON's, every value knows its place, nothing grows without bound."""

import json
import time

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.contract_texts import loaded, problems
from crucible_pipeline.contracts import compose as composing
from crucible_pipeline.contracts.compose import compose
from crucible_pipeline.contracts.model import JsonValue
from crucible_pipeline.contracts.nodes import Findings

WORDS = st.text(max_size=8)
# What libyaml may read unescaped; a .json file goes through a reader of its own and takes everything.
PRINTABLE = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=8)
NUMBERS = st.integers() | st.floats(allow_nan=False, allow_infinity=False)


def json_values(words: st.SearchStrategy[str]) -> st.SearchStrategy[JsonValue]:
    scalars = st.none() | st.booleans() | NUMBERS | words
    return st.recursive(
        scalars,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(words, inner, max_size=4),
        max_leaves=12,
    )


def read(path: str, text: str) -> JsonValue:
    findings = Findings()
    root = compose(path, text, path, findings)
    assert findings.problems == []
    assert root is not None
    return root.json()


def exactly(value: JsonValue) -> str:
    """A text that tells 1 from 1.0 and from true."""
    return json.dumps(value, sort_keys=True)


@settings(max_examples=150, deadline=None)
@given(json_values(WORDS), st.sampled_from([None, 2, "\t"]), st.booleans())
def test_a_json_file_has_the_value_that_the_standard_library_reads(
    value: JsonValue,
    indent: int | str | None,
    ascii_only: bool,  # noqa: FBT001  hypothesis hands it over
) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    assert exactly(read("x.json", text)) == exactly(json.loads(text))


@settings(max_examples=100, deadline=None)
@given(json_values(PRINTABLE), st.sampled_from([None, 2]))
def test_json_in_a_yaml_file_has_the_same_value(value: JsonValue, indent: int | None) -> None:
    text = json.dumps(value, indent=indent)
    expected = json.loads(text)
    if expected is None or text == '""':
        return
    assert exactly(read("x.yaml", text)) == exactly(expected)


@settings(max_examples=150, deadline=None)
@given(st.text(st.sampled_from('{}[]",:0123.e-+ \n\ttrufalsn\\'), max_size=24))
def test_a_text_is_refused_exactly_where_the_standard_library_refuses_it(text: str) -> None:
    findings = Findings()
    root = compose("x.json", text, "x.json", findings)
    try:
        expected = json.loads(text, object_pairs_hook=list)
    except ValueError:
        assert root is None
        return
    if "e" in text and root is None:
        return  # 1e999 is infinite for the library; a contract has no such number
    assert root is not None
    if expected == json.loads(text):  # no objects: the pairs are not in the way
        assert exactly(root.json()) == exactly(expected)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"),
        ("on", "on"),
        ("yes", "yes"),
        ("y", "y"),
        ("1:30", "1:30"),
        ("2024-01-01", "2024-01-01"),
        ("1_000", "1_000"),
        ("0b1", "0b1"),
        ("=", "="),
        ("0o17", 15),
        ("0x1F", 31),
        ("017", 17),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("1.", 1.0),
        ("+1", 1),
        ("True", True),
        ("~", None),
        ("Null", None),
        ("'1'", "1"),
        ("!!str 1", "1"),
        ("!!int '1'", 1),
    ],
)
def test_a_scalar_is_read_by_the_core_schema_of_yaml_1_2(text: str, value: JsonValue) -> None:
    assert exactly(read("x.yaml", f"- {text}")) == exactly([value])


def test_no_in_an_enum_is_a_string() -> None:
    contract = loaded({"answer.yaml": "enum: [yes, no, 1:30, 2024-01-01]\n"})
    assert contract.types["Answer"].schema.enum == ("yes", "no", "1:30", "2024-01-01")


@settings(max_examples=60, deadline=None)
@given(json_values(PRINTABLE))
def test_a_pyyaml_without_libyaml_reads_the_same(value: JsonValue) -> None:
    text = yaml.safe_dump(value, allow_unicode=True)
    resolvers = {"yaml_implicit_resolvers": composing._Loader.yaml_implicit_resolvers}
    slow = yaml.compose(text, type("Slow", (yaml.SafeLoader,), resolvers))
    fast = yaml.compose(text, composing._Loader)
    assert slow is not None
    assert fast is not None
    assert yaml.serialize(slow) == yaml.serialize(fast)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("type: object\ntype: string\n", "2:1: the key 'type' stands twice, first in line 1"),
        ("1: a\n", "1:1: the key '1' is no string"),
        ("? [a]\n: b\n", "1:3: this key is no string"),
        ("base: &b {a: 1}\nc:\n  <<: *b\n", "3:3: merge keys (<<) are not part of YAML 1.2"),
        ("type: string\n---\ntype: string\n", "2:1: the file holds several YAML documents"),
        (
            "title: !!python/name:os.system x\n",
            "1:8: the tag 'tag:yaml.org,2002:python/name:os.system' is no",
        ),
        ("default: !!binary aGk=\n", "1:10: the tag 'tag:yaml.org,2002:binary' is no JSON type"),
        ("default: !mine {}\n", "1:10: the tag '!mine' is no JSON type"),
        ("default: !!int x\n", "1:10: 'x' is no int"),
        ("default: .inf\n", "1:10: '.inf' is no number of JSON"),
        ("default: .NaN\n", "1:10: '.NaN' is no number of JSON"),
        ("default: 1e999\n", "1:10: '1e999' is no number of JSON"),
        (f"default: {'9' * 5000}\n", f"1:10: '{'9' * 40}' is no number of JSON"),
        ("a: b: c\n", "1:5: broken YAML: mapping values are not allowed in this context"),
        (
            'a: 1\nb: "x\nc: 1\n',
            "2:4: broken YAML: while scanning a quoted scalar found unexpected end of stream",
        ),
        ("a: *unknown\n", "1:4: broken YAML: found undefined alias"),
        ("a:\n\tb: 1\n", "2:1: broken YAML: "),
        ("a: x\x01y\n", "1:5: this character is not allowed in YAML"),
        ("a: x\udcffy\n", "1:5: this byte is not UTF-8"),
        ("# nothing\n", "1:1: the file is empty"),
        ("", "1:1: the file is empty"),
    ],
)
def test_a_broken_yaml_file_is_refused_with_its_place(text: str, problem: str) -> None:
    found = problems({"x.yaml": text})
    assert any(line.startswith(f"contracts/x.yaml:{problem}") for line in found), found


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('{\n\t"a": 1,\n}', "3:1: broken JSON: a key in double quotes was expected"),
        ('{"a" 1}', "1:6: broken JSON: a colon was expected"),
        ("[1 2]", "1:4: broken JSON: a comma or ] was expected"),
        ("{} {}", "1:4: broken JSON: something follows the document"),
        ('{"a": 1, "a": 2}', "1:10: the key 'a' stands twice, first in line 1"),
        ("[NaN]", "1:2: broken JSON: a value was expected"),
        ("[1e999]", "1:2: broken JSON: the number is too large"),
        ('["\\ud800"]', "1:2: broken JSON: half of a surrogate pair is no character"),
        ('["\\x"]', "1:3: broken JSON: Invalid \\escape"),
        ("", "1:1: broken JSON: a value was expected"),
    ],
)
def test_a_broken_json_file_is_refused_with_its_place(text: str, problem: str) -> None:
    found = problems({"x.json": text})
    assert any(line.startswith(f"contracts/x.json:{problem}") for line in found), found


LAUGHS = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 30)
)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("laughs.yaml", LAUGHS),
        ("itself.yaml", "a: &a [*a]\n"),
        ("flow.yaml", "[" * 100_000),
        ("balanced.yaml", "[" * 900 + "]" * 900),
        ("block.yaml", "- " * 100_000),
        ("maps.yaml", "{a: " * 50_000),
        ("deep.json", "[" * 1_000_000),
        ("objects.json", '{"a":' * 500_000),
        ("wide.yaml", "a: &a [" + "x, " * 9_000 + "]\nb: [*a, *a, *a, *a]\n"),
        ("large.yaml", "a: " + "x" * (33 * 2**20)),
    ],
)
def test_a_hostile_file_is_one_problem_in_bounded_time(path: str, text: str) -> None:
    begun = time.monotonic()
    assert len(problems({path: text})) == 1
    assert time.monotonic() - begun < 10


def test_an_alias_is_a_copy_of_what_it_names() -> None:
    contract = loaded({"x.yaml": "properties:\n  a: &a {type: string}\n  b: *a\n"})
    properties = contract.types["X"].schema.properties
    assert properties["a"] == properties["b"]
    assert (properties["a"].mark.line, properties["b"].mark.line) == (2, 3)

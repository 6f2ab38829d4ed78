"""A pattern and a format mean the same to the loader, to the Python models and to the npm package."""

import ast
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crucible_pipeline.contracts import formats, patterns
from crucible_pipeline.generate.typescript_schema import unicode_pattern
from generate.typescript_cases import FORMATS
from generate.typescript_node import Library, running

ROOT = Path(__file__).parents[2]
PIPELINE = ROOT / "src" / "crucible_pipeline"
RUNTIME = PIPELINE / "generate" / "runtime"
SOME = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))

# Beside those of FORMATS: texts that have the form, texts that lack it.
MORE: dict[str, tuple[list[str], list[str]]] = {
    "time": (["23:59:60Z", "15:59:60-08:00", "00:29:60+00:30"], ["22:59:60Z", "23:59:60+00:01", "23:59:61Z"]),
    "date-time": (["2024-01-01T00:00:00.5z"], ["2016-12-31T23:59:60Z", "0000-01-01T00:00:00Z"]),
    "email": (
        ['"a b"@x', '"a@b"@x', '"\\""@x', "a@[127.0.0.1]", "a@[ipv6:::1]"],
        ['"@x', 'a"b@x', "a@[300.0.0.1]", "a@[::1]", "\u00e9@x", f"{'a' * 65}@x", "a@b\n"],
    ),
    "hostname": ([".".join(["a" * 63] * 3)], [".".join(["a" * 63] * 4), "\u00e9", "a\n"]),
    "uri": (
        ["http://[::1]:80/", "http://[v1.a:b]", "http://a:b@c:/?q#f", "a:", "mailto:a@b"],
        ["http://[::1", "http://[1::2::3]", "http://a:b", "a:[", "//a", "a:\u00e9", "a:#b#c", "a:\n"],
    ),
    "uri-reference": (["", "/a", "a/b:c", "?a", "#", "//h:1/p"], ["a b", "\\a", "1:a", "%", "#\\", "//[x]"]),
    "iri": (["http://\u00e9.x/?\U0001f600\ue000", "a:\u00a0"], ["/\u00e9", "a:\ufffe", "a:\ue000", "a:\n"]),
    "iri-reference": (["\u00e9", "#\U0001f600", ""], ["\\\u00e9", "\ue000", "\ud7ff:"]),
    "uri-template": (
        ["", "a{b}c", "{+a,b.c:3}{?d*}", "%20\u00e9"],
        ["{", "{}", "{a", "}", "{a:0}", "%", "a b"],
    ),
    "json-pointer": (["", "/", "/a~0b~1/0", "/\n"], ["a", "/~", "/~2", "#"]),
    "relative-json-pointer": (["0", "1/a", "10#"], ["", "01", "-1", "0##", "1a", "/a"]),
    "decimal": (["0", "-1.50", "+1", "9" * 50], ["1,5", "1.", ".5", "1e5", "", "\u0661", "1\n"]),
    "duration": ([], ["P1Y2D", "PT1H1S", "P1.5D", "\u0661"]),
    "uuid": ([], ["{2eb8aa08-aa98-11ea-b4aa-73b441d16380}", "2eb8aa08-aa98-11ea-b4aa-73b441d16380\n"]),
    "ipv4": ([], ["1.2.3.4\n", "\u0661.2.3.4", "1.2.3.4/8", "1..2.3"]),
    "ipv6": (
        ["1:2:3:4:5:6:1.2.3.4", "::1.2.3.4"],
        ["1.2.3.4::", "::1.2.3.256", "1:2:3:4:5:6:7:1.2.3.4", "::1\n"],
    ),
    "date": ([], ["2024-02-30", "\u0662024-01-01", "2024-01-01\n"]),
    "byte": ([], ["Q", "\u00e9\u00e9\u00e9\u00e9"]),
}
TABLE = {
    name: [*((text, True) for text in good), *((text, False) for text in bad)]
    for name in formats.FORMATS
    for good, bad in [
        tuple(a + b for a, b in zip(FORMATS.get(name, ([], [])), MORE.get(name, ([], [])), strict=True))
    ]
}
FOUND = 'export const found = (pattern, texts) => texts.map((text) => new RegExp(pattern, "u").test(text));'


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    folder = tmp_path_factory.mktemp("formats")
    shutil.copy(RUNTIME / "_formats.js", folder)
    (folder / "package.json").write_text('{"type": "module"}')
    (folder / "index.js").write_text(
        'import { FORMATS } from "./_formats.js";\n'
        "export const names = () => Object.keys(FORMATS);\n"
        "export const judge = (text) =>\n"
        "  Object.fromEntries(names().map((name) => [name, FORMATS[name](text)]));\n"
    )
    with running(folder) as library:
        yield library


@pytest.fixture(scope="module")
def expressions(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    folder = tmp_path_factory.mktemp("expressions")
    (folder / "index.js").write_text(FOUND)
    (folder / "package.json").write_text('{"type": "module"}')
    with running(folder) as library:
        yield library


@pytest.mark.parametrize("name", ["patterns", "formats"])
def test_the_packages_hold_what_the_loader_reads(name: str) -> None:
    ours = (PIPELINE / "contracts" / f"{name}.py").read_text()
    copy = (RUNTIME / f"_{name}.py").read_text()
    assert ast.dump(ast.parse(ours)) == ast.dump(ast.parse(copy))


@pytest.mark.parametrize("name", TABLE)
def test_a_format_means_the_same_everywhere(node: Library, name: str) -> None:
    assert {text: formats.has_format(text, name) for text, _ in TABLE[name]} == dict(TABLE[name])
    assert {text: node.call("judge", text)[name] for text, _ in TABLE[name]} == dict(TABLE[name])


def test_no_format_is_known_to_one_side_only(node: Library) -> None:
    assert set(node.call("names")) == set(formats.FORMATS) == set(TABLE)


# Pieces of texts that have a form, and what breaks them.
PIECES = st.lists(
    st.sampled_from(
        [
            *'0123456789abefzT:.-+/@[]%~#?{}"\\ ,;=Pé\n\u0661\U0001f600',
            "::",
            "2024-02-29",
            "23:59:60",
            "%41",
            "12",
            "//",
        ]
    ),
    max_size=9,
).map("".join)


@SOME
@given(
    text=PIECES | st.sampled_from([text for table in TABLE.values() for text, _ in table]),
    cut=st.integers(0, 9),
)
def test_no_text_has_a_format_on_one_side_only(node: Library, text: str, cut: int) -> None:
    for given_text in (text, text[cut:], text[:-1] + str(cut)):
        ours = {name: formats.has_format(given_text, name) for name in formats.FORMATS}
        assert node.call("judge", given_text) == ours, given_text


PARTS = st.sampled_from(
    [
        *r"ab.^$|()*+?[]{}-,1\_é",
        *re.split(
            " ", r"\d \w \s \S \b \B (?: (?= (?! (?<= (?<n> [^ \x41 \cA {2} {1,} {0,2} \- \/ \n \0 a-b \]"
        ),
        r"\u{1F600}",
        "\U0001f600",
    ]
)
TEXTS = [
    "",
    "a",
    "b",
    "ab",
    "aab",
    "A",
    "-",
    "_",
    "1",
    "11",
    " ",
    "\n",
    "é",
    "a\n",
    "\U0001f600",
    "\x01",
    "]}",
    "\u2028",
    "a-b,",
]


@settings(SOME, max_examples=600)
@given(parts=st.lists(PARTS, min_size=1, max_size=7))
def test_a_pattern_that_is_taken_means_the_same_in_javascript(expressions: Library, parts: list[str]) -> None:
    pattern = "".join(parts)
    try:
        search = patterns.regex(pattern).search
    except ValueError:
        return
    ours = [search(text) is not None for text in TEXTS]
    assert expressions.call("found", unicode_pattern(pattern), TEXTS) == ours, pattern

"""The reference page: everything of a contract is on it, and nothing of a contract is more than text."""

import re
import subprocess
import sys
from dataclasses import fields, replace
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts.contract_strategies import contracts
from crucible_pipeline.contracts.model import (
    Channel,
    Constant,
    Contract,
    JsonValue,
    Message,
    Package,
    Schema,
    StateMachine,
    TypeDef,
    Value,
)
from crucible_pipeline.contracts.payload import rejections
from crucible_pipeline.contracts.project import find_project, load_project
from crucible_pipeline.contracts.snapshot import dump, restore
from crucible_pipeline.errors import InvalidInput
from crucible_pipeline.generate import markup
from crucible_pipeline.generate.diagram import HEIGHT, lay_out
from crucible_pipeline.generate.generate import generate
from crucible_pipeline.generate.reference import PATH, reference
from crucible_pipeline.generate.reference_example import NoExampleError, example
from crucible_pipeline.generate.write import stale, write
from generate.reference_page import Page

ROOT = Path(__file__).parents[2]
REAL = load_project(find_project(ROOT / "contracts"))
TEXT = reference(REAL)
PAGE = Page(TEXT)
SHOP = Package("shop-contracts", "shop_contracts", "@shop/contracts")
HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</title></style><style>*{display:none}</style>",
    "--><b>out</b><!--",
    "javascript:alert(1)",
    "&lt;&amp;",
    "a' onmouseover='x",
    "right\u202eto left\u2066",
    "nul\x00 and \ud800 half",
    "`<b>`",
    "]]>",
]
# Nothing else is on a page, whatever a contract says.
ELEMENTS = """
    html head meta title style body a nav p div ul li main header section h1 h2 h3 h4 span code pre
    table thead tbody tr th td dl dt dd figure figcaption svg desc defs marker path g rect circle text
"""
ATTRIBUTES = """
    lang charset name content href class id tabindex aria-label aria-labelledby aria-describedby role scope
    data-label viewbox width height d markerwidth markerheight refx refy orient markerunits marker-end
    x y rx cx cy r
"""


def with_type(schema: Schema, **more: Schema) -> Contract:
    types = {"Thing": schema, **more}
    return Contract(SHOP, types={key: TypeDef(key, "things", one) for key, one in types.items()})


def said(schema: Schema, **more: Schema) -> str:
    """What the page says of a type, in one line."""
    return " ".join(Page(reference(with_type(schema, **more))).by_id("type-Thing").text.split())


def check(page: Page) -> None:
    """What holds for every page."""
    assert len(set(page.ids)) == len(page.ids)
    links = [element.attributes["href"] for element in page.root.all("a")]
    assert {link for link in links if not link.startswith("#")} == set()
    assert {link[1:] for link in links} <= set(page.ids)
    assert {element.name for element in page.root.walk()} <= {"", *ELEMENTS.split()}
    for element in page.root.walk():
        assert set(element.attributes) <= set(ATTRIBUTES.split()), element
    assert len(page.root.all("style")) == 1


def test_the_page_stands_alone_and_every_link_leads_to_a_part_of_it() -> None:
    check(PAGE)
    assert not re.search(r"https?:|//[a-z]|url\((?!#)|@import|src=", TEXT)


def test_everything_of_the_contract_has_an_anchor() -> None:
    ids = set(PAGE.ids)
    for name, item in REAL.types.items():
        assert f"type-{name}" in ids
        assert {f"type-{name}.{field}" for field in item.schema.properties} <= ids
    assert {f"channel-{key}" for key in REAL.channels} <= ids
    assert {f"constant-{path}" for path in REAL.constants} <= ids
    states = {
        f"state-{name}.{state}" for name, machine in REAL.machines.items() for state in machine.transitions
    }
    assert states <= ids
    values = REAL.types["EvaluationStatus"].schema.enum or ()
    assert {f"value-EvaluationStatus.{value}" for value in values} <= ids
    linked = {link.attributes["href"][1:] for link in PAGE.root.all("nav")[0].all("a")}
    assert {f"type-{name}" for name in REAL.types} | {f"channel-{key}" for key in REAL.channels} <= linked


def test_every_word_and_every_number_of_the_contract_is_on_the_page() -> None:
    shown = " ".join(PAGE.root.text.split())
    for item in REAL.types.values():
        for schema in item.schema.walk():
            assert " ".join((schema.description or "").split()) in shown
            assert all(" ".join(text.split()) in shown for text in schema.enum_descriptions)
    for constant in REAL.constants.values():
        row = PAGE.by_id(f"constant-{constant.path}").text
        assert str(constant.value) in row
        assert (constant.description or "") in row
    for channel in REAL.channels.values():
        assert channel.address in shown
        assert (channel.description or "") in shown


def test_headings_go_down_one_level_at_a_time_and_the_skip_link_is_first() -> None:
    levels = [int(one.name[1]) for one in PAGE.root.walk() if re.fullmatch("h[1-6]", one.name)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    link = PAGE.root.all("body")[0].all("a")[0]
    assert link.attributes["href"] == "#content"
    assert PAGE.by_id("content").name == "main"
    assert PAGE.root.all("html")[0].attributes["lang"] == "en"


def test_it_is_generated_and_up_to_date() -> None:
    assert generate(REAL)[f"python/{PATH}"] == TEXT
    assert (ROOT / "src" / "crucible_shared" / PATH).read_text("utf-8") == TEXT


def test_it_is_recognized_as_generated_and_goes_when_it_is_no_longer(tmp_path: Path) -> None:
    targets = {"python": tmp_path}
    write({f"python/{PATH}": TEXT, "python/other.py": "x = 1\n"}, targets)
    own = tmp_path / "readme.html"
    own.write_text("<p>mine</p>")
    assert stale({}, targets) == [tmp_path / PATH]
    write({}, targets)
    assert not (tmp_path / PATH).exists()
    assert own.exists()


def test_the_page_of_a_snapshot_tells_the_same_in_another_order() -> None:
    again = Page(reference(restore(dump(REAL), "contract.json")))
    assert sorted(again.ids) == sorted(PAGE.ids)


def test_it_does_not_change_between_processes_and_names_no_version() -> None:
    code = (
        "from pathlib import Path; from crucible_pipeline.contracts.project import *\n"
        "from crucible_pipeline.generate.reference import reference\n"
        f"text = reference(load_project(find_project(Path({str(ROOT / 'contracts')!r}))))\n"
        "import hashlib; print(hashlib.sha256(text.encode()).hexdigest(), end='')"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            check=True,
            text=True,
            env={"PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    }
    assert len(digests) == 1
    body = TEXT[TEXT.index("<body") :]
    assert not re.search(r"\b\d+\.\d+\.\d+\b|\bversion\b", body)
    assert not re.search(r"\b20\d\d-(?!01-31T10:00:00Z)", body)


def test_what_the_page_tells_to_import_is_there() -> None:
    python = {
        code.text
        for row in PAGE.root.all("dl")
        for code in row.all("code")
        if code.text.startswith("from crucible_shared ")
    }
    assert len(python) > len(REAL.types)
    subprocess.run([sys.executable, "-c", "\n".join(sorted(python))], cwd=ROOT / "src", check=True)
    index = (ROOT / "src" / "typescript" / "index.d.ts").read_text()
    names = {
        name.strip().removeprefix("type ")
        for code in PAGE.root.all("code")
        if (found := re.fullmatch(r'import \{ (.*) \} from "@crucible/shared";', code.text))
        for name in found[1].split(",")
    }
    assert len(names) > len(REAL.types)
    assert [name for name in names if not re.search(rf"\b{name}\b", index)] == []


def test_the_diagram_and_the_table_show_every_state_and_every_arrow() -> None:
    machine = REAL.machines["EvaluationStatus"]
    picture = PAGE.root.all("svg")[0]
    boxes = {box.all("title")[0].text for box in picture.all("g")}
    arrows = {
        tuple(arrow.all("title")[0].text.split(" → ")) for arrow in picture.all("path") if arrow.all("title")
    }
    assert boxes == set(machine.transitions)
    assert arrows == {(one, other) for one, others in machine.transitions.items() for other in others}
    assert picture.attributes["role"] == "img"
    assert PAGE.by_id(picture.attributes["aria-labelledby"]).text == "State machine of EvaluationStatus"
    described = PAGE.by_id(picture.attributes["aria-describedby"]).text
    for one, others in machine.transitions.items():
        listed = {link.text for link in PAGE.by_id(f"state-EvaluationStatus.{one}").all("a")}
        assert listed == set(others)
        assert (f"{one} may become {', '.join(others)}" if others else f"{one} is final") in described


states = st.lists(st.text("abcd", min_size=1, max_size=4), min_size=1, max_size=9, unique=True)


@st.composite
def machines(draw: st.DrawFn) -> dict[str, tuple[str, ...]]:
    names = draw(states)
    some = st.lists(st.sampled_from(names), max_size=4, unique=True).map(tuple)
    return {name: draw(some) for name in names}


@given(machines())
@settings(max_examples=50, deadline=None)
def test_any_machine_is_drawn_whole_without_boxes_that_touch(transitions: dict[str, tuple[str, ...]]) -> None:
    drawn = lay_out(transitions)
    wanted = {(one, other) for one, others in transitions.items() for other in others if one != other}
    assert {arrow.edge for arrow in drawn.arrows} == wanted
    assert {box.state for box in drawn.boxes} == set(transitions)
    for index, box in enumerate(drawn.boxes):
        assert box.width / 2 <= box.x <= drawn.width - box.width / 2
        assert HEIGHT / 2 <= box.y <= drawn.height - HEIGHT / 2
        for other in drawn.boxes[:index]:
            assert box.y != other.y or abs(box.x - other.x) >= (box.width + other.width) / 2
    place = {box.state: box.y for box in drawn.boxes}
    for arrow in drawn.arrows:
        assert arrow.back == (place[arrow.edge[0]] >= place[arrow.edge[1]])
        assert not re.search(r"[A-Z ]-\d", arrow.path)
    assert lay_out(transitions) == drawn


def test_a_machine_too_large_to_draw_keeps_its_table() -> None:
    names = [f"s{number}" for number in range(61)]
    transitions = {name: tuple(names) for name in names}
    machine = StateMachine("Step", "steps", transitions)
    types = {"Step": TypeDef("Step", "steps", Schema(types=("string",), enum=tuple(names)))}
    page = Page(reference(Contract(SHOP, types=types, machines={"Step": machine})))
    check(page)
    assert not page.root.all("svg")
    assert {f"state-Step.{name}" for name in names} <= set(page.ids)


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        (Schema(types=("integer",), minimum=1, maximum=300), "Accepts: integer, from 1 to 300."),
        (
            Schema(types=("number",), exclusive_minimum=0, multiple_of=0.5),
            "number, more than 0, a multiple of 0.5.",
        ),
        (Schema(types=("string",), min_length=1), "string, at least 1 character."),
        (Schema(types=("null", "string"), format="date-time"), "string (date-time) or null."),
        (Schema(types=("string",), pattern="^[a-z<]+$"), "string, matches ^[a-z<]+$."),
        (
            Schema(types=("array",), items=Schema(types=("string",), max_length=5)),
            "array of (string, at most 5 char",
        ),
        (
            Schema(types=("array",), unique_items=True, min_items=1, max_items=3),
            "array, 1 to 3 items, no item twice.",
        ),
        (Schema(types=("array",), contains=Schema(const=Value(1))), "at least 1 item being (exactly 1)."),
        (
            Schema(types=("array",), prefix_items=(Schema(types=("string",)), Schema())),
            "array [string; any value].",
        ),
        (
            Schema(types=("object",), additional_properties=Schema(types=("string",))),
            "object with values: string.",
        ),
        (
            Schema(types=("object",), properties={"a": Schema()}, additional_properties=Schema(always=False)),
            "no other",
        ),
        (Schema(types=("object",), dependent_required={"a": ("b", "c")}), "with a also b and c required"),
        (
            Schema(types=("object",), pattern_properties={"^x-": Schema()}),
            "properties that match ^x-: any value",
        ),
        (
            Schema(types=("object",), property_names=Schema(max_length=3)),
            "names of properties: (any value, at most 3",
        ),
        (Schema(any_of=(Schema(types=("string",)), Schema(types=("null",)))), "Accepts: string or null."),
        (Schema(one_of=(Schema(ref="Other"), Schema(types=("null",)))), "exactly one of Other or null."),
        (
            Schema(all_of=(Schema(ref="Other"), Schema(min_properties=1))),
            "Other and (any value, at least 1 property).",
        ),
        (Schema(not_=Schema(types=("null",))), "any value, but not null."),
        (
            Schema(if_=Schema(ref="Other"), then=Schema(always=False)),
            "any value, if it is Other, then nothing.",
        ),
        (Schema(always=True), "Accepts: any value."),
        (
            Schema(types=("string",), enum=("a", "b"), extensible=True),
            "readers keep a value that they do not know",
        ),
        (Schema(types=("string",), deprecated=True, renamed_from=("Old",)), "deprecated formerly Old"),
    ],
)
def test_conditions_are_said_in_words(schema: Schema, words: str) -> None:
    assert words in said(schema, Other=Schema(types=("object",)))


def test_a_field_says_its_value_its_need_its_default_and_its_meaning() -> None:
    row = PAGE.by_id("type-EvaluationRequest.timeout").text
    for part in ("timeout", "optional", "integer", "from 1 to 300", "30", "Seconds after which"):
        assert part in row
    assert "required" in PAGE.by_id("type-EvaluationRequest.code").text


def test_fields_of_fields_have_rows_of_their_own() -> None:
    inner = Schema(types=("object",), properties={"street": Schema(types=("string",))}, required=("street",))
    listed = Schema(types=("array",), items=inner)
    page = Page(reference(with_type(Schema(types=("object",), properties={"home": inner, "others": listed}))))
    assert "home.street required" in " ".join(page.by_id("type-Thing.home.street").text.split())
    assert "others[].street" in page.by_id("type-Thing.others.~5b~~5d~.street").text


def test_no_two_names_share_an_anchor() -> None:
    names = ["a.b", "a b", "a~20~b", "a", "b", "", "é", "[]", "A", "a_b", "a-b"]
    fields = {
        name: Schema(types=("object",), properties={other: Schema() for other in names}) for name in names
    }
    check(Page(reference(with_type(Schema(types=("object",), properties=fields)))))
    mixed: tuple[JsonValue, ...] = (1, "1", True, "true", None, "null", 1.5, [1], "[1]")
    check(Page(reference(with_type(Schema(enum=mixed)))))


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_of_a_contract_becomes_markup(text: str) -> None:
    schema = Schema(
        types=("object", "string"),
        title=text,
        description=text,
        pattern=text,
        format=text,
        discriminator=text,
        renamed_from=(text,),
        default=Value(text),
        examples=(text, {text: [text]}),
        properties={text: Schema(description=text, enum=(text, 1), enum_descriptions=(text, text))},
        required=(text, f"{text} too"),
        dependent_required={text: (text,)},
        pattern_properties={text: Schema(const=Value({text: text}))},
    )
    values = Schema(
        types=("string",), enum=(text, "b"), enum_descriptions=(text, text), enum_names=("A", "B")
    )
    contract = Contract(
        Package(text, text, text),
        types={"Thing": TypeDef("Thing", text, schema), "Kind": TypeDef("Kind", text, values)},
        channels={
            text: Channel(text, text, text, (Message(text, schema, schema, text),), {text: text}, text)
        },
        machines={"Kind": StateMachine("Kind", text, {text: ("b",), "b": (text,)}, {"update": text}, text)},
        constants={text: Constant(text, text, text, text, text)},
        module_descriptions={text: text},
        group_descriptions={f"{text}.{text}": text},
    )
    found = reference(contract)
    page = Page(found)
    check(page)
    assert len(page.comments) == 1
    assert not re.search("[\x00\u202e\u2066\ud800]", found)
    assert found.encode()


@given(contracts())
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_contract_has_a_page(contract: Contract) -> None:
    try:
        page = Page(reference(contract))
    except InvalidInput:
        return
    assert {f"type-{name}" for name in contract.types} <= set(page.ids)
    check(page)


def test_every_example_on_the_page_is_a_payload_that_its_contract_accepts() -> None:
    for channel in REAL.channels.values():
        for message in channel.messages:
            shown = example(REAL, message.payload)
            assert rejections(REAL, message.payload, shown) == []
            assert isinstance(shown, dict)


@given(contracts())
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_built_example_is_accepted(contract: Contract) -> None:
    # Examples and defaults are taken as they are: the loader has refused those that do not fit.
    for item in contract.types.values():
        bare = {
            name: TypeDef(name, one.module, _without_words(one.schema))
            for name, one in contract.types.items()
        }
        plain = replace(contract, types=bare)
        try:
            found = example(plain, bare[item.name].schema)
        except NoExampleError:
            continue
        assert rejections(plain, bare[item.name].schema, found) == []


def _without_words(schema: Schema) -> Schema:
    changes: dict[str, object] = {"default": None, "examples": ()}
    for name in [item.name for item in fields(Schema)]:
        value = getattr(schema, name)
        if isinstance(value, Schema):
            changes[name] = _without_words(value)
        elif isinstance(value, dict) and any(isinstance(one, Schema) for one in value.values()):
            changes[name] = {key: _without_words(one) for key, one in value.items()}
        elif isinstance(value, tuple) and any(isinstance(one, Schema) for one in value):
            changes[name] = tuple(_without_words(one) for one in value)
    return replace(schema, **changes)  # type: ignore[arg-type]  # each field with a value of its own type


def _luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.2)."""
    digits = colour[1:] if len(colour) == 7 else "".join(digit * 2 for digit in colour[1:])
    parts = [int(digits[index : index + 2], 16) / 255 for index in (0, 2, 4)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("scheme", [0, 1, 2], ids=["light", "dark", "print"])
def test_text_and_lines_stand_out_from_what_is_behind_them(scheme: int) -> None:
    colours = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]+);", re.findall(r":root \{([^}]*)\}", TEXT)[scheme]))
    texts = {
        "ink": ("paper", "panel", "state", "mark"),
        "soft": ("paper", "panel", "mark"),
        "tag": ("tag-paper",),
    }
    texts |= {"link": ("paper", "mark"), "need": ("paper", "mark")}
    lines = {"arrow": ("paper",), "back": ("paper",), "frame": ("paper", "state")}
    for wanted, pairs in ((4.5, texts), (3.0, lines)):
        for front, backs in pairs.items():
            for back in backs:
                low, high = sorted((_luminance(colours[front]), _luminance(colours[back])))
                assert (high + 0.05) / (low + 0.05) >= wanted, (front, back)


def test_an_anchor_is_fit_for_an_address() -> None:
    assert re.fullmatch(r"[A-Za-z0-9._~-]+", markup.anchor("type", "a b", "ü#?/%", "x"))

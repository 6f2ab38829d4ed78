"""No text of a contract becomes code, whatever it is made of, and no name of a property is special."""

import ast
import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from crucible_pipeline.contracts.load import load
from crucible_pipeline.contracts.model import Contract, Package
from crucible_pipeline.generate.python import python
from crucible_pipeline.generate.typescript import typescript
from generate.python_package import accepts, imported
from generate.typescript_node import install, running

# What ends a literal, a comment or a docstring in one of the languages, around a name that nobody defines.
PIECES = [
    '"',
    "'",
    "`",
    "\\",
    '"""',
    "'''",
    "*/",
    "/*",
    "//",
    "#",
    "${BOOM()}",
    "{BOOM()}",
    "BOOM()",
    "</script>",
]
PIECES += [
    "\n",
    "\r",
    "\x00",
    "\x0b",
    "\x85",
    "\u2028",
    "\u2029",
    "\ufeff",
    "\u202e",
    "\U0001f600",
    "\\N{BULLET}",
    " ",
    "%s",
]
TEXTS = st.lists(st.sampled_from(PIECES), min_size=1, max_size=6).map("".join)
NAMES = [
    "__proto__",
    "constructor",
    "prototype",
    "toString",
    "hasOwnProperty",
    "__class__",
    "__init__",
    "model_fields",
]
NAMES += ["valueOf", "then", "self", "cls", "None", "import", "$ref", "", "a b", "__dict__", "__dunder__"]


def schema(text: str) -> dict[str, Any]:
    return {
        "title": text,
        "description": text,
        "type": "object",
        "properties": {
            text: {"const": text, "description": text},
            "given": {"type": "string", "default": text, "examples": [text], "description": text},
            "one": {
                "enum": [text, f"{text}BOOM"],
                "x-enum-varnames": ["A", "B"],
                "x-enum-descriptions": [text, text],
            },
            "found": {"type": "string", "pattern": re.sub(r"([\^$\\.*+?()\[\]{}|/])", r"\\\1", text)},
            "more": {
                "patternProperties": {"^x": {"enum": [{text: text}]}},
                "dependentRequired": {text: [text]},
            },
        },
        "required": [text],
    }


def contract_of(texts: list[str]) -> Contract:
    files = {f"thing-{number}.json": json.dumps(schema(text)) for number, text in enumerate(texts)}
    return load(files, Package("hostile_texts", "hostile_texts", "hostile-texts"))


# Twenty-five texts at a time, for each package takes a second; so nothing is made smaller after a failure.
@settings(max_examples=4, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(texts=st.lists(TEXTS, min_size=25, max_size=25, unique=True))
def test_no_text_becomes_code(texts: list[str], tmp_path_factory: pytest.TempPathFactory) -> None:
    contract = contract_of(texts)
    for path, code in python(contract).items():
        if path.endswith(".py"):
            named = {node.id for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Name)}
            assert "BOOM" not in named, path
    package = install(typescript(contract), tmp_path_factory.mktemp("node"), "hostile")
    with imported(contract, tmp_path_factory.mktemp("python")) as models, running(package) as library:
        for number, text in enumerate(texts):
            right = {text: text, "one": text, "found": f"-{text}-", "more": {"xa": {text: text}}}
            wrong = [
                {**right, text: f"{text}!"},
                {**right, "one": "x"},
                {**right, "more": {text: 1, "xa": 1}},
                {},
            ]
            assert accepts(models, f"Thing{number}", right), text
            assert not any(accepts(models, f"Thing{number}", value) for value in wrong), text
            assert models.validate(f"Thing{number}", right).given == text
            assert library.call(f"parseThing{number}", right) == {**right, "given": text}
            assert not any(library.call(f"isThing{number}", value) for value in wrong), text


@pytest.mark.parametrize("closed", [True, False])
def test_no_name_of_a_property_is_special(closed: bool, tmp_path: Path) -> None:  # noqa: FBT001
    properties = {name: {"type": "integer"} for name in NAMES}
    closing = {"additionalProperties": False} if closed else {}
    thing = {"type": "object", "properties": properties, "required": NAMES[:4], **closing}
    name = f"special_names_{closed}".lower()
    contract = load({"thing.json": json.dumps(thing)}, Package(name, name, name))
    package = install(typescript(contract), tmp_path / "node", name)
    with imported(contract, tmp_path) as models, running(package) as library:
        right = dict.fromkeys(NAMES, 1)
        assert models.validate("Thing", right).model_dump() == right
        assert library.call("parseThing", right) == right
        for other in NAMES:
            for value in ({**right, other: "x"}, {key: one for key, one in right.items() if key != other}):
                fits = value.get(other, 1) == 1 and (other in value or other not in NAMES[:4])
                assert accepts(models, "Thing", value) is fits, other
                assert library.call("isThing", value) is fits, other

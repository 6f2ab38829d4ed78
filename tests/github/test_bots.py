"""What people copy who stay with Dependabot or Renovate: held to the bots' schemas, and to its words."""

import json
import re
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator

ROOT = Path(__file__).parents[2]
BOTS = ROOT / "examples" / "bots"
OF_DEPENDABOT = sorted([*ROOT.glob("examples/*/.github/dependabot.yml"), ROOT / ".github" / "dependabot.yml"])


def preset() -> dict[str, Any]:
    document: dict[str, Any] = json.loads((BOTS / "crucible.json").read_text())
    return document


@pytest.mark.parametrize(
    ("schema", "paths"),
    [
        ("renovate", [BOTS / "crucible.json", BOTS / "renovate.json"]),
        ("dependabot", [BOTS / "dependabot.yml", *OF_DEPENDABOT]),
    ],
)
def test_each_file_is_as_its_bot_describes_it(schema: str, paths: list[Path]) -> None:
    vendored = files("check_jsonschema") / "builtin_schemas" / "vendor"
    described = json.loads((vendored / f"{schema}.json").read_text())
    judge = Draft7Validator(described)
    documents = [yaml.safe_load(path.read_text()) for path in paths]
    assert [list(judge.iter_errors(document)) for document in documents] == [[]] * len(paths)
    # the same with a value of another kind is refused: the schema says something about these files
    key = "packageRules" if schema == "renovate" else "updates"
    assert not judge.is_valid(documents[0] | {key: 7})


def test_dependabot_asks_the_private_index_alone() -> None:
    bot = yaml.safe_load((BOTS / "dependabot.yml").read_text())
    (index,) = bot["registries"].values()
    (pip,) = bot["updates"]
    assert (index["type"], index["replaces-base"]) == ("python-index", True)
    assert pip["registries"] == list(bot["registries"])
    assert "ignore" not in pip
    assert pip["groups"]["contracts"]["patterns"] == ["crucible-shared"]


def test_renovate_asks_the_private_index_alone_and_merges_no_breaking_line_unread() -> None:
    rules = [rule for rule in preset()["packageRules"] if "crucible-shared" in rule["matchPackageNames"]]
    (urls,) = [rule["registryUrls"] for rule in rules if "registryUrls" in rule]
    assert urls == ["https://packages.example/simple/"]
    (breaking,) = [rule for rule in rules if "minor" in rule.get("matchUpdateTypes", [])]
    assert breaking["automerge"] is False
    for pin in ("==0.3.*", "==0.3.1", "~=0.3.1"):
        assert re.search(breaking["matchCurrentVersion"].strip("/"), pin)
    assert not re.search(breaking["matchCurrentVersion"].strip("/"), "==1.0.3")


@pytest.mark.parametrize(
    ("line", "specifier"),
    [
        ("RUN pip install 'crucible-shared==0.3.*'", "==0.3.*"),
        ("crucible-shared[cli]~=0.3.1", "~=0.3.1"),
        ("crucible-shared-extra==0.3.1", None),
        ("crucible-shared>=0.3", None),
    ],
)
def test_the_preset_reads_what_no_manager_of_renovates_reads(line: str, specifier: str | None) -> None:
    (manager,) = preset()["customManagers"]
    (pattern,) = manager["matchStrings"]
    found = re.search(pattern.replace("(?<", "(?P<"), line)
    assert (found["currentValue"] if found else None) == specifier


def test_the_text_beside_them_names_every_file() -> None:
    text = (BOTS / "README.md").read_text()
    assert {path.name for path in BOTS.iterdir()} - {"README.md"} == set(
        re.findall(r"^\| `([^`]+)`", text, re.MULTILINE)
    )

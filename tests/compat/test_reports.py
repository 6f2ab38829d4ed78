"""Forms that other programs read: SARIF as GitHub takes it, workflow commands, Markdown, the rules' page."""

import json
import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compat.test_verdict import HIGH, LOW, all_changes, verdict, waiving
from crucible_pipeline.cli.app import main
from crucible_pipeline.compat.report import as_github, as_markdown, as_sarif, as_text, problems_sarif
from crucible_pipeline.compat.report_github import annotation
from crucible_pipeline.compat.report_markdown import code, plain, table
from crucible_pipeline.compat.report_words import sides
from crucible_pipeline.compat.table import explained
from crucible_pipeline.contracts.check import pages, pages_beside_releases
from crucible_pipeline.errors import Mark, Problem
from crucible_pipeline.upgrade.literals import ROWS

WAIVED = verdict(waiving("maximum-raised", "Order.value"), {"0.3.0": LOW}, newest="0.3.0")


def runs() -> list[dict[str, Any]]:
    documents = [as_sarif(found) for found in [*all_changes(), WAIVED]]
    documents.append(problems_sarif([Problem(Mark("contracts/a b.yaml", 3, 5), "what", "do", "rule")]))
    return [json.loads(json.dumps(document))["runs"][0] for document in documents]


def test_sarif_holds_what_github_documents_as_required() -> None:
    for run in runs():
        driver = run["tool"]["driver"]
        assert driver["name"]
        identities = [rule["id"] for rule in driver["rules"]]
        assert len(identities) == len(set(identities))
        for rule in driver["rules"]:
            assert len(rule["id"]) <= 255
            # GitHub refuses a rule without a full description, though SARIF itself does not ask for one.
            for words in ("shortDescription", "fullDescription"):
                assert len(rule[words]["text"]) in range(1, 1025)
            assert len(rule.get("help", {"text": "-"})["text"]) in range(1, 1025)
        for result in run["results"]:
            assert identities[result["ruleIndex"]] == result["ruleId"]
            assert result["message"]["text"]
            assert result["level"] in {"error", "warning", "note"}
            (location,) = result["locations"]
            place = location["physicalLocation"]
            assert place["artifactLocation"]["uriBaseId"] == "%SRCROOT%"
            assert not place["artifactLocation"]["uri"].startswith(("/", "file:"))
            assert " " not in place["artifactLocation"]["uri"]
            assert place["region"]["startLine"] >= 1
            assert place["region"]["startColumn"] >= 1
            assert re.fullmatch(r"[0-9a-f]{32}:1", result["partialFingerprints"]["primaryLocationLineHash"])


def test_an_alert_stays_the_same_while_lines_move_and_two_alerts_never_share_one() -> None:
    (change,) = verdict(HIGH, {"0.3.0": LOW}, newest="0.3.0").changes
    found = verdict(HIGH, {"0.3.0": LOW}, newest="0.3.0")
    moved = replace(found, changes=(replace(change, mark=Mark("contracts/orders.json", 99, 1)),))
    hashes = [as_sarif(one)["runs"][0]["results"][0]["partialFingerprints"] for one in (found, moved)]
    assert hashes[0] == hashes[1]
    for run in runs():
        marks = [json.dumps(result["partialFingerprints"]) for result in run["results"]]
        assert len(marks) == len(set(marks))


def test_github_is_never_sent_more_results_than_it_takes_and_the_gravest_stay() -> None:
    found = verdict(HIGH, {"0.3.0": LOW}, newest="0.3.0")
    (change,) = found.changes
    many = tuple(replace(change, element=f"Order.value{number}") for number in range(25_001))
    assert len(as_sarif(replace(found, changes=many))["runs"][0]["results"]) == 25_000


def test_a_waived_change_is_shown_everywhere_with_its_reason() -> None:
    (result,) = as_sarif(WAIVED)["runs"][0]["results"]
    assert result["level"] == "note"
    assert result["suppressions"][0]["justification"] == "nobody sends it"
    assert result["suppressions"][0]["status"] == "accepted"
    assert as_github(WAIVED).startswith("::notice file=contracts/orders.json,line=12,")
    for text in (as_text(WAIVED), as_github(WAIVED), as_markdown(WAIVED)):
        assert "breaks forward; waived until 2026-12-31: nobody sends it" in text
    assert "1 of them waived" in as_text(WAIVED)


def unescaped(command: str) -> tuple[dict[str, str], str]:
    """A workflow command as the runner reads it."""
    found = re.fullmatch(r"::error ([^:]*)::(.*)\n", command)
    assert found is not None, command
    properties = dict(part.split("=", 1) for part in found[1].split(","))
    undo = [("%2C", ","), ("%3A", ":"), ("%0A", "\n"), ("%0D", "\r"), ("%25", "%")]
    for name, value in properties.items():
        for coded, letter in undo:
            value = value.replace(coded, letter)  # noqa: PLW2901  step by step, as the runner does
        properties[name] = value
    message = found[2]
    for coded, letter in undo[2:]:
        message = message.replace(coded, letter)
    return properties, message


@settings(max_examples=150, deadline=None)
@given(st.text(), st.text(min_size=1), st.text())
def test_no_text_escapes_from_its_annotation(file: str, title: str, message: str) -> None:
    command = annotation("error", Mark(file, 1, 2), title, message)
    assert command.count("\n") == 1
    properties, said = unescaped(command)
    assert set(properties) == {"file", "line", "col", "title"}

    def kept(text: str) -> str:
        return "".join(letter if letter.isprintable() or letter in "\r\n" else " " for letter in text)

    assert (properties["file"], properties["title"], said) == (kept(file), kept(title), kept(message))


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet="`|a*_[]<>&\\ \n#~"))
def test_a_cell_of_a_table_stays_one_cell(text: str) -> None:
    lines = table(("A", "B"), [(code(text or "x"), plain(text))]).splitlines()
    assert len(lines) == 3
    assert len(re.findall(r"(?<!\\)(?:\\\\)*\|", lines[2])) == 3


def test_every_rule_stands_on_the_page_once(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--explain", "all", "--format", "markdown"]) == 0
    page = capsys.readouterr().out
    assert main(["check", "--explain", "all", "--format", "markdown"]) == 0
    assert capsys.readouterr().out == page
    headings = re.findall(r"^### `([a-z0-9-]+)`$", page, re.MULTILINE)
    assert len(headings) == len(set(headings))
    assert set(headings) == {*explained(), *pages(), *pages_beside_releases(), *(row.id for row in ROWS)}
    assert main(["check", "--explain", "maximum-raised", "--format", "markdown"]) == 0
    assert re.findall(r"^### `(.*)`$", capsys.readouterr().out, re.MULTILINE) == ["maximum-raised"]


def test_an_annotation_and_an_alert_show_the_payload_and_who_rejects_it() -> None:
    found = verdict(HIGH, {"0.3.0": LOW}, newest="0.3.0")
    (change,) = found.changes
    assert change.witness is not None
    payload = json.dumps(change.witness.payload)
    one, other = sides(change, found)
    said = f"{one} accepts {payload}, {other} rejects it."
    _, message = unescaped(as_github(found).splitlines(keepends=True)[0])
    assert message.splitlines()[1] == said
    (result,) = as_sarif(found)["runs"][0]["results"]
    assert result["message"]["text"].endswith(said)

"""Impact on a labelled set: every line with `# breaks: RULE` is found by that rule, and no other line is."""

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crucible_pipeline.compat.diff import diff
from crucible_pipeline.upgrade.impact import Hit, impact, needles
from upgrade.upgrade_services import contract

HERE = Path(__file__).parent
# One service of several files, which hand names of the package on to each other.
HANDED_ON = HERE / "services" / "handed_on"
SERVICES = sorted(
    path
    for path in (HERE / "services").rglob("*.py")
    if path.name != "broken.py" and HANDED_ON not in path.parents
)
LABEL = re.compile(r"# breaks: (?P<rules>[a-z, -]+)$")


OLD, NEW = contract("old"), contract("new")
CHANGES = diff(OLD, NEW)


def found_in(source: str | bytes) -> tuple[Hit, ...]:
    content = source.encode() if isinstance(source, str) else source
    return impact(CHANGES, OLD, NEW, {"a.py": content}).hits


def labels(path: Path) -> set[tuple[int, str]]:
    return {
        (number, match["rules"])
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if (match := LABEL.search(line))
    }


@pytest.mark.parametrize("path", SERVICES, ids=lambda path: str(path.relative_to(HERE / "services")))
def test_exactly_the_labelled_lines_are_found(path: Path) -> None:
    found = {(hit.line, hit.rule) for hit in found_in(path.read_bytes())}
    expected = labels(path)
    missed, false = expected - found, found - expected
    recall = 1 - len(missed) / len(expected)
    precision = 1 - len(false) / max(len(found), 1)
    assert (recall, precision) == (1, 1), f"missed {sorted(missed)}, false {sorted(false)}"


def test_names_that_files_of_a_service_hand_on_are_followed() -> None:
    sources = {path.relative_to(HANDED_ON).as_posix(): path.read_bytes() for path in HANDED_ON.rglob("*.py")}
    found = {(hit.file, hit.line, hit.rule) for hit in impact(CHANGES, OLD, NEW, sources).hits}
    expected = {(path, *label) for path in sources for label in labels(HANDED_ON / path)}
    assert found == expected


def test_the_labelled_set_names_every_kind_of_change() -> None:
    rules = {rule for path in SERVICES for _, rule in labels(path)}
    breaking = {change.rule for change in CHANGES if change.breaks}
    # a value that is only added is used by no line yet
    assert rules == breaking - {"enum-value-added"}


def test_a_contract_compared_with_itself_concerns_no_line() -> None:
    sources = {path.name: path.read_bytes() for path in SERVICES}
    assert impact(diff(OLD, OLD), OLD, OLD, sources).hits == ()
    assert needles(diff(OLD, OLD), OLD, OLD) == ()


def test_a_file_that_is_no_python_is_reported_and_the_others_are_searched() -> None:
    sources = {path.name: path.read_bytes() for path in (HERE / "services" / "types").glob("*.py")}
    result = impact(CHANGES, OLD, NEW, sources)
    assert [text.split(":")[0] for text in result.unread] == ["broken.py"]
    assert result.hits


@pytest.mark.parametrize(
    ("line", "symbol"),
    [
        ("EvaluationStatus.QUEUED", "EvaluationStatus.QUEUED"),
        ("EvaluationStatus('queued')", 'EvaluationStatus("queued")'),
        ("x == 'queued'", '"queued"'),
        ("EvaluationRequest(code='', language='', timeout=3)", "EvaluationRequest.timeout"),
        ("limits.EXECUTION.MAX_MEMORY_MB", "limits.EXECUTION.MAX_MEMORY_MB"),
        ("channels.EVALUATION_QUEUED", "channels.EVALUATION_QUEUED"),
        (
            "EvaluationStatus.SUBMITTED.can_become(EvaluationStatus.FAILED)",
            "EvaluationStatus: submitted → failed",
        ),
    ],
)
def test_a_hit_names_the_symbol_as_code_has_it(line: str, symbol: str) -> None:
    source = f"from crucible_shared import EvaluationRequest, EvaluationStatus, channels, limits\n{line}\n"
    assert [(hit.line, hit.symbol) for hit in found_in(source)] == [(2, symbol)]


def test_a_declared_encoding_and_a_byte_order_mark_are_honoured() -> None:
    source = "# coding: latin-1\n# Größe\nfrom crucible_shared import CreateResponse\n"
    assert [hit.line for hit in found_in(source.encode("latin-1"))] == [3]
    assert [hit.line for hit in found_in(source[18:].encode("utf-8-sig"))] == [2]


@pytest.mark.parametrize(
    "source", [b"\0", b"x = (" * 5000, b"-" * 100_000 + b"1", b"\xff\xfe", b"# coding: nonsense\n"]
)
def test_a_hostile_file_is_reported_and_stops_nothing(source: bytes) -> None:
    good = b"import crucible_shared as c\nc.CreateResponse"
    result = impact(CHANGES, OLD, NEW, {"bad.py": source + b"\n# crucible_shared", "good.py": good})
    assert [hit.file for hit in result.hits] == ["good.py"]
    assert len(result.unread) == 1


NAMES = st.sampled_from(["EvaluationStatus", "CreateResponse", "ES", "limits", "x"])


@settings(max_examples=60, deadline=None)
@given(NAMES, NAMES, st.booleans())
def test_an_alias_of_any_name_is_followed(name: str, alias: str, shadow: bool) -> None:  # noqa: FBT001
    body = f"    {alias} = 1\n" if shadow else ""
    source = f"from crucible_shared import {name} as {alias}\ndef f():\n{body}    return {alias}.QUEUED\n"
    lines = {hit.line for hit in found_in(source) if hit.rule == "enum-value-removed"}
    assert lines == ({3} if name == "EvaluationStatus" and not shadow else set())

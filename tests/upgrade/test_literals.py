"""Strings that shadow a contract are found in the platform's services, and nothing else is."""

import json
import re
import shutil
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.contract_texts import loaded
from crucible_pipeline.cli import main
from crucible_pipeline.contracts.model import Contract
from crucible_pipeline.contracts.project import find_project, load_project
from crucible_pipeline.errors import Problem
from crucible_pipeline.upgrade.literals import ROWS, is_source, literals
from crucible_pipeline.upgrade.tokens import Kind, tokens
from upgrade.upgrade_services import ServiceRepository

ROOT = Path(__file__).parents[2]
SERVICES = Path(__file__).parent / "platform"
FILES = sorted(path.relative_to(SERVICES).as_posix() for path in SERVICES.rglob("*.*") if path.is_file())
_LABEL = re.compile(r"(?:#|//) shadow: (.*)")


@pytest.fixture(scope="module")
def contract() -> Contract:
    return load_project(find_project(ROOT / "contracts"))


def found_in(path: str, text: str, contract: Contract) -> list[Problem]:
    found = literals({path: text.encode()}, contract)
    assert found.unread == ()
    return list(found.problems)


def labels(text: str) -> list[tuple[int, str, str]]:
    """Line, rule and what the advice has to name."""
    return sorted(
        (number, part.split()[0], "".join(part.split()[1:]))
        for number, line in enumerate(text.splitlines(), 1)
        if (label := _LABEL.search(line)) is not None
        for part in label[1].split(";")
    )


@pytest.mark.parametrize("path", FILES)
def test_exactly_the_labelled_literals_of_a_service_are_found(path: str, contract: Contract) -> None:
    text = (SERVICES / path).read_text()
    wanted = labels(text)
    found = sorted(
        (problem.mark.line, problem.rule, problem.todo, problem.what)
        for problem in found_in(path, text, contract)
    )
    assert [one[:2] for one in found] == [one[:2] for one in wanted]
    for line, rule, code in wanted:
        assert any(one[:2] == (line, rule) and code in one[2] for one in found), (line, code, found)


def test_a_problem_stands_at_the_literal_it_names(contract: Contract) -> None:
    for path in FILES:
        text = (SERVICES / path).read_text()
        for problem in found_in(path, text, contract):
            line = text.splitlines()[problem.mark.line - 1]
            there = line[problem.mark.column - 1 :].removeprefix("f")
            if path.endswith(".yaml"):
                assert there.startswith(problem.what.split('"')[1])
                continue
            assert there[0] in "\"'`"
            assert f'"{there[1:].split(there[0])[0].split("{")[0]}' in problem.what


def test_every_rule_is_labelled_somewhere() -> None:
    shown = {rule for path in FILES for _, rule, _ in labels((SERVICES / path).read_text())}
    assert shown == {row.id for row in ROWS}


def test_the_third_set_of_channel_names_is_found(contract: Contract) -> None:
    sources = {path: (SERVICES / path).read_bytes() for path in FILES}
    found = literals(sources, contract).problems
    unknown = {found.what.split('"')[1] for found in found if found.rule == "channel-unknown"}
    assert unknown == {"evaluation:started", "executor:health", "queue:stats"}


@pytest.mark.parametrize(
    "line",
    [
        '"""The status is "queued"."""',
        'log.info("queued %s", status)',
        'raise ValueError("queued")',
        'assert result == "queued"',
        'word = "queued"',
        'exit_status = "failed"',
        'if pod.status == "Running" or self.container.status == "running": pass',
        'cache.get("evaluation:queued:count")',
        'key = f"evaluation:{eval_id}"',
        'text = "evaluation:queued is a channel"',
        'channel = "stable"',
        'status_code = "unknown"',
        'self._state = "suspended"',
        'if "last_check" not in self.status: pass',
        'report.outcome = "skipped"',
        'STREAM_CHANNEL = "redis.client.channel"',
        'STATUS = "\\ud800"',
        'def health(): return {"status": "broken", "eval_id": 1}',
        'return_value = {"status": "fine", "data": []}',
    ],
)
def test_a_word_that_means_nothing_of_the_contract_is_left_alone(line: str, contract: Contract) -> None:
    assert found_in("a.py", line, contract) == []


@pytest.mark.parametrize(
    "line",
    [
        'status == "banana"',
        'update(status="unknown")',
        'x.get("status") in ("running", "banana")',
        'EvaluationStatus("banana")',
        'EvaluationResponse(eval_id="1", status="banana")',
        'event["status"] = "banana"',
        'redis.publish("queue:stats", b"")',
        'evaluation.engine != "banana"',
    ],
)
def test_a_value_that_is_in_no_contract_is_an_error(line: str, contract: Contract) -> None:
    assert "error" in {problem.severity for problem in found_in("a.py", line, contract)}


def test_an_address_with_parameters_is_filled_in_by_the_channel() -> None:
    contract = loaded(
        {
            "logs.yaml": "asyncapi: 3.0.0\nchannels:\n  logs:\n    address: 'logs:{eval_id}:latest'\n"
            "    parameters: {eval_id: {}}\n    messages: {line: {payload: {type: string}}}\n"
        }
    )
    for path, line in [("a.py", 'get(f"logs:{one}:latest")'), ("a.ts", "follow(`logs:${one.id}:latest`)")]:
        (problem,) = found_in(path, line, contract)
        assert (problem.rule, problem.todo) == ("channel-by-hand", "use channels.LOGS.at(eval_id=...)")
    (problem,) = found_in("a.py", 'redis.publish(f"logs:{one}:last", b"")', contract)
    assert problem.rule == "channel-unknown"


@given(st.text(max_size=60))
@settings(max_examples=60, deadline=None)
def test_any_text_has_tokens_and_its_strings_are_in_it(text: str) -> None:
    for token in tokens(text):
        assert 0 <= token.start < len(text)
        if token.kind in {Kind.NAME, Kind.SIGN}:
            assert text[token.start :].startswith(token.text)


@given(
    st.lists(
        st.sampled_from(
            [
                "'a'",
                '"a"',
                "`b${",
                "}`",
                "/x/",
                "status",
                "===",
                "[",
                "]",
                "(",
                ")",
                "{",
                "}",
                ":",
                "?",
                "=",
                "\n",
                "//",
                "case",
                "switch",
            ]
        ),
        max_size=25,
    )
)
@settings(max_examples=150, deadline=None)
def test_any_script_is_read_without_an_error(contract: Contract, parts: list[str]) -> None:
    literals({"a.ts": " ".join(parts).encode()}, contract)


def test_broken_and_deep_code_is_reported_and_not_searched(contract: Contract) -> None:
    deep = "-" * 100_000 + "1"
    found = literals({"a.py": b"def", "b.py": deep.encode(), "c.ts": b"`${" * 5000}, contract)
    assert found.problems == ()
    assert len(found.unread) == 3


def test_a_template_that_is_no_yaml_is_told_and_not_searched(contract: Contract) -> None:
    found = literals({"a.yaml": b"status: queued\nname: {{ .Values.name }}: x\n"}, contract)
    assert (found.problems, found.unread) == ((), ("a.yaml is no YAML and was not searched",))


@given(st.text(alphabet="ab:-=[]{}&*'\"|\n #", max_size=60))
@settings(max_examples=100, deadline=None)
def test_any_settings_are_read_or_told(contract: Contract, text: str) -> None:
    assert literals({"a.yaml": text.encode()}, contract).problems == ()


def test_an_entry_of_another_document_gives_no_name(contract: Contract) -> None:
    one, other = "env: [{name: EVENT_CHANNEL, value: 'a:b'}]", "env: [{value: 'queue:stats'}, {name: A}]"
    (problem,) = found_in("a.yaml", f"{one}\n---\n{other}\n", contract)
    assert problem.mark.line == 1


def test_a_large_script_is_read_in_time(contract: Contract) -> None:
    text = 'const a = b ? ["x", "y"] : { status: c };\n' * 2_000
    assert literals({"a.ts": text.encode()}, contract).problems == ()
    many = "x([" + '"a",' * 20_000 + "]); y = " + '"a" | ' * 20_000 + "1;" + "(" * 20_000
    assert literals({"a.ts": many.encode()}, contract).problems == ()


@pytest.mark.parametrize(
    ("path", "is_code"),
    [
        ("app.py", True),
        ("src/status.tsx", True),
        ("node_modules/x/index.js", False),
        ("tests/test_app.py", False),
        ("conftest.py", False),
        ("src/app.spec.ts", False),
        ("types.d.ts", False),
        ("bundle.min.js", False),
        ("README.md", False),
        ("k8s/cronjob.yaml", True),
        (".github/workflows/test.yml", False),
    ],
)
def test_only_code_that_a_service_runs_is_read(path: str, is_code: object) -> None:
    assert is_source(path) is is_code


def checked(capsys: pytest.CaptureFixture[str], *arguments: str, code: int) -> str:
    command = ["check", "--contracts", str(ROOT / "contracts"), "--services", *arguments]
    assert main(command) == code
    return capsys.readouterr().out


def test_the_command_reads_services_as_they_are_committed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    service = ServiceRepository.create(
        tmp_path / "api", {"app.py": 'status == "banana"\n', "a.txt": "queued"}
    )
    service.write({"app.py": 'status == "queued"\n'})
    (problem,) = json.loads(checked(capsys, str(service.root), "--format", "json", code=1))["problems"]
    assert problem["file"] == f"{service.root}/app.py"
    assert (problem["line"], problem["column"], problem["rule"]) == (1, 11, "value-unknown")
    assert problem["severity"] == "error"
    service.commit({})
    assert 'warning: "queued", a value of' in checked(capsys, str(service.root), code=0)


def test_a_folder_that_is_in_no_repository_is_read_as_it_lies(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(SERVICES, tmp_path / "services")
    (tmp_path / "services" / "link.py").symlink_to(tmp_path / "elsewhere.py")
    out = checked(capsys, str(tmp_path / "services"), "--format", "sarif", code=1)
    (run,) = json.loads(out)["runs"]
    assert {rule["id"] for rule in run["tool"]["driver"]["rules"]} == {row.id for row in ROWS}
    assert checked(capsys, str(tmp_path / "services"), "--format", "github", code=1).startswith("::")


def test_services_and_the_flag_are_given_together(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(tmp_path)]) == 2
    assert main(["check", "--services"]) == 2
    assert main(["check", "--services", str(tmp_path / "none"), "--contracts", str(ROOT / "contracts")]) == 2
    assert main(["check", "--explain", "channel-unknown"]) == 0
    assert capsys.readouterr().out.startswith("channel-unknown\n")

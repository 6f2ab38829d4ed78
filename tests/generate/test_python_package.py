"""The generated package as a service meets it: imports, types, words, behaviour, other interpreters."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import crucible_shared
from crucible_pipeline.contracts.load import load
from crucible_pipeline.contracts.model import Package
from crucible_shared import (
    EvaluationFailedEvent,
    EvaluationQueuedEvent,
    EvaluationRequest,
    EvaluationResponse,
    EvaluationStatus,
    InvalidTransition,
    channels,
    get_state_machine,
    limits,
    resources,
    validate_and_update_status,
)
from generate.python_package import REAL, ROOT, imported, install, models_of

BIN = Path(sys.executable).parent
INTERPRETERS = sorted(Path.home().glob(".pyenv/versions/3.1[1-9]*/bin/python3"))
HOSTILE = [
    'ends with a quote"',
    '"begins and ends"',
    '""" + __import__("os").system("x") + """',
    "back\\slash \\N{BULLET} \\",
    "line\nbreaks\r\nand\x0bmore\x00\u2028end",
    "  many   spaces  \n\n\n  and paragraphs  ",
    "# no comment; 'quotes' {braces} %s",
    "x" * 200,
    "word " * 17 + "fits just so",
]


def run(*command: str | Path, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    given = {**{key: os.environ[key] for key in ("PATH", "HOME") if key in os.environ}, **environment}
    return subprocess.run(
        [*map(str, command)], cwd=cwd, env=given, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(
    "statement",
    [
        "from crucible_shared import EvaluationStatus, PriorityClass, EvaluationEngine, EvaluationOutcome",
        "from crucible_shared import limits, channels, resources; channels.EVALUATION_QUEUED.at()",
        "import crucible_shared; crucible_shared.__version__; crucible_shared.DEFAULT_MEMORY_MB",
        "import crucible_shared as c; c.validate_and_update_status('queued', 'running').can_become('failed')",
    ],
)
def test_what_needs_no_model_imports_no_pydantic(statement: str) -> None:
    check = f"{statement}; import sys; assert not [m for m in sys.modules if 'pydantic' in m]"
    done = run(sys.executable, "-c", check, cwd=ROOT, PYTHONPATH=str(ROOT / "src"))
    assert done.returncode == 0, done.stderr


def test_an_enum_imports_little_more_than_the_enum_module() -> None:
    code = "import sys, enum; before = set(sys.modules); {}; print(*sorted(set(sys.modules) - before))"
    statement = "from crucible_shared import EvaluationStatus"
    done = run(
        sys.executable,
        "-I",
        "-S",
        "-c",
        f"import sys; sys.path.insert(0, {str(ROOT / 'src')!r}); {code.format(statement)}",
        cwd=ROOT,
    )
    assert done.stdout.split() == ["__future__", "crucible_shared", "crucible_shared.evaluation_status"], (
        done.stderr
    )


@pytest.mark.parametrize("python", INTERPRETERS, ids=lambda path: path.parts[-3])
def test_every_interpreter_here_compiles_the_package_and_imports_what_needs_no_pydantic(
    python: Path, tmp_path: Path
) -> None:
    install(REAL, tmp_path)
    done = run(python, "-m", "compileall", "-q", tmp_path, cwd=tmp_path)
    assert done.returncode == 0, done.stdout
    check = "from crucible_shared import *" if not INTERPRETERS else "import crucible_shared as c"
    check += (
        "; assert str(c.EvaluationStatus.QUEUED) == 'queued'; assert c.limits.EXECUTION.MAX_MEMORY_MB == 512"
    )
    check += "; assert c.get_state_machine().can_become('queued', 'running'); c.resources.contract()"
    done = run(python, "-W", "error", "-c", check, cwd=tmp_path)
    assert done.returncode == 0, done.stderr


CONSUMER = """\
from typing import assert_type

from crucible_shared import (
    DEFAULT_MEMORY_MB,
    Channel,
    EvaluationFailedEvent,
    EvaluationQueuedEvent,
    EvaluationRequest,
    EvaluationEngine,
    EvaluationResponse,
    EvaluationStatus,
    StateMachine,
    channels,
    get_state_machine,
    limits,
    validate_and_update_status,
)

request = EvaluationRequest(code="x")
assert_type(request.timeout, int)
assert_type(request.engine, EvaluationEngine)
assert_type(EvaluationFailedEvent(eval_id="1", error="x").executor_id, str | None)
assert_type(EvaluationResponse(eval_id="1", status=EvaluationStatus.RUNNING).output, str | None)
assert_type(channels.EVALUATION_QUEUED, Channel[EvaluationQueuedEvent])
assert_type(channels.EVALUATION_QUEUED.decode(b""), EvaluationQueuedEvent)
assert_type(validate_and_update_status("queued", "running"), EvaluationStatus)
assert_type(get_state_machine(), StateMachine[EvaluationStatus])
assert_type(EvaluationStatus.QUEUED.check_transition("running"), EvaluationStatus)
seconds: int = limits.EXECUTION.MAX_TIMEOUT_SECONDS + DEFAULT_MEMORY_MB
"""
WRONG = """\
from crucible_shared import EvaluationQueuedEvent, EvaluationRequest, channels, limits

EvaluationRequest()
EvaluationRequest(code=1)
EvaluationRequest(code="x", cod="y")
channels.EVALUATION_FAILED.encode(EvaluationQueuedEvent(eval_id="1", code="x"))
limits.EXECUTION.MAX_MEMORY_MB = 1
"""


@pytest.fixture(scope="module")
def consumer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("consumer")
    install(REAL, folder)
    (folder / "right.py").write_text(CONSUMER)
    (folder / "wrong.py").write_text(WRONG)
    (folder / "plain.ini").write_text("[mypy]\nstrict = True\n")
    (folder / "plugin.ini").write_text("[mypy]\nstrict = True\nplugins = pydantic.mypy\n")
    settings = {"typeCheckingMode": "strict", "include": ["crucible_shared", "right.py", "wrong.py"]}
    (folder / "pyrightconfig.json").write_text(json.dumps(settings))
    return folder


def mypy(consumer: Path, config: str) -> tuple[set[int], list[str]]:
    """The lines of wrong.py with an error, and every other error."""
    command = (sys.executable, "-m", "mypy", "--config-file", config, "--cache-dir", consumer / ".cache")
    done = run(*command, "crucible_shared", "right.py", "wrong.py", cwd=consumer)
    errors = [line for line in done.stdout.splitlines() if ": error:" in line]
    wrong = {int(line.split(":")[1]) for line in errors if line.startswith("wrong.py:")}
    return wrong, [line for line in errors if not line.startswith("wrong.py:")]


def test_mypy_finds_the_package_sound_and_the_wrong_uses(consumer: Path) -> None:
    assert mypy(consumer, "plain.ini") == ({3, 4, 5, 6, 7}, [])


@pytest.mark.slow
def test_mypy_with_pydantics_plugin_finds_the_package_sound(consumer: Path) -> None:
    # The plugin lets a model that keeps unknown properties take any argument, of any type.
    assert mypy(consumer, "plugin.ini") == ({3, 6, 7}, [])


@pytest.mark.slow
def test_pyright_finds_the_package_sound_and_the_wrong_uses(consumer: Path) -> None:
    done = run(BIN / "pyright", "--pythonpath", sys.executable, "--outputjson", cwd=consumer)
    found = json.loads(done.stdout)["generalDiagnostics"]
    at = {(Path(item["file"]).name, item["range"]["start"]["line"] + 1) for item in found}
    assert at == {("wrong.py", line) for line in (3, 4, 5, 6, 7)}, found


def hostile() -> Any:
    """A contract whose every text tries to break out of the code or of its layout."""
    documents = {}
    for number, text in enumerate(HOSTILE):
        things = {
            f"Long{'Name' * 18}{number}": {
                "type": "object",
                "description": text,
                "properties": {
                    "a": {"type": "string", "description": text, "default": text, "examples": [text]},
                    "b": {"type": "string", "enum": [text, "other"], "x-enum-varnames": ["A", "B"]},
                    "c": {
                        "type": "array",
                        "items": {"type": ["integer", "string"], "minLength": 2, "maximum": 7},
                    },
                    "d": {"const": text},
                    "e": {
                        "type": "array",
                        "uniqueItems": True,
                        "items": {"type": "object", "properties": {"x": {}}},
                    },
                    text or "f": {"type": "number", "minimum": 0.25, "maximum": 1e6, "multipleOf": 0.25},
                }
                if text.isidentifier()
                else {
                    "a": {"type": "string", "description": text, "default": text, "examples": [text]},
                    "b": {"type": "string", "enum": [text, "other"], "x-enum-varnames": ["A", "B"]},
                    "c": {
                        "type": "array",
                        "items": {"type": ["integer", "string"], "minLength": 2, "maximum": 7},
                    },
                    "d": {"const": text},
                },
            },
            f"Alias{number}": {
                "type": "string",
                "description": text,
                "minLength": 1,
                "pattern": "^(?!aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa)b+$",
            },
        }
        documents[f"hostile-{number}.json"] = json.dumps(
            {
                "openapi": "3.1.0",
                "info": {"title": text, "description": text},
                "components": {"schemas": things},
            }
        )
        documents[f"constants/values-{number}.json"] = json.dumps(
            {
                "description": text,
                f"group_{number}": {
                    "some_text": {"value": text, "description": text},
                    "list": {"value": [1, 2]},
                },
            }
        )
    return load(documents, Package("hostile", "hostile", "hostile"))


def test_hostile_texts_stay_texts_and_the_layout_holds(tmp_path: Path) -> None:
    contract = hostile()
    target = install(contract, tmp_path)
    for width in ("88", "110"):
        done = run(
            BIN / "ruff",
            "format",
            "--isolated",
            "--line-length",
            width,
            "--diff",
            target,
            "--exclude",
            "_base.py,_formats.py,_json.py,_model.py,_patterns.py,_schema.py,_values.py,resources.py",
            cwd=tmp_path,
        )
        assert done.returncode == 0, done.stdout
    done = run(BIN / "ruff", "check", "--isolated", "--output-format", "concise", target, cwd=tmp_path)
    assert done.returncode == 0, done.stdout
    with imported(contract, tmp_path) as package:
        for number, text in enumerate(HOSTILE):
            model = getattr(package, f"Long{'Name' * 18}{number}")
            assert model().a == text
            module = getattr(package, f"values_{number}")
            assert text == getattr(module, f"GROUP_{number}").SOME_TEXT


def test_the_real_package_passes_ruff_with_its_default_settings(tmp_path: Path) -> None:
    target = install(REAL, tmp_path)
    for command in (["format", "--check"], ["check"]):
        done = run(BIN / "ruff", command[0], "--isolated", *command[1:], target, cwd=tmp_path)
        assert done.returncode == 0, done.stdout


def test_a_default_is_kept_and_is_a_member_of_its_enum() -> None:
    request = EvaluationRequest(code="x")
    assert request.engine is crucible_shared.EvaluationEngine.DOCKER
    assert request.model_dump(mode="json") == {
        "code": "x",
        "language": "python",
        "engine": "docker",
        "timeout": 30,
        "priority": False,
    }
    response = EvaluationResponse(eval_id="1", status=EvaluationStatus.QUEUED)
    assert (response.output, response.error, response.metadata) == ("", "", {})
    assert response.metadata is not EvaluationResponse(eval_id="2", status=EvaluationStatus.QUEUED).metadata


@pytest.mark.parametrize(
    "wrong",
    [
        {"engine": "banana"},
        {"timeout": -5},
        {"timeout": 301},
        {"timeout": "30"},
        {"timeout": True},
        {"priority": 1},
    ],
)
def test_what_the_contract_forbids_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        EvaluationRequest.model_validate({"code": "x", **wrong})
    with pytest.raises(ValueError, match=next(iter(wrong))):
        EvaluationRequest(code="x", **wrong)
    request = EvaluationRequest(code="x")
    with pytest.raises(ValueError, match=next(iter(wrong))):
        setattr(request, *next(iter(wrong.items())))


def test_absent_and_null_are_different() -> None:
    event = EvaluationFailedEvent(eval_id="1", error="x")
    assert event.executor_id is None
    assert "executor_id" not in event.model_dump()
    assert "executor_id" not in json.loads(event.model_dump_json())
    with pytest.raises(ValueError, match="executor_id"):
        EvaluationFailedEvent.model_validate({"eval_id": "1", "error": "x", "executor_id": None})
    response = {"eval_id": "1", "status": "queued", "exit_code": None}
    assert EvaluationResponse.model_validate(response).model_dump(mode="json", exclude_unset=True) == response
    assert "exit_code" not in EvaluationResponse(eval_id="1", status=EvaluationStatus.QUEUED).model_dump()


def test_a_moment_is_aware_and_a_naive_one_is_refused() -> None:
    now = datetime.now(UTC)
    assert EvaluationFailedEvent(eval_id="1", error="x", failed_at=now).failed_at == now
    with pytest.raises(ValueError, match="failed_at"):
        EvaluationFailedEvent(eval_id="1", error="x", failed_at=now.replace(tzinfo=None))


def test_an_unknown_property_survives_being_passed_on() -> None:
    payload = {"eval_id": "1", "error": "x", "newer": [1]}
    assert EvaluationFailedEvent.model_validate(payload).model_dump(exclude_unset=True) == payload


def test_a_description_is_a_docstring_and_reaches_the_schema_of_the_model() -> None:
    assert EvaluationRequest.__doc__ == "Code to run in a sandbox, and how to run it."
    timeout = EvaluationRequest.model_json_schema()["properties"]["timeout"]
    assert (timeout["minimum"], timeout["maximum"], timeout["default"]) == (1, 300, 30)
    assert timeout["description"].startswith("Seconds")
    for mode in ("validation", "serialization"):
        found = EvaluationFailedEvent.model_json_schema(mode=mode)["properties"]
        assert found["executor_id"]["type"] == "string"
        assert "default" not in found["executor_id"]


def test_the_state_machine_is_the_contracts() -> None:
    machine = get_state_machine()
    assert {state.value for state in machine.terminal} == {"completed", "failed", "cancelled"}
    for now in EvaluationStatus:
        assert now.is_terminal() == (now in machine.terminal)
        for then in EvaluationStatus:
            allowed = now is then or then in machine.transitions[now]
            assert now.can_become(then) == now.can_become(then.value) == allowed
            if allowed:
                assert validate_and_update_status(now.value, then.value) is then
            else:
                with pytest.raises(InvalidTransition, match=f"{now} cannot become {then}"):
                    now.check_transition(then)
    with pytest.raises(ValueError, match="it is one of submitted"):
        validate_and_update_status("queued", "banana")


def test_a_channel_brings_its_event_over_and_refuses_any_other() -> None:
    event = EvaluationQueuedEvent(eval_id="1", code="é")
    data = channels.EVALUATION_QUEUED.encode(event)
    assert (
        channels.EVALUATION_QUEUED.decode(data) == channels.EVALUATION_QUEUED.decode(data.decode()) == event
    )
    for wrong in (b"{}", b"{", b"\xff", b"[]", "null"):
        with pytest.raises(crucible_shared.InvalidEvent, match=r"^evaluation:queued: "):
            channels.EVALUATION_QUEUED.decode(wrong)
    with pytest.raises(crucible_shared.InvalidEvent):
        channels.EVALUATION_FAILED.encode(event)  # type: ignore[arg-type]


def test_a_constant_cannot_be_changed() -> None:
    with pytest.raises(AttributeError, match="is a constant"):
        limits.EXECUTION.MAX_MEMORY_MB = 1  # type: ignore[misc]
    assert limits.EXECUTION_MAX_MEMORY_MB == limits.EXECUTION.MAX_MEMORY_MB == 512


def test_the_contracts_are_there_as_data() -> None:
    assert set(resources.names()) == set(REAL.sources)
    for name, text in REAL.sources.items():
        assert resources.read_text(name) == text
    with pytest.raises(KeyError, match="no contract file"):
        resources.read_text("../__init__.py")
    assert "EvaluationStatus" in json.dumps(resources.contract())


ASYNC = """\
asyncapi: 3.0.0
info: {title: Logs, version: '1', description: Logs.}
channels:
  logLines:
    address: 'logs:{eval_id}:latest'
    description: Lines of one evaluation.
    parameters: {eval_id: {description: Which evaluation.}}
    messages:
      line: {payload: {type: object, required: [text], properties: {text: {type: string}}}}
      end: {payload: {type: object, required: [code], properties: {code: {type: integer}}}}
"""


def test_an_address_takes_its_parameters_and_a_channel_several_events(tmp_path: Path) -> None:
    contract = load({"logs.yaml": ASYNC}, Package("logs_package", "logs_package", "logs"))
    with imported(contract, tmp_path) as package:
        lines = package.channels.LOG_LINES
        assert lines.at(eval_id="7") == "logs:7:latest"
        for wrong in ({}, {"eval_id": ""}, {"eval_id": "7", "more": "x"}):
            with pytest.raises(ValueError, match="eval_id"):
                lines.at(**wrong)
        assert type(lines.decode(b'{"text": "a"}')).__name__ == "LinePayload"
        assert type(lines.decode(b'{"code": 1}')).__name__ == "EndPayload"


def test_an_open_enum_keeps_a_value_that_it_does_not_know(tmp_path: Path) -> None:
    schemas = {
        "Level": {"type": "string", "x-extensible-enum": ["low", "high"]},
        "Thing": {"type": "object", "properties": {"level": {"$ref": "#/components/schemas/Level"}}},
    }
    with models_of(schemas, tmp_path) as package:
        assert package.Thing(level="low").level is package.Level.LOW
        assert package.Thing.model_validate({"level": "newer"}).model_dump() == {"level": "newer"}


def test_modules_that_need_each_other_can_be_imported_in_any_order(tmp_path: Path) -> None:
    def file(name: str, other: str) -> str:
        items = {"$ref": f"{other.lower()}.json#/components/schemas/{other}"}
        schema = {
            "type": "object",
            "properties": {"next": items, "size": {"type": "string", "enum": ["s", "m"]}},
        }
        return json.dumps({"openapi": "3.1.0", "info": {}, "components": {"schemas": {name: schema}}})

    contract = load(
        {"left.json": file("Left", "Right"), "right.json": file("Right", "Left")},
        Package("p", "circle_p", "p"),
    )
    with imported(contract, tmp_path) as package:
        found = package.Right.model_validate({"next": {"next": {"size": "s"}}})
        assert found.next.next.size is package.RightSize.S
        assert package.right.Right is package.Right


@pytest.mark.slow
def test_the_oldest_pydantic_of_the_platform_reads_and_writes_the_same(tmp_path: Path) -> None:
    python = next((path for path in INTERPRETERS if "/3.11" in str(path)), Path(sys.executable))
    run(python, "-m", "venv", tmp_path / "v", cwd=tmp_path)
    done = run(tmp_path / "v" / "bin" / "pip", "install", "-q", "pydantic==2.5.*", cwd=tmp_path, **os.environ)
    if done.returncode:
        pytest.skip("pydantic 2.5 cannot be installed here")
    install(REAL, tmp_path)
    check = (
        "import json, crucible_shared as c\n"
        "event = c.EvaluationFailedEvent(eval_id='1', error='x')\n"
        "assert json.loads(event.model_dump_json()) == {'eval_id': '1', 'error': 'x', 'metadata': {}}\n"
        "request = c.EvaluationRequest.model_validate({'code': 'x', 'timeout': 30.0})\n"
        "assert request.model_dump(mode='json')['timeout'] == 30\n"
        "for wrong in ({'engine': 'banana'}, {'timeout': '30'}, {'timeout': True}, {'code': None}):\n"
        "    try: c.EvaluationRequest.model_validate({'code': 'x', **wrong})\n"
        "    except ValueError: continue\n"
        "    raise SystemExit(wrong)\n"
    )
    done = run(tmp_path / "v" / "bin" / "python", "-W", "error", "-c", check, cwd=tmp_path)
    assert done.returncode == 0, done.stderr

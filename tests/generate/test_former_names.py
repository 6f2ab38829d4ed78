"""Former names in the generated packages: each still works and warns, and a removed value stays removed."""

import html
import json
import re
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from pydantic import ValidationError

from crucible_pipeline.errors import InvalidInput
from crucible_pipeline.generate.python import python
from crucible_pipeline.generate.reference import reference
from crucible_pipeline.generate.typescript import typescript
from generate import typescript_node
from generate.former_names import renamed_contract
from generate.python_package import REAL, ROOT, imported, install, models_of

INTERPRETERS = sorted(Path.home().glob(".pyenv/versions/3.1[1-9]*/bin/python3"))
# What a service may still write → what the warning says of it, and what it means.
NAMES = {
    "p.EvalStatus": ("EvalStatus is called EvaluationStatus now", "p.EvaluationStatus"),
    "p.OldStatus": ("OldStatus is called EvaluationStatus now", "p.EvaluationStatus"),
    "p.EvaluationStatus.QUEUED": (
        "EvaluationStatus.QUEUED is called WAITING now",
        "p.EvaluationStatus.WAITING",
    ),
    "p.EvaluationStatus['QUEUED']": (
        "EvaluationStatus.QUEUED is called WAITING now",
        "p.EvaluationStatus.WAITING",
    ),
    "p.EvaluationStatus.FINISHED": (
        "EvaluationStatus.FINISHED is called DONE now",
        "p.EvaluationStatus.DONE",
    ),
    "p.EvaluationStatus.COMPLETED": (
        "EvaluationStatus.COMPLETED is called DONE now",
        "p.EvaluationStatus.DONE",
    ),
    "p.EvaluationStatus.PAUSED": (
        "EvaluationStatus.PAUSED is deprecated: Use waiting.",
        "p.EvaluationStatus('paused')",
    ),
    "p.EvaluationStatus['PAUSED']": (
        "EvaluationStatus.PAUSED is deprecated: Use waiting.",
        "p.EvaluationStatus('paused')",
    ),
    "p.Weight.TEN_GRAMS": ("Weight.TEN_GRAMS is called TEN now", "p.Weight.TEN"),
    "p.Weight.VALUE_30": ("Weight.VALUE_30 is called TWENTY now", "p.Weight.TWENTY"),
    "p.OLD_STATUS_MACHINE": (
        "OLD_STATUS_MACHINE is called EVALUATION_STATUS_MACHINE now",
        "p.EVALUATION_STATUS_MACHINE",
    ),
    "p.channels.EVALUATION_QUEUED": (
        "channels.EVALUATION_QUEUED is called channels.EVALUATION_WAITING now",
        "p.channels.EVALUATION_WAITING",
    ),
    "p.channels.EVAL_QUEUED.address": (
        "channels.EVAL_QUEUED is called channels.EVALUATION_WAITING now",
        "'evaluation:waiting'",
    ),
    "p.channels.EVALUATION_PAUSED.at()": (
        "channels.EVALUATION_PAUSED is deprecated: Use waiting.",
        "'evaluation:paused'",
    ),
    "p.limits.EXECUTION.MAX_MB": (
        "limits.EXECUTION.MAX_MB is called limits.EXECUTION.MAX_MEMORY_MB now",
        "p.limits.EXECUTION.MAX_MEMORY_MB",
    ),
    "p.limits.EXECUTION_MAX_MB": (
        "limits.EXECUTION.MAX_MB is called limits.EXECUTION.MAX_MEMORY_MB now",
        "5",
    ),
    "p.EXECUTION_MAX_MB": ("limits.EXECUTION.MAX_MB is called limits.EXECUTION.MAX_MEMORY_MB now", "5"),
    "p.limits.MEMORY.MAX_MB": ("limits.MEMORY.MAX_MB is called limits.EXECUTION.MAX_MEMORY_MB now", "5"),
    "p.other.SIZES.MB": ("other.SIZES.MB is called limits.EXECUTION.MAX_MEMORY_MB now", "5"),
    "p.other.ALL_KINDS": ("other.ALL_KINDS is called limits.EXECUTION.KINDS now", "('a', 'b')"),
    "p.HIGH": ("limits.HIGH is called limits.TOP_LEVEL now", "p.limits.TOP_LEVEL"),
}
# The same in a fresh interpreter, whatever its version: what a warning said, and where it stands.
CHECK = """
import json, sys, warnings
import former as p
for code, (message, means) in json.loads(sys.argv[1]).items():
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        found = eval(compile(code, "service.py", "eval"))
    told = [(str(one.message), one.category, one.filename) for one in seen]
    assert told == [(message, DeprecationWarning, "service.py")], (code, told)
    assert found == eval(means), code
for code in ("p.Missing", "p.limits.MISSING", "p.limits.EXECUTION.MISSING", "p.EvaluationStatus.MISSING"):
    try:
        eval(code)
    except AttributeError as error:
        assert "MISSING" in str(error).upper()
    else:
        raise SystemExit(code)
for key, expected in (("MISSING", KeyError), ("_value_", KeyError)):
    try:
        p.EvaluationStatus[key]
    except expected:
        continue
    raise SystemExit(key)
for value in ("queued", "finished", "QUEUED"):
    try:
        p.EvaluationStatus(value)
    except ValueError:
        continue
    raise SystemExit(value)
assert [one.name for one in p.EvaluationStatus] == ["WAITING", "PAUSED", "RUNNING", "DONE"]
assert set(p.EvaluationStatus.__members__) == {"WAITING", "PAUSED", "RUNNING", "DONE"}
assert "QUEUED" not in dir(p.EvaluationStatus)
with warnings.catch_warnings():
    warnings.simplefilter("error")
    import copy, pickle
    paused = p.EvaluationStatus("paused")
    assert pickle.loads(pickle.dumps(paused)) is paused is copy.deepcopy(paused)
    assert paused.name == "PAUSED" and p.EvaluationStatus("paused").can_become("running")
    assert p.EvaluationStatus.WAITING.check_transition("paused") is paused
    for name in p.__all__:
        if name not in {"EvaluationRequest", "Strict", "validate", "evaluation"}:
            getattr(p, name)
assert not [module for module in sys.modules if "pydantic" in module]
"""


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    with imported(renamed_contract("former_live"), tmp_path_factory.mktemp("former")) as found:
        yield found


@pytest.mark.parametrize("python_here", INTERPRETERS or [Path(sys.executable)], ids=str)
def test_each_former_name_means_what_it_is_called_now_and_warns_where_it_is_written(
    python_here: Path, tmp_path: Path
) -> None:
    install(renamed_contract("former"), tmp_path)
    command = [str(python_here), "-c", CHECK, json.dumps(NAMES)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def run_statement(statement: str) -> dict[str, Any]:
    names: dict[str, Any] = {}
    exec(statement, names)  # noqa: S102  an import of this package cannot stand in the file
    return names


def test_a_former_class_can_be_imported_from_the_package_and_from_its_module(package: ModuleType) -> None:
    code = "from {0}{1} import {2} as found"
    for module, old, now in (
        ("", "Request", "EvaluationRequest"),
        (".evaluation", "Request", "EvaluationRequest"),
        (".evaluation", "RequestWay", "EvaluationRequestMode"),
        ("", "RequestMode", "EvaluationRequestMode"),
    ):
        statement = code.format(package.__name__, module, old)
        with pytest.warns(DeprecationWarning, match=f"^{old} is called {now} now$"):
            names = run_statement(statement)
        assert names["found"] is getattr(package, now)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            with pytest.raises(DeprecationWarning):
                run_statement(statement)


def test_a_star_import_takes_no_former_name(package: ModuleType) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        run_statement(f"from {package.__name__} import *")
        run_statement(f"from {package.__name__}.evaluation import *")


@pytest.mark.parametrize(
    ("old", "now", "value", "wire"),
    [
        ("timeout", "time_limit", 5, "time_limit"),
        ("deadline", "time_limit", 6, "time_limit"),
        ("kind", "content_type", "text", "content-type"),
        ("way", "mode", "b", "mode"),
    ],
)
def test_code_may_give_read_and_set_a_field_by_its_former_name(
    package: ModuleType, old: str, now: str, value: Any, wire: str
) -> None:
    said = f"EvaluationRequest.{old} is called {now} now"
    with pytest.warns(DeprecationWarning, match=f"^{said}$") as seen:
        made = package.EvaluationRequest(code="c", size=1, **{old: value})
    assert {one.filename for one in seen} == {__file__}
    assert json.loads(made.model_dump_json())[wire] == value
    assert old not in made.model_dump()
    with pytest.warns(DeprecationWarning, match=f"^{said}$") as seen:
        assert getattr(made, old) == value
    assert {one.filename for one in seen} == {__file__}
    with pytest.warns(DeprecationWarning, match=f"^{said}$"), pytest.raises(ValidationError):
        setattr(made, old, [])
    with pytest.warns(DeprecationWarning, match=f"^{said}$"):
        setattr(made, old, value)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert getattr(made, now) == value
        assert made == made.model_copy()


def test_a_required_field_may_be_given_by_its_former_name(package: ModuleType) -> None:
    with pytest.warns(DeprecationWarning, match=r"^Strict\.length is called size now$"):
        assert package.Strict(length=3).size == 3
    with pytest.raises(ValidationError):
        package.Strict()


def test_a_field_that_is_renamed_and_given_up_warns_of_both_where_it_is_written(package: ModuleType) -> None:
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        package.EvaluationRequest(code="c", size=1, remark="x")
    assert {(str(one.message), one.filename) for one in seen} == {
        ("EvaluationRequest.remark is called note now", __file__),
        ("EvaluationRequest.note is deprecated: Leave it.", __file__),
    }


def test_a_former_name_in_a_payload_is_a_property_that_the_contract_does_not_know(
    package: ModuleType,
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        text = '{"code": "c", "size": 1, "timeout": 7}'
        for read in (
            package.EvaluationRequest.model_validate_json(text),
            package.EvaluationRequest.model_validate(json.loads(text)),
            package.channels.EVALUATION_WAITING.decode(text),
        ):
            assert read.time_limit == 30
            assert read.model_dump()["timeout"] == 7
        for refused in ({"length": 1}, {"size": 1, "length": 1}):
            with pytest.raises(ValidationError):
                package.Strict.model_validate(refused)


def test_a_former_value_is_no_value(package: ModuleType) -> None:
    for value in ("queued", "QUEUED", "finished"):
        with pytest.raises(ValueError, match="enum"):
            package.validate("EvaluationStatus", value)
    assert package.validate("EvaluationStatus", "waiting") is package.EvaluationStatus.WAITING
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        read = package.EvaluationRequest.model_validate({"code": "c", "size": 1})
    assert read.state.value == "paused"


def test_a_name_that_means_something_else_by_now_is_no_former_one(tmp_path: Path) -> None:
    changes = {"x-renamed-from: Request": "x-renamed-from: Strict", "waiting: queued": "waiting: running"}
    contract = renamed_contract("former_taken", **changes)
    with imported(contract, tmp_path) as package, warnings.catch_warnings():
        warnings.simplefilter("error")
        assert package.Strict is not package.EvaluationRequest
        assert package.EvaluationStatus.RUNNING.value == "running"


def test_a_contract_without_former_names_carries_none_of_their_code() -> None:
    files = python(REAL)
    assert not {"_former.py", "_renamed.py"} & files.keys()
    assert not [
        path
        for path, text in files.items()
        if path.endswith(".py") and "__former__" in text and path != "_model.py"
    ]


USES = """\
from typing import Literal, assert_type

from former import EvaluationRequest, EvaluationStatus, Request, Strict, channels, limits, Channel


def name(state: EvaluationStatus) -> str:
    if state is EvaluationStatus.WAITING:
        return "w"
    if state is EvaluationStatus.RUNNING or state is EvaluationStatus.DONE:
        return "r"
    if state is EvaluationStatus("paused"):
        return "p"
    assert_type(EvaluationStatus.PAUSED, Literal[EvaluationStatus.PAUSED])
    return "x"


assert_type(channels.EVALUATION_QUEUED, Channel[EvaluationRequest])
assert_type(channels.EVALUATION_PAUSED, Channel[EvaluationRequest])
whole: int = limits.EXECUTION_MAX_MB
request: Request = EvaluationRequest(code="c", size=1)
Strict(size=1)
"""
# Each line is one use of what is given up.
OLD_USES = """\
from former import EvaluationRequest, EvaluationStatus, Strict, limits

a: EvaluationStatus = EvaluationStatus.QUEUED
b: int = limits.EXECUTION.MAX_MB
c = EvaluationRequest(code="c", size=1, timeout=3)
d: int = c.timeout
c.timeout = 4
e = Strict(length=1)
"""


@pytest.mark.slow
def test_type_checkers_know_former_names_and_tell_that_they_are_given_up(tmp_path: Path) -> None:
    install(renamed_contract("former"), tmp_path)
    (tmp_path / "uses.py").write_text(USES)
    (tmp_path / "old_uses.py").write_text(OLD_USES)
    settings = {"typeCheckingMode": "strict", "venvPath": str(ROOT), "venv": ".venv"}
    (tmp_path / "pyrightconfig.json").write_text(json.dumps(settings))
    pyright = [sys.executable, "-m", "pyright", "-p", str(tmp_path), "--outputjson"]
    said = subprocess.run(pyright, capture_output=True, text=True, check=False).stdout
    found = json.loads(said)["generalDiagnostics"]
    at = {(Path(one["file"]).name, one["range"]["start"]["line"] + 1, one["rule"]) for one in found}
    assert at == {("old_uses.py", line, "reportDeprecated") for line in (3, 4, 5, 6, 7, 8)}, said
    checked = ["-p", "former", "-m", "uses", "-m", "old_uses", "--enable-error-code", "deprecated"]
    mypy = [sys.executable, "-m", "mypy", "--strict", "--no-incremental", *checked]
    done = subprocess.run(mypy, cwd=tmp_path, capture_output=True, text=True, check=False)
    errors = [line for line in done.stdout.splitlines() if ": error:" in line]
    assert all(line.startswith("old_uses.py:") and line.endswith("[deprecated]") for line in errors), errors
    assert {int(line.split(":")[1]) for line in errors} >= {3, 4, 5, 7, 8}, done.stdout


def test_a_field_that_hides_what_the_marks_mean_leaves_the_package_sound(tmp_path: Path) -> None:
    schema = {"type": "object", "properties": {"deprecated": {}, "new": {"x-renamed-from": "old"}}}
    said = pytest.warns(DeprecationWarning, match=r"^Thing\.old is called new now$")
    with models_of({"Thing": schema}, tmp_path) as package, said:
        assert package.Thing(old=1, deprecated=2).new == 1


TYPED = """\
import * as p from "former";
import type { EvalStatus, EvaluationStatus, Request } from "former";

export const queued: EvaluationStatus = p.EvaluationStatus.QUEUED;
export const same: EvalStatus = p.OldStatus.FINISHED;
export const request: Request = { code: "c", size: 1 };
export const weight: 10 = p.Weight.TEN_GRAMS;
export const limit: 5 = p.limits.EXECUTION.MAX_MB;
export const kinds: readonly ["a", "b"] = p.other.ALL_KINDS;
export const address: "evaluation:waiting" = p.channels.EVAL_QUEUED.address;
export const filled: number = p.parseRequest({}).time_limit;
"""
RUN = """\
import assert from "node:assert/strict";
import * as p from "former";

assert.deepEqual([p.EvaluationStatus.QUEUED, p.OldStatus.FINISHED], ["waiting", "done"]);
assert.deepEqual([p.Weight.TEN_GRAMS, p.limits.EXECUTION.MAX_MB, p.limits.MEMORY.MAX_MB], [10, 5, 5]);
assert.deepEqual([p.other.SIZES.MB, p.limits.HIGH], [5, 3]);
assert.deepEqual(p.other.ALL_KINDS, ["a", "b"]);
assert.equal(p.channels.EVAL_QUEUED, p.channels.EVALUATION_WAITING);
assert.deepEqual(Object.values(p.EvaluationStatus), ["waiting", "paused", "running", "done"]);
assert.deepEqual(Object.keys(p.limits.EXECUTION), ["MAX_MEMORY_MB", "KINDS"]);
assert.throws(() => Object.assign(p.EvaluationStatus, { QUEUED: "x" }), TypeError);
assert.ok(p.isRequest({ code: "c", size: 1 }) && !p.isEvalStatus("queued") && p.isEvalStatus("waiting"));
assert.equal(p.oldStatusTransitions, p.evaluationStatusTransitions);
assert.equal(p.parseRequest({ code: "c", size: 1, timeout: 7 }).time_limit, 30);
assert.equal(p.RequestWay.B, "b");
"""


def test_typescript_has_the_former_names_with_their_types_and_marks(tmp_path: Path) -> None:
    files = typescript(renamed_contract("former"))
    typescript_node.install(files, tmp_path, "former")
    assert typescript_node.type_errors(tmp_path, {"typed.ts": TYPED}) == []
    wrong = (
        'import * as p from "former";\nexport const a: 20 = p.Weight.TEN_GRAMS;\np.EvaluationStatus.GONE;\n'
    )
    assert len(typescript_node.type_errors(tmp_path, {"wrong.ts": wrong})) == 2
    (tmp_path / "run.mjs").write_text(RUN)
    done = typescript_node.run("node", "run.mjs", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    for mark in ("use WAITING", "use EvaluationRequest", "use isEvaluationStatus"):
        assert f"@deprecated {mark} */" in files["evaluation.d.ts"]
    assert "* @deprecated Use waiting." in files["channels.d.ts"]
    assert "* Use waiting.\n   * @deprecated\n   */\n  readonly PAUSED" in files["evaluation.d.ts"]


def test_the_reference_page_shows_former_names_and_what_is_given_up() -> None:
    page = reference(renamed_contract("former"))
    text = " ".join(html.unescape(re.sub(r"<[^>]+>", "", page)).split())
    for said in (
        '"paused" deprecated',
        '"waiting" formerly queued',
        '"done" formerly finished, COMPLETED',
        "evaluation:paused deprecated",
        "evaluation:waiting formerly EVALUATION_QUEUED, EVAL_QUEUED",
        "formerly limits.execution.max_mb",
        "formerly timeout, deadline",
    ):
        assert said in text, said


def test_a_package_with_former_names_is_as_linters_and_formatters_want_it(tmp_path: Path) -> None:
    install(renamed_contract("former"), tmp_path)
    for command in (("check",), ("format", "--check")):
        ruff = [str(Path(sys.executable).parent / "ruff"), *command, "--isolated", str(tmp_path)]
        done = subprocess.run(ruff, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("x-renamed-from: Request", "x-renamed-from: '1); import os'", "cannot have named a type"),
        ("[evaluationQueued, evalQueued]", "'*/ alert(1)'", None),
        ("[evaluationQueued, evalQueued]", "'2 alert'", "cannot have named a channel"),
        ("x-renamed-from: limits.high", "x-renamed-from: '?.c'", "cannot have named a constant"),
        ("waiting: queued", "waiting: '\"; import os'", None),
        ("waiting: queued", "waiting: __init__", None),
        ("x-renamed-from: remark", "x-renamed-from: '\"); import os #'", None),
        ("x-renamed-from: remark", "x-renamed-from: self", None),
        ("x-deprecated: Use waiting.", 'x-deprecated: \'*/ """ + x\'', None),
        ("x-renamed-from: limits.high", "x-renamed-from: channels.high.er", None),
        ("x-renamed-from: limits.high", "x-renamed-from: evaluation.high", None),
        ("x-renamed-from: limits.high", "x-renamed-from: _base.high", None),
        ("x-renamed-from: limits.high", "x-renamed-from: limits.execution_max_memory.mb", None),
    ],
)
def test_no_former_name_becomes_code_or_takes_another_s_place(
    old: str, new: str, what: str | None, tmp_path: Path
) -> None:
    name = "former_hostile"
    if what is not None:
        with pytest.raises(InvalidInput, match=what):
            renamed_contract(name, **{old: new})
        return
    contract = renamed_contract(name, **{old: new})
    with imported(contract, tmp_path) as package, warnings.catch_warnings():
        warnings.simplefilter("error")
        for one in package.__all__:
            getattr(package, one)
        assert package.channels.EVALUATION_WAITING.address == "evaluation:waiting"
        assert package.limits.EXECUTION_MAX_MEMORY_MB == 5
        assert package.EvaluationStatus.WAITING.value == "waiting"
        assert package.evaluation.EvaluationRequest(code="c", size=1).size == 1
    folder = typescript_node.install(typescript(contract), tmp_path, name)
    script = f"await import({json.dumps(str(folder / 'index.js'))});"
    (tmp_path / "load.mjs").write_text(script)
    done = typescript_node.run("node", "load.mjs", cwd=tmp_path)
    assert done.returncode == 0, done.stderr

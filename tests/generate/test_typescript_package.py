"""The npm package as a whole: what is in it, that it runs as it is, and what it does with payloads."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from crucible_pipeline.contracts.load import load
from crucible_pipeline.contracts.model import Constant, Contract, Package, Schema, TypeDef, Value
from crucible_pipeline.contracts.project import find_project, load_project
from crucible_pipeline.errors import InvalidInput, Refused
from crucible_pipeline.generate.typescript import RUNTIME, typescript
from generate.typescript_node import Library, install, run, running, type_errors

ROOT = Path(__file__).parents[2]
COMMITTED = ROOT / "src" / "typescript"
CONTRACT = load_project(find_project(ROOT / "contracts"))
MODULES = (
    *("api_responses", "channels", "evaluation_defaults", "evaluation_request", "evaluation_response"),
    *(
        "evaluation_state_transitions",
        "evaluation_status",
        "event_contracts",
        "index",
        "limits",
        "priority_class",
    ),
)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    with running(install(typescript(CONTRACT), tmp_path_factory.mktemp("shared"), "shared")) as library:
        yield library


def test_the_committed_package_is_what_the_contracts_say() -> None:
    assert {path.name: path.read_text(encoding="utf-8") for path in COMMITTED.iterdir()} == typescript(
        CONTRACT
    )


def test_the_same_contract_gives_the_same_bytes() -> None:
    assert list(typescript(CONTRACT).items()) == list(typescript(CONTRACT).items())


def test_npm_packs_exactly_these_files(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(COMMITTED, tmp_path / "package"))
    (folder / "left-over.ts").write_text("")
    package = json.loads((folder / "package.json").read_text())
    assert "version" not in package
    (folder / "package.json").write_text(json.dumps({**package, "version": "0.3.0"}))
    done = run("npm", "pack", "--dry-run", "--json", cwd=folder)
    assert done.returncode == 0, done.stderr
    packed = json.loads(done.stdout)
    (found,) = packed if isinstance(packed, list) else packed.values()
    expected = {
        *RUNTIME,
        "package.json",
        *(f"{name}{suffix}" for name in MODULES for suffix in (".js", ".d.ts")),
    }
    assert {item["path"] for item in found["files"]} == expected
    assert found["name"] == "@crucible/shared"


def test_every_entry_that_the_package_exports_can_be_imported(tmp_path: Path) -> None:
    files = typescript(CONTRACT)
    install(files, tmp_path, "@crucible/shared")
    entries = [entry.removeprefix(".") for entry in json.loads(files["package.json"])["exports"]]
    script = "\n".join(f'await import("@crucible/shared{entry}");' for entry in entries)
    (tmp_path / "all.mjs").write_text(script)
    done = run("node", "all.mjs", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    (tmp_path / "all.mjs").write_text('await import("@crucible/shared/_judge.js");')
    assert "ERR_PACKAGE_PATH_NOT_EXPORTED" in run("node", "all.mjs", cwd=tmp_path).stderr


def test_parsing_fills_defaults_and_leaves_the_payload_alone(shared: Library) -> None:
    given = {"code": "x", "note": 1}
    defaults = {"language": "python", "engine": "docker", "timeout": 30, "priority": False}
    assert shared.call("parseEvaluationRequest", given) == given | defaults
    response = shared.call("parseEvaluationResponse", {"eval_id": "1", "status": "queued", "output": None})
    assert (response["output"], response["error"], response["metadata"]) == (None, "", {})
    assert "started_at" not in response


def test_an_error_names_every_path_that_is_wrong(shared: Library) -> None:
    answer = shared.answer("parseEvaluationRequest", {"engine": "banana", "timeout": -5, "language": None})
    assert answer["error"].startswith("InvalidPayload: not a valid EvaluationRequest: ")
    for words in (
        "code: is required",
        'engine: must be "docker" or "gvisor" or "kubernetes", is "banana"',
        "timeout: must be at least 1, is -5",
        "language: must be of type string, is null",
    ):
        assert words in answer["error"]


def test_a_channel_reads_what_it_wrote_and_refuses_what_is_not_its_own(shared: Library) -> None:
    event = {"eval_id": "1", "code": "é"}
    text = shared.call("channels.EVALUATION_QUEUED.encode", event)
    defaults = {"language": "python", "metadata": {}}
    assert shared.call("channels.EVALUATION_QUEUED.decode", text) == event | defaults
    refused = shared.answer("channels.EVALUATION_QUEUED.encode", {"eval_id": "1"})
    assert refused["error"].endswith(
        "not a valid EvaluationQueuedEvent on evaluation:queued: code: is required"
    )
    assert (
        "InvalidPayload: not a valid payload"
        in shared.answer("channels.EVALUATION_QUEUED.decode", "{")["error"]
    )


def test_an_event_may_say_timeout_but_no_stray_status(shared: Library) -> None:
    event = {"eval_id": "1", "exit_code": 0, "executor_id": "e", "completed_at": "2024-01-01T00:00:00Z"}
    assert shared.call("isEvaluationCompletedEvent", {**event, "status": "timeout"})
    assert not shared.call("isEvaluationCompletedEvent", {**event, "status": "running"})
    assert not shared.call("isEvaluationStatus", "timeout")


def test_states_change_only_as_the_contract_says(shared: Library) -> None:
    machine = CONTRACT.machines["EvaluationStatus"]
    name = "evaluationStatusTransitions"
    for state, following in machine.transitions.items():
        assert shared.call(f"{name}.isTerminal", state) is (not following)
        for other in machine.transitions:
            allowed = other == state or other in following
            assert shared.call(f"{name}.canBecome", state, other) is allowed
            assert ("value" in shared.answer(f"{name}.checkTransition", state, other)) is allowed
    refused = shared.answer(f"{name}.checkTransition", "completed", "running")["error"]
    assert refused == "IllegalTransition: EvaluationStatus completed cannot become running; it is final"
    unknown = shared.answer(f"{name}.canBecome", "banana", "running")["error"]
    assert '"banana" is no EvaluationStatus; the states are submitted, queued' in unknown


def test_defaults_come_from_the_alternative_that_fits(tmp_path: Path) -> None:
    def variant(kind: str, default: int) -> dict[str, object]:
        properties = {"kind": {"const": kind}, "size": {"type": "integer", "default": default}}
        return {"type": "object", "required": ["kind"], "properties": properties}

    document = {
        "openapi": "3.1.0",
        "info": {"title": "Shapes", "version": "1", "description": "Shapes."},
        "components": {
            "schemas": {
                "Shape": {"oneOf": [variant("a", 1), variant("b", 2)]},
                "Box": {
                    "type": "object",
                    "properties": {
                        "shapes": {"type": "array", "items": {"$ref": "#/components/schemas/Shape"}}
                    },
                },
            }
        },
    }
    contract = load({"shapes.json": json.dumps(document)}, Package("shapes", "shapes", "shapes"))
    with running(install(typescript(contract), tmp_path, "shapes")) as library:
        found = library.call("parseBox", {"shapes": [{"kind": "b"}, {"kind": "a", "size": 7}]})
    assert found == {"shapes": [{"kind": "b", "size": 2}, {"kind": "a", "size": 7}]}


def test_two_messages_of_a_channel_are_told_apart_and_addresses_carry_parameters(tmp_path: Path) -> None:
    def message(key: str) -> dict[str, object]:
        return {"payload": {"type": "object", "required": [key], "properties": {key: {"type": "string"}}}}

    document = {
        "asyncapi": "3.0.0",
        "info": {"title": "Logs", "version": "1", "description": "Logs."},
        "channels": {
            "logs": {
                "address": "logs:{eval_id}:latest",
                "parameters": {"eval_id": {"description": "Which evaluation."}},
                "messages": {"line": message("text"), "end": message("reason")},
            }
        },
    }
    contract = load({"logs.json": json.dumps(document)}, Package("logs", "logs", "logs"))
    with running(install(typescript(contract), tmp_path, "logs")) as library:
        assert library.call("channels.LOGS.decode", '{"reason": "done"}') == {"reason": "done"}
        assert "error" in library.answer("channels.LOGS.decode", '{"other": "done"}')
        assert library.call("channels.LOGS.at", {"eval_id": "a.b"}) == "logs:a.b:latest"
        assert "needs the parameter eval_id" in library.answer("channels.LOGS.at", {})["error"]
        assert library.call("channels.LOGS.match", "logs:a.b:latest") == {"eval_id": "a.b"}
        assert library.call("channels.LOGS.match", "logs:a.b:oldest") is None


HOSTILE = [
    *("*/ throw 1; /*", "@ts-ignore", '"; throw 1; //', "`${process.exit(1)}`", "\u2028throw 1", "\ud800"),
    *("__proto__", "constructor", "</script>", "\\", "\n//# sourceMappingURL=x", "'"),
]


def hostile(text: str) -> Schema:
    return Schema(
        types=("object",),
        description=text,
        properties={text: Schema(const=Value(text), description=text, default=Value({text: text}))},
        required=(text,),
        pattern_properties={"^x": Schema(enum=(text, {text: text}))},
    )


def test_no_text_of_a_contract_becomes_code(tmp_path: Path) -> None:
    names = {f"Thing{number}": text for number, text in enumerate(HOSTILE)}
    constants = [Constant("limits", "group", name.lower(), text, text) for name, text in names.items()]
    contract = Contract(
        Package("hostile", "hostile", "hostile"),
        types={name: TypeDef(name, "things", hostile(text)) for name, text in names.items()},
        constants={constant.path: constant for constant in constants},
        module_descriptions={"things": "\n".join(HOSTILE), "limits.group": "\n".join(HOSTILE)},
    )
    with running(install(typescript(contract), tmp_path, "hostile")) as library:
        for name, text in names.items():
            full = {text: text, "xy": {text: text}}
            assert library.call(f"parse{name}", full) == full
            assert [library.call(f"is{name}", value) for value in ({}, {text: 1}, {text: [text]})] == [
                False
            ] * 3
    lines = [f"export const {name.lower()}: cases.{name} = {{ a: 1 }};" for name in names]
    source = "\n".join(["import * as cases from 'hostile';", *lines])
    found = type_errors(tmp_path, {"use.ts": source})
    assert [line.split("(")[0] for line in found] == ["use.ts"] * len(names)


def test_names_and_words_of_an_enum_stay_with_their_values_beside_null() -> None:
    given = Schema(
        enum=("a", None, "b"), enum_names=("FIRST", "NONE", "LAST"), enum_descriptions=("One.", "No.", "Two.")
    )
    outer = Schema(types=("object",), properties={"mode": given})
    types = {"Mode": TypeDef("Mode", "m", given), "Run": TypeDef("Run", "m", outer)}
    files = typescript(Contract(Package("p", "p", "p"), types=types))
    for name in ("Mode", "RunMode"):
        members = '{\n  /** One. */\n  readonly FIRST: "a";\n  /** Two. */\n  readonly LAST: "b";\n}'
        assert f"export declare const {name}: {members};" in files["m.d.ts"]


def test_two_things_of_one_name_are_refused() -> None:
    package = Package("twice", "twice", "twice")
    engine = Schema(types=("string",), enum=("a", "b"))
    outer = Schema(types=("object",), properties={"engine": engine})
    types = {
        name: TypeDef(name, "m", schema)
        for name, schema in {"Run": outer, "RunEngine": Schema(), "RunEngineInline": Schema()}.items()
    }
    with pytest.raises(InvalidInput, match="two types would both be called RunEngineInline"):
        typescript(Contract(package, types=types))
    del types["RunEngineInline"]
    assert "export type RunEngineInline" in typescript(Contract(package, types=types))["m.d.ts"]
    alike = {"Alike": TypeDef("Alike", "m", Schema(enum=("a-b", "a_b")))}
    with pytest.raises(InvalidInput, match="two members of an enum would be called A_B; name every member"):
        typescript(Contract(package, types=alike))
    group = Constant("m", "execution", "max", 1)
    upper = {"EXECUTION": TypeDef("EXECUTION", "m", engine)}
    with pytest.raises(Refused, match="two things of the module m are called EXECUTION"):
        typescript(Contract(package, types=upper, constants={group.path: group}))


def test_ten_times_the_types_cost_about_ten_times_the_text() -> None:
    def size(count: int) -> int:
        schema = Schema(types=("object",), properties={"a": Schema(types=("string",), enum=("x", "y"))})
        types = {f"T{number:04}": TypeDef(f"T{number:04}", "m", schema) for number in range(count)}
        return sum(map(len, typescript(Contract(Package("p", "p", "p"), types=types)).values()))

    assert size(1_000) < 11 * size(100)

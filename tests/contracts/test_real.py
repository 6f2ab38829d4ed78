"""The platform's own contracts: what they say, and that the known defects cannot be written down again."""

from pathlib import Path

import pytest

from crucible_pipeline.contracts.check import lint
from crucible_pipeline.contracts.model import Contract, JsonValue
from crucible_pipeline.contracts.payload import rejections
from crucible_pipeline.contracts.project import find_project, load_project
from crucible_pipeline.contracts.read import read_folder

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def contract() -> Contract:
    return load_project(find_project(ROOT / "contracts"))


def judge(contract: Contract, name: str, value: JsonValue) -> list[str]:
    return rejections(contract, contract.types[name].schema, value)


def test_the_types_are_those_of_the_platform(contract: Contract) -> None:
    assert sorted(contract.types) == [
        "CreateResponse",
        "ErrorResponse",
        "EvaluationCancelledEvent",
        "EvaluationCompletedEvent",
        "EvaluationEngine",
        "EvaluationEvent",
        "EvaluationFailedEvent",
        "EvaluationOutcome",
        "EvaluationQueuedEvent",
        "EvaluationRequest",
        "EvaluationResponse",
        "EvaluationRunningEvent",
        "EvaluationStatus",
        "EvaluationSubmittedEvent",
        "EvaluationSummary",
        "PaginatedResponse",
        "PriorityClass",
    ]


def test_lint_finds_nothing(contract: Contract) -> None:
    assert lint(contract) == []


def test_every_type_property_and_constant_is_described(contract: Contract) -> None:
    for definition in contract.types.values():
        assert definition.schema.description, definition.name
        for name, schema in definition.schema.properties.items():
            assert schema.description, f"{definition.name}.{name}"
    assert all(constant.description for constant in contract.constants.values())
    assert all(channel.description for channel in contract.channels.values())
    assert all(machine.description for machine in contract.machines.values())


def test_no_file_writes_a_version() -> None:
    for path, text in read_folder(ROOT / "contracts").items():
        versions = [line.strip() for line in text.splitlines() if line.strip().startswith("version:")]
        assert set(versions) <= {"version: from-git-tag"}, path


def test_the_channels_are_those_that_the_services_really_use(contract: Contract) -> None:
    payloads = {
        channel.address: [message.payload.ref for message in channel.messages]
        for channel in contract.channels.values()
    }
    assert payloads == {
        "evaluation:submitted": ["EvaluationSubmittedEvent"],
        "evaluation:queued": ["EvaluationQueuedEvent"],
        "evaluation:running": ["EvaluationRunningEvent"],
        "evaluation:completed": ["EvaluationCompletedEvent"],
        "evaluation:failed": ["EvaluationFailedEvent"],
        "evaluation:cancelled": ["EvaluationCancelledEvent"],
    }


def test_the_timeout_has_one_truth(contract: Contract) -> None:
    limit = contract.constants["limits.execution.max_timeout_seconds"].value
    default = contract.constants["evaluation_defaults.default.timeout_seconds"].value
    for name in ("EvaluationRequest", "EvaluationRunningEvent"):
        schema = contract.types[name].schema.properties["timeout"]
        assert (schema.minimum, schema.maximum) == (1, limit)
        assert schema.default is not None
        assert schema.default.json == default
    texts = read_folder(ROOT / "contracts")
    assert [path for path, text in texts.items() if "300" in text] == ["constants/limits.yaml"]


@pytest.mark.parametrize(
    "wrong", [{"engine": "banana"}, {"timeout": -5}, {"timeout": 301}, {"timeout": "30"}, {"priority": 1}]
)
def test_a_request_that_breaks_a_constraint_is_rejected(
    contract: Contract, wrong: dict[str, JsonValue]
) -> None:
    assert judge(contract, "EvaluationRequest", {"code": "1"}) == []
    assert judge(contract, "EvaluationRequest", {"code": "1", **wrong}) != []


@pytest.mark.parametrize("status", ["banana", "unknown", "timeout", None])
def test_a_stray_status_is_rejected(contract: Contract, status: JsonValue) -> None:
    assert judge(contract, "EvaluationResponse", {"eval_id": "1", "status": "running"}) == []
    assert judge(contract, "EvaluationResponse", {"eval_id": "1", "status": status}) != []


def test_a_timeout_is_an_outcome_and_no_status(contract: Contract) -> None:
    event: dict[str, JsonValue] = {
        "eval_id": "1",
        "status": "timeout",
        "exit_code": 137,
        "executor_id": "e",
        "completed_at": "2026-01-01T00:00:00Z",
        "metadata": {"from": "dispatcher"},
        "added_later": 1,
    }
    assert judge(contract, "EvaluationCompletedEvent", event) == []
    assert judge(contract, "EvaluationCompletedEvent", {**event, "status": "running"}) != []


def test_an_empty_default_beside_null_is_kept(contract: Contract) -> None:
    for name in ("output", "error"):
        schema = contract.types["EvaluationResponse"].schema.properties[name]
        assert schema.types == ("null", "string")
        assert schema.default is not None
        assert schema.default.json == ""


def test_the_state_machine_is_the_platform_s(contract: Contract) -> None:
    assert contract.machines["EvaluationStatus"].transitions == {
        "submitted": ("queued", "failed", "cancelled"),
        "queued": ("provisioning", "running", "failed", "cancelled"),
        "provisioning": ("running", "completed", "queued", "failed", "cancelled"),
        "running": ("completed", "failed", "cancelled", "queued", "provisioning"),
        "completed": (),
        "failed": (),
        "cancelled": (),
    }
    assert contract.machines["EvaluationStatus"].names == {
        "machine": "get_state_machine",
        "update": "validate_and_update_status",
    }


def test_the_constants_are_the_platform_s(contract: Contract) -> None:
    assert {path: constant.value for path, constant in contract.constants.items()} == {
        "evaluation_defaults.default.cpu_millicores": 100,
        "evaluation_defaults.default.memory_mb": 128,
        "evaluation_defaults.default.timeout_seconds": 30,
        "limits.api.max_request_size_bytes": 1048576,
        "limits.api.rate_limit_per_minute": 60,
        "limits.execution.max_cpu_cores": 0.5,
        "limits.execution.max_memory_mb": 512,
        "limits.execution.max_output_size_bytes": 1048576,
        "limits.execution.max_timeout_seconds": 300,
        "limits.queue.max_evaluations_per_user": 10,
        "limits.queue.max_queue_size": 1000,
    }
    priorities = contract.types["PriorityClass"].schema
    assert dict(zip(priorities.enum_names, priorities.enum or (), strict=True)) == {
        "CRITICAL": 2000,
        "HIGH_PRIORITY_EVAL": 1000,
        "NORMAL_PRIORITY_EVAL": 500,
        "TEST_INFRASTRUCTURE": 400,
        "TEST_HIGH_PRIORITY_EVAL": 350,
        "TEST_NORMAL_PRIORITY_EVAL": 250,
        "TEST_LOW_PRIORITY_EVAL": 150,
        "LOW_PRIORITY_EVAL": 100,
    }

"""Names that services import today exist under the new package, at its top."""

import importlib

import pytest

import crucible_shared

# What the services' imports name now, each from `crucible_shared` afterwards.
TYPES = (
    "EvaluationStatus",
    "EvaluationRequest",
    "EvaluationResponse",
    "EvaluationSummary",
    "ErrorResponse",
    "PaginatedResponse",
    "CreateResponse",
    "EvaluationQueuedEvent",
    "EvaluationRunningEvent",
    "EvaluationCompletedEvent",
    "EvaluationFailedEvent",
    "EvaluationEvent",
    "PriorityClass",
)
CONSTANTS = ("DEFAULT_MEMORY_MB", "DEFAULT_CPU_MILLICORES")
FUNCTIONS = ("get_state_machine", "validate_and_update_status")
MODULES = ("limits", "channels", "resources", "evaluation_defaults")


@pytest.mark.parametrize("name", [*TYPES, *CONSTANTS, *FUNCTIONS, *MODULES])
def test_a_name_in_use_is_importable_and_listed(name: str) -> None:
    assert getattr(crucible_shared, name) is not None
    assert name in crucible_shared.__all__
    assert name in dir(crucible_shared)


@pytest.mark.parametrize("name", MODULES)
def test_a_module_in_use_is_a_module(name: str) -> None:
    assert importlib.import_module(f"crucible_shared.{name}") is getattr(crucible_shared, name)


def test_every_listed_name_exists() -> None:
    assert [name for name in crucible_shared.__all__ if not hasattr(crucible_shared, name)] == []


def test_every_channel_that_services_use_has_its_address() -> None:
    words = ("submitted", "queued", "running", "completed", "failed", "cancelled")
    for word in words:
        channel = getattr(crucible_shared.channels, f"EVALUATION_{word.upper()}")
        assert channel.address == str(channel) == f"evaluation:{word}"

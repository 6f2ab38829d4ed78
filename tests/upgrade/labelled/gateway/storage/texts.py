"""Names that only a text gives."""

from operator import attrgetter
from unittest import mock
from unittest.mock import patch

import crucible_shared
from crucible_shared import EvaluationResponse, EvaluationStatus, limits


def loose(response: EvaluationResponse) -> object:
    return getattr(response, "exit_code", None)  # use: getattr


def has(response: EvaluationResponse) -> bool:
    return hasattr(response, "exit_code") and hasattr(response, "status")  # use: getattr


def by_name() -> object:
    return getattr(EvaluationStatus, "QUEUED"), getattr(crucible_shared, "CreateResponse")  # use: getattr


def ordered(items: list[EvaluationResponse]) -> list[EvaluationResponse]:
    return sorted(items, key=attrgetter("exit_code"))  # use: getattr


@patch("crucible_shared.limits.EXECUTION.MAX_MEMORY_MB", 1)  # use: patch string
def test_memory() -> None: ...


@mock.patch("gateway.CreateResponse")  # use: patch string
@mock.patch("gateway.names.Made")  # use: patch string
@mock.patch("gateway.names.ROOM")
def test_creation() -> None: ...


def test_bounds(monkeypatch) -> None:
    monkeypatch.setattr(limits.EXECUTION, "MAX_MEMORY_MB", 1)  # use: patch string
    monkeypatch.setattr("crucible_shared.limits.EXECUTION.MAX_MEMORY_MB", 1)  # use: patch string
    monkeypatch.setattr(limits.EXECUTION, "MAX_TIMEOUT_SECONDS", 1)
    with patch.object(limits.EXECUTION, "MAX_MEMORY_MB", 1):  # use: patch string
        pass

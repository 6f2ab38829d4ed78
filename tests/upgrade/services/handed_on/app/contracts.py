"""The service's one door to the package."""

from crucible_shared import CreateResponse  # breaks: type-removed
from crucible_shared import EvaluationRequest as Request
from crucible_shared import EvaluationStatus, limits

Status = EvaluationStatus


def waiting() -> EvaluationStatus:
    return EvaluationStatus.QUEUED  # breaks: enum-value-removed


def newest() -> Request: ...


class Wide(Request):
    pass

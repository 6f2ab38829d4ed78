"""A file that does not name the package at all."""

import enum


class EvaluationStatus(enum.Enum):
    QUEUED = 1
    DONE = 2


class EvaluationRequest:
    def __init__(self, timeout: int = 3) -> None:
        self.timeout = timeout


def wait(request: EvaluationRequest) -> int:
    return EvaluationRequest(timeout=request.timeout).timeout + EvaluationStatus.QUEUED.value


def state(event: object) -> str:
    match event:
        case EvaluationRequest(timeout=3):
            return "soon"
    return EvaluationStatus["QUEUED"].name

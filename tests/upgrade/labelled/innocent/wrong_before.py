"""What a type checker says of this file it says of the old version too, perhaps in other words."""

from crucible_shared import EvaluationRequest, EvaluationStatus


def made(values: dict[str, object]) -> EvaluationRequest:
    return EvaluationRequest(**values)


def count(request: EvaluationRequest) -> int:
    return "no number" + request.nothing + EvaluationStatus.NOTHING


def more(request: EvaluationRequest) -> EvaluationStatus:
    return request.limit

import typing

if typing.TYPE_CHECKING:
    from crucible_shared import EvaluationRequest, EvaluationStatus

try:
    from crucible_shared import CreateResponse as Created  # breaks: type-removed
except ImportError:
    Created = None


def check(request: "EvaluationRequest", *more: "EvaluationRequest", **named: EvaluationRequest) -> int:
    for one in more:
        print(one.timeout)  # breaks: property-renamed
    print(named["a"].timeout)  # breaks: property-renamed
    total: int = request.timeout  # breaks: property-renamed
    sent = {"status": "queued", "engine": 'gvisor'}  # breaks: enum-value-removed
    print(sent["status"], "is not queued", b"queued", f"{request.code} queued")
    return total


def literal(status: typing.Literal["queued", "failed"]) -> "typing.Optional[Created]":  # breaks: enum-value-removed
    return status

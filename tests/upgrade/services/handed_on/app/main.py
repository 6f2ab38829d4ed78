from app import EvaluationStatus, Status
from app.contracts import CreateResponse, Request, Wide, limits, newest  # breaks: type-removed

WAITS = EvaluationStatus.QUEUED  # breaks: enum-value-removed
ALSO = Status.QUEUED  # breaks: enum-value-removed
GOES = EvaluationStatus.RUNNING
SIZE = limits.EXECUTION.MAX_MEMORY_MB  # breaks: constant-removed


def seconds(request: Request) -> int:
    return request.timeout  # breaks: property-renamed


def wide() -> int:
    return Wide(code="", language="", timeout=3).timeout  # breaks: property-renamed


def last() -> int:
    return newest().timeout  # breaks: property-renamed

"""An API that stores evaluations; the word "queued" in a docstring is no use of the status."""

from __future__ import annotations

from typing import Annotated, Optional

from fastapi import Body, FastAPI

from crucible_shared import (
    CreateResponse,  # breaks: type-removed
    ErrorResponse,
    EvaluationRequest,
    EvaluationResponse,
    EvaluationStatus,
    Page,
)

app = FastAPI()
FINAL = {EvaluationStatus.COMPLETED, EvaluationStatus.FAILED}
OPEN = {
    EvaluationStatus.SUBMITTED,
    EvaluationStatus.QUEUED,  # breaks: enum-value-removed
    EvaluationStatus.RUNNING,
}


@app.post("/evaluations")
def create(request: EvaluationRequest) -> CreateResponse:  # breaks: type-removed
    limit = request.timeout  # breaks: property-renamed
    urgent = request.priority  # breaks: type-changed
    print(request.code, limit, urgent, request.language)
    return CreateResponse(id="1")  # breaks: type-removed


def remake(request: Optional[EvaluationRequest], other: "EvaluationRequest | None") -> EvaluationRequest:
    if request is not None and request.timeout > 30:  # breaks: property-renamed
        return request.model_copy(update={"timeout": 30})  # breaks: property-renamed
    assert other is not None
    other.timeout = 5  # breaks: property-renamed
    return EvaluationRequest(
        code=other.code,
        language="python",
        timeout=other.code and 3,  # breaks: property-renamed
    )


def short(code: str) -> EvaluationRequest:
    return EvaluationRequest(code=code)  # breaks: property-became-required


def made(values: dict[str, object]) -> EvaluationRequest:
    return EvaluationRequest(**values)


def from_dict() -> EvaluationRequest:
    return EvaluationRequest.model_validate(
        {
            "code": "1",
            "language": "python",
            "timeout": 3,  # breaks: property-renamed
        }
    )


def spread() -> EvaluationRequest:
    return EvaluationRequest(**{"code": "1", "language": "x", "priority": True})  # breaks: type-changed


def codes(page: Page) -> list[int]:
    first = page.items[0].exit_code  # breaks: property-removed-optional
    print(first)
    return [item.exit_code for item in page.items]  # breaks: property-removed-optional


def nested(response: EvaluationResponse) -> int:
    return response.request.timeout  # breaks: property-renamed


def answered(response: Annotated[EvaluationResponse, Body()]) -> int:
    return getattr(response, "exit_code", 0)  # breaks: property-removed-optional


def failed(problem: ErrorResponse) -> str:
    return problem.code


def unrelated(timeout: int, job: object) -> dict[str, object]:
    return {"timeout": timeout, "exit_code": job.exit_code, "priority": 1}


def by_value(text: str) -> EvaluationStatus:
    if text == "queued":  # breaks: enum-value-removed
        return EvaluationStatus("queued")  # breaks: enum-value-removed
    if text == "Q":
        return EvaluationStatus["QUEUED"]  # breaks: enum-value-removed
    if text == "enqueued":
        return EvaluationStatus("submitted")
    return EvaluationStatus(text)


def word(status: EvaluationStatus, engine: str) -> str:
    match status:
        case EvaluationStatus.QUEUED:  # breaks: enum-value-removed
            return "waits"
        case EvaluationStatus.RUNNING:
            return f"queued{engine}"
    match engine:
        case "gvisor":  # breaks: enum-value-removed
            return "sandboxed"
        case "docker":
            return "contained"
    return ""


def dumped(request: EvaluationRequest, error: ErrorResponse) -> None:
    print(request.model_dump(include={"engine", "timeout"}))  # breaks: property-renamed
    print(request.model_dump(exclude={"code": True}), error.model_dump(include={"timeout"}))

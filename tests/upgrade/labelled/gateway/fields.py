"""Fields of models: constructors, keyword arguments, reads, dictionaries."""

from dataclasses import dataclass
from functools import partial

from crucible_shared import ErrorResponse, EvaluationRequest, EvaluationResponse, Page


def built() -> EvaluationRequest:
    return EvaluationRequest(code="1", language="python", timeout=3)  # use: constructor


def short() -> EvaluationRequest:
    return EvaluationRequest(code="1")  # use: constructor


def full() -> EvaluationRequest:
    return EvaluationRequest(code="1", language="python")


quick = partial(EvaluationRequest, language="python", timeout=1)  # use: keyword argument
plain = partial(EvaluationRequest, language="python")


def answered() -> EvaluationResponse:
    return EvaluationResponse(eval_id="1", status="completed", exit_code=0)  # use: keyword argument


def seconds(request: EvaluationRequest) -> int:
    return request.timeout  # use: attribute read


def codes(page: Page) -> list[int | None]:
    return [item.exit_code for item in page.items]  # use: attribute read


def first(page: Page) -> int | None:
    return next(iter(page.items)).exit_code  # use: attribute read


@dataclass
class Job:
    response: EvaluationResponse
    timeout: int = 3

    def code(self) -> int | None:
        return self.response.exit_code  # use: attribute read

    def wait(self) -> int:
        return self.timeout


def of(job: Job) -> int | None:
    return job.response.exit_code  # use: attribute read


def sorted_codes(items: list[EvaluationResponse]) -> list[EvaluationResponse]:
    return sorted(items, key=lambda item: item.exit_code or 0)  # use: attribute read


def from_dict() -> EvaluationRequest:
    values = {
        "code": "1",
        "language": "python",
        "timeout": 3,  # use: dict literal
    }
    return EvaluationRequest(**values)


def from_call() -> EvaluationRequest:
    return EvaluationRequest(**dict(code="1", language="x", timeout=3))  # use: dict literal


def validated() -> EvaluationRequest:
    return EvaluationRequest.model_validate({"code": "1", "language": "x", "timeout": 3})  # use: dict literal


def sent(client) -> None:
    client.post("/evaluations", json={"code": "1", "language": "x", "timeout": 3})  # use: dict literal
    client.post("/evaluations", json={"code": "1", "language": "x"}, timeout=3)


def dumped(response: EvaluationResponse) -> object:
    said = response.model_dump()
    return said["exit_code"], said.get("exit_code")  # use: dict literal


def changed(request: EvaluationRequest) -> EvaluationRequest:
    return request.model_copy(update={"timeout": 5})  # use: dict literal


def matched(message: object) -> object:
    match message:
        case EvaluationRequest(timeout=limit):  # use: match pattern
            return limit
        case EvaluationResponse(exit_code=0 | None):  # use: match pattern
            return None
        case ErrorResponse(code=text):
            return text
        case {"status": "queued"}:  # use: match pattern
            return "waits"
        case {"status": "running"}:
            return "runs"
    return None

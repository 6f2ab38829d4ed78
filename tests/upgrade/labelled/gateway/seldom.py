"""Uses that are seldom and still break."""

import dataclasses
import importlib

from pydantic import field_validator

import crucible_shared
from crucible_shared import EvaluationRequest, EvaluationResponse, EvaluationStatus

shared = importlib.import_module("crucible_shared")
WAITING = shared.EvaluationStatus.QUEUED  # use: enum member by name
MEMBER = EvaluationStatus.__members__["QUEUED"]  # use: enum member by name
OTHER = EvaluationStatus.__members__["RUNNING"]
DEFAULT = EvaluationRequest.model_fields["timeout"].default  # use: attribute read
LANGUAGE = EvaluationRequest.model_fields["language"].default
ROOM = getattr(crucible_shared.limits, "EXECUTION").MAX_MEMORY_MB  # use: attribute
MORE = getattr(crucible_shared.limits, "EXECUTION").MAX_TIMEOUT_SECONDS


class Strict(EvaluationRequest):
    @field_validator("timeout")  # use: getattr
    @classmethod
    def short(cls, value: int) -> int:
        return value


def longer(request: EvaluationRequest) -> EvaluationRequest:
    return dataclasses.replace(request, timeout=9)  # use: keyword argument


def trusted() -> EvaluationResponse:
    return EvaluationResponse.model_construct(eval_id="1", exit_code=0)  # use: constructor


def parsed() -> EvaluationRequest:
    EvaluationRequest.model_validate_json('{"code": "1", "language": "x"}')
    return EvaluationRequest.model_validate_json('{"code": "1", "language": "x", "timeout": 3}')  # use: dict literal


def shown(response: EvaluationResponse) -> object:
    return response.__dict__["exit_code"], vars(response)  # use: dict literal

"""The HTTP face of the store; every body in and out is a type of the contracts."""

import os
import uuid
from datetime import UTC, datetime
from typing import Annotated

from crucible_shared import (
    CreateResponse,
    ErrorResponse,
    EvaluationRequest,
    EvaluationResponse,
    EvaluationStatus,
    InvalidTransition,
    PaginatedResponse,
    limits,
)
from fastapi import FastAPI, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from storage_service.store import EvaluationStore, QueueFull, UnknownEvaluation

# What a client is told about each error: the HTTP status, and the word to branch on.
_ERRORS: dict[type[Exception], tuple[int, str]] = {
    UnknownEvaluation: (404, "not_found"),
    InvalidTransition: (409, "invalid_transition"),
    QueueFull: (429, "queue_full"),
}


class StatusChange(BaseModel):
    """What a PATCH asks for.

    Args:
        status: what the evaluation becomes.
    """

    status: EvaluationStatus


def create_app(store: EvaluationStore) -> FastAPI:
    """The service over one store."""
    app = FastAPI(title="storage-service", max_body_size=limits.API.MAX_REQUEST_SIZE_BYTES)
    for error in _ERRORS:
        app.add_exception_handler(error, _expected)
    app.add_exception_handler(RequestValidationError, _unreadable)
    app.add_exception_handler(HTTPException, _refused)

    @app.post("/evaluations", status_code=201)
    def create(request: EvaluationRequest) -> CreateResponse:
        evaluation = EvaluationResponse(
            eval_id=uuid.uuid4().hex,
            status=EvaluationStatus.SUBMITTED,
            code=request.code,
            language=request.language,
            created_at=datetime.now(UTC),
            # The executor reads here what the client asked for.
            metadata=request.model_dump(mode="json", include={"engine", "timeout", "priority"}),
        )
        before = store.add(evaluation)
        return CreateResponse(
            id=evaluation.eval_id,
            status=evaluation.status,
            message="the evaluation waits for an executor",
            queue_position=before,
        )

    @app.get("/evaluations")
    def page(
        limit: Annotated[int, Query(ge=1, le=100)] = 20, offset: Annotated[int, Query(ge=0)] = 0
    ) -> PaginatedResponse:
        summaries, total = store.page(limit, offset)
        return PaginatedResponse(
            items=[summary.model_dump(mode="json") for summary in summaries],
            total=total,
            limit=limit,
            offset=offset,
            has_more=offset + len(summaries) < total,
        )

    @app.get("/evaluations/{eval_id}")
    def get(eval_id: str) -> EvaluationResponse:
        return store.get(eval_id)

    @app.patch("/evaluations/{eval_id}")
    def move(eval_id: str, change: StatusChange) -> EvaluationResponse:
        return store.move(eval_id, change.status, datetime.now(UTC))

    return app


def service() -> FastAPI:
    """The service as deployed: its store is the SQLite file that STORAGE_DATABASE names."""
    return create_app(EvaluationStore(os.environ.get("STORAGE_DATABASE", ":memory:")))


def _expected(request: Request, error: Exception) -> JSONResponse:
    status, code = _ERRORS[type(error)]
    return _answer(request, status, str(error), code=code)


def _unreadable(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    # Where and why, but not the input itself: it may be a megabyte of code.
    detail = "; ".join(f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors())
    return _answer(
        request, 422, "the request does not keep the contract", code="invalid_request", detail=detail
    )


def _refused(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    return _answer(request, error.status_code, error.detail)


def _answer(request: Request, status: int, error: str, **more: str) -> JSONResponse:
    body = ErrorResponse(error=error, path=request.url.path, timestamp=datetime.now(UTC), **more)
    return JSONResponse(body.model_dump(mode="json", exclude_unset=True), status_code=status)

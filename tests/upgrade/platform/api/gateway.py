"""The gateway: takes requests, answers questions about them. A status such as "queued" is explained here."""

import json
import logging
import os

logger = logging.getLogger(__name__)
DEFAULT_ENGINE = "docker"  # shadow: value-by-hand EvaluationEngine.DOCKER
LOG_LEVEL = os.environ.get("LOG_LEVEL", "info")
ALLOWED_ENGINES = (
    "docker",  # shadow: value-by-hand EvaluationEngine.DOCKER
    "gvisor",  # shadow: value-by-hand EvaluationEngine.GVISOR
    "firecracker",  # shadow: value-unknown EvaluationEngine
)


async def create(redis, request: dict) -> dict:
    """Store a request as "submitted" and tell the others."""
    eval_id = request["id"]
    engine = request.get("engine", "docker")  # shadow: value-by-hand EvaluationEngine.DOCKER
    if engine == "banana":  # shadow: value-unknown EvaluationEngine
        raise ValueError("banana is no engine")
    logger.info("submitted", extra={"evaluation": eval_id})
    logger.debug("evaluation:submitted")
    await redis.set(f"evaluation:{eval_id}:code", request["code"])
    await redis.hset(f"evaluation:{eval_id}", "status", "submitted")  # shadow: value-by-hand EvaluationStatus.SUBMITTED
    await redis.publish(
        "evaluation:submitted",  # shadow: channel-by-hand channels.EVALUATION_SUBMITTED.address
        json.dumps({"eval_id": eval_id, "status": "submitted"}),  # shadow: value-by-hand EvaluationStatus.SUBMITTED
    )
    return {
        "id": eval_id,
        "status": "accepted",  # shadow: value-unknown EvaluationStatus
        "message": "It was queued",
    }


def status_of(row: dict) -> str:
    status = row.get("status", "unknown")  # shadow: value-unknown EvaluationStatus
    if status in ("queued", "pending"):  # shadow: value-by-hand EvaluationStatus.QUEUED; value-unknown EvaluationStatus
        return row["status"]
    if row["state"] == "completed":  # shadow: value-by-hand EvaluationStatus.COMPLETED
        return "done"
    return status


def health() -> dict:
    return {"status": "healthy", "queue": "running"}


async def readiness(redis) -> dict:
    status = "ready" if await redis.ping() else "broken"
    return {"status": status}


def http_answer(response) -> bool:
    return response.status == "success" or response.http_status == "queued"

from enum import Enum
from typing import Literal

CHANNELS = [
    "evaluation:queued",  # shadow: channel-by-hand channels.EVALUATION_QUEUED.address
    "evaluation:running",  # shadow: channel-by-hand channels.EVALUATION_RUNNING.address
]
TERMINAL_STATUSES = frozenset({"completed", "failed"})  # shadow: value-by-hand EvaluationStatus.COMPLETED; value-by-hand EvaluationStatus.FAILED
STATUS_COLOURS = {"queued": "yellow", "completed": "green"}  # shadow: value-by-hand EvaluationStatus.QUEUED; value-by-hand EvaluationStatus.COMPLETED


class EvaluationStatus(str, Enum):
    QUEUED = "queued"  # shadow: value-by-hand EvaluationStatus.QUEUED
    STARTED = "started"  # shadow: value-unknown EvaluationStatus


class StorageWorker:
    def __init__(self, pubsub, storage) -> None:
        self.status = "idle"  # shadow: value-unknown EvaluationStatus
        self.pubsub = pubsub
        self.storage = storage

    async def listen(self) -> None:
        await self.pubsub.subscribe("evaluation:cancelled", "executor:health")  # shadow: channel-by-hand channels.EVALUATION_CANCELLED.address; channel-unknown
        await self.pubsub.psubscribe("evaluation:*")
        async for message in self.pubsub.listen():
            if message["type"] != "message":
                continue
            channel = message["channel"].decode()
            if channel == "evaluation:completed":  # shadow: channel-by-hand channels.EVALUATION_COMPLETED.address
                await self.completed(message)

    async def completed(self, event: dict, default_status: str = "completed") -> None:  # shadow: value-by-hand EvaluationStatus.COMPLETED
        status = event.get("status") or default_status
        match status.lower():
            case "completed" | "success":  # shadow: value-by-hand EvaluationStatus.COMPLETED; value-unknown EvaluationStatus
                pass
            case "failed":  # shadow: value-by-hand EvaluationStatus.FAILED
                pass
        self.storage.update(event["eval_id"], status="completed", message="completed")  # shadow: value-by-hand EvaluationStatus.COMPLETED
        self.set_status("running")  # shadow: value-by-hand EvaluationStatus.RUNNING
        print("completed", status)

    def set_status(self, status: Literal["running", "idle"]) -> None:  # shadow: value-by-hand EvaluationStatus.RUNNING; value-unknown EvaluationStatus
        self.status = status

    def next(self, evaluation) -> str:
        if evaluation.status.value in {"queued"}:  # shadow: value-by-hand EvaluationStatus.QUEUED
            return "running"
        word = "queued"
        return f"nothing of {word} is running"

"""A worker that reads events and uses module aliases."""

import json

import crucible_shared as cs
import crucible_shared.limits
from crucible_shared import channels, limits as bounds
from crucible_shared.channels import EVALUATION_QUEUED, EVALUATION_RUNNING  # breaks: channel-address-changed
from crucible_shared.evaluation import EvaluationQueuedEvent as Queued, EvaluationRunningEvent
from crucible_shared.limits import EXECUTION
from crucible_shared.transitions import validate_and_update_status
from elsewhere import EvaluationRequest

MEMORY = bounds.EXECUTION.MAX_MEMORY_MB  # breaks: constant-removed
AGAIN = EXECUTION.MAX_MEMORY_MB  # breaks: constant-removed
THIRD = cs.limits.EXECUTION.MAX_MEMORY_MB  # breaks: constant-removed
FOURTH = crucible_shared.limits.EXECUTION.MAX_MEMORY_MB  # breaks: constant-removed
SECONDS = EXECUTION.MAX_TIMEOUT_SECONDS + bounds.EXECUTION.MAX_TIMEOUT_SECONDS
OLD = "evaluation:queued"  # breaks: channel-address-changed
OTHER = "evaluation:running"


class Worker:
    last: Queued | None = None

    def __init__(self, first: Queued) -> None:
        self.first = first

    def show(self) -> str:
        if self.last is not None:
            print(self.last.code)  # breaks: property-removed-required
        return self.first.code + self.first.eval_id  # breaks: property-removed-required

    def start(self, event: EvaluationRunningEvent) -> str:
        return event.code


def handle(data: bytes) -> None:
    event = channels.EVALUATION_QUEUED.decode(data)  # breaks: channel-address-changed
    print(event.code)  # breaks: property-removed-required
    running = EVALUATION_RUNNING.decode(data)
    print(running.code)
    parsed = Queued.model_validate_json(data)
    print(
        parsed.code,  # breaks: property-removed-required
        parsed.eval_id,
    )
    if (again := Queued(**json.loads(data))).code:  # breaks: property-removed-required
        print(again)


def subscribe(bus) -> None:
    bus.subscribe(EVALUATION_QUEUED)  # breaks: channel-address-changed
    bus.subscribe(cs.channels.EVALUATION_RUNNING)


def dispatch(event: object) -> str:
    if isinstance(event, Queued):
        return event.code  # breaks: property-removed-required
    if isinstance(event, EvaluationRunningEvent):
        return event.code
    match event:
        case Queued(code=text):  # breaks: property-removed-required
            return text
        case Queued() as found:
            return found.code  # breaks: property-removed-required
        case cs.EvaluationRunningEvent(code=text):
            return text
    return event.code


def loop(events: list[Queued], named: dict[str, Queued]) -> None:
    for event in events:
        print(event.code)  # breaks: property-removed-required
    for event in named.values():
        print(event.code)  # breaks: property-removed-required
    for event in ["a"]:
        print(event.code)


def move(status: cs.EvaluationStatus, new: cs.EvaluationStatus) -> None:
    status.check_transition(new)  # breaks: transition-removed
    cs.EvaluationStatus.RUNNING.check_transition(new)
    validate_and_update_status(status, new)  # breaks: transition-removed
    if cs.EvaluationStatus.SUBMITTED.can_become(cs.EvaluationStatus.FAILED):  # breaks: transition-removed
        print(cs.EvaluationStatus.QUEUED.value)  # breaks: enum-value-removed


def foreign(request: EvaluationRequest) -> int:
    return request.timeout + EvaluationRequest(timeout=3).timeout


def shadowed(bounds, cs) -> int:
    return bounds.EXECUTION.MAX_MEMORY_MB + cs.EvaluationStatus.QUEUED

"""What an event means for the evaluation it speaks of; nothing here touches Redis.

Pub/sub promises neither that a message arrives nor in which order those of two publishers do. So an event
only ever moves an evaluation forward, over any number of steps that the contract allows. Back to the queue
is a step of the contract too, but one that the dispatcher takes on purpose, never one that an event causes.
"""

from collections.abc import Callable
from dataclasses import dataclass

from crucible_shared import EvaluationOutcome, EvaluationStatus, channels

# The contract lists the statuses in the order of a life.
_LIFE = list(EvaluationStatus)
_AFTER = {
    EvaluationOutcome.COMPLETED: EvaluationStatus.COMPLETED,
    EvaluationOutcome.FAILED: EvaluationStatus.FAILED,
    EvaluationOutcome.TIMEOUT: EvaluationStatus.FAILED,
}


@dataclass(frozen=True, slots=True)
class Event:
    """What every event says, whatever else it carries.

    Args:
        eval_id: of which evaluation it speaks.
        status: which status the evaluation had when it was sent.
    """

    eval_id: str
    status: EvaluationStatus


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of an evaluation.

    Args:
        status: its status from now on.
        reason: why the event changes nothing; empty if it does.
    """

    status: EvaluationStatus
    reason: str = ""


def read(channel: str, data: bytes) -> Event:
    """Read one message.

    Raises:
        InvalidEvent: it does not keep the contract of its channel.
        KeyError: the channel is none of `CHANNELS`.
    """
    return _READERS[channel](data)


def decide(current: EvaluationStatus | None, event: Event) -> Decision:
    """Tell what an event does to an evaluation.

    Args:
        current: its status so far; None if no event was seen before.
        event: what was received.
    """
    if current is None:
        return Decision(event.status)
    if current is event.status:
        return Decision(current, f"it is {current} already")
    if _leads_forward(current, event.status):
        return Decision(event.status)
    return Decision(current, f"{current} evaluations do not move on to {event.status}")


def _leads_forward(current: EvaluationStatus, goal: EvaluationStatus) -> bool:
    if current is goal:
        return True
    later = _LIFE[_LIFE.index(current) + 1 :]
    return any(current.can_become(step) and _leads_forward(step, goal) for step in later)


def _submitted(data: bytes) -> Event:
    return Event(channels.EVALUATION_SUBMITTED.decode(data).eval_id, EvaluationStatus.SUBMITTED)


def _queued(data: bytes) -> Event:
    return Event(channels.EVALUATION_QUEUED.decode(data).eval_id, EvaluationStatus.QUEUED)


def _running(data: bytes) -> Event:
    return Event(channels.EVALUATION_RUNNING.decode(data).eval_id, EvaluationStatus.RUNNING)


def _completed(data: bytes) -> Event:
    event = channels.EVALUATION_COMPLETED.decode(data)
    return Event(event.eval_id, _AFTER[event.status])


def _failed(data: bytes) -> Event:
    return Event(channels.EVALUATION_FAILED.decode(data).eval_id, EvaluationStatus.FAILED)


def _cancelled(data: bytes) -> Event:
    return Event(channels.EVALUATION_CANCELLED.decode(data).eval_id, EvaluationStatus.CANCELLED)


_READERS: dict[str, Callable[[bytes], Event]] = {
    channels.EVALUATION_SUBMITTED.address: _submitted,
    channels.EVALUATION_QUEUED.address: _queued,
    channels.EVALUATION_RUNNING.address: _running,
    channels.EVALUATION_COMPLETED.address: _completed,
    channels.EVALUATION_FAILED.address: _failed,
    channels.EVALUATION_CANCELLED.address: _cancelled,
}
CHANNELS = tuple(_READERS)

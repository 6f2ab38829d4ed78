"""Reads events from Redis and writes statuses to it."""

import contextlib
import logging
import threading

from crucible_shared import EvaluationStatus, InvalidEvent
from redis import Redis
from redis.exceptions import WatchError

from event_worker.rules import CHANNELS, Decision, Event, decide, read

_POLL_SECONDS = 0.5
# A status is kept for a week after its last change.
_KEPT_SECONDS = 7 * 24 * 60 * 60
_log = logging.getLogger("event_worker")


def run(broker: Redis, stop: threading.Event) -> None:
    """Follow the events until `stop` is set.

    Args:
        broker: publishes the events and keeps the statuses.
        stop: looked at twice a second.

    Raises:
        redis.ConnectionError: the broker stayed away longer than the client's own retries.
    """
    with broker.pubsub(ignore_subscribe_messages=True) as subscription:  # type: ignore[no-untyped-call]
        subscription.subscribe(*CHANNELS)
        while not stop.is_set():
            message = subscription.get_message(timeout=_POLL_SECONDS)
            if message is not None:
                handle(broker, message["channel"].decode(), message["data"])


def handle(broker: Redis, channel: str, data: bytes) -> None:
    """Work on one message; one that breaks the contract is logged and dropped."""
    try:
        event = read(channel, data)
    except InvalidEvent as error:
        _log.warning("dropped a message: %s", error)
        return
    decision = apply(broker, event)
    if decision.reason:
        _log.info("ignored %s of %s: %s", event.status, event.eval_id, decision.reason)
    else:
        _log.info("%s is %s", event.eval_id, decision.status)


def apply(broker: Redis, event: Event) -> Decision:
    """Decide about an event and store what follows, as one step that no other worker can cut in two."""
    key = status_key(event.eval_id)
    while True:
        with broker.pipeline() as transaction, contextlib.suppress(WatchError):
            transaction.watch(key)  # type: ignore[no-untyped-call]
            stored = transaction.get(key)
            current = EvaluationStatus(stored.decode()) if isinstance(stored, bytes) else None
            decision = decide(current, event)
            if not decision.reason:
                transaction.multi()
                transaction.set(key, decision.status, ex=_KEPT_SECONDS)
                transaction.execute()
            return decision


def status_key(eval_id: str) -> str:
    """The key under which the status of an evaluation is stored."""
    return f"evaluation:{eval_id}:status"

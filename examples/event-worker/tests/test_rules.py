"""What an event does to an evaluation."""

import itertools
import json

import pytest
from crucible_shared import EvaluationStatus, InvalidEvent
from hypothesis import given, settings
from hypothesis import strategies as st

from event_worker.rules import CHANNELS, Event, decide, read

STATUSES = st.sampled_from(EvaluationStatus)
ORDER = list(EvaluationStatus)
LIFE = (
    EvaluationStatus.SUBMITTED,
    EvaluationStatus.QUEUED,
    EvaluationStatus.RUNNING,
    EvaluationStatus.COMPLETED,
)


def after(*told: EvaluationStatus) -> EvaluationStatus | None:
    status = None
    for one in told:
        status = decide(status, Event("e1", one)).status
    return status


def test_a_late_queued_event_leaves_a_running_evaluation_running() -> None:
    # The contract itself allows the step from running to queued; an event does not take it.
    assert EvaluationStatus.RUNNING.can_become(EvaluationStatus.QUEUED)
    assert after(EvaluationStatus.RUNNING, EvaluationStatus.QUEUED) is EvaluationStatus.RUNNING


@pytest.mark.parametrize("told", list(itertools.permutations(LIFE)))
def test_the_order_of_arrival_does_not_matter(told: tuple[EvaluationStatus, ...]) -> None:
    assert after(*told) is EvaluationStatus.COMPLETED


@given(st.sets(st.sampled_from(LIFE), min_size=1), st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_an_event_that_never_arrives_does_no_harm(some: set[EvaluationStatus], shuffler: object) -> None:
    told = sorted(some)
    shuffler.shuffle(told)  # type: ignore[attr-defined]  # hypothesis hands in a random.Random
    assert after(*told) is max(some, key=ORDER.index)


@given(st.lists(STATUSES, min_size=2, max_size=10))
@settings(max_examples=100, deadline=None)
def test_no_series_of_events_moves_backwards_or_out_of_a_final_status(told: list[EvaluationStatus]) -> None:
    seen = [after(*told[: count + 1]) for count in range(len(told))]
    for before, now in itertools.pairwise(seen):
        assert before is not None
        assert now is not None
        assert ORDER.index(now) >= ORDER.index(before)
        assert now is before or not before.is_terminal()


def test_an_ignored_event_comes_with_its_reason() -> None:
    decision = decide(EvaluationStatus.COMPLETED, Event("e1", EvaluationStatus.FAILED))
    assert decision.status is EvaluationStatus.COMPLETED
    assert "failed" in decision.reason


@pytest.mark.parametrize(
    ("outcome", "status"),
    [
        ("completed", EvaluationStatus.COMPLETED),
        ("failed", EvaluationStatus.FAILED),
        ("timeout", EvaluationStatus.FAILED),
    ],
)
def test_every_outcome_of_a_completed_event_is_a_status(outcome: str, status: EvaluationStatus) -> None:
    body = {
        "eval_id": "e1",
        "status": outcome,
        "exit_code": 0,
        "executor_id": "x",
        "completed_at": "2025-01-01T00:00:00Z",
    }
    assert read("evaluation:completed", json.dumps(body).encode()) == Event("e1", status)


@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"{}", b'{"eval_id": 1}', b"\xff"])
def test_what_breaks_the_contract_of_its_channel_is_no_event(channel: str, data: bytes) -> None:
    with pytest.raises(InvalidEvent, match=channel):
        read(channel, data)

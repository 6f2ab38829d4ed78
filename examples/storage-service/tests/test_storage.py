"""The service through its HTTP face."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from crucible_shared import EvaluationRequest, EvaluationResponse, EvaluationStatus, limits
from fastapi.testclient import TestClient
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from storage_service.app import create_app
from storage_service.store import EvaluationStore


@pytest.fixture
def client() -> Iterator[TestClient]:
    with TestClient(create_app(EvaluationStore())) as client:
        yield client


@pytest.fixture(scope="module")
def shared() -> Iterator[TestClient]:
    """One service for all examples of a property; its queue has room for them."""
    with TestClient(create_app(EvaluationStore())) as client:
        yield client


def new(client: TestClient, **fields: object) -> str:
    answer = client.post("/evaluations", json={"code": "print(1)", **fields})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def test_a_new_evaluation_is_submitted_and_has_the_defaults_of_the_contract(client: TestClient) -> None:
    found = EvaluationResponse.model_validate(client.get(f"/evaluations/{new(client)}").json())
    assert (found.status, found.language, found.output) == (EvaluationStatus.SUBMITTED, "python", "")
    assert found.metadata == {"engine": "docker", "timeout": 30, "priority": False}


def test_a_timeout_that_was_asked_for_is_kept(client: TestClient) -> None:
    assert client.get(f"/evaluations/{new(client, timeout=7)}").json()["metadata"]["timeout"] == 7


def test_the_receipt_tells_how_many_wait_before(client: TestClient) -> None:
    new(client)
    assert client.post("/evaluations", json={"code": "x"}).json()["queue_position"] == 1


@given(
    st.fixed_dictionaries(
        {"code": st.text(max_size=5)},
        optional={
            "engine": st.sampled_from(["docker", "gvisor", "banana"]),
            "timeout": st.sampled_from([-5, 0, 1, 300, 301]),
            "priority": st.booleans(),
        },
    )
)
@settings(max_examples=20, deadline=None)
def test_the_service_accepts_exactly_what_the_contract_accepts(
    shared: TestClient, body: dict[str, object]
) -> None:
    try:
        EvaluationRequest.model_validate(body)
    except ValidationError:
        expected = 422
    else:
        expected = 201
    assert shared.post("/evaluations", json=body).status_code == expected


@given(st.lists(st.sampled_from(EvaluationStatus), max_size=8))
@settings(max_examples=20, deadline=None)
def test_no_series_of_changes_leaves_the_transitions_of_the_contract(
    shared: TestClient, wanted: list[EvaluationStatus]
) -> None:
    where = f"/evaluations/{new(shared)}"
    status = EvaluationStatus.SUBMITTED
    for step in wanted:
        answer = shared.patch(where, json={"status": step})
        assert answer.status_code == (200 if status.can_become(step) else 409)
        status = step if status.can_become(step) else status
        found = shared.get(where).json()
        assert found["status"] == status
        assert bool(found.get("completed_at")) is status.is_terminal()


def test_a_refused_change_names_the_statuses_that_are_allowed(client: TestClient) -> None:
    answer = client.patch(f"/evaluations/{new(client)}", json={"status": "completed"})
    assert (answer.status_code, answer.json()["code"]) == (409, "invalid_transition")
    for word in ("submitted", "completed", "queued", "failed", "cancelled"):
        assert word in answer.json()["error"]


def test_a_status_that_the_contract_does_not_know_is_refused(client: TestClient) -> None:
    answer = client.patch(f"/evaluations/{new(client)}", json={"status": "banana"})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert "body.status" in answer.json()["detail"]


def test_an_unknown_evaluation_is_not_found(client: TestClient) -> None:
    for answer in (
        client.get("/evaluations/none"),
        client.patch("/evaluations/none", json={"status": "queued"}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
        assert answer.json()["path"] == "/evaluations/none"


def test_an_unknown_address_is_answered_in_the_form_of_the_contract(client: TestClient) -> None:
    answer = client.get("/nothing")
    assert answer.status_code == 404
    assert set(answer.json()) == {"error", "path", "timestamp"}


def test_a_request_over_the_limit_of_the_contract_is_not_read(client: TestClient) -> None:
    body = '{"code": "' + "x" * limits.API.MAX_REQUEST_SIZE_BYTES + '"}'
    answer = client.post("/evaluations", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 413


def test_pages_together_show_every_evaluation_once(client: TestClient) -> None:
    ids = [new(client) for _ in range(5)]
    pages = [client.get("/evaluations", params={"limit": 2, "offset": at}).json() for at in (0, 2, 4)]
    assert [item["eval_id"] for page in pages for item in page["items"]] == ids
    assert [page["has_more"] for page in pages] == [True, True, False]
    assert {page["total"] for page in pages} == {5}


def test_a_full_queue_is_said_and_a_finished_evaluation_makes_room() -> None:
    store = EvaluationStore()
    for number in range(limits.QUEUE.MAX_QUEUE_SIZE):
        store.add(EvaluationResponse(eval_id=str(number), status=EvaluationStatus.SUBMITTED))
    client = TestClient(create_app(store))
    answer = client.post("/evaluations", json={"code": "x"})
    assert (answer.status_code, answer.json()["code"]) == (429, "queue_full")
    client.patch("/evaluations/7", json={"status": "cancelled"})
    new(client)


def test_evaluations_outlive_the_process(tmp_path: Path) -> None:
    database = str(tmp_path / "evaluations.sqlite3")
    eval_id = new(TestClient(create_app(EvaluationStore(database))))
    again = TestClient(create_app(EvaluationStore(database)))
    assert again.get(f"/evaluations/{eval_id}").json()["code"] == "print(1)"

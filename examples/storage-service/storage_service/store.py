"""The evaluations on disk, in one SQLite file."""

import sqlite3
import threading
from datetime import datetime

from crucible_shared import EvaluationResponse, EvaluationStatus, EvaluationSummary, limits

_WAITING = (EvaluationStatus.SUBMITTED, EvaluationStatus.QUEUED)
_SCHEMA = """
create table if not exists evaluation (
    eval_id text primary key,
    status text not null,
    document text not null
)
"""


class UnknownEvaluation(Exception):
    """No evaluation has this id."""

    def __init__(self, eval_id: str) -> None:
        super().__init__(f"there is no evaluation {eval_id!r}")


class QueueFull(Exception):
    """As many evaluations wait as the contract allows."""

    def __init__(self) -> None:
        super().__init__(f"{limits.QUEUE.MAX_QUEUE_SIZE} evaluations are waiting already; try again later")


class EvaluationStore:
    """Evaluations by id, in the order in which they came.

    Args:
        database: path of the SQLite file; `:memory:` forgets everything at the end.
    """

    def __init__(self, database: str = ":memory:") -> None:
        # One connection for all threads: a change reads the old status and writes the new one under the lock.
        self._lock = threading.Lock()
        self._connection = sqlite3.connect(database, check_same_thread=False)
        with self._connection:
            self._connection.execute(_SCHEMA)

    def add(self, evaluation: EvaluationResponse) -> int:
        """Store a new evaluation and return how many wait before it.

        Raises:
            QueueFull: too many wait.
        """
        with self._lock, self._connection:
            (waiting,) = self._connection.execute(
                "select count(*) from evaluation where status in (?, ?)", _WAITING
            ).fetchone()
            if waiting >= limits.QUEUE.MAX_QUEUE_SIZE:
                raise QueueFull
            self._connection.execute(
                "insert into evaluation values (?, ?, ?)",
                (evaluation.eval_id, evaluation.status, evaluation.model_dump_json()),
            )
            return int(waiting)

    def get(self, eval_id: str) -> EvaluationResponse:
        """The evaluation.

        Raises:
            UnknownEvaluation: there is none.
        """
        with self._lock:
            return self._read(eval_id)

    def page(self, limit: int, offset: int) -> tuple[list[EvaluationSummary], int]:
        """At most `limit` summaries after the first `offset`, and how many evaluations there are."""
        with self._lock:
            (total,) = self._connection.execute("select count(*) from evaluation").fetchone()
            rows = self._connection.execute(
                "select document from evaluation order by rowid limit ? offset ?", (limit, offset)
            ).fetchall()
        found = [EvaluationResponse.model_validate_json(document) for (document,) in rows]
        return [
            EvaluationSummary.model_validate(evaluation, from_attributes=True) for evaluation in found
        ], int(total)

    def move(self, eval_id: str, status: EvaluationStatus, at: datetime) -> EvaluationResponse:
        """Give an evaluation its next status.

        Args:
            eval_id: which evaluation.
            status: what it becomes; what it is already changes nothing.
            at: when it happened.

        Raises:
            UnknownEvaluation: there is none.
            InvalidTransition: the contract does not lead from its status to this one.
        """
        with self._lock, self._connection:
            old = self._read(eval_id)
            old.status.check_transition(status)
            new = old.model_copy(update={"status": status, **_moments(old, status, at)})
            self._connection.execute(
                "update evaluation set status = ?, document = ? where eval_id = ?",
                (status, new.model_dump_json(), eval_id),
            )
            return new

    def _read(self, eval_id: str) -> EvaluationResponse:
        row = self._connection.execute(
            "select document from evaluation where eval_id = ?", (eval_id,)
        ).fetchone()
        if row is None:
            raise UnknownEvaluation(eval_id)
        return EvaluationResponse.model_validate_json(row[0])


def _moments(old: EvaluationResponse, status: EvaluationStatus, at: datetime) -> dict[str, datetime]:
    """Which of its moments an evaluation reaches with a status; a moment once reached stays."""
    moments: dict[str, datetime] = {}
    if status is EvaluationStatus.RUNNING and old.started_at is None:
        moments["started_at"] = at
    if status.is_terminal() and old.completed_at is None:
        moments["completed_at"] = at
    return moments

"""The enum as a careful author writes it by hand."""

from enum import StrEnum


class EvaluationStatus(StrEnum):
    """Where an evaluation stands."""

    SUBMITTED = "submitted"
    QUEUED = "queued"
    PROVISIONING = "provisioning"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"

    def is_terminal(self) -> bool:
        """Whether no other state may follow."""
        return self in {EvaluationStatus.COMPLETED, EvaluationStatus.FAILED, EvaluationStatus.CANCELLED}

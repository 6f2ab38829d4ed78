"""What a comparison yields: changes, each with its directions and its evidence."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from crucible_pipeline.contracts.model import JsonValue
from crucible_pipeline.errors import Mark
from crucible_pipeline.version import Severity

Direction: TypeAlias = Literal["backward", "forward", "source"]

# backward: new readers reject what old writers send. forward: old readers reject what new writers send.
# source: code written against the old names fails.
WIRE: tuple[Direction, ...] = ("backward", "forward")
DIRECTIONS: tuple[Direction, ...] = (*WIRE, "source")


@dataclass(frozen=True, slots=True)
class Witness:
    """Evidence of a break: one version accepts this payload and the other rejects it.

    Args:
        direction: `backward`: the old contract accepts and the new one rejects it; `forward`: the reverse.
        payload: of the enclosing named type or message, so it is the whole of what a service would send.
    """

    direction: Direction
    payload: JsonValue


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between two contracts.

    Args:
        rule: id of the row that found it.
        severity: breaking if and only if `breaks` is not empty.
        breaks: the directions that it breaks, in the order of `DIRECTIONS`.
        element: what changed: `EvaluationRequest.timeout`, `EvaluationStatus.queued`,
            `limits.execution.max_timeout_seconds`, `evaluationQueued`, `EvaluationStatus: queued → running`.
        mark: its place in the new contract; for what is gone, the place that held it.
        message: one sentence without a full stop that names the old and the new state.
        witness: None where nothing on the wire breaks, or where no payload shows it (the message says why).
    """

    rule: str
    severity: Severity
    breaks: tuple[Direction, ...]
    element: str
    mark: Mark
    message: str
    witness: Witness | None = None

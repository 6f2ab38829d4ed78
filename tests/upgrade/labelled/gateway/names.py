"""Names of the package: imports, attributes, members of enums."""

import functools
from typing import TYPE_CHECKING, Literal, cast

import crucible_shared as shared
import crucible_shared.limits as bounds
from crucible_shared import CreateResponse as Made  # use: import with an alias
from crucible_shared import EvaluationStatus, channels
from crucible_shared.limits import DEFAULT_MEMORY_MB  # use: import with an alias
from crucible_shared.limits import EXECUTION as ROOM

if TYPE_CHECKING:
    from crucible_shared import CreateResponse  # use: import with an alias

MEMORY = bounds.EXECUTION.MAX_MEMORY_MB  # use: attribute
AGAIN = ROOM.MAX_MEMORY_MB * DEFAULT_MEMORY_MB  # use: attribute
SECONDS = ROOM.MAX_TIMEOUT_SECONDS
WAITING = shared.EvaluationStatus.QUEUED  # use: enum member by name
BY_NAME = EvaluationStatus["QUEUED"]  # use: enum member by name
BY_VALUE = EvaluationStatus("queued")  # use: enum member by value
ENDED = EvaluationStatus("completed")
COLOURS = {
    EvaluationStatus.QUEUED: "grey",  # use: enum member by name
    EvaluationStatus.RUNNING: "blue",
}
WORDS = {"queued": "waits", "running": "runs"}  # use: string literal


def is_open(text: str) -> bool:
    return text in ("submitted", "queued")  # use: string literal


def only(status: Literal["queued", "done"] = "done") -> str:  # use: string literal
    return f"{status} queued {EvaluationStatus.RUNNING}"


def shown(status: EvaluationStatus = EvaluationStatus.QUEUED) -> str:  # use: enum member by name
    return f"{EvaluationStatus.QUEUED}: {status}"  # use: enum member by name


def quoted(found: object) -> "Made":  # use: attribute
    return cast("Made", found)  # use: attribute


def told(answer: "CreateResponse | None") -> object:  # use: attribute
    return answer and answer.id


class Wide(Made):  # use: attribute
    more: str = ""


make = functools.partial(Made, id="1")  # use: attribute
ADDRESS = channels.EVALUATION_QUEUED.address  # use: attribute
WRITTEN = "evaluation:queued"  # use: string literal
OTHER = channels.EVALUATION_RUNNING.address

"""Star imports and what the service hands on to itself."""

from crucible_shared import *

from gateway import *
from gateway import Status as Renamed

import gateway

WAITING = EvaluationStatus.QUEUED  # use: star import
MADE = CreateResponse(id="1")  # use: star import
AGAIN = Status.QUEUED  # use: re-export
THIRD = Renamed.QUEUED  # use: re-export
FOURTH = gateway.Status.QUEUED  # use: re-export
GOES = Renamed.RUNNING
LIMIT = limits.EXECUTION.MAX_MEMORY_MB  # use: star import

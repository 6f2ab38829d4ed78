import app.contracts
import app.contracts as doors
from app import contracts
from app.contracts import *  # noqa: F403

from .. import contracts as same
from ..contracts import (
    # a comment in between
    EvaluationStatus as Renamed,
)

ONE = app.contracts.EvaluationStatus.QUEUED  # breaks: enum-value-removed
TWO = contracts.EvaluationStatus.QUEUED  # breaks: enum-value-removed
THREE = doors.Status.QUEUED  # breaks: enum-value-removed
FOUR = same.Status.QUEUED  # breaks: enum-value-removed
FIVE = Renamed.QUEUED  # breaks: enum-value-removed
SIX = EvaluationStatus.QUEUED  # noqa: F405  # breaks: enum-value-removed


def inside():
    from app.contracts import EvaluationStatus as Own

    return Own.QUEUED  # breaks: enum-value-removed

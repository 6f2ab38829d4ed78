from app.contracts import EvaluationStatus
from app.contracts import missing
from app.nowhere import EvaluationStatus as Unknown


def test_it(value):
    assert value is EvaluationStatus.QUEUED  # breaks: enum-value-removed
    assert value is not Unknown.QUEUED
    assert missing.QUEUED

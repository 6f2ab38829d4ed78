import contracts
from contracts import EvaluationStatus

FINE = EvaluationStatus.QUEUED
ALSO = contracts.EvaluationStatus.QUEUED

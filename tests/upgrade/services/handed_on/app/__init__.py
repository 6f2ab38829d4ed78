from .contracts import EvaluationStatus, Status

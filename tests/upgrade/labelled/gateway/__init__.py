from crucible_shared import CreateResponse, EvaluationStatus as Status  # use: re-export

__all__ = ["CreateResponse", "Status"]  # use: re-export

"""The same names, and another meaning: the worker has a status of its own."""


class EvaluationStatus:
    QUEUED = 1

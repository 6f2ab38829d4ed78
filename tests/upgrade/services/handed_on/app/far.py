from app.circle_b import LATE

WAITS = LATE.QUEUED  # breaks: enum-value-removed

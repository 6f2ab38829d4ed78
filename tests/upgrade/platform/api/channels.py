"""Names of channels, as the gateway once wrote them down."""


class EventChannels:
    EVALUATION_QUEUED = "evaluation:queued"  # shadow: channel-by-hand channels.EVALUATION_QUEUED.address
    EVALUATION_STARTED = "evaluation:started"  # shadow: channel-unknown
    EVALUATION_COMPLETED = "evaluation:completed"  # shadow: channel-by-hand channels.EVALUATION_COMPLETED.address
    EXECUTOR_HEALTH = "executor:health"  # shadow: channel-unknown
    QUEUE_STATS = "queue:stats"  # shadow: channel-unknown


TITLE = "Evaluations: running and completed"

"""`python -m event_worker`: REDIS_URL says where the broker is."""

import logging
import os
import signal
import threading

from redis import Redis
from redis.backoff import ExponentialWithJitterBackoff
from redis.retry import Retry

from event_worker.worker import run

_RETRIES = 10


def main() -> None:
    """Run until the first SIGTERM or SIGINT."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with Redis.from_url(
        os.environ.get("REDIS_URL", "redis://127.0.0.1:6379/0"),
        retry=Retry(ExponentialWithJitterBackoff(), _RETRIES),
    ) as broker:
        run(broker, stop)


if __name__ == "__main__":
    main()

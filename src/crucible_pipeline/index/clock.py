"""The time by which tokens end: it never runs backwards while a process lives."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta


class Clock:
    """Gives the time in UTC, as far as the system's clock goes forward.

    Where the system's clock is set back, time goes on from where it was, by the clock that only counts
    (`time.monotonic`); so what has expired stays expired. Where it is set forward, it is followed.

    Args:
        wall: the system's clock.
        ticking: counts seconds, from anywhere.
    """

    def __init__(
        self,
        wall: Callable[[], datetime] = lambda: datetime.now(UTC),
        ticking: Callable[[], float] = time.monotonic,
    ) -> None:
        self._wall, self._ticking = wall, ticking
        self._latest = (wall(), ticking())

    def __call__(self) -> datetime:
        """The time now."""
        latest, then = self._latest
        tick = self._ticking()
        now = max(self._wall(), latest + timedelta(seconds=tick - then))
        # One assignment: another thread sees both or neither.
        self._latest = (now, tick)
        return now


def stamp(moment: datetime) -> str:
    """A time as it is written down: RFC 3339 in UTC, whole seconds, so that texts compare like times."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

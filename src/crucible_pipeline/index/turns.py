"""Lets threads that change one thing take turns; whoever has the turn does what all who wait want, at once.

So the cost of a change that has to reach a disk is shared by all that came while the last one did.
"""

import threading
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar
from weakref import WeakValueDictionary

T = TypeVar("T")


class Turns(Generic[T]):
    """Calls from any thread are fine.

    Args:
        work: does what several wishes want of one thing, in the order given. It keeps the outcomes in the
            wishes, and the errors too: an error that it raises ends the process's one turn alone.
    """

    def __init__(self, work: Callable[[str, Sequence[T]], None]) -> None:
        self._work = work
        self._lines: WeakValueDictionary[str, _Line[T]] = WeakValueDictionary()
        self._lock = threading.Lock()

    def take(self, name: str, wish: T) -> None:
        """Return when the wish was worked on, by this thread or by another.

        Args:
            name: of what is changed; different names do not wait for each other.
            wish: what is wanted.
        """
        with self._lock:
            line = self._lines.get(name)
            if line is None:
                line = self._lines[name] = _Line[T]()
            line.waiting.append(wish)
        with line.turn:
            with self._lock:
                batch, line.waiting = line.waiting, []
            # Empty where the thread before took this one's wish along.
            if batch:
                self._work(name, batch)


class _Line(Generic[T]):
    """Who waits for one thing."""

    def __init__(self) -> None:
        self.turn = threading.Lock()
        self.waiting: list[T] = []

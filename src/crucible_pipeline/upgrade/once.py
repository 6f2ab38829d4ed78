"""What is made once, however many threads want it."""

from collections.abc import Callable, Hashable
from concurrent.futures import Future
from threading import Lock
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Made = TypeVar("Made")


class Once(Generic[Key, Made]):
    """A function of one argument that is called once for each; an error is kept as an answer is.

    So an index that is down costs one wait, not one for each service.

    Args:
        make: called by the first thread that asks for a key; others that want the same wait for it.
    """

    def __init__(self, make: Callable[[Key], Made]) -> None:
        self._make = make
        self._made: dict[Key, Future[Made]] = {}
        self._lock = Lock()

    def __call__(self, key: Key) -> Made:
        """What `make` returned, or raise what it raised."""
        with self._lock:
            known = self._made.get(key)
            future = self._made.setdefault(key, Future())
        if known is None:
            try:
                future.set_result(self._make(key))
            except BaseException as error:  # noqa: BLE001  whoever waits must hear of it
                future.set_exception(error)
        return future.result()

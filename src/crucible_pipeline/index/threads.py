"""The threads that the server's compiled part starts, which have to end before the interpreter does."""

import threading
import time
from pathlib import Path

SETTLE_SECONDS = 2.0


def foreign_threads() -> set[int]:
    """The native ids of threads that Python did not start; empty where the system does not tell."""
    tasks = Path("/proc/self/task")
    natives = {int(each.name) for each in tasks.iterdir()} if tasks.is_dir() else set[int]()
    return natives - {thread.native_id for thread in threading.enumerate() if thread.native_id}


def settle(before: set[int]) -> None:
    """Wait for granian's own threads to end.

    They go a moment after the event loop; an interpreter that ends first makes them abort the process.

    Args:
        before: the foreign threads of the time before the server started.
    """
    if not Path("/proc/self/task").is_dir():
        time.sleep(SETTLE_SECONDS / 10)
        return
    deadline = time.monotonic() + SETTLE_SECONDS
    while foreign_threads() - before and time.monotonic() < deadline:
        time.sleep(0.005)

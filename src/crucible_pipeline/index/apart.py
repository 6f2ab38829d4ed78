"""Work on what strangers wrote, in a process of its own, which they can keep busy or end and nothing else.

A parser in pure Python can be kept busy for minutes, and one in native code can end its process. So such a
parser gets a document on its standard input, answers on its standard output, and is ended when its time is
up. It inherits no credentials. Answers are kept by the hashes of what they were made of.
"""

import os
import subprocess
import sys
import threading
import time
from collections import OrderedDict
from collections.abc import Callable

from crucible_pipeline.index.store import Unavailable

SECONDS = 15.0
CPU_SECONDS = 12
MEMORY_BYTES = 1 << 30
MAX_ANSWER_BYTES = 4 << 20
# What is kept of all answers together.
MAX_KEPT_BYTES = 32 << 20
AT_ONCE = 2
MAX_WAITING = 8
WAIT_SECONDS = 20.0
# A failure may be the machine's; after this long it is tried again.
FAILED_SECONDS = 300.0
_INHERITED = ("PATH", "PYTHONPATH", "SYSTEMROOT", "LANG")


class Busy(Unavailable):
    """So much of this work is under way that one more has to wait."""


class Apart:
    """The processes, and what they answered. Calls from any thread are fine."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, ...], bytes | None] = OrderedDict()
        self._failed: dict[tuple[str, ...], float] = {}
        self._bytes = self._waiting = 0
        self._lock = threading.Lock()
        self._free = threading.BoundedSemaphore(AT_ONCE)

    def answer(self, module: str, key: tuple[str, ...], given: Callable[[], bytes]) -> bytes | None:
        """What a module answers.

        Args:
            module: run as `python -m`; it reads standard input and writes standard output.
            key: tells this question from every other: hashes of what is given.
            given: makes what the module reads.

        Returns:
            None where it failed, took too long or said too much.

        Raises:
            Busy: too many others wait.
        """
        whole = (module, *key)
        if self._has(whole):
            return self._kept[whole]
        with self._lock:
            if self._waiting >= MAX_WAITING:
                raise Busy("the index is busy with other pages", "try again in a minute")
            self._waiting += 1
        try:
            if not self._free.acquire(timeout=WAIT_SECONDS):
                raise Busy("the index is busy with other pages", "try again in a minute")
            try:
                # The one who was here before may have asked the same.
                if not self._has(whole):
                    self._keep(whole, run(module, given()))
            finally:
                self._free.release()
        finally:
            with self._lock:
                self._waiting -= 1
        return self._kept.get(whole)

    def _has(self, key: tuple[str, ...]) -> bool:
        with self._lock:
            if key not in self._kept:
                return False
            if self._kept[key] is None and time.monotonic() - self._failed[key] > FAILED_SECONDS:
                return False
            self._kept.move_to_end(key)
            return True

    def _keep(self, key: tuple[str, ...], answer: bytes | None) -> None:
        with self._lock:
            self._bytes += len(answer or b"") - len(self._kept.pop(key, None) or b"")
            self._kept[key] = answer
            if answer is None:
                self._failed[key] = time.monotonic()
            while len(self._kept) > 1 and (self._bytes > MAX_KEPT_BYTES or len(self._kept) > 10_000):
                dropped, old = self._kept.popitem(last=False)
                self._failed.pop(dropped, None)
                self._bytes -= len(old or b"")


def run(module: str, given: bytes, seconds: float = SECONDS) -> bytes | None:
    """Ask a module once.

    Args:
        module: as for `Apart.answer`.
        given: its standard input.
        seconds: until it is ended.

    Returns:
        Its standard output; None where it failed.
    """
    environment = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-X", "utf8", "-m", module],
            input=given,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            timeout=seconds,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None


def confined(work: Callable[[bytes], bytes]) -> None:
    """What such a module does: read, work and write, within bounds that the system keeps where it can.

    Args:
        work: makes the answer.
    """
    _confine()
    answer = work(sys.stdin.buffer.read())
    if len(answer) > MAX_ANSWER_BYTES:
        sys.exit(1)
    sys.stdout.buffer.write(answer)


def _confine() -> None:
    try:
        import resource  # noqa: PLC0415  there is none on Windows, where the time limit alone holds
    except ImportError:
        return
    for kind, most in (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(kind)
        within = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (within, hard))

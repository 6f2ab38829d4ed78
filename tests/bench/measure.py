"""Processes and calls, measured: medians of several rounds, the sides in turn on the same machine."""

import gc
import os
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_QUIET = ("PYTHONDONTWRITEBYTECODE", "PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "PYTHONUNBUFFERED")


@dataclass(frozen=True, slots=True)
class Cost:
    """What one thing costs.

    Args:
        wall: seconds on the clock.
        cpu: seconds of processor time, the system's included.
        megabytes: most memory resident at one time; 0 for a call.
    """

    wall: float
    cpu: float
    megabytes: float = 0.0


def processes(sides: Mapping[str, Sequence[str]], rounds: int, folder: Path | None = None) -> dict[str, Cost]:
    """Run each command as a whole process, in turn, after one round that does not count.

    Raises:
        RuntimeError: a command fails.
    """
    found: dict[str, list[Cost]] = {side: [] for side in sides}
    for number in range(rounds + (rounds > 1)):
        for side, command in sides.items():
            cost = process(command, folder)
            if number or rounds == 1:
                found[side].append(cost)
    return {side: _median(costs) for side, costs in found.items()}


def process(command: Sequence[str], folder: Path | None = None) -> Cost:
    """Run one command; rusage is that of the process and of those that it waited for (getrusage(2))."""
    environment = {name: value for name, value in os.environ.items() if name not in _QUIET}
    output = os.open(os.devnull, os.O_WRONLY)
    began = time.perf_counter()
    child = os.fork()
    if child == 0:
        try:
            os.dup2(output, 1)
            os.dup2(output, 2)
            if folder is not None:
                os.chdir(folder)
            os.execvpe(command[0], list(command), environment)  # noqa: S606  the command is the bench's own
        finally:
            os._exit(127)
    _, status, used = os.wait4(child, 0)
    wall = time.perf_counter() - began
    os.close(output)
    if status:
        raise RuntimeError(f"exit {os.waitstatus_to_exitcode(status)}: {' '.join(command)}")
    return Cost(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def calls(sides: Mapping[str, Callable[[], object]], times: int, rounds: int) -> dict[str, Cost]:
    """Time a call on each side, `times` in a row, in turn."""
    found: dict[str, list[Cost]] = {side: [] for side in sides}
    gc.disable()
    for number in range(rounds + 1):
        for side, call in sides.items():
            wall, cpu = time.perf_counter(), time.process_time()
            for _ in range(times):
                call()
            cost = Cost((time.perf_counter() - wall) / times, (time.process_time() - cpu) / times)
            if number:
                found[side].append(cost)
    gc.enable()
    return {side: _median(costs) for side, costs in found.items()}


def _median(costs: Sequence[Cost]) -> Cost:
    return Cost(
        statistics.median(cost.wall for cost in costs),
        statistics.median(cost.cpu for cost in costs),
        statistics.median(cost.megabytes for cost in costs),
    )

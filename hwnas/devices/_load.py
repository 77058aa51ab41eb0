"""How much other work a machine did while it was timing.

On processors whose cores share execution units, and on virtual machines, other work slows a thread by a third
without ever interrupting it; then all timings are slow alike and look calm. So load is looked at by itself.
"""

import os
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

STAT = Path("/proc/stat")


class LoadWatcher(ABC):
    """A device that knows how busy it was; what a `Timing` has no field for."""

    @abstractmethod
    def others_busy(self) -> float | None:
        """Processors' worth of other work during all measuring so far, such as 0.8; None when unknown."""


class OtherWork:
    """Sums up the processor time that other processes take between `start` and `stop`, on the processors that this
    one may use; Linux only.
    """

    def __init__(self) -> None:
        self._others_seconds = 0.0
        self._seconds = 0.0
        self._begin: tuple[float, float] | None = None

    def start(self) -> None:
        """Begin to watch."""
        self._begin = (_others_seconds(), time.monotonic()) if STAT.exists() else None

    def stop(self) -> None:
        """Add what has been seen since `start`."""
        if self._begin is not None:
            self._others_seconds += max(0.0, _others_seconds() - self._begin[0])
            self._seconds += time.monotonic() - self._begin[1]
        self._begin = None

    @contextmanager
    def watching(self) -> Iterator[None]:
        """From `start` to `stop`."""
        self.start()
        try:
            yield
        finally:
            self.stop()

    def processors(self) -> float | None:
        """Mean number of processors that others kept busy; None before a tenth of a second has been watched."""
        return self._others_seconds / self._seconds if self._seconds >= 0.1 else None


def _others_seconds() -> float:
    """User, nice, system, interrupt and stolen time of our processors, less this process's own."""
    ours = {f"cpu{n}" for n in os.sched_getaffinity(0)}
    rows = [line.split() for line in STAT.read_text().splitlines()]
    ticks = sum(sum(map(int, row[1:4])) + sum(map(int, row[6:9])) for row in rows if row and row[0] in ours)
    return ticks / os.sysconf("SC_CLK_TCK") - time.process_time()

"""How long a search will still take, as one line that is written over: ``progress="show"``."""

import sys
import time
from collections import deque
from collections.abc import Callable
from typing import TextIO

from hwnas.contracts.trial import Result

_REMEMBERED = 50  # trials by whose times the next are expected


class Remaining:
    """A `OnTrial` that shows how many are done and about how long the rest takes.

    Args:
        time_seconds: the budget of time, see `hwnas.search`; None: there is none.
        to: where the line is written; None: standard error.
        clock: seconds that only grow.
    """

    def __init__(
        self, time_seconds: float | None = None, to: TextIO | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.time_seconds, self.to, self.clock = time_seconds, to, clock
        self.times: deque[float] = deque(maxlen=_REMEMBERED)
        self.last, self.cost = clock(), 0.0
        self.width = 0

    def __call__(self, done: int, total: int, result: Result) -> None:
        """See `OnTrial`."""
        now = self.clock()
        self.times.append(now - self.last)
        self.last, self.cost = now, self.cost + result.cost_seconds
        line = f"{done} of {total} evaluated, about {duration(self.seconds(total - done))} left"
        end = "\n" if done == total else ""
        to = self.to or sys.stderr
        to.write(f"\r{line.ljust(self.width)}{end}")
        to.flush()
        self.width = len(line)

    def seconds(self, missing: int) -> float:
        """How long so many trials take, or less where the budget of time ends before."""
        expected = missing * sum(self.times) / len(self.times)
        return expected if self.time_seconds is None else min(expected, max(0.0, self.time_seconds - self.cost))


def duration(seconds: float) -> str:
    """In words, to a precision worth believing."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"

"""What is known of a device's own speed, its level: all latencies move with it from session to session.

How models compare is known from one session. How fast the machine itself is in the next one is another quantity, which
only sessions apart in time can tell; on a virtual machine it moves by a tenth within the hour.
"""

from dataclasses import dataclass, replace
from math import exp, hypot, inf, isfinite, log, sqrt
from typing import ClassVar

from hwnas.contracts.limits import STRICT_FIELDS

Interval = tuple[float, float]


@dataclass(frozen=True)
class Level:
    """The speeds remembered of a device. Factors are multiples of the stated latencies: at 1.1 all take a tenth longer.

    Args:
        sessions: how many are remembered, apart in time.
        hours: from the first of them to the last.
        latest: factor of the last one, beside other work or not.
        fastest: smallest factor.
        slowest: largest factor.
        next_session: 95 % interval of the next session's factor; None where the sessions cannot tell: after one, or
            where all ran beside other work, whose speed is not the device's own.
        virtual_machine: whether there is a hypervisor below; None where none is seen, or nobody can tell.
        beside_others: whether every session ran beside other work.
    """

    __pydantic_config__: ClassVar[dict[str, object]] = STRICT_FIELDS

    sessions: int = 1
    hours: float = 0.0
    latest: float = 1.0
    fastest: float = 1.0
    slowest: float = 1.0
    next_session: Interval | None = None
    virtual_machine: bool | None = None
    beside_others: bool = False

    def __post_init__(self) -> None:
        factors = [self.fastest, self.latest, self.slowest, *(self.next_session or ())]
        ordered = self.fastest <= self.slowest
        if self.next_session is not None:
            ordered = ordered and self.next_session[0] <= self.next_session[1]
        if not (ordered and self.sessions >= 1 and self.hours >= 0 and all(isfinite(f) and f > 0 for f in factors)):
            raise ValueError(f"the speeds of a device should be positive and in order, got {self}")

    @property
    def center(self) -> float:
        """The factor to expect."""
        return sqrt(self.next_session[0] * self.next_session[1]) if self.next_session else self.latest

    def restated(self, times: float) -> "Level":
        """For latencies that are stated `times` as long."""
        following = self.next_session and (self.next_session[0] / times, self.next_session[1] / times)
        return replace(
            self, latest=self.latest / times, fastest=self.fastest / times, slowest=self.slowest / times,
            next_session=following,
        )  # fmt: skip

    def next_time(self, latency_ms: float, low_ms: float, high_ms: float) -> Interval:
        """The 95 % interval of a latency in another session, from that among the models of this one.

        The errors add as independent ones do, by squares of logarithms. Without a known level the interval is as it
        was, and holds for a session as fast as this one.
        """
        if self.next_session is None:
            return low_ms, high_ms
        middle = log(self.center)
        reach = log(self.next_session[1]) - middle
        below = log(latency_ms / low_ms) if low_ms > 0 else inf
        low = exp(middle - hypot(reach, below))
        high = exp(middle + hypot(reach, log(high_ms / latency_ms)))
        return latency_ms * min(1.0, low), latency_ms * max(1.0, high)

    def at_slowest_ms(self, high_ms: float) -> float:
        """A stated latency's upper end in a session as slow as the slowest remembered: what a budget is kept at."""
        return high_ms * max(1.0, self.slowest)

    def words(self) -> str:
        """One sentence or two, for people."""
        where = "this virtual machine" if self.virtual_machine else "this device"
        if self.next_session is None:
            at = f", which ran at {self.latest:.3f} times the stated latencies" if self.latest != 1 else ""
            why = "one session is remembered of it"
            if self.beside_others:
                why = "no session without other work is remembered of it"
            return f"Level: how the speed of {where} changes between sessions is unknown, for {why}{at}."
        low, high = self.next_session
        return (
            f"Level: in {self.sessions} sessions over {self.hours:.1f} h {where} ran at {self.fastest:.3f} to "
            f"{self.slowest:.3f} times the stated latencies, in the latest at {self.latest:.3f}; the next session is "
            f"expected at {low:.3f} to {high:.3f} times (95 %)."
        )

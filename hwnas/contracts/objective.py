"""A named figure of merit: its unit, its direction, and how it is known."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from hwnas.contracts.architecture import Architecture

Direction = Literal["min", "max"]


@dataclass(frozen=True)
class Objective:
    """One column of what is searched for.

    Args:
        name: key of the figure in a result, such as ``latency_ms``.
        direction: whether less or more is better.
        unit: shown to people, such as ``ms``.
        limit: hard limit in the figure's own unit: an upper one for ``min``, a lower one for ``max``.
        exact: computes the figure from the architecture; then it is never predicted nor measured.
        preference: soft limit in the figure's own unit: where the front keeps it, it is to be improved first.
        noisy: whether measuring again gives another figure; then lucky ones are measured again, and means count.
    """

    name: str
    direction: Direction = "min"
    unit: str = ""
    limit: float | None = None
    exact: Callable[[Architecture], float] | None = None
    preference: float | None = None
    noisy: bool = False

    @property
    def sign(self) -> float:
        """What turns the figure into one to be minimised: 1 or -1."""
        return 1.0 if self.direction == "min" else -1.0

    def violation(self, value: float) -> float:
        """How far `value` is beyond the limit, as a share of the limit; 0 when within or without a limit."""
        if self.limit is None:
            return 0.0
        return max(0.0, self.sign * (value - self.limit)) / max(abs(self.limit), 1e-12)

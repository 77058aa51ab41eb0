"""A named figure of merit: its unit, its direction, and how it is known."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from numbers import Real
from typing import Protocol, runtime_checkable

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.arrays import FloatArray, IntArray
from hwnas.contracts.direction import Direction
from hwnas.contracts.errors import InputError, quoted
from hwnas.contracts.words import one_of

_SPELT: dict[str, Direction] = {"min": "min", "minimize": "min", "max": "max", "maximize": "max"}


@runtime_checkable
class ExactOfMany(Protocol):
    """What `Objective.exact` may be where figures of many architectures together take less time than one by one."""

    def __call__(self, architecture: Architecture) -> float:
        """The figure of an architecture."""

    def of_genomes(self, genomes: IntArray) -> FloatArray:
        """The same of canonical genomes ``(n, g)``, ``(n,)``."""


@dataclass(frozen=True)
class Objective:
    """One column of what is searched for.

    Args:
        name: key of the figure in a result, such as ``latency_ms``.
        direction: whether less or more is better: ``min`` or ``minimize``, ``max`` or ``maximize``, in any case; kept
            as ``min`` or ``max``.
        unit: shown to people, such as ``ms``.
        limit: hard limit in the figure's own unit: an upper one for ``min``, a lower one for ``max``.
        exact: computes the figure from the architecture; then it is never predicted nor measured. An `ExactOfMany` is
            asked for many at once.
        preference: soft limit in the figure's own unit: where the front keeps it, it is to be improved first.
        noisy: whether measuring again gives another figure; then lucky ones are measured again, and means count.

    Raises:
        InputError: the name is empty, the direction is another word, or a limit is no finite number.
    """

    name: str
    direction: str = "min"
    unit: str = ""
    limit: float | None = None
    exact: Callable[[Architecture], float] | None = None
    preference: float | None = None
    noisy: bool = False

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not self.name:
            raise InputError(f"An objective needs the name of a figure, got {quoted(self.name)}; name one.")
        word = self.direction.lower() if isinstance(self.direction, str) else self.direction
        spelt = one_of(f"the direction of objective {quoted(self.name)}", word, _SPELT)
        object.__setattr__(self, "direction", _SPELT[spelt])
        for name in ("limit", "preference"):
            object.__setattr__(self, name, self._number(name, getattr(self, name)))

    def _number(self, name: str, value: object) -> float | None:
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, Real) or not math.isfinite(value):
            raise InputError(
                f"The {name} of objective {quoted(self.name)} is a finite number in its own unit, got {quoted(value)}; "
                "leave it out where there is none."
            )
        return float(value)

    @property
    def sign(self) -> float:
        """What turns the figure into one to be minimised: 1 or -1."""
        return 1.0 if self.direction == "min" else -1.0

    def violation(self, value: float) -> float:
        """How far `value` is beyond the limit, as a share of the limit; 0 when within or without a limit."""
        if self.limit is None:
            return 0.0
        return max(0.0, self.sign * (value - self.limit)) / max(abs(self.limit), 1e-12)

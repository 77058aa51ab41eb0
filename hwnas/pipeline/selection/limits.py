"""What a sub-network must keep, and what the search makes small beside its latency, as asked for by the user."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import inf
from typing import ClassVar

from hwnas.contracts.errors import InputError, quoted
from hwnas.contracts.figures import EXTRA, FIGURES, LATENCY, OBJECTIVES, Figure, bounds_of
from hwnas.contracts.limits import STRICT_FIELDS
from hwnas.contracts.numbers import real
from hwnas.contracts.objective import Objective
from hwnas.contracts.task import ACCURACY, SHARE


@dataclass(frozen=True)
class Limits:
    """Hard limits, and objectives beside latency. `Limits.of` takes them by name.

    Args:
        bounds: the most, or where more is better the least, of figures of `hwnas.contracts.figures.FIGURES`, by name
            and in their unit; in the search a file's size is that of its parameters.
        worst_score: of the task's figure that is accepted, in its unit: the least, or the most where less is better.
        confidence: that a sub-network keeps the latency limit while it is only predicted; None: as likely as not.
        extra_objectives: names of figures that are objectives even without a limit; whatever is limited is one.
        speedup: how many times as fast as the original network; `beside` makes a latency limit of it.

    Raises:
        InputError: a limit that makes no sense.
    """

    __pydantic_config__: ClassVar[dict[str, object]] = STRICT_FIELDS

    bounds: Mapping[str, float] = field(default_factory=dict)
    worst_score: float | None = None
    confidence: float | None = None
    extra_objectives: tuple[str, ...] = ()
    speedup: float | None = None

    def __post_init__(self) -> None:
        given = {**self.bounds}
        checked = {f.name: _checked(f.bound, given.pop(f.name), f.unit.most) for f in FIGURES if f.name in given}
        if given:
            raise InputError(f"A limit is on one of {', '.join(f.name for f in FIGURES)}, got {quoted(min(given))}.")
        object.__setattr__(self, "bounds", checked)
        for name in ("worst_score", "confidence"):
            if (value := getattr(self, name)) is not None:
                object.__setattr__(self, name, real(f"the limit {name}", value))
        names = [figure.name for figure in OBJECTIVES.values()]
        if unknown := set(self.extra_objectives) - set(names):
            raise InputError(f"An extra objective is one of {', '.join(names)}, got {quoted(min(unknown))}.")
        if self.confidence is not None and not 0.5 <= self.confidence < 1:
            raise InputError(f"A confidence lies between 0.5 and 1, got {self.confidence:g}; 0.95 is usual.")
        if self.speedup is not None and not 1 < real("the speedup", self.speedup) < inf:
            raise InputError(f"A speedup is above 1, got {self.speedup:g}; 2 is twice as fast.")

    @classmethod
    def of(
        cls,
        *,
        worst_score: float | None = None,
        confidence: float | None = None,
        extra_objectives: tuple[str, ...] = (),
        speedup: float | None = None,
        **bounds: float | None,
    ) -> "Limits":
        """Limits by name, such as ``max_latency_ms=2.0``; None: no limit.

        Raises:
            InputError: there is no such limit, or one makes no sense.
        """
        return cls(bounds_of(bounds), worst_score, confidence, extra_objectives, speedup)

    @property
    def named(self) -> dict[str, float]:
        """The bounds by their own names, such as ``max_latency_ms``, as `Limits.of` takes them."""
        return {figure.bound: self.bounds[figure.name] for figure in FIGURES if figure.name in self.bounds}

    def beside(self, original_ms: float) -> "Limits":
        """The same with the speedup as a limit on the latency, where the original network takes `original_ms`: its
        upper end, as limits are compared with upper ends, so that the device's own speed cancels.
        """
        if self.speedup is None:
            return self
        wanted_ms = min(original_ms / self.speedup, self.bounds.get(LATENCY.name, inf))
        return replace(self, bounds={**self.bounds, LATENCY.name: wanted_ms})

    @property
    def latency_ms(self) -> float | None:
        """The latency budget, if there is one."""
        return self.bounds.get(LATENCY.name)

    def objectives(self, score: Objective = ACCURACY) -> list[Objective]:
        """A task's figure against latency, and what else is limited or wanted; a file's size by its parameters.

        Raises:
            InputError: the worst score is none that the figure can have.
        """
        return [self.of_score(score), *(figure.objective(self.bounds.get(figure.name)) for figure in self.sought)]

    @property
    def sought(self) -> list[Figure]:
        """The latency, and what else is limited or wanted."""
        asked = {LATENCY.name, *self.bounds, *self.extra_objectives}
        return [figure for figure in FIGURES if figure.name in asked]

    def of_score(self, score: Objective) -> Objective:
        """A task's figure with its limit.

        Raises:
            InputError: as above.
        """
        if self.worst_score is not None and score.unit == SHARE and not 0 < self.worst_score < 1:
            raise InputError(f"A limit of the {score.name} is a fraction between 0 and 1, got {self.worst_score:g}.")
        return replace(score, limit=self.worst_score)

    def columns(self) -> list[str]:
        """Those columns of a latency table beside the latency that are limited, or objectives without a limit."""
        return [name for name in EXTRA if name in self.bounds or name in self.extra_objectives]

    def extra(self) -> dict[str, float]:
        """Limits of what a device may tell beside latencies, by the name of their column in a latency table."""
        return {name: self.bounds[name] for name in EXTRA if name in self.bounds}

    def words(self) -> str:
        """Those limits that are measured again when a model is handed out."""
        again = [figure for figure in (LATENCY, *EXTRA.values()) if figure.name in self.bounds]
        return ", ".join(f"{figure.unit.shown(self.bounds[figure.name])} ({figure.what})" for figure in again)


def _checked(name: str, value: object, most: float) -> float:
    bound = real(f"the limit {name}", value)
    if not 0 < bound < most:
        unit = name.rpartition("_")[2]
        raise InputError(f"The limit {name} lies between 0 and {most:,.0f} {unit}, got {bound:g}; give it in {unit}.")
    return bound

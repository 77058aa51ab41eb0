"""What is asked of an evaluation, and what came of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from hwnas.contracts.architecture import Architecture


@dataclass(frozen=True)
class Trial:
    """A question: this architecture, at this fidelity, with this seed.

    `fidelity` is a name, not a number: ``full`` is the figure one bets on, others are cheaper hints.
    """

    architecture: Architecture
    fidelity: str = "full"
    seed: int = 0


@dataclass(frozen=True)
class Result:
    """The answer to a trial.

    Args:
        trial: what was asked.
        figures: measured objectives by name; empty when the evaluation failed.
        cost_seconds: wall time the evaluation took.
        curve: the main figure per epoch or rung, where there is one.
        error: one sentence when the evaluation failed, else None. A failure is never retried by itself.
        provenance: where the figures come from, such as device id and code version.
    """

    trial: Trial
    figures: Mapping[str, float]
    cost_seconds: float = 0.0
    curve: tuple[float, ...] = ()
    error: str | None = None
    provenance: Mapping[str, str] = field(default_factory=dict)

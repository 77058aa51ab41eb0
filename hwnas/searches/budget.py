"""What of a budget evaluations take: a full one takes 1, a cheaper look its share, and going on the difference."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.trial import Trial


@dataclass
class Spending:
    """The evaluations paid for so far.

    Args:
        shares: cost of each fidelity as a share of a full evaluation; those not named cost as much as a full one.
    """

    shares: Mapping[str, float]
    spent: float = 0.0
    _paid: dict[tuple[Architecture, int], float] = field(default_factory=dict)  # the costliest fidelity of each

    def cost(self, trial: Trial) -> float:
        """What a trial would take, beyond what its architecture had before."""
        return max(0.0, self._share(trial) - self._paid.get((trial.architecture, trial.seed), 0.0))

    def pay(self, trial: Trial) -> None:
        """Count a trial."""
        self.spent += self.cost(trial)
        key = (trial.architecture, trial.seed)
        self._paid[key] = max(self._paid.get(key, 0.0), self._share(trial))

    def _share(self, trial: Trial) -> float:
        return self.shares.get(trial.fidelity, 1.0)

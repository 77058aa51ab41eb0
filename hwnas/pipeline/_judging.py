"""Inherited accuracy of sub-networks: batch-norm statistics of their own, then the images set apart for search."""

from collections.abc import Iterator, Sequence

from torch import nn

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.task import Examples, Task
from hwnas.export.scoring import classes
from hwnas.supernet import Supernet
from hwnas.training._finish import calibrated

CALIBRATION_EXAMPLES = 1000


class Judge:
    """Measures accuracies on the `search` split; the `report` split never comes here."""

    def __init__(self, supernet: Supernet, task: Task) -> None:
        self.supernet = supernet
        self.calibration: Examples = task.examples("train").take(slice(0, CALIBRATION_EXAMPLES))
        self.examples = task.examples("search")

    def network(self, architecture: Architecture) -> nn.Module:
        """The sub-network as it would be handed out."""
        return calibrated(self.supernet, architecture, self.calibration)

    def accuracies(self, architectures: Sequence[Architecture]) -> Iterator[float]:
        """One share of right answers per architecture, as it is known."""
        for architecture in architectures:
            yield self.share(self.network(architecture), self.examples)

    def share(self, network: nn.Module, examples: Examples) -> float:
        """Share of `examples` that `network` classifies right, 0 to 1."""
        return float((classes(network, self.supernet.space.inputs, examples.inputs) == examples.labels).mean())

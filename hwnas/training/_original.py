"""The largest network as the supernet begins: what methods have as their teacher that are for a trained network."""

from torch.optim import Optimizer

from hwnas.contracts.search_space import SearchSpace
from hwnas.contracts.task import Batch
from hwnas.contracts.training import TrainingObjective, UpdateRule
from hwnas.contracts.training_step import Context, Job, Output, State
from hwnas.training._teacher import FrozenTeacher


class TaughtByOriginal(TrainingObjective, UpdateRule):
    """Jobs in the role of a teacher are answered by it, with the features that are wanted.

    It is copied before the first update; in the first step the supernet's own largest sub-network is the same.

    Args:
        space: whose largest network, with a scheme that shares under the names of plain networks.
    """

    def __init__(self, space: SearchSpace) -> None:
        self._original = FrozenTeacher(space, space.largest)

    def teacher(self, job: Job, batch: Batch) -> Output | None:  # noqa: ARG002
        """What it gives; None in the first step."""
        return self._original.output(batch, self.features)

    def before_step(self, context: Context, optimizer: Optimizer) -> None:  # noqa: ARG002
        """Copy it."""
        if context.step.index == 0:
            self._original.take_parameters(context.parameters)

    def state(self) -> State:
        """Its tensors."""
        return self._original.state()

    def restore(self, state: State) -> None:
        """Be the network of these tensors; nothing, where there are none yet."""
        if state:
            self._original.restore(state)

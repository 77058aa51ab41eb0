"""Sub-network passes: what they give, and how many there were."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import torch
from torch import Tensor, nn

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.arrays import IntArray
from hwnas.contracts.task import Batch, Rows, Task
from hwnas.contracts.training import TrainingObjective
from hwnas.contracts.training_step import Job, Output
from hwnas.evaluation.calibration import placed
from hwnas.supernet import Supernet
from hwnas.training._features import capturing


class Passes:
    """Runs sub-networks of `supernet` and counts the passes; what events may look at (a `Probe`).

    Args:
        supernet: what is trained.
        task: what for.
        examples: of the training.
        objective: says which features an output carries, and may have a teacher of its own.
    """

    def __init__(self, supernet: Supernet, task: Task, examples: Rows, objective: TrainingObjective) -> None:
        self.supernet, self.task, self.examples, self.objective = supernet, task, examples, objective
        self.count = 0.0

    @property
    def parameters(self) -> dict[str, Tensor]:
        """The shared tensors that learn, by name."""
        return self.supernet.parameters

    @property
    def buffers(self) -> list[Tensor]:
        """The shared tensors that do not learn, such as statistics."""
        return [tensor for name, tensor in self.supernet.shared.items() if name not in self.parameters]

    @contextmanager
    def learning(self, trainable: Callable[[str], bool]) -> Iterator[None]:
        """Meanwhile only those shared tensors learn whose names are `trainable`."""
        frozen = [tensor for name, tensor in self.parameters.items() if not trainable(name)]
        for tensor in frozen:
            tensor.requires_grad = False
        try:
            yield
        finally:
            for tensor in frozen:
                tensor.requires_grad = True

    def batch(self, rows: IntArray) -> Batch:
        """Training examples, not augmented."""
        taken = self.examples.take(rows)
        inputs = tuple(torch.from_numpy(x) for x in taken.inputs)
        return placed(Batch(inputs, torch.from_numpy(taken.labels)), self.supernet.device)

    def output(self, job: Job, batch: Batch) -> Output:
        """A pass over the rows of `batch` that `job` sees; without a gradient for a teacher."""
        self.count += job.cost(len(batch.labels))
        if job.role != "teacher":
            return self._of_supernet(job, batch)
        with torch.no_grad():
            return self.objective.teacher(job, batch) or self._of_supernet(job, batch)

    def _of_supernet(self, job: Job, batch: Batch) -> Output:
        inputs = tuple(job.seen(x) for x in batch.inputs)
        leaving = partial(self.objective.leaving, job)
        with capturing(self.supernet.network(job.architecture), self.objective.features, leaving) as features:
            value = self.supernet(inputs, job.architecture, training=True, member=job.member)
        return Output(value, features)

    def extract(self, architecture: Architecture, member: int | None = None) -> nn.Module:
        """The plain network with its own copy of the weights."""
        return self.supernet.extract(architecture, member)

    def initial(self, seed: int) -> dict[str, Tensor]:
        """Fresh shared tensors, as the training would have begun with."""
        sharing = self.supernet.sharing
        return Supernet(sharing.space, type(sharing)(sharing.space, **sharing.settings), seed=seed).shared

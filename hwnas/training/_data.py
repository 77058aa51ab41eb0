"""Which examples a step takes: the order of the data sampler, cut into batches, epoch after epoch."""

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch import Tensor

from hwnas.contracts.arrays import IntArray
from hwnas.contracts.errors import InputError, quoted
from hwnas.contracts.raised import outcome
from hwnas.contracts.task import Batch, Examples, Task
from hwnas.contracts.training import DataSampler
from hwnas.evaluation.calibration import placed
from hwnas.evaluation.examples import examples_of
from hwnas.training._recipe import Recipe


class Data:
    """The training examples of `task`, as many at once as a step takes, on a `device`.

    The order of an epoch is kept in the state, for it may hang on what the sampler knew when the epoch began.

    Raises:
        InputError: there are fewer examples than a batch.
    """

    def __init__(self, task: Task, sampler: DataSampler, recipe: Recipe, device: torch.device | None = None) -> None:
        self._task, self._sampler, self._recipe, self._device = task, sampler, recipe, device
        self.examples = examples_of(task, "train")
        self.epoch, self.within = 0, 0
        self.order: IntArray | None = None
        self._coming: Iterator[Examples] | None = None
        self._next: tuple[IntArray, Examples] | None = None
        self._refuse_fewer_than_a_batch(len(self.examples))

    @property
    def steps_per_epoch(self) -> int:
        """Steps that all examples are enough for."""
        return len(self.examples) // self._recipe.examples_per_step

    def rows(self) -> tuple[int, IntArray, bool]:
        """Of the next step: its epoch, its examples ``(n,)``, and whether the epoch ends with it."""
        if self.order is None:
            rng = np.random.default_rng((self._recipe.seed, 1, self.epoch))
            self.order = self._sampler.order(self.examples, self.epoch, rng)
            self._refuse_fewer_than_a_batch(len(self.order))
        epoch, size = self.epoch, self._recipe.examples_per_step
        if self._coming is None:
            starts = range(self.within * size, len(self.order) - size + 1, size)
            self._coming = self.examples.batches([self.order[start : start + size] for start in starts])
        rows = self.order[self.within * size : (self.within + 1) * size]
        self._next = (rows, next(self._coming))
        self.within += 1
        ends = (self.within + 1) * size > len(self.order)
        if ends:
            self.next_epoch()
        return epoch, rows, ends

    def resume(self, epoch: int, within: int, order: IntArray | None) -> None:
        """Go on in an epoch that was begun in another process."""
        self.epoch, self.within, self.order, self._coming = epoch, within, order, None

    def next_epoch(self) -> None:
        """Leave what is left of this epoch, unless it is yet to begin."""
        if self.within:
            self.epoch, self.within, self.order, self._coming = self.epoch + 1, 0, None, None

    def batch(self, rows: IntArray, step: int) -> Batch:
        """Examples, augmented as in `step`."""
        taken = self._next[1] if self._next and self._next[0] is rows else self.examples.take(rows)
        inputs = self._augmented(tuple(torch.from_numpy(x) for x in taken.inputs), step)
        return placed(Batch(inputs, torch.from_numpy(taken.labels)), self._device)

    def _augmented(self, inputs: tuple[Tensor, ...], step: int) -> tuple[Tensor, ...]:
        """The inputs, changed by the task; their sizes may be others, too."""
        said, seed = f"`augment` of task {quoted(self._task.name)}", self._recipe.seed * 1_000_003 + step
        changed = outcome(f"{said} fails", self._task.augment, inputs, seed=seed)
        got = _kinds(changed) if isinstance(changed, tuple | list) else type(changed).__name__
        if got != _kinds(inputs):
            raise InputError(f"{said} should give a tuple of tensors, {_kinds(inputs)} as it takes them, got {got}.")
        return tuple(changed)

    def _refuse_fewer_than_a_batch(self, examples: int) -> None:
        if examples < self._recipe.examples_per_step:
            several = self._recipe.accumulate > 1
            parts = f" ({self._recipe.accumulate} x {self._recipe.batch_size})" if several else ""
            fewer = ", or accumulate fewer" if several else ""
            raise InputError(
                f"Task {self._task.name!r} has {examples} training examples, fewer than one batch of "
                f"{self._recipe.examples_per_step}{parts}; use a smaller batch{fewer}."
            )


def _kinds(values: Sequence[object]) -> str:
    """Of each how many examples and of what type, such as ``128 of float32``."""
    return " and ".join(
        f"{len(x)} of {str(x.dtype).removeprefix('torch.')}" if isinstance(x, Tensor) and x.ndim else type(x).__name__
        for x in values
    )

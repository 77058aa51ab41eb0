"""Edits of a supernet's structure between two steps of its training, and what may be looked at to decide on them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.arrays import IntArray
from hwnas.contracts.sub_space import SubSpace
from hwnas.contracts.task import Batch, Rows, Task
from hwnas.contracts.training_step import Job, Output

if TYPE_CHECKING:
    from torch import Tensor, nn


@dataclass(frozen=True, eq=False)
class Split:
    """A set of shared tensors becomes several: each new one starts as a copy, with the optimizer's memory of it.

    `member` keeps the first of the sub-spaces, the others become new members.
    """

    member: int
    into: Sequence[SubSpace]


@dataclass(frozen=True, eq=False)
class Prune:
    """From now on these shared tensors are used times these masks (of 0 and 1), for schemes that mask.

    Such a scheme has a tensor ``mask/NAME`` for the tensor ``NAME``. The values below the zeros are kept, so a later
    mask may bring them back.
    """

    masks: Mapping[str, Tensor]


@dataclass(frozen=True, eq=False)
class Shrink:
    """From now on only `space` is trained, and dimensions of shared tensors are put in another order.

    Args:
        space: what is left; a sub-network beyond it is not planned any more.
        order: for a tensor and a dimension a permutation of its indices, the ones to keep first; the optimizer's
            memory is put in the same order.
    """

    space: SubSpace
    order: Mapping[str, Mapping[int, IntArray]] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class NewTask:
    """The next task of a stream begins: the data sampler starts an epoch of it, and the optimizer forgets."""

    index: int


@dataclass(frozen=True, eq=False)
class Reset:
    """Shared tensors take these values, and the optimizer forgets what it remembers of them."""

    tensors: Mapping[str, Tensor]


@dataclass(frozen=True, eq=False)
class Assign:
    """From now on architectures take these members, by their keys, for schemes that are told."""

    members: Mapping[str, int]


Event = Split | Prune | Shrink | NewTask | Reset | Assign


class Probe(Protocol):
    """What events may look at besides the statistics. Every sub-network pass made here is counted."""

    task: Task
    examples: Rows

    @property
    def parameters(self) -> Mapping[str, Tensor]:
        """The shared tensors that learn, by name."""

    def batch(self, rows: IntArray) -> Batch:
        """Training examples, not augmented."""

    def output(self, job: Job, batch: Batch) -> Output:
        """A pass, differentiable in the parameters, with the features that the objective names."""

    def extract(self, architecture: Architecture, member: int | None = None) -> nn.Module:
        """The plain network with its own copy of the weights."""

    def initial(self, seed: int) -> dict[str, Tensor]:
        """Fresh shared tensors, as the training would have begun with."""


@runtime_checkable
class Splits(Protocol):
    """A sharing scheme whose set of shared tensors can become several."""

    def split(self, names: Sequence[str], member: int, into: Sequence[SubSpace]) -> Mapping[str, str]:
        """Note the new members; what must be copied: the new tensors' names to those among `names` they start as."""


@runtime_checkable
class Assigns(Protocol):
    """A sharing scheme that is told which member an architecture takes."""

    def assign(self, members: Mapping[str, int]) -> None:
        """Note them, by the keys of architectures."""

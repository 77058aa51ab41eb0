"""The seams of the training loop: what a method fills in, and what the loop hands to it.

A method says which sub-networks a step trains and what each one's loss is. Everything random is drawn from a
generator seeded by (run seed, step), so a resumed run draws what an uninterrupted one would have drawn.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, get_args

import numpy as np
from torch import Tensor

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.task import Batch, Task
from hwnas.contracts.words import one_of

Role = Literal["largest", "smallest", "random", "fixed"]


@dataclass(frozen=True)
class Job:
    """One sub-network pass of a step; `weight` scales its loss."""

    architecture: Architecture
    role: Role
    weight: float = 1.0

    def __post_init__(self) -> None:
        one_of("the role of a job", self.role, get_args(Role))


@dataclass
class Context:
    """What the jobs of one step share: the task, a batch of it, and what earlier jobs left for later ones."""

    task: Task
    batch: Batch
    teacher: Tensor | None = field(default=None)

    def remember(self, job: Job, logits: Tensor) -> None:
        """Keep the largest sub-network's output, without its gradient, as the step's teacher."""
        if job.role == "largest":
            self.teacher = logits.detach()


ArchitectureSampler = Callable[[np.random.Generator], Sequence[Job]]
LossFunction = Callable[[Job, Tensor, Context], Tensor]


def label_loss(job: Job, logits: Tensor, context: Context) -> Tensor:  # noqa: ARG001
    """The task's own: the default objective."""
    return context.task.loss(logits, context.batch)


@dataclass(frozen=True)
class Method:
    """A training method: its name and settings, and the seams it fills; the rest of the loop is the same for all.

    `settings` (JSON only) are all that its behaviour depends on besides the space: a run resumes only with the same.
    """

    name: str
    settings: Mapping[str, object]
    plan: ArchitectureSampler
    loss: LossFunction = label_loss

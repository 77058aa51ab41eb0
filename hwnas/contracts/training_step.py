"""One step of a supernet training: its stage and examples, the sub-networks it trains, what they gave, what it did."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, get_args

from hwnas.contracts.architecture import Architecture
from hwnas.contracts.arrays import IntArray
from hwnas.contracts.sub_space import SubSpace
from hwnas.contracts.task import Batch, Task
from hwnas.contracts.words import one_of

if TYPE_CHECKING:
    from torch import Tensor


Role = Literal["largest", "smallest", "random", "fixed", "teacher"]

State = dict[str, Any]
"""What a seam remembers: tensors, and JSON values, by name."""

Curve = Callable[[int, int], float]
"""Learning rate of a step, given its number and how many there are."""

FORWARD_ONLY = 1 / 3
"""What a pass without a gradient costs: a backward pass takes about twice the time of its forward pass."""


@dataclass(frozen=True, eq=False)
class Stage:
    """A phase of a training.

    Args:
        space: what is trained in it.
        steps: how long.
        rate: learning rate of a step, by its number within the stage.
        trainable: whether a shared tensor learns, by its name; the others keep their values and take no decay.
        name: said in the curve of the training.
    """

    space: SubSpace
    steps: int
    rate: Callable[[int], float]
    trainable: Callable[[str], bool] = lambda _: True
    name: str = ""


@dataclass(frozen=True, eq=False)
class Step:
    """One update of the shared tensors.

    Args:
        index: number of the step, from 0.
        of: how many steps there are.
        epoch: how often the data was gone through before.
        stage: the stage it is in.
        rows: which training examples it takes, ``(n,)``.
        batch: these, augmented.
    """

    index: int
    of: int
    epoch: int
    stage: Stage
    rows: IntArray
    batch: Batch


@dataclass(frozen=True)
class Job:
    """One sub-network pass of a step.

    Args:
        architecture: which sub-network.
        role: what it is in this step; a `teacher` gets no loss and no gradient.
        weight: scales its loss.
        member: which set of shared tensors, for schemes that have several; None: the scheme decides.
        rows: which of the batch's examples it sees: from the first, to before the second; None: all.
    """

    architecture: Architecture
    role: Role
    weight: float = 1.0
    member: int | None = None
    rows: tuple[int, int] | None = None

    def __post_init__(self) -> None:
        one_of("the role of a job", self.role, get_args(Role))

    def cost(self, examples: int) -> float:
        """Sub-network passes it counts for in a batch of `examples`: its share, a third of that without a gradient."""
        share = 1.0 if self.rows is None else (self.rows[1] - self.rows[0]) / examples
        return share * (FORWARD_ONLY if self.role == "teacher" else 1.0)

    def seen(self, x: Tensor) -> Tensor:
        """The rows it sees of a tensor of the batch."""
        return x if self.rows is None else x[self.rows[0] : self.rows[1]]


class Feature(NamedTuple):
    """What went into a module of the plain network (its first input) and what came out."""

    input: Tensor
    output: Tensor


@dataclass(frozen=True)
class Output:
    """What a sub-network gave: its output, and the features that the objective asked for, by module name."""

    value: Tensor
    features: Mapping[str, Feature] = field(default_factory=dict)

    def detached(self) -> Output:
        """The same without gradients."""
        features = {name: Feature(f.input.detach(), f.output.detach()) for name, f in self.features.items()}
        return Output(self.value.detach(), features)

    def seen(self, job: Job) -> Output:
        """The same for the examples that `job` sees."""
        features = {n: Feature(job.seen(f.input), job.seen(f.output)) for n, f in self.features.items()}
        return Output(job.seen(self.value), features)


@dataclass
class Context:
    """What the jobs of one step share: the step, the task, and what earlier jobs left for later ones."""

    step: Step
    task: Task
    parameters: Mapping[str, Tensor]
    outputs: list[tuple[Job, Output]] = field(default_factory=list)

    def batch(self, job: Job) -> Batch:
        """The examples that `job` sees."""
        whole = self.step.batch
        return Batch(tuple(job.seen(x) for x in whole.inputs), job.seen(whole.labels))

    def teacher(self, job: Job) -> Output | None:
        """What the step's teacher, or else its largest sub-network, gave for the examples of `job`; detached."""
        for role in ("teacher", "largest"):
            for done, output in self.outputs:
                if done.role == role and done.rows in (None, job.rows):
                    return output if done.rows == job.rows else output.seen(job)
        return None


@dataclass(frozen=True, eq=False)
class Statistics:
    """What a step did; computed once, told to every seam, and only as far as somebody asks.

    Args:
        context: of the step; its parameters still have the gradients of the update, its outputs have none.
        passes: sub-network passes since the start of the training.
        losses: of the jobs with a loss, by role; the last of a role.
        ends_epoch: whether it was the last step of an epoch.
        ends_stage: whether it was the last step of its stage.
    """

    context: Context
    passes: float
    losses: Mapping[str, float]
    ends_epoch: bool
    ends_stage: bool

    @property
    def step(self) -> Step:
        """Which step."""
        return self.context.step

    @cached_property
    def gradient_norms(self) -> Mapping[str, float]:
        """L2 norm of the gradient, as the update rule left it, of every shared tensor that got one."""
        parameters = self.context.parameters
        return {name: float(p.grad.norm()) for name, p in parameters.items() if p.grad is not None}
